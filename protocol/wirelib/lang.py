# SPDX-License-Identifier: Apache-2.0
"""The schema language: text of a .wire file -> a checked model. protocol/schema/README.md explains it.

A definition may only use what stands above it (or in a schema named by `use`), so there is no
recursion, and the largest encoding of everything is a number known here.
"""
import hashlib
import re

MAX_FRAME = 1 << 20  # no frame of ours is larger; the transports refuse it before a decoder sees it
MAX_RECORD = 4096  # ... and no fixed-width record: what the vault takes
INTS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
C_KEYWORDS = set(
    "auto bool break case char const continue default do double else enum extern float for goto if"
    " inline int long register restrict return short signed sizeof static struct switch typedef"
    " union unsigned void volatile while".split()
)


class WireError(Exception):
    pass


class Type:
    """One type. lo and hi are the bounds of its encoding; flat means lo == hi and that C memory
    holds it without a view. name is its text in hashes and documentation."""

    kind = None
    view = False

    def __init__(self, name, lo, hi):
        self.name, self.lo, self.hi = name, lo, hi


class Int(Type):
    kind = "int"

    def __init__(self, name, low=None, high=None):
        self.width = INTS[name]
        self.base, self.low, self.high = name, low, high
        text = name if low is None else "%s in %d..%d" % (name, low, high)
        super().__init__(text, self.width, self.width)


class Bool(Type):
    kind = "bool"

    def __init__(self):
        super().__init__("bool", 1, 1)


class Fixed(Type):
    kind = "fixed"

    def __init__(self, n):
        self.n = n
        super().__init__("byte[%d]" % n, n, n)


class Bytes(Type):
    kind = "bytes"
    view = True

    def __init__(self, most, ascii_only):
        self.most, self.ascii = most, ascii_only
        super().__init__("%s<%d>" % ("ascii" if ascii_only else "bytes", most), 4, 4 + most)


class Array(Type):
    """T[n]: exactly n values, inside the struct."""

    kind = "array"

    def __init__(self, of, n):
        self.of, self.n, self.view = of, n, of.view
        super().__init__("%s[%d]" % (of.name, n), of.lo * n, of.hi * n)


class Some(Type):
    """T[<=n]: up to n values, inside the struct. In a fixed struct the encoding has all n."""

    kind = "some"

    def __init__(self, of, n, padded, octets=False):
        self.of, self.n, self.padded, self.view = of, n, padded, of.view
        self.octets = octets  # byte[<=n]
        lo = 2 + (of.lo * n if padded else 0)
        super().__init__("%s[<=%d]" % ("byte" if octets else of.name, n), lo, 2 + of.hi * n)


class Optional(Type):
    """A flag and, behind a 1, the value. In a fixed struct a 0 is followed by zeros."""

    kind = "optional"

    def __init__(self, of, padded):
        self.of, self.padded, self.view = of, padded, of.view
        super().__init__("optional " + of.name, 1 + (of.lo if padded else 0), 1 + of.hi)


class List(Type):
    """list<T, n>: up to n values, left in the input as a view."""

    kind = "list"
    view = True

    def __init__(self, of, n):
        self.of, self.n = of, n
        self.width = 2 if n <= 0xFFFF else 4
        super().__init__("list<%s, %d>" % (of.name, n), self.width, self.width + of.hi * n)


class Enum(Type):
    kind = "enum"

    def __init__(self, schema, name, base, values, doc):
        self.schema, self.base, self.values, self.doc = schema, base, values, doc
        self.width = INTS[base]
        super().__init__(name, self.width, self.width)

    def canon(self):
        return "enum %s:%s{%s}" % (
            self.name,
            self.base,
            ",".join("%s=%d" % (n, v) for n, v, _ in self.values),
        )


class Field:
    def __init__(self, name, type_, secret, doc):
        self.name, self.type, self.secret, self.doc = name, type_, secret, doc


