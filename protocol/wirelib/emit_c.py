# SPDX-License-Identifier: Apache-2.0
"""Model -> C header and C source. The header's comments say what each function promises."""

PREAMBLE = "/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by wiregen.py from %s.wire: change that. */\n"


class Out:
    """Lines with C indentation."""

    def __init__(self):
        self.lines, self.depth = [], 0

    def __call__(self, text="", *args):
        text = text % args if args else text
        if text.startswith("}"):
            self.depth -= 1
        self.lines.append(("    " * self.depth + text) if text else "")
        if text.endswith("{"):
            self.depth += 1

    def text(self):
        return "\n".join(self.lines) + "\n"


def prefix(t):
    return t.schema.prefix


def c_name(t):
    return "%s_%s" % (prefix(t), t.name)


def upper(schema, name):
    return "%s_%s" % (schema.prefix.upper(), name.upper())


def declare(schema, t, name):
    """Declaration(s) of a member that holds a value of t."""
    if t.kind == "int":
        return ["uint%d_t %s;" % (t.width * 8, name)]
    if t.kind == "bool":
        return ["bool %s;" % name]
    if t.kind == "fixed":
        return ["uint8_t %s[%d];" % (name, t.n)]
    if t.kind == "bytes":
        return ["struct bytes %s;" % name]
    if t.kind in ("enum", "struct"):
        return ["%s %s;" % (value_type(t), name)]
    if t.kind == "array":
        return declare(schema, t.of, "%s[%d]" % (name, t.n))
    if t.kind == "some":
        return ["uint16_t %s_n;" % name] + declare(schema, t.of, "%s[%d]" % (name, t.n))
    if t.kind == "optional":
        return ["bool has_%s;" % name] + declare(schema, t.of, name)
    if t.kind == "list":
        return ["struct %s %s;" % (list_name(schema, t.of), name)]
    raise AssertionError(t.kind)


def value_type(t):
    return {
        "int": lambda: "uint%d_t" % (t.width * 8),
        "bool": lambda: "bool",
        "bytes": lambda: "struct bytes",
        "enum": lambda: "enum " + c_name(t),
        "struct": lambda: "struct " + c_name(t),
    }[t.kind]()


def element_name(t):
    if t.kind == "int":
        return t.base if t.low is None else "%s_%d_%d" % (t.base, t.low, t.high)
    if t.kind == "fixed":
        return "b%d" % t.n
    if t.kind == "bytes":
        return "%s%d" % ("ascii" if t.ascii else "bytes", t.most)
    return t.name


def list_name(schema, t):
    return "%s_%s_list" % (schema.prefix, element_name(t))


def list_elements(schema):
    """Element types of the lists that this schema's structs hold, each once."""
    seen = {}
    for s in schema.structs():
        for f in s.fields:
            t = f.type.of if f.type.kind == "optional" else f.type
            if t.kind == "list":
                seen.setdefault(list_name(schema, t.of), t.of)
    return seen


# --- reading ---------------------------------------------------------------------------------


def needs_check(t):
    """Whether bytes of the right number can still be refused."""
    if t.kind in ("int",):
        return t.low is not None
    if t.kind == "fixed":
        return False
    if t.kind == "struct":
        return any(needs_check(f.type) for f in t.fields)
    if t.kind == "array":
        return needs_check(t.of)
    return True


