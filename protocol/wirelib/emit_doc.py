# SPDX-License-Identifier: Apache-2.0
"""Model -> one Markdown page."""

HEAD = """<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made by protocol/wiregen.py from protocol/schema/*.wire: change those. -->
# What goes over which wire

Integers are big-endian. `byte[n]` is n bytes; `bytes<n>` and `ascii<n>` are a u32 length and at most n
bytes (ascii: each 0x20..0x7e); `bool` is 0 or 1; `optional T` is a bool and, behind a 1, T; `T[n]` is n
times T; `T[<=n]` (and `byte[<=n]`) is a u16 count and the elements; `list<T, n>` is a count (u16 up to 65535, else u32)
and the elements. In a *fixed* definition `optional` and `T[<=n]` keep their full width, and what is not
used is zero. A message is its u16 number and then its fields. Nothing may follow the last field; each
value has one encoding. The columns bytes give smallest and largest encoding.
"""


def size(t, extra=0):
    return "%d" % (t.lo + extra) if t.lo == t.hi else "%d..%d" % (t.lo + extra, t.hi + extra)


def cell(text):
    return text.replace("|", "\\|")


def fields(out, s):
    if not s.fields:
        return
    out.append("| field | type | bytes | |")
    out.append("|---|---|---|---|")
    for f in s.fields:
        doc = "**secret**" + (": " if f.doc else "") + f.doc if f.secret else f.doc
        out.append(
            "| `%s` | `%s` | %s | %s |" % (f.name, cell(f.type.name), size(f.type), cell(doc))
        )
    out.append("")


def emit(schemas):
    out = [HEAD]
    for schema in schemas:
        out.append("## %s.wire" % schema.name)
        out.append("")
        if schema.doc:
            out += [schema.doc, ""]
        out += ["Schema hash `%s`." % schema.digest().hex(), ""]
        if schema.messages():
            routed = bool(schema.processes)
            out.append("| number | message | bytes |" + (" from → to |" if routed else ""))
            out.append("|---|---|---|" + ("---|" if routed else ""))
            for m in sorted(schema.messages(), key=lambda m: m.number):
                row = "| 0x%04x | `%s` | %s |" % (m.number, m.name, size(m, 2))
                if routed:
                    row += " %s → %s |" % (", ".join(m.senders), ", ".join(m.receivers))
                out.append(row)
            out.append("")
        for t in schema.types.values():
            if t.kind == "enum":
                out.append("### enum %s: %s" % (t.name, t.base))
                out.append("")
                out += [t.doc, ""] if t.doc else []
                out.append("| value | name | |")
                out.append("|---|---|---|")
                out += ["| %d | `%s` | %s |" % (v, n, cell(d)) for n, v, d in t.values]
                out.append("")
                continue
            kind = ("fixed " if t.fixed else "") + ("message" if t.is_message else "struct")
            out.append("### %s %s" % (kind, t.name))
            out.append("")
            out += [t.doc, ""] if t.doc else []
            fields(out, t)
    return "\n".join(out).rstrip() + "\n"