class Struct(Type):
    kind = "struct"

    def __init__(self, schema, name, fields, doc, fixed, number=None, senders=(), receivers=()):
        self.schema, self.fields, self.doc, self.fixed = schema, fields, doc, fixed
        self.number, self.senders, self.receivers = number, senders, receivers
        self.view = any(f.type.view for f in fields)
        super().__init__(
            name, sum(f.type.lo for f in fields), sum(f.type.hi for f in fields)
        )

    @property
    def is_message(self):
        return self.number is not None

    def canon(self):
        head = "fixed " if self.fixed else ""
        head += "message %s=%d" % (self.name, self.number) if self.is_message else "struct " + self.name
        if self.senders:
            head += ":%s->%s" % ("|".join(self.senders), "|".join(self.receivers))
        body = ";".join(
            "%s%s %s" % ("secret " if f.secret else "", f.type.name, f.name) for f in self.fields
        )
        return "%s{%s}" % (head, body)


class Schema:
    def __init__(self, name, doc):
        self.name, self.doc = name, doc
        self.prefix = "wire" if name == "common" else name
        self.uses, self.consts, self.processes = [], {}, []
        self.fixed_only = []  # processes that take fixed messages only
        self.types = {}  # name -> Enum | Struct, in order of the file

    def structs(self):
        return [t for t in self.types.values() if t.kind == "struct"]

    def messages(self):
        return [s for s in self.structs() if s.is_message]

    def enums(self):
        return [t for t in self.types.values() if t.kind == "enum"]

    def pins(self):
        """name -> short hash of one definition (what an encoding depends on, not its words)."""
        return {
            t.name: hashlib.sha256(t.canon().encode()).hexdigest()[:16] for t in self.types.values()
        }

    def digest(self):
        """Hash of the whole schema, used schemas included, independent of the order in the file."""
        h = hashlib.sha256(("polyclave wire schema " + self.name).encode())
        for used in self.uses:
            h.update(used.digest())
        for name, pin in sorted(self.pins().items()):
            h.update(("\n%s %s" % (name, pin)).encode())
        return h.digest()


TOKEN = re.compile(
    r"(?P<doc>#[^\n]*)|(?P<num>0x[0-9a-fA-F]+|[0-9]+)|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sym>->|<=|\.\.|[{}\[\]<>(),:=|*])|(?P<nl>\n)|(?P<space>[ \t]+)"
)