def emit_read(o, schema, t, lv, level=0):
    i = "ijk"[level]
    if t.kind == "int":
        o("%s = read_u%d(r);", lv, t.width * 8)
        if t.low is not None:
            o("wire_check_range(r, %s, %du, %du);", lv, t.low, t.high)
    elif t.kind == "bool":
        o("%s = wire_read_bool(r);", lv)
    elif t.kind == "fixed":
        o("read_copy(r, %s, %d);", lv, t.n)
    elif t.kind == "bytes":
        o("%s = %s(r, %d);", lv, "wire_read_ascii" if t.ascii else "read_bytes32", t.most)
    elif t.kind in ("enum", "struct"):
        o("%s_read_%s(r, &%s);", prefix(t), t.name, lv)
    elif t.kind == "array":
        o("for (size_t %s = 0; %s < %d; %s++) {", i, i, t.n, i)
        emit_read(o, schema, t.of, "%s[%s]" % (lv, i), level + 1)
        o("}")
    elif t.kind == "some":
        o("%s_n = (uint16_t)wire_read_count(r, 2, %d);", lv, t.n)
        if t.octets:
            o("read_copy(r, %s, %s_n);", lv, lv)
            if t.padded:
                o("wire_read_zeros(r, (size_t)%d - %s_n);", t.n, lv)
            return
        o("for (size_t %s = 0; %s < %s_n; %s++) {", i, i, lv, i)
        emit_read(o, schema, t.of, "%s[%s]" % (lv, i), level + 1)
        o("}")
        if t.padded:
            o("wire_read_zeros(r, (size_t)(%d - %s_n) * %d);", t.n, lv, t.of.hi)
    elif t.kind == "optional":
        head, _, name = lv.rpartition("->")
        has = "%s->has_%s" % (head, name)
        o("%s = wire_read_bool(r);", has)
        o("if (%s) {", has)
        emit_read(o, schema, t.of, lv, level)
        if t.padded:
            o("} else {")
            o("wire_read_zeros(r, %d);", t.of.hi)
        o("}")
    elif t.kind == "list":
        o("read_%s(r, &%s, %d, %d);", list_name(schema, t.of), lv, t.width, t.n)


def emit_write(o, schema, t, lv, level=0):
    i = "ijk"[level]
    if t.kind == "int":
        if t.low is not None:
            o("wire_write_range(w, %s, %du, %du);", lv, t.low, t.high)
        o("write_u%d(w, %s);", t.width * 8, lv)
    elif t.kind == "bool":
        o("wire_write_bool(w, %s);", lv)
    elif t.kind == "fixed":
        o("write_bytes(w, %s, %d);", lv, t.n)
    elif t.kind == "bytes":
        o("%s(w, %s, %d);", "wire_write_ascii" if t.ascii else "wire_write_view", lv, t.most)
    elif t.kind == "enum":
        o("%s_write_%s(w, %s);", prefix(t), t.name, lv)
    elif t.kind == "struct":
        o("%s_write_%s(w, &%s);", prefix(t), t.name, lv)
    elif t.kind == "array":
        o("for (size_t %s = 0; %s < %d; %s++) {", i, i, t.n, i)
        emit_write(o, schema, t.of, "%s[%s]" % (lv, i), level + 1)
        o("}")
    elif t.kind == "some":
        o("wire_write_count(w, 2, %s_n, %d);", lv, t.n)
        if t.octets:
            o("if (w->err == PC_OK)")
            o("    write_bytes(w, %s, %s_n);", lv, lv)
            if t.padded:
                o("if (w->err == PC_OK)")
                o("    wire_write_zeros(w, (size_t)%d - %s_n);", t.n, lv)
            return
        o("for (size_t %s = 0; %s < %s_n && w->err == PC_OK; %s++) {", i, i, lv, i)
        emit_write(o, schema, t.of, "%s[%s]" % (lv, i), level + 1)
        o("}")
        if t.padded:
            o("if (w->err == PC_OK)")
            o("    wire_write_zeros(w, (size_t)(%d - %s_n) * %d);", t.n, lv, t.of.hi)
    elif t.kind == "optional":
        head, _, name = lv.rpartition("->")
        has = "%s->has_%s" % (head, name)
        o("wire_write_bool(w, %s);", has)
        o("if (%s) {", has)
        emit_write(o, schema, t.of, lv, level)
        if t.padded:
            o("} else {")
            o("wire_write_zeros(w, %d);", t.of.hi)
        o("}")
    elif t.kind == "list":
        o("write_%s(w, &%s, %d, %d);", list_name(schema, t.of), lv, t.width, t.n)


