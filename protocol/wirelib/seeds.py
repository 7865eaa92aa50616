# SPDX-License-Identifier: Apache-2.0
"""Model -> encodings made without the C code: seeds for the fuzzers, and for the generated tests a
second opinion on what the bytes of a value are."""


def encode(t, full):
    """The smallest value of a type, or (full) one in which all that may be there is there once."""
    if t.kind == "int":
        v = t.low or 0
        if full:
            v = t.high if t.high is not None else 0x0102030405060708 & ((1 << 8 * t.width) - 1)
        return v.to_bytes(t.width, "big")
    if t.kind == "bool":
        return b"\1" if full else b"\0"
    if t.kind == "fixed":
        return bytes(i % 255 + 1 if full else 0 for i in range(t.n))
    if t.kind == "bytes":
        data = b"az"[: t.most] if full else b""
        return len(data).to_bytes(4, "big") + data
    if t.kind == "enum":
        value = t.values[-1 if full else 0][1]
        return value.to_bytes(t.width, "big")
    if t.kind == "array":
        return encode(t.of, full) * t.n
    if t.kind == "some":
        out = (1 if full else 0).to_bytes(2, "big") + (encode(t.of, full) if full else b"")
        return out + bytes(t.hi - len(out) if t.padded else 0)
    if t.kind == "optional":
        out = b"\1" + encode(t.of, full) if full else b"\0"
        return out + bytes(t.hi - len(out) if t.padded else 0)
    if t.kind == "list":
        return (1 if full else 0).to_bytes(t.width, "big") + (encode(t.of, full) if full else b"")
    if t.kind == "struct":
        head = t.number.to_bytes(2, "big") if t.is_message else b""
        return head + b"".join(encode(f.type, full) for f in t.fields)
    raise AssertionError(t.kind)


def write(schema, folder):
    """Seeds for NAME_wire_fuzz, whose first byte picks the struct (emit_fuzz.py)."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = [s for s in schema.structs() if not s.is_message]
    for s in schema.structs():
        pick = 0 if s.is_message else 1 + plain.index(s)
        for full in (False, True):
            name = "%s-%s" % (s.name, "full" if full else "least")
            (folder / name).write_bytes(bytes([pick]) + encode(s, full))
