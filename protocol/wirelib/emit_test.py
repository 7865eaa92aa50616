# SPDX-License-Identifier: Apache-2.0
"""Model -> cmocka test of the generated codec (helpers: protocol/wire_testkit.h)."""
from . import seeds
from .c_values import PREAMBLE, Out, c_name, list_name, prefix, upper, value_type


def fill(o, schema, t, lv, level=0):
    i = "ijk"[level]
    if t.kind == "int":
        low = 0 if t.low is None else t.low
        high = "UINT%d_MAX" % (t.width * 8) if t.low is None else "%du" % t.high
        o("%s = (uint%d_t)fill_int(f, %du, %s);", lv, t.width * 8, low, high)
    elif t.kind == "bool":
        o("%s = fill_int(f, 0, 1) != 0;", lv)
    elif t.kind == "fixed":
        o("fill_bytes(f, %s, %d);", lv, t.n)
    elif t.kind == "bytes":
        o("%s = fill_view(f, %d, %s);", lv, t.most, "true" if t.ascii else "false")
    elif t.kind == "enum":
        values = ", ".join(upper(t.schema, t.name + "_" + n) for n, _, _ in t.values)
        o("{")
        o("static const enum %s known[] = {%s};", c_name(t), values)
        o("%s = known[fill_int(f, 0, PC_ARRAY_LEN(known) - 1)];", lv)
        o("}")
    elif t.kind == "struct":
        o("fill_%s(f, &%s);", c_name(t), lv)
    elif t.kind in ("array", "some"):
        count = "%d" % t.n
        if t.kind == "some":
            o("%s_n = (uint16_t)fill_count(f, %d, 3);", lv, t.n)
            count = lv + "_n"
        o("for (size_t %s = 0; %s < %s; %s++) {", i, i, count, i)
        fill(o, schema, t.of, "%s[%s]" % (lv, i), level + 1)
        o("}")
    elif t.kind == "optional":
        head, _, name = lv.rpartition("->")
        o("%s->has_%s = fill_int(f, 0, 1) != 0;", head, name)
        o("if (%s->has_%s) {", head, name)
        fill(o, schema, t.of, lv, level)
        o("}")
    elif t.kind == "list":
        o("{")
        o("uint32_t n = fill_count(f, %d, 3);", t.n)
        if t.of.kind == "fixed":
            o("uint8_t (*v)[%d] = fill_take(f, (n + 1) * sizeof *v);", t.of.n)
        else:
            o("%s *v = fill_take(f, (n + 1) * sizeof *v);", value_type(t.of))
        o("for (uint32_t %s = 0; %s < n; %s++) {", i, i, i)
        fill(o, schema, t.of, "v[%s]" % i, level + 1)
        o("}")
        if t.of.kind == "fixed":
            o("%s = (struct %s){.n = n, .v = (const uint8_t (*)[%d])v};", lv, list_name(schema, t.of), t.of.n)
        else:
            o("%s = (struct %s){.n = n, .v = v};", lv, list_name(schema, t.of))
        o("}")


def fill_function(o, schema, s):
    n = c_name(s)
    o("static void fill_%s(struct fill *f, struct %s *m)", n, n)
    o("{")
    for field in s.fields:
        fill(o, schema, field.type, "m->" + field.name)
    if not s.fields:
        o("(void)f;")
        o("(void)m;")
    o("}")
    o()


def codec(o, schema, s):
    P, n = schema.prefix, c_name(s)
    extra = 2 if s.is_message else 0
    o("static void any_fill_%s(struct fill *f, void *m)", n)
    o("{")
    o("fill_%s(f, m);", n)
    o("}")
    o("static enum err_code any_encode_%s(struct bytes *out, void *buf, size_t cap, const void *m)", n)
    o("{")
    o("return %s_encode_%s(out, buf, cap, m);", P, s.name)
    o("}")
    o("static enum err_code any_decode_%s(void *m, struct bytes in)", n)
    o("{")
    o("return %s_decode_%s(m, in);", P, s.name)
    o("}")
    o("static void any_text_%s(struct wire_text *t, const void *m)", n)
    o("{")
    o("%s_text_%s(t, m);", P, s.name)
    o("}")
    o("static const struct codec codec_%s = {", n)
    o('"%s", sizeof(struct %s), %d, %s_BYTES,', s.name, n, s.lo + extra, upper(schema, s.name))
    o("any_fill_%s, any_encode_%s, any_decode_%s, any_text_%s,", n, n, n, n)
    o("};")
    o()