def emit_text(o, schema, t, lv, level=0):
    i = "ijk"[level]
    if t.kind == "int":
        o("wire_text_u64(t, %s);", lv)
    elif t.kind == "bool":
        o('wire_text_str(t, %s ? "true" : "false");', lv)
    elif t.kind == "fixed":
        o("wire_text_hex(t, bytes_of(%s, %d));", lv, t.n)
    elif t.kind == "bytes":
        o("%s(t, %s);", "wire_text_ascii" if t.ascii else "wire_text_hex", lv)
    elif t.kind == "enum":
        o("wire_text_str(t, %s_%s_name(%s));", prefix(t), t.name, lv)
    elif t.kind == "struct":
        o("%s_text_%s(t, &%s);", prefix(t), t.name, lv)
    elif t.kind == "some" and t.octets:
        o("wire_text_hex(t, bytes_of(%s, %s_n));", lv, lv)
    elif t.kind in ("array", "some"):
        count = "%d" % t.n if t.kind == "array" else lv + "_n"
        o('wire_text_str(t, "[");')
        o("for (size_t %s = 0; %s < %s && %s < WIRE_TEXT_ELEMENTS; %s++) {", i, i, count, i, i)
        o("if (%s > 0)", i)
        o('    wire_text_str(t, " ");')
        emit_text(o, schema, t.of, "%s[%s]" % (lv, i), level + 1)
        o("}")
        if t.n > 8:
            o("if (%s > WIRE_TEXT_ELEMENTS)", count)
            o('    wire_text_str(t, " ..");')
        o('wire_text_str(t, "]");')
    elif t.kind == "optional":
        head, _, name = lv.rpartition("->")
        o("if (%s->has_%s) {", head, name)
        emit_text(o, schema, t.of, lv, level)
        o("} else {")
        o('wire_text_str(t, "-");')
        o("}")
    elif t.kind == "list":
        o("text_%s(t, &%s);", list_name(schema, t.of), lv)


# --- lists -----------------------------------------------------------------------------------


def out_param(t):
    return "uint8_t out[static %d]" % t.n if t.kind == "fixed" else "%s *out" % value_type(t)


def list_decl(o, schema, name, t):
    what = "const uint8_t (*v)[%d];" % t.n if t.kind == "fixed" else "const %s *v;" % value_type(t)
    o("struct %s {", name)
    o("uint32_t n;")
    o("struct bytes raw; /* encoded elements: set by decoders */")
    o("%s /* elements: set by whoever encodes; raw is then ignored */", what)
    o("};")
    o("bool %s_next(struct %s *rest, %s);", name, name, out_param(t))
    if t.lo == t.hi:
        o("bool %s_at(const struct %s *l, uint32_t i, %s);", name, name, out_param(t))
    o()


