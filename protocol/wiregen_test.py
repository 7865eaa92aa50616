#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The schema language refuses what it should, and a change that was not announced stops the build."""
import contextlib
import io
import pathlib
import re
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import wiregen  # noqa: E402
from wirelib import emit_c, emit_doc, seeds  # noqa: E402
from wirelib.lang import WireError, load_schema  # noqa: E402


class Folder:
    """A folder of schemas."""

    def __init__(self, **files):
        self.dir = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.dir.name)
        for name, text in files.items():
            self.put(name, text)

    def put(self, name, text):
        (self.path / (name + ".wire")).write_text(text)

    def load(self, name="t"):
        return load_schema(self.path, name)


def load(body, **others):
    return Folder(t="schema t\n" + body, **others).load()


GOOD = "struct s { u8 a }\n"

BAD = {
    "defined twice": GOOD + GOOD,
    "is empty": "struct s { }",
    "no type 'x'": "struct s { x a }",
    "no type 's'": "struct s { s inner }",
    "define it above": "struct a { b x }\nstruct b { u8 y }",
    "the name is taken": "struct s { u8 a u8 a }",
    "name is taken": "struct s { u8[<=3] a u16 a_n }",
    "taken": "struct s { u16 a_n u8[<=3] a }",
    "no keyword of C": "struct s { u8 int }",
    "lower case": "struct Upper { u8 a }",
    "neither a number nor a const": "struct s { byte[LEN] a }",
    "at least 1": "struct s { byte[0] a }",
    "has no fixed width": "fixed struct s { bytes<4> a }",
    "no fixed width": "struct v { bytes<4> a }\nfixed struct s { v a }",
    "more than a frame": "struct s { bytes<1048576> a }",
    "more than a record": "fixed struct s { byte[4095] a }",
    "range inside it": "struct s { u8 a in 0..256 }",
    "wants an integer": "struct s { byte[2] a in 0..1 }",
    "range inside": "struct s { u8 a in 3..2 }",
    "not unique": "enum e : u8 { a = 1 b = 1 }",
    "out of range": "enum e : u8 { a = 256 }",
    "u8 or u16": "enum e : u32 { a = 1 }",
    "enum e is empty": "enum e : u8 { }",
    "has the number of": "message a = 1 { }\nmessage b = 1 { }",
    "numbers are 1..65535": "message a = 0 { }",
    "cannot be called type": "message type = 1 { }",
    "'x' is not one of the processes": "message a = 1 : x -> y { }",
    "only if there are processes": "processes { x y }\nmessage a = 1 { }",
    "is not one of the processes": "processes { x y }\nmessage a = 1 : x -> z { }",
    "takes fixed messages only": "processes { x fixed y }\nmessage a = 1 : x -> y { bytes<3> b }",
    "inside another definition": "message a = 1 { u8 b }\nstruct s { a c }",
    "give the element a struct": "struct s { list<u8[3], 4> a }",
    "an array of": "struct s { u8[3][4] a }",
    "front of a whole field": "struct s { list<optional u8, 4> a }",
    "cannot read": "struct s { u8 a; }",
    "no such definition": "thing s { }",
    "end of file": "struct s { u8 a",
    "upper case": "const lower = 3",
}


