#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Storage layout of the contracts that nodes read: from the compiler to C.

    layout.py export           out/*.json -> abi/layout.json (after contracts/build)
    layout.py check            fails if abi/layout.json is not what the compiler says
    layout.py header FILE      abi/layout.json -> C header

The header has the base slot of each variable (PC_SLOT_CONTRACT_VARIABLE) and, for the structs below,
the place of each member as slot, offset and size in bytes (PC_AT_STRUCT_MEMBER), the number of words
(PC_WORDS_STRUCT), and used_struct[], a bit per byte that a member occupies, bit 0 the lowest of a word.
"""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LAYOUT = os.path.join(HERE, "abi", "layout.json")
CONTRACTS = [
    "Apps", "Attestations", "Epochs", "GuardianCouncil", "Measurements", "NodeRegistry", "SnpVerifier",
    "TcbPolicy", "TdxVerifier", "VerifierRouter",
]

# contract, struct: its name in C
STRUCTS = {
    ("Epochs", "Now"): "NOW", ("Epochs", "Attempt"): "ATTEMPT", ("Epochs", "Opening"): "OPENING",
    ("Epochs", "Committee"): "COMMITTEE", ("Epochs", "Epoch"): "EPOCH", ("Epochs", "Seat"): "SEAT",
    ("NodeRegistry", "Node"): "NODE", ("NodeRegistry", "Platform"): "PLATFORM",
    ("Attestations", "Record"): "RECORD", ("Measurements", "Word"): "MEASUREMENT",
    ("TcbPolicy", "VendorPolicy"): "VENDOR", ("TcbPolicy", "ProductPolicy"): "PRODUCT",
    ("TcbPolicy", "Mark"): "MARK", ("VerifierRouter", "Verifier"): "VERIFIER", ("Apps", "App"): "APP",
    ("Apps", "Slot"): "POLICY", ("GuardianCouncil", "Freeze"): "FREEZE",
}


def clean(type_name):
    """Types without the compiler's ids of syntax tree nodes, which change with unrelated edits."""
    return re.sub(r"(t_(?:struct|contract|enum|userDefinedValueType)\([^()]*\))\d+", r"\1", type_name)


def compiled():
    layout = {}
    for name in CONTRACTS:
        with open(os.path.join(HERE, "out", f"{name}.sol", f"{name}.json")) as f:
            storage = json.load(f)["storageLayout"]
        types = storage["types"] or {}
        structs = {
            clean(key): [[m["label"], int(m["slot"]), m["offset"], clean(m["type"])] for m in t["members"]]
            for key, t in sorted(types.items()) if "members" in t
        }
        layout[name] = {
            "variables": [[v["label"], int(v["slot"]), v["offset"], clean(v["type"])] for v in storage["storage"]],
            "structs": structs,
        }
    return json.dumps(layout, indent=1, sort_keys=True) + "\n"


def size_of(kind):
    """Bytes that a member takes, by the name of its type; a multiple of 32 if it fills slots."""
    if m := re.fullmatch(r"t_u?int(\d+)", kind):
        return int(m[1]) // 8
    if m := re.fullmatch(r"t_bytes(\d+)", kind):
        return int(m[1])
    if m := re.fullmatch(r"t_array\((.+)\)(\d+)_storage", kind):
        per_word = 32 // size_of(m[1])
        return -(-int(m[2]) // per_word) * 32
    return {"t_address": 20, "t_bool": 1}[kind]


def capitals(label):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", label.strip("_")).upper()


def struct_lines(name, members):
    words = max(slot + -(-size_of(kind) // 32) for _, slot, _, kind in members)
    used = [0] * words
    lines = [f"#define PC_WORDS_{name} {words}u"]
    for label, slot, offset, kind in members:
        size = size_of(kind)
        if size > 32:
            lines.append(f"#define PC_SLOT_{name}_{capitals(label)} {slot}u")
            continue
        lines.append(f"#define PC_AT_{name}_{capitals(label)} {slot}, {offset}, {size}")
        used[slot] |= ((1 << size) - 1) << offset
    if all(size_of(kind) <= 32 for _, _, _, kind in members):
        lines.append("__attribute__((unused)) static const uint32_t")
        lines.append(f"    used_{name.lower()}[] = {{{', '.join(f'0x{u:08x}' for u in used)}}};")
    return lines


def header(path):
    with open(LAYOUT) as f:
        layout = json.load(f)
    lines = [
        "/* SPDX-License-Identifier: Apache-2.0 */",
        "/* Where the contracts' variables lie. Generated from contracts/abi/layout.json. */",
        "#ifndef PC_CHAIN_LAYOUT_H",
        "#define PC_CHAIN_LAYOUT_H",
        "",
        "#include <stdint.h>",
        "",
    ]
    for name in sorted(layout):
        upper = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()
        for label, slot, _, _ in layout[name]["variables"]:
            variable = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", label.strip("_")).upper()
            lines.append(f"#define PC_SLOT_{upper}_{variable} {slot}u")
    for (contract, struct), name in STRUCTS.items():
        lines += struct_lines(name, layout[contract]["structs"][f"t_struct({struct})_storage"])
    lines += ["", "#endif", ""]
    text = "\n".join(lines)
    if not os.path.exists(path) or open(path).read() != text:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)


def main(argv):
    if argv[1:] == ["export"]:
        text = compiled()
        with open(LAYOUT, "w") as f:
            f.write(text)
    elif argv[1:] == ["check"]:
        if not os.path.exists(LAYOUT) or open(LAYOUT).read() != compiled():
            sys.exit("contracts/abi/layout.json is stale: what nodes read would move. "
                     "Run contracts/tools/layout.py export and say so in the commit.")
    elif len(argv) == 3 and argv[1] == "header":
        header(argv[2])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