def list_body(o, schema, name, t):
    deref = "out" if t.kind == "fixed" else "(*out)"
    copy = "memcpy(out, rest->v[0], %d);" % t.n if t.kind == "fixed" else "*out = rest->v[0];"
    # read
    o("static void read_%s(struct reader *r, struct %s *l, unsigned width, uint32_t max)", name, name)
    o("{")
    o("uint32_t n = wire_read_count(r, width, max);")
    if t.lo == t.hi and not needs_check(t):
        o("struct bytes raw = read_bytes(r, (size_t)n * %d);", t.hi)
    else:
        o("const uint8_t *start = r->p;")
        o("for (uint32_t i = 0; i < n && r->err == PC_OK; i++) {")
        emit_read(*scratch(o, schema, t))
        o("(void)e;")
        o("}")
        o("struct bytes raw = {start, r->err == PC_OK ? (size_t)(r->p - start) : 0};")
    o("*l = (struct %s){0};", name)
    o("if (r->err == PC_OK) {")
    o("l->n = n;")
    o("l->raw = raw;")
    o("}")
    o("}")
    o()
    # next
    o("bool %s_next(struct %s *rest, %s)", name, name, out_param(t))
    o("{")
    o("if (rest->n == 0)")
    o("    return false;")
    o("rest->n--;")
    o("if (rest->v != NULL) {")
    o(copy)
    o("rest->v++;")
    o("return true;")
    o("}")
    o("struct reader rd = reader_of(rest->raw), *r = &rd;")
    emit_read(o, schema, t, deref)
    o("rest->raw = bytes_of(r->p, r->left);")
    o("if (r->err != PC_OK)")
    o("    *rest = (struct %s){0};", name)
    o("return r->err == PC_OK;")
    o("}")
    o()
    if t.lo == t.hi:
        o("bool %s_at(const struct %s *l, uint32_t i, %s)", name, name, out_param(t))
        o("{")
        o("if (i >= l->n || (l->v == NULL && ((size_t)i + 1) * %d > l->raw.n))", t.hi)
        o("    return false;")
        o("struct %s one = {.n = 1};", name)
        o("if (l->v != NULL)")
        o("    one.v = l->v + i;")
        o("else")
        o("    one.raw = bytes_of(l->raw.p + (size_t)i * %d, %d);", t.hi, t.hi)
        o("return %s_next(&one, out);", name)
        o("}")
        o()
    # write
    o("static void write_%s(struct writer *w, const struct %s *l, unsigned width, uint32_t max)", name, name)
    o("{")
    o("wire_write_count(w, width, l->n, max);")
    o("if (l->v == NULL) {")
    o("/* A view is written only if it is what a decoder would have accepted. */")
    o("struct reader rd = reader_of(l->raw), *r = &rd;")
    o("for (uint32_t i = 0; i < l->n && w->err == PC_OK && r->err == PC_OK; i++) {")
    emit_read(*scratch(o, schema, t))
    o("(void)e;")
    o("}")
    o("if (reader_end(r) != PC_OK)")
    o("    wire_write_fail(w, PC_E_USAGE);")
    o("write_bytes(w, l->raw.p, l->raw.n);")
    o("return;")
    o("}")
    o("for (uint32_t i = 0; i < l->n && w->err == PC_OK; i++) {")
    emit_write(o, schema, t, "l->v[i]", 1)
    o("}")
    o("}")
    o()
    # text
    o("static void text_%s(struct wire_text *t, const struct %s *l)", name, name)
    o("{")
    o("struct %s rest = *l;", name)
    o("%s;", "uint8_t e[%d]" % t.n if t.kind == "fixed" else "%s e" % value_type(t))
    o("wire_text_u64(t, l->n);")
    o('wire_text_str(t, ":[");')
    o("for (uint32_t i = 0; i < WIRE_TEXT_ELEMENTS && %s_next(&rest, %s); i++) {", name,
      "e" if t.kind == "fixed" else "&e")
    o("if (i > 0)")
    o('    wire_text_str(t, " ");')
    emit_text(o, schema, t, "e", 1)
    o("}")
    o('wire_text_str(t, rest.n > 0 ? " ..]" : "]");')
    o("}")
    o()


def scratch(o, schema, t):
    if t.kind == "fixed":
        o("uint8_t e[%d];", t.n)
    else:
        o("%s e;", value_type(t))
    return o, schema, t, "e", 1


# --- the two files ---------------------------------------------------------------------------


def comment(o, text, width=96):
    if not text:
        return
    words, line, lines = text.replace("*/", "* /").split(), "", []
    for w in words:
        if len(line) + len(w) + 1 > width:
            lines.append(line)
            line = w
        else:
            line = (line + " " + w).strip()
    lines.append(line)
    if len(lines) == 1:
        o("/* " + lines[0] + " */")
        return
    o("/*")
    for line in lines:
        o(" * " + line)
    o(" */")


