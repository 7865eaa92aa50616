# SPDX-License-Identifier: Apache-2.0
"""Model -> C header and C source. The header's comments say what each function promises."""
from .c_values import (
    PREAMBLE,
    Out,
    c_name,
    declare,
    emit_read,
    emit_text,
    emit_write,
    list_body,
    list_decl,
    list_elements,
    list_name,
    upper,
)


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