class Parser:
    def __init__(self, path, load):
        self.path, self.load = path, load
        self.tokens = self.scan(path.read_text())
        self.at = 0
        self.schema = None

    def fail(self, text, line=None):
        line = self.tokens[min(self.at, len(self.tokens) - 1)][2] if line is None else line
        raise WireError("%s:%d: %s" % (self.path.name, line, text))

    def scan(self, text):
        out, pos, line = [], 0, 1
        while pos < len(text):
            m = TOKEN.match(text, pos)
            if not m:
                raise WireError("%s:%d: cannot read %r" % (self.path.name, line, text[pos : pos + 8]))
            kind = m.lastgroup
            if kind == "nl":
                out.append(("nl", "\n", line))
                line += 1
            elif kind != "space":
                out.append((kind, m.group(), line))
            pos = m.end()
        out.append(("end", "", line))
        return out

    # Newlines end nothing but comments; fields are `type name`, so no separator is needed.
    def peek(self):
        i = self.at
        while self.tokens[i][0] in ("nl", "doc"):
            i += 1
        return self.tokens[i]

    def next(self, want=None):
        while self.tokens[self.at][0] in ("nl", "doc"):
            self.at += 1
        tok = self.tokens[self.at]
        if want is not None and tok[1] != want:
            self.fail("expected %r, found %r" % (want, tok[1] or "end of file"))
        if tok[0] != "end":
            self.at += 1
        return tok

    def word(self):
        tok = self.next()
        if tok[0] != "word":
            self.at -= tok[0] != "end"
            self.fail("expected a name, found %r" % (tok[1] or "end of file"))
        return tok[1]

    def fresh_name(self):
        name = self.word()
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in C_KEYWORDS:
            self.fail("%r cannot be a name here (lower case, no keyword of C)" % name)
        return name

    def number(self):
        kind, text, _ = self.next()
        if kind == "num":
            return int(text, 0)
        consts = dict(self.schema.consts)
        for used in self.schema.uses:
            consts.update(used.consts)
        if kind == "word" and text in consts:
            return consts[text]
        self.fail("%r is neither a number nor a const" % text)

    def positive(self):
        n = self.number()
        if n < 1:
            self.fail("a size or maximum must be at least 1")
        return n

    def doc_above(self):
        """Comment lines that end on the line just above the current token."""
        i = self.at
        while self.tokens[i][0] in ("nl", "doc"):
            i += 1
        line, lines = self.tokens[i][2], []
        for kind, text, at in reversed(self.tokens[:i]):
            if kind == "nl":
                continue
            if kind != "doc" or at != line - 1 or "SPDX" in text:
                break
            lines.append(text[1:].strip())
            line = at
        return " ".join(reversed(lines))

    def doc_beside(self):
        if self.tokens[self.at][0] == "doc":
            self.at += 1
            return self.tokens[self.at - 1][1][1:].strip()
        return ""

    def parse(self):
        doc = self.doc_above()
        self.next("schema")
        self.schema = Schema(self.word(), doc)
        if self.schema.name != self.path.stem:
            self.fail("schema %r stands in %s" % (self.schema.name, self.path.name))
        while self.peek()[0] != "end":
            self.definition()
        return self.schema

    def definition(self):
        doc = self.doc_above()
        word = self.word()
        fixed = word == "fixed"
        if fixed:
            word = self.word()
        if word == "use" and not fixed:
            self.schema.uses.append(self.load(self.word()))
        elif word == "const" and not fixed:
            name = self.word()
            if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name) or name in self.schema.consts:
                self.fail("const %s: upper case, and once only" % name)
            self.next("=")
            self.schema.consts[name] = self.number()
        elif word == "processes" and not fixed:
            self.next("{")
            while self.peek()[1] != "}":
                only_fixed = self.peek()[1] == "fixed"
                if only_fixed:
                    self.next()
                name = self.fresh_name()
                self.schema.processes.append(name)
                if only_fixed:
                    self.schema.fixed_only.append(name)
            self.next("}")
        elif word == "enum" and not fixed:
            self.enum(doc)
        elif word == "struct":
            self.struct(doc, fixed)
        elif word == "message":
            self.message(doc, fixed)
        else:
            self.fail("no such definition: %r" % word)

    def define(self, t):
        if t.name in self.schema.types or t.name in INTS or t.name in ("list", "bool", "byte"):
            self.fail("%r is defined twice" % t.name)
        for used in self.schema.uses:
            if t.name in used.types:
                self.fail("%r is defined in %s already" % (t.name, used.name))
        self.schema.types[t.name] = t

    def enum(self, doc):
        name = self.fresh_name()
        self.next(":")
        base = self.word()
        if base not in ("u8", "u16"):
            self.fail("an enum is u8 or u16")
        self.next("{")
        values = []
        while self.peek()[1] != "}":
            # Values get the enum's name in front in C, so keywords are fine here.
            label = self.word()
            if not re.fullmatch(r"[a-z][a-z0-9_]*", label):
                self.fail("%r: values are lower case" % label)
            self.next("=")
            value = self.number()
            if value >= 1 << (8 * INTS[base]) or any(v == value or n == label for n, v, _ in values):
                self.fail("enum %s: %s = %d is out of range or not unique" % (name, label, value))
            values.append((label, value, self.doc_beside()))
        self.next("}")
        if not values:
            self.fail("enum %s is empty" % name)
        self.define(Enum(self.schema, name, base, values, doc))

    def struct(self, doc, fixed):
        name = self.fresh_name()
        s = Struct(self.schema, name, self.fields(fixed), doc, fixed)
        if s.lo == 0:
            self.fail("struct %s is empty" % name)
        self.check_size(s)
        self.define(s)

    def message(self, doc, fixed):
        name = self.fresh_name()
        if name == "type":
            self.fail("a message cannot be called type")
        self.next("=")
        number = self.number()
        if not 0 < number <= 0xFFFF:
            self.fail("message %s: numbers are 1..65535" % name)
        clash = [m.name for m in self.schema.messages() if m.number == number]
        if clash:
            self.fail("message %s has the number of %s" % (name, clash[0]))
        senders = receivers = ()
        if self.peek()[1] == ":":
            self.next(":")
            senders = self.process_list()
            self.next("->")
            receivers = self.process_list()
        if bool(self.schema.processes) != bool(senders):
            self.fail("message %s: `: sender -> receiver` if and only if there are processes" % name)
        picky = [p for p in receivers if p in self.schema.fixed_only]
        if picky and not fixed:
            self.fail("message %s: %s takes fixed messages only" % (name, picky[0]))
        s = Struct(self.schema, name, self.fields(fixed), doc, fixed, number, senders, receivers)
        self.check_size(s)
        self.define(s)

    def check_size(self, s):
        if s.hi + 2 > MAX_FRAME:
            self.fail("%s may take %d bytes, more than a frame (%d)" % (s.name, s.hi + 2, MAX_FRAME))
        if s.fixed and s.hi + 2 > MAX_RECORD:
            self.fail("%s takes %d bytes, more than a record (%d)" % (s.name, s.hi + 2, MAX_RECORD))

    def process_list(self):
        out = [self.word()]
        while self.peek()[1] == "|":
            self.next("|")
            out.append(self.word())
        for p in out:
            if p not in self.schema.processes:
                self.fail("%r is not one of the processes" % p)
        return tuple(out)

    def fields(self, fixed):
        self.next("{")
        out = []
        while self.peek()[1] != "}":
            secret = self.peek()[1] == "secret"
            if secret:
                self.next()
            t = self.type(fixed, outer=True)
            name = self.fresh_name()
            if self.peek()[1] == "in":
                self.next()
                t = self.ranged(t)
            taken = set()
            for f in out:
                taken |= {f.name, f.name + "_n", "has_" + f.name}
            if name in taken or name + "_n" in {f.name for f in out}:
                self.fail("field %s: the name is taken" % name)
            if fixed and t.lo != t.hi:
                self.fail("field %s: %s has no fixed width" % (name, t.name))
            out.append(Field(name, t, secret, self.doc_beside()))
        self.next("}")
        return out

    def ranged(self, t):
        low = self.number()
        self.next("..")
        high = self.number()
        if t.kind != "int" or not low <= high < 1 << (8 * t.width):
            self.fail("`in` wants an integer and a range inside it")
        return Int(t.base, low, high)

    def type(self, fixed, outer=False):
        word = self.word()
        if word == "optional":
            if not outer:
                self.fail("optional stands in front of a whole field only")
            return Optional(self.type(fixed), fixed)
        if word in INTS:
            t = Int(word)
        elif word == "bool":
            t = Bool()
        elif word == "byte":
            self.next("[")
            some = self.peek()[1] == "<="
            if some:
                self.next()
            n = self.positive()
            if n > (0xFFFF if some else MAX_FRAME):
                self.fail("byte[%d] is too long" % n)
            t = Some(Int("u8"), n, fixed, octets=True) if some else Fixed(n)
            self.next("]")
        elif word in ("bytes", "ascii"):
            self.next("<")
            t = Bytes(self.positive(), word == "ascii")
            self.next(">")
        elif word == "list":
            self.next("<")
            of = self.type(False)
            self.next(",")
            t = List(of, self.positive())
            self.next(">")
            if of.kind in ("list", "some", "array"):
                self.fail("a list of %s: give the element a struct" % of.kind)
        else:
            t = self.lookup(word)
        while self.peek()[1] == "[":
            t = self.array(t, fixed)
        return t

    def array(self, t, fixed):
        self.next("[")
        some = self.peek()[1] == "<="
        if some:
            self.next()
        n = self.positive()
        self.next("]")
        if t.kind in ("list", "some", "array") or n > 0xFFFF:
            self.fail("an array of %s: give the element a struct" % t.kind)
        return Some(t, n, fixed) if some else Array(t, n)

    def lookup(self, name):
        for schema in [self.schema] + self.schema.uses:
            t = schema.types.get(name)
            if t is not None:
                if t.kind == "struct" and t.is_message:
                    self.fail("message %s inside another definition" % name)
                return t
        self.fail("no type %r (define it above its use)" % name)


def load_schema(folder, name, _cache=None, _open=()):
    """Parse NAME.wire and everything that it uses."""
    cache = {} if _cache is None else _cache
    if name in _open:
        raise WireError("%s.wire uses itself" % name)
    if name not in cache:
        path = folder / (name + ".wire")
        if not path.is_file():
            raise WireError("%s: no such schema" % path.name)
        cache[name] = Parser(
            path, lambda used: load_schema(folder, used, cache, _open + (name,))
        ).parse()
    return cache[name]
