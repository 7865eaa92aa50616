# SPDX-License-Identifier: Apache-2.0
"""How C declares, reads, writes and prints one value of each type; the lists; what emit_*.py share."""

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
        o("wire_text_hex(t, bytes_of(%s, %s_n < %d ? %s_n : %d));", lv, lv, t.n, lv, t.n)
    elif t.kind in ("array", "some"):
        count = "%d" % t.n if t.kind == "array" else lv + "_n"
        most = min(t.n, 8)  # WIRE_TEXT_ELEMENTS; a count that nobody checked is no reason to read on
        o('wire_text_str(t, "[");')
        o("for (size_t %s = 0; %s < %s && %s < %d; %s++) {", i, i, count, i, most, i)
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