def emit_header(schema):
    o, P = Out(), schema.prefix
    guard = "PC_PROTOCOL_%s_WIRE_H" % schema.name.upper()
    o.lines.append(PREAMBLE % schema.name)
    comment(o, schema.doc)
    o("#ifndef " + guard)
    o("#define " + guard)
    o()
    o('#include "protocol/codec.h"')
    for used in schema.uses:
        o('#include "protocol/%s_wire.h"', used.name)
    o()
    o("/* SHA-256 over all definitions: ends of one wire compare it to see that they agree. */")
    o("#define %s_SCHEMA_HASH \\", P.upper())
    o("    {%s}", ", ".join("0x%02x" % b for b in schema.digest()))
    o()
    for name, value in schema.consts.items():
        o("#define %s %d", upper(schema, name), value)
    o()
    if schema.processes:
        o("enum %s_process {", P)
        for p in schema.processes:
            o("%s,", upper(schema, "proc_" + p))
        o("};")
        o("const char *%s_process_name(enum %s_process p);", P, P)
        o()
    lists = list_elements(schema)
    done = set()
    for t in schema.types.values():
        if t.kind == "enum":
            header_enum(o, schema, t)
        else:
            for f in t.fields:
                ft = f.type.of if f.type.kind == "optional" else f.type
                if ft.kind == "list" and list_name(schema, ft.of) not in done:
                    name = list_name(schema, ft.of)
                    done.add(name)
                    list_decl(o, schema, name, lists[name])
            header_struct(o, schema, t)
    if schema.messages():
        header_messages(o, schema)
    o("#endif")
    return o.text()


def header_enum(o, schema, t):
    comment(o, t.doc)
    o("enum %s {", c_name(t))
    for name, value, doc in t.values:
        o("%s = %d,%s", upper(schema, t.name + "_" + name), value, " /* %s */" % doc if doc else "")
    o("};")
    o("/* Name of a value; \"?\" for others. Never NULL. */")
    o("const char *%s_name(enum %s v);", c_name(t), c_name(t))
    o("void %s_read_%s(struct reader *r, enum %s *out);", schema.prefix, t.name, c_name(t))
    o("void %s_write_%s(struct writer *w, enum %s v);", schema.prefix, t.name, c_name(t))
    o()


def header_struct(o, schema, t):
    P, n = schema.prefix, c_name(t)
    note = ""
    if t.is_message and t.senders:
        note = " [%s -> %s]" % ("|".join(t.senders), "|".join(t.receivers))
    comment(o, (t.doc + note).strip())
    o("struct %s {", n)
    for f in t.fields:
        lines = declare(schema, f.type, f.name)
        for i, line in enumerate(lines):
            doc = ("secret" + (": " if f.doc else "") if f.secret else "") + f.doc
            last = i == len(lines) - 1
            o(line + (" /* %s */" % doc if doc and last else ""))
    if not t.fields:
        o("char nothing; /* C has no empty struct */")
    o("};")
    extra = 2 if t.is_message else 0
    exact = "always" if t.lo == t.hi else "at most"
    o("#define %s_BYTES %du /* %s */", upper(schema, t.name), t.hi + extra, exact)
    what = "frame" if t.is_message else "bytes"
    o("PC_MUST_USE enum err_code %s_decode_%s(struct %s *out, struct bytes %s);", P, t.name, n, what)
    o("PC_MUST_USE enum err_code %s_encode_%s(struct bytes *out, void *buf, size_t cap,", P, t.name)
    o("                                       const struct %s *m);", n)
    o("void %s_read_%s(struct reader *r, struct %s *out);", P, t.name, n)
    o("void %s_write_%s(struct writer *w, const struct %s *m);", P, t.name, n)
    o("void %s_text_%s(struct wire_text *t, const struct %s *m);", P, t.name, n)
    o()