def patches(o, s, t, at):
    """Values just outside what the type at this offset of the smallest encoding allows."""
    c = "&codec_" + c_name(s)
    if t.kind == "int" and t.low is not None:
        if t.low > 0:
            o("check_patch(%s, %d, %d, %d, PC_E_MALFORMED);", c, at, t.width, t.low - 1)
        if t.high + 1 < 1 << (8 * t.width):
            o("check_patch(%s, %d, %d, %du, PC_E_MALFORMED);", c, at, t.width, t.high + 1)
    elif t.kind == "bool":
        o("check_patch(%s, %d, 1, 2, PC_E_NOT_CANONICAL);", c, at)
    elif t.kind == "enum":
        known = {v for _, v, _ in t.values}
        for v in range(1 << (8 * t.width)):
            if v not in known:
                o("check_patch(%s, %d, %d, %d, PC_E_MALFORMED);", c, at, t.width, v)
                break
    elif t.kind == "bytes":
        o("check_patch(%s, %d, 4, %d, PC_E_TOO_LARGE);", c, at, t.most + 1)
        o("check_patch(%s, %d, 4, UINT32_MAX, PC_E_TOO_LARGE);", c, at)
    elif t.kind == "list" and t.n + 1 < 1 << (8 * t.width):
        o("check_patch(%s, %d, %d, %d, PC_E_TOO_LARGE);", c, at, t.width, t.n + 1)
    elif t.kind == "some":
        if t.n < 0xFFFF:
            o("check_patch(%s, %d, 2, %d, PC_E_TOO_LARGE);", c, at, t.n + 1)
        if t.padded:
            o("check_patch(%s, %d, 1, 1, PC_E_NOT_CANONICAL);", c, at + t.lo - 1)
    elif t.kind == "optional":
        o("check_patch(%s, %d, 1, 2, PC_E_NOT_CANONICAL);", c, at)
        if t.padded:
            o("check_patch(%s, %d, 1, 1, PC_E_NOT_CANONICAL);", c, at + t.lo - 1)
    elif t.kind == "struct":
        for f in t.fields:
            patches(o, s, f.type, at)
            at += f.type.lo


def refusals(o, schema, s):
    """The encoder refuses what the decoder would."""
    P = schema.prefix
    for f in s.fields:
        t, lv = f.type, "m." + f.name
        bad = []
        if t.kind == "int" and t.low is not None:
            if t.low > 0:
                bad.append(("%s = %d;" % (lv, t.low - 1), "PC_E_USAGE"))
            if t.high + 1 < 1 << (8 * t.width):
                bad.append(("%s = %du;" % (lv, t.high + 1), "PC_E_USAGE"))
        elif t.kind == "enum":
            bad.append(("%s = (enum %s)0xee;" % (lv, c_name(t)), "PC_E_USAGE"))
        elif t.kind == "bytes":
            bad.append(("%s = bytes_of(fill_pool, %d);" % (lv, t.most + 1), "PC_E_TOO_LARGE"))
            if t.ascii:
                bad.append(('%s = PC_BYTES_STR("a\\n");' % lv, "PC_E_USAGE"))
        elif t.kind == "list":
            bad.append(("%s.n = %d;" % (lv, t.n + 1), "PC_E_TOO_LARGE"))
            bad.append(("%s = (struct %s){.n = 0, .raw = bytes_of(fill_pool, 1)};"
                        % (lv, list_name(schema, t.of)), "PC_E_USAGE"))
        elif t.kind == "some" and t.n < 0xFFFF:
            bad.append(("%s_n = %d;" % (lv, t.n + 1), "PC_E_TOO_LARGE"))
        for change, want in bad:
            o("{")
            o("struct fill f = fill_of(FILL_MIN, 1);")
            o("static struct %s m;", c_name(s))
            o("memset(&m, 0, sizeof m);")
            o("fill_%s(&f, &m);", c_name(s))
            o(change)
            o("struct bytes out;")
            o("memset(fill_pool, 'a', 64);")
            o("assert_int_equal(%s_encode_%s(&out, fill_buf_a, sizeof fill_buf_a, &m), %s);", P, s.name, want)
            o("assert_int_equal(out.n, 0);")
            o("}")


def second_opinion(o, s, full):
    """What wirelib/seeds.py says the bytes are."""
    data = seeds.encode(s, full)
    o("{")
    o("static const uint8_t known[] = {")
    for i in range(0, len(data), 16):
        o("    %s,", ", ".join("0x%02x" % b for b in data[i : i + 16]))
    if not data:
        o("    0,")
    o("};")
    o("check_known(&codec_%s, bytes_of(known, %d));", c_name(s), len(data))
    o("}")


def test_struct(o, schema, s):
    n = c_name(s)
    codec(o, schema, s)
    o("static void test_%s(void **state)", n)
    o("{")
    o("(void)state;")
    o("check_codec(&codec_%s);", n)
    for full in (False, True):
        if len(seeds.encode(s, full)) <= 512:
            second_opinion(o, s, full)
    at = 2 if s.is_message else 0
    for f in s.fields:
        patches(o, s, f.type, at)
        at += f.type.lo
    refusals(o, schema, s)
    for f in s.fields:
        if f.secret and f.type.kind == "fixed":
            o("check_hidden(&codec_%s, offsetof(struct %s, %s), %d);", n, n, f.name, f.type.n)
    o("}")
    o()