class Language(unittest.TestCase):
    def test_refused(self):
        for words, body in BAD.items():
            with self.subTest(body):
                with self.assertRaisesRegex(WireError, re.escape(words)):
                    load(body)

    def test_use(self):
        other = {"common": "schema common\nconst N = 3\nstruct s { u8 a }\n"}
        t = load("use common\nstruct big { s[N] all }\n", **other)
        self.assertEqual(t.types["big"].hi, 3)
        with self.assertRaisesRegex(WireError, "defined in common already"):
            load("use common\nstruct s { u8 a }\n", **other)
        with self.assertRaisesRegex(WireError, "no such schema"):
            load("use nothing\n")
        with self.assertRaisesRegex(WireError, "uses itself"):
            Folder(t="schema t\nuse u\n", u="schema u\nuse t\n").load()
        with self.assertRaisesRegex(WireError, "stands in"):
            Folder(t="schema u\n").load()

    def test_sizes(self):
        t = load(
            "fixed struct f { optional u32 a  u16[<=4] b }\n"
            "struct v { optional u32 a  u16[<=4] b  list<u8, 65536> c  list<u8, 9> d }\n"
        )
        f, v = t.types["f"], t.types["v"]
        self.assertEqual((f.lo, f.hi), (15, 15))
        self.assertEqual((v.lo, v.hi), (1 + 2 + 4 + 2, 5 + 10 + 4 + 65536 + 2 + 9))
        for s in (f, v):
            self.assertEqual(len(seeds.encode(s, False)), s.lo)
            self.assertTrue(s.lo <= len(seeds.encode(s, True)) <= s.hi)

    def test_secret_is_not_printed(self):
        t = load("struct s { secret byte[4] key  byte[4] open }\n")
        source = emit_c.emit_source(t)
        text = source[source.index("void t_text_s(") :]
        text = text[: text.index("\n}")]
        self.assertNotIn("m->key", text)
        self.assertIn("m->open", text)
        self.assertIn("**secret**", emit_doc.emit([t]))


class Pins(unittest.TestCase):
    def test_what_changes_a_pin(self):
        was = load("struct s { u8 a  byte[4] b }\n")
        same = load("# words\nconst N = 4\nstruct s {\n  u8 a # more words\n  byte[N] b }\n")
        self.assertEqual(was.pins(), same.pins())
        self.assertEqual(was.digest(), same.digest())
        for other in (
            "struct s { u8 a  byte[5] b }",
            "struct s { byte[4] b  u8 a }",
            "struct s { u8 c  byte[4] b }",
            "struct s { u8 a in 0..9  byte[4] b }",
            "struct s { secret u8 a  byte[4] b }",
            "fixed struct s { u8 a  byte[4] b }",
        ):
            self.assertNotEqual(was.pins(), load(other).pins(), other)
        self.assertEqual(load("struct a { u8 x }\nstruct b { u8 x }").digest(),
                         load("struct b { u8 x }\nstruct a { u8 x }").digest())

    def test_unannounced_change(self):
        folder = Folder(t="schema t\nstruct s { u8 a }\nstruct r { u8 a }\n")
        was = wiregen.SCHEMAS, wiregen.DOC
        wiregen.SCHEMAS, wiregen.DOC = folder.path, folder.path / "WIRE.md"

        class Args:
            name, dir, why = "t", str(folder.path / "out"), "because\nof this"

        try:
            with self.assertRaisesRegex(WireError, "unannounced change of s, r;"):
                wiregen.generate(Args)
            with contextlib.redirect_stdout(io.StringIO()):
                wiregen.announce(Args)
            wiregen.generate(Args)
            wiregen.check(Args)
            history = folder.path / "t.history"
            self.assertRegex(history.read_text(), r"\ns [0-9a-f]{16} because of this\n")
            folder.put("t", "schema t\nstruct s { u16 a }\n")
            with self.assertRaisesRegex(WireError, "unannounced change of s, r;"):
                wiregen.generate(Args)
            with contextlib.redirect_stdout(io.StringIO()):
                wiregen.announce(Args)
            wiregen.check(Args)
            self.assertIn("\nr - because", history.read_text())
            wiregen.DOC.write_text("stale")
            with self.assertRaisesRegex(WireError, "docs/WIRE.md"):
                wiregen.check(Args)
            history.write_text("s only\n")
            with self.assertRaisesRegex(WireError, "wants `name pin why`"):
                wiregen.generate(Args)
        finally:
            wiregen.SCHEMAS, wiregen.DOC = was


if __name__ == "__main__":
    unittest.main()