def header_messages(o, schema):
    P = schema.prefix
    msgs = schema.messages()
    o("enum %s_type {", P)
    for m in msgs:
        o("%s = 0x%04x,", upper(schema, "msg_" + m.name), m.number)
    o("};")
    o("#define %s_FRAME_MAX %du", P.upper(), max(m.hi for m in msgs) + 2)
    o("#define %s_MESSAGES %d", P.upper(), len(msgs))
    o("/* Name of a message number; \"?\" for others. Never NULL. */")
    o("const char *%s_type_name(uint16_t type);", P)
    o("/* Number of a frame; 0, which no message has, if it is too short. */")
    o("uint16_t %s_type_of(struct bytes frame);", P)
    if schema.processes:
        o("/* Whether the schema lets `from` send this message to `to`. */")
        o("bool %s_may_send(uint16_t type, enum %s_process from, enum %s_process to);", P, P, P)
    o()
    o("struct %s_msg {", P)
    o("enum %s_type type;", P)
    o("union {")
    for m in msgs:
        o("struct %s %s;", c_name(m), m.name)
    o("};")
    o("};")
    o("/* PC_E_MALFORMED for a number that is no message's. Zeroed on error. Views point into frame. */")
    o("PC_MUST_USE enum err_code %s_decode(struct %s_msg *out, struct bytes frame);", P, P)
    o("PC_MUST_USE enum err_code %s_encode(struct bytes *out, void *buf, size_t cap,", P)
    o("                                    const struct %s_msg *m);", P)
    o("/* One line without values of secret fields; cut to cap, always NUL-terminated. */")
    o("void %s_text(char *out, size_t cap, const struct %s_msg *m);", P, P)
    o()
    o("/* Handlers by name; a message without one is PC_E_REFUSED. A struct with secret fields is wiped")
    o(" * after its handler. */")
    o("struct %s_handlers {", P)
    for m in msgs:
        o("enum err_code (*%s)(void *ctx, const struct %s *m);", m.name, c_name(m))
    o("};")
    route = ""
    if schema.processes:
        route = "enum %s_process from, enum %s_process to, " % (P, P)
        o("/* Also refuses what %s_may_send forbids, before a field is decoded. */", P)
    o("PC_MUST_USE enum err_code %s_dispatch(const struct %s_handlers *h, void *ctx, %sstruct bytes frame);", P, P, route)
    o()


def emit_source(schema):
    o, P = Out(), schema.prefix
    o.lines.append(PREAMBLE % schema.name)
    o('#include "protocol/%s_wire.h"', schema.name)
    o('#include "base/mem.h"')
    o()
    if schema.processes:
        o("const char *%s_process_name(enum %s_process p)", P, P)
        o("{")
        o("switch (p) {")
        for p in schema.processes:
            o("    case %s:", upper(schema, "proc_" + p))
            o('        return "%s";', p)
        o("}")
        o('return "?";')
        o("}")
        o()
    lists, done = list_elements(schema), set()
    for t in schema.types.values():
        if t.kind == "enum":
            source_enum(o, schema, t)
            continue
        for f in t.fields:
            ft = f.type.of if f.type.kind == "optional" else f.type
            if ft.kind == "list" and list_name(schema, ft.of) not in done:
                done.add(list_name(schema, ft.of))
                list_body(o, schema, list_name(schema, ft.of), lists[list_name(schema, ft.of)])
        source_struct(o, schema, t)
    if schema.messages():
        source_messages(o, schema)
    return o.text()