def test_dispatch(o, schema):
    P = schema.prefix
    o("static void test_dispatch(void **state)")
    o("{")
    o("(void)state;")
    o("static const struct %s_handlers none;", P)
    o("uint8_t unknown[2];")
    o("static struct %s_msg m;", P)
    o("unsigned known = 0;")
    if schema.processes:
        o("enum %s_process from = %s, to = %s;", P, upper(schema, "proc_" + schema.processes[0]),
          upper(schema, "proc_" + schema.processes[-1]))
    o("for (unsigned type = 0; type <= 0xffff; type++) {")
    o("store_be16(unknown, (uint16_t)type);")
    o('if (strcmp(%s_type_name((uint16_t)type), "?") != 0) {', P)
    o("known++;")
    o("continue;")
    o("}")
    o("assert_int_equal(%s_decode(&m, PC_BYTES(unknown)), PC_E_MALFORMED);", P)
    if schema.processes:
        o("assert_int_equal(%s_dispatch(&none, NULL, from, to, PC_BYTES(unknown)), PC_E_REFUSED);", P)
    else:
        o("assert_int_equal(%s_dispatch(&none, NULL, PC_BYTES(unknown)), PC_E_MALFORMED);", P)
    o("}")
    o("assert_int_equal(known, %s_MESSAGES);", P.upper())
    o("assert_int_equal(%s_decode(&m, bytes_of(unknown, 1)), PC_E_TRUNCATED);", P)
    for m in schema.messages():
        o("{")
        o("struct fill f = fill_of(FILL_MIN, 1);")
        o("memset(&m, 0, sizeof m);")
        o("m.type = %s;", upper(schema, "msg_" + m.name))
        o("fill_%s(&f, &m.%s);", c_name(m), m.name)
        o("struct bytes out;")
        o("assert_int_equal(%s_encode(&out, fill_buf_a, sizeof fill_buf_a, &m), PC_OK);", P)
        o("assert_int_equal(%s_type_of(out), m.type);", P)
        if schema.processes:
            pairs = [(a, b) for a in schema.processes for b in schema.processes]
            ok = [(a, b) for a, b in pairs if a != b and a in m.senders and b in m.receivers]
            bad = [p for p in pairs if p not in ok]
            for a, b in (ok[0], bad[0], bad[-1]):
                o("assert_int_equal(%s_dispatch(&none, NULL, %s, %s, out), PC_E_REFUSED);", P,
                  upper(schema, "proc_" + a), upper(schema, "proc_" + b))
            for a, b in ok[:1]:
                o("assert_true(%s_may_send(m.type, %s, %s));", P, upper(schema, "proc_" + a), upper(schema, "proc_" + b))
            for a, b in (bad[0], bad[-1]):
                o("assert_false(%s_may_send(m.type, %s, %s));", P, upper(schema, "proc_" + a), upper(schema, "proc_" + b))
        else:
            o("assert_int_equal(%s_dispatch(&none, NULL, out), PC_E_REFUSED);", P)
        o("static struct %s_msg back;", P)
        o("assert_int_equal(%s_decode(&back, out), PC_OK);", P)
        o("assert_int_equal(back.type, m.type);")
        o("char text[256];")
        o("%s_text(text, sizeof text, &back);", P)
        o('assert_memory_equal(text, "%s{", %d);', m.name, len(m.name) + 1)
        o("}")
    o("}")
    o()


def emit(schema):
    o = Out()
    o.lines.append(PREAMBLE % schema.name)
    o('#include "protocol/%s_wire.h"', schema.name)
    o('#include "protocol/wire_testkit.h"')
    o()
    for used in schema.uses:
        for s in used.structs():
            fill_function(o, used, s)
    for s in schema.structs():
        fill_function(o, schema, s)
    for s in schema.structs():
        test_struct(o, schema, s)
    if schema.messages():
        test_dispatch(o, schema)
    o("int main(void)")
    o("{")
    used = ["(void)fill_%s;" % c_name(s) for u in schema.uses for s in u.structs()]
    for line in used:
        o(line)
    o("(void)check_hidden;")
    o("(void)check_known;")
    o("(void)check_patch;")
    o("const struct CMUnitTest tests[] = {")
    for s in schema.structs():
        o("cmocka_unit_test(test_%s),", c_name(s))
    if schema.messages():
        o("cmocka_unit_test(test_dispatch),")
    o("};")
    o("return cmocka_run_group_tests(tests, NULL, NULL);")
    o("}")
    return o.text()
