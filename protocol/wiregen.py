#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""wiregen - codecs, tests, fuzz harness and documentation from protocol/schema/*.wire.

  wiregen.py generate NAME DIR     write NAME_wire.{h,c}, NAME_wire_test.c, NAME_wire_fuzz.c into DIR
                                   (what the build runs; refuses an unannounced change)
  wiregen.py seeds NAME DIR        write seeds for the fuzzer NAME_wire_fuzz into DIR
  wiregen.py document FILE         write the documentation table of all schemas into FILE
  wiregen.py check                 is every change announced, is docs/WIRE.md fresh?
  wiregen.py announce WHY          add a line to NAME.history for each changed definition and
                                   refresh docs/WIRE.md
"""
import argparse
import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from wirelib import emit_c, emit_doc, emit_fuzz, emit_test, seeds  # noqa: E402
from wirelib.lang import WireError, load_schema  # noqa: E402

SCHEMAS = HERE / "schema"
DOC = HERE.parent / "docs" / "WIRE.md"


def all_schemas():
    cache = {}
    return [load_schema(SCHEMAS, p.stem, cache) for p in sorted(SCHEMAS.glob("*.wire"))]


def history(name):
    """Last announced pin of each definition; "-" is one that is gone."""
    pins, path = {}, SCHEMAS / (name + ".history")
    for number, line in enumerate(path.read_text().splitlines() if path.is_file() else [], 1):
        if not line or line.startswith("#"):
            continue
        words = line.split(None, 2)
        if len(words) != 3:
            raise WireError("%s:%d: wants `name pin why`" % (path.name, number))
        pins[words[0]] = words[1]
    return {n: p for n, p in pins.items() if p != "-"}


def changes(schema):
    """(name, new pin or "-") of every definition that differs from what was announced."""
    was, now = history(schema.name), schema.pins()
    out = [(n, p) for n, p in now.items() if was.get(n) != p]
    return out + [(n, "-") for n in was if n not in now]


def refuse_unannounced(schema):
    names = [n for n, _ in changes(schema)]
    if names:
        raise WireError(
            "%s.wire: unannounced change of %s; run: protocol/wiregen.py announce 'why'"
            % (schema.name, ", ".join(names))
        )


def write_if_changed(path, text):
    if not path.is_file() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def generate(args):
    schema = load_schema(SCHEMAS, args.name)
    for s in [schema] + schema.uses:
        refuse_unannounced(s)
    out = pathlib.Path(args.dir)
    for suffix, text in (
        (".h", emit_c.emit_header(schema)),
        (".c", emit_c.emit_source(schema)),
        ("_test.c", emit_test.emit(schema)),
        ("_fuzz.c", emit_fuzz.emit(schema)),
    ):
        path = out / (schema.name + "_wire" + suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def write_seeds(args):
    seeds.write(load_schema(SCHEMAS, args.name), pathlib.Path(args.dir))


def document(args):
    pathlib.Path(args.file).write_text(emit_doc.emit(all_schemas()))


def check(_):
    schemas = all_schemas()
    for s in schemas:
        refuse_unannounced(s)
    if not DOC.is_file() or DOC.read_text() != emit_doc.emit(schemas):
        raise WireError("docs/WIRE.md is not what the schemas say; run: protocol/wiregen.py announce 'why'")


def announce(args):
    why = " ".join(args.why.split())
    schemas = all_schemas()
    for s in schemas:
        path = SCHEMAS / (s.name + ".history")
        text = path.read_text() if path.is_file() else (
            "# SPDX-License-Identifier: Apache-2.0\n"
            "# name, hash of the definition, why it changed; appended by wiregen.py announce\n"
        )
        for name, pin in changes(s):
            text += "%s %s %s\n" % (name, pin, why)
            print("%s: %s %s" % (s.name, name, pin))
        write_if_changed(path, text)
    write_if_changed(DOC, emit_doc.emit(schemas))


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sub = p.add_subparsers(required=True)
    g = sub.add_parser("generate")
    g.add_argument("name")
    g.add_argument("dir")
    g.set_defaults(run=generate)
    s = sub.add_parser("seeds")
    s.add_argument("name")
    s.add_argument("dir")
    s.set_defaults(run=write_seeds)
    d = sub.add_parser("document")
    d.add_argument("file")
    d.set_defaults(run=document)
    c = sub.add_parser("check")
    c.set_defaults(run=check)
    a = sub.add_parser("announce")
    a.add_argument("why")
    a.set_defaults(run=announce)
    args = p.parse_args()
    try:
        args.run(args)
    except WireError as e:
        sys.exit("wiregen: %s" % e)


if __name__ == "__main__":
    main()