def source_enum(o, schema, t):
    o("const char *%s_name(enum %s v)", c_name(t), c_name(t))
    o("{")
    o("switch (v) {")
    for name, _, _ in t.values:
        o("    case %s:", upper(schema, t.name + "_" + name))
        o('        return "%s";', name)
    o("}")
    o('return "?";')
    o("}")
    o()
    known = " || ".join("v == %du" % v for _, v, _ in t.values)
    o("static bool known_%s(unsigned v)", c_name(t))
    o("{")
    o("return %s;", known)
    o("}")
    o()
    o("void %s_read_%s(struct reader *r, enum %s *out)", schema.prefix, t.name, c_name(t))
    o("{")
    o("unsigned v = read_u%d(r);", t.width * 8)
    o("if (!known_%s(v)) {", c_name(t))
    o("reader_fail(r, PC_E_MALFORMED);")
    o("v = %d;", t.values[0][1])
    o("}")
    o("*out = (enum %s)v;", c_name(t))
    o("}")
    o()
    o("void %s_write_%s(struct writer *w, enum %s v)", schema.prefix, t.name, c_name(t))
    o("{")
    o("if (!known_%s((unsigned)v))", c_name(t))
    o("    wire_write_fail(w, PC_E_USAGE);")
    o("write_u%d(w, (uint%d_t)v);", t.width * 8, t.width * 8)
    o("}")
    o()


def source_struct(o, schema, t):
    P, n = schema.prefix, c_name(t)
    o("void %s_read_%s(struct reader *r, struct %s *out)", P, t.name, n)
    o("{")
    o("memset(out, 0, sizeof *out);")
    for f in t.fields:
        emit_read(o, schema, f.type, "out->" + f.name)
    if not t.fields:
        o("(void)r;")
    o("}")
    o()
    o("void %s_write_%s(struct writer *w, const struct %s *m)", P, t.name, n)
    o("{")
    for f in t.fields:
        emit_write(o, schema, f.type, "m->" + f.name)
    if not t.fields:
        o("(void)w;")
        o("(void)m;")
    o("}")
    o()
    o("void %s_text_%s(struct wire_text *t, const struct %s *m)", P, t.name, n)
    o("{")
    o('wire_text_str(t, "%s{");', t.name)
    for i, f in enumerate(t.fields):
        o('wire_text_str(t, "%s%s=");', " " if i else "", f.name)
        if f.secret:
            o('wire_text_str(t, "<secret>");')
        else:
            emit_text(o, schema, f.type, "m->" + f.name)
    if not t.fields or all(f.secret for f in t.fields):
        o("(void)m;")
    o('wire_text_str(t, "}");')
    o("}")
    o()
    o("enum err_code %s_decode_%s(struct %s *out, struct bytes in)", P, t.name, n)
    o("{")
    o("struct reader r = reader_of(in);")
    if t.is_message:
        o("if (read_u16(&r) != 0x%04xu)", t.number)
        o("    reader_fail(&r, PC_E_MALFORMED);")
    o("%s_read_%s(&r, out);", P, t.name)
    o("enum err_code e = reader_end(&r);")
    o("if (e != PC_OK)")
    o("    %s(out, %ssizeof *out);", "pc_wipe" if has_secret(t) else "memset", "" if has_secret(t) else "0, ")
    o("return e;")
    o("}")
    o()
    o("enum err_code %s_encode_%s(struct bytes *out, void *buf, size_t cap, const struct %s *m)", P, t.name, n)
    o("{")
    o("struct writer w = writer_of(buf, cap);")
    if t.is_message:
        o("write_u16(&w, 0x%04xu);", t.number)
    o("%s_write_%s(&w, m);", P, t.name)
    if has_secret(t):
        o("if (w.err != PC_OK)")
        o("    pc_wipe(buf, w.n);")
    o("return writer_end(&w, out);")
    o("}")
    o()


def has_secret(t):
    if t.kind == "struct":
        return any(f.secret or has_secret(f.type) for f in t.fields)
    if t.kind in ("array", "some", "optional", "list"):
        return has_secret(t.of)
    return False


def source_messages(o, schema):
    P = schema.prefix
    msgs = schema.messages()
    o("const char *%s_type_name(uint16_t type)", P)
    o("{")
    o("switch (type) {")
    for m in msgs:
        o("    case %s:", upper(schema, "msg_" + m.name))
        o('        return "%s";', m.name)
    o("    default:")
    o('        return "?";')
    o("}")
    o("}")
    o()
    o("uint16_t %s_type_of(struct bytes frame)", P)
    o("{")
    o("return frame.n < 2 ? 0 : load_be16(frame.p);")
    o("}")
    o()
    if schema.processes:
        o("bool %s_may_send(uint16_t type, enum %s_process from, enum %s_process to)", P, P, P)
        o("{")
        o("switch (type) {")
        for m in msgs:
            o("    case %s:", upper(schema, "msg_" + m.name))
            a = " || ".join("from == " + upper(schema, "proc_" + p) for p in m.senders)
            b = " || ".join("to == " + upper(schema, "proc_" + p) for p in m.receivers)
            o("        return from != to && (%s) && (%s);", a, b)
        o("    default:")
        o("        return false;")
        o("}")
        o("}")
        o()
    o("enum err_code %s_decode(struct %s_msg *out, struct bytes frame)", P, P)
    o("{")
    o("uint16_t type = %s_type_of(frame);", P)
    o("memset(out, 0, sizeof *out);")
    o("switch (type) {")
    for m in msgs:
        o("    case %s: {", upper(schema, "msg_" + m.name))
        o("    enum err_code e = %s_decode_%s(&out->%s, frame);", P, m.name, m.name)
        o("    if (e == PC_OK)")
        o("        out->type = %s;", upper(schema, "msg_" + m.name))
        o("    return e;")
        o("}")
    o("    default:")
    o("        return frame.n < 2 ? PC_E_TRUNCATED : PC_E_MALFORMED;")
    o("}")
    o("}")
    o()
    o("enum err_code %s_encode(struct bytes *out, void *buf, size_t cap, const struct %s_msg *m)", P, P)
    o("{")
    o("*out = (struct bytes){NULL, 0};")
    o("switch (m->type) {")
    for m in msgs:
        o("    case %s:", upper(schema, "msg_" + m.name))
        o("        return %s_encode_%s(out, buf, cap, &m->%s);", P, m.name, m.name)
    o("}")
    o("return PC_E_USAGE;")
    o("}")
    o()
    o("void %s_text(char *out, size_t cap, const struct %s_msg *m)", P, P)
    o("{")
    o("struct wire_text t = wire_text_of(out, cap);")
    o("switch (m->type) {")
    for m in msgs:
        o("    case %s:", upper(schema, "msg_" + m.name))
        o("        %s_text_%s(&t, &m->%s);", P, m.name, m.name)
        o("        return;")
    o("}")
    o('wire_text_str(&t, "?");')
    o("}")
    o()
    for m in msgs:
        o("static enum err_code give_%s(const struct %s_handlers *h, void *ctx, struct bytes frame)", m.name, P)
        o("{")
        o("if (h->%s == NULL)", m.name)
        o("    return PC_E_REFUSED;")
        o("struct %s m;", c_name(m))
        o("enum err_code e = %s_decode_%s(&m, frame);", P, m.name)
        o("if (e == PC_OK)")
        o("    e = h->%s(ctx, &m);", m.name)
        if has_secret(m):
            o("pc_wipe(&m, sizeof m);")
        o("return e;")
        o("}")
        o()
    route = "enum %s_process from, enum %s_process to, " % (P, P) if schema.processes else ""
    o("enum err_code %s_dispatch(const struct %s_handlers *h, void *ctx, %sstruct bytes frame)", P, P, route)
    o("{")
    o("uint16_t type = %s_type_of(frame);", P)
    if schema.processes:
        o("if (!%s_may_send(type, from, to))", P)
        o("    return PC_E_REFUSED;")
    o("switch (type) {")
    for m in msgs:
        o("    case %s:", upper(schema, "msg_" + m.name))
        o("        return give_%s(h, ctx, frame);", m.name)
    o("    default:")
    o("        return frame.n < 2 ? PC_E_TRUNCATED : PC_E_MALFORMED;")
    o("}")
    o("}")
