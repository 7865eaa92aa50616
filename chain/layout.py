#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the compiler says about the contracts, for C: storage layout and signatures.

    layout.py --write     contracts/out -> chain/layout.h, chain/signatures.h (both committed)
    layout.py --check     exit 1 if they are not what --write would write, 77 without contracts/out

Run contracts/build before. layout.h has, for every variable below, its base slot
(PC_SLOT_CONTRACT_VARIABLE), and for every struct the place of each member as slot, offset, size in
bytes (PC_AT_STRUCT_MEMBER, for slot_field_*) and the number of words (PC_WORDS_STRUCT); used_STRUCT
has a bit per byte that a member occupies, bit 0 the lowest byte of the word.
signatures.h lists events and functions; tests hold the tables of C against it.
"""
import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.join(ROOT, "contracts/out")
CONTRACTS = ["Epochs", "NodeRegistry", "Attestations", "Measurements", "TcbPolicy", "VerifierRouter", "Apps",
             "GuardianCouncil", "TdxVerifier"]
# contract, variable, name of the struct it holds or None
VARIABLES = [
    ("Epochs", "_now", "NOW"), ("Epochs", "_attempt", "ATTEMPT"), ("Epochs", "_opening", "OPENING"),
    ("Epochs", "_missing", None), ("Epochs", "_accs", None), ("Epochs", "_committees", "COMMITTEE"),
    ("Epochs", "_epochs", "EPOCH"), ("Epochs", "_pks", None), ("Epochs", "_seats", "SEAT"),
    ("Epochs", "_successor", "POINTER"),
    ("NodeRegistry", "_nodes", "NODE"), ("NodeRegistry", "_platforms", "PLATFORM"),
    ("NodeRegistry", "_domains", None), ("NodeRegistry", "_revoked", None),
    ("Attestations", "_records", "RECORD"),
    ("Measurements", "_entries", "MEASUREMENT"), ("Measurements", "_builds", None),
    ("TcbPolicy", "_vendors", "VENDOR"), ("TcbPolicy", "_products", "PRODUCT"), ("TcbPolicy", "_minTcb", None),
    ("TcbPolicy", "_revoked", "MARK"), ("TcbPolicy", "_vetoes", None),
    ("VerifierRouter", "_verifiers", "VERIFIER"), ("VerifierRouter", "_ids", None),
    ("Apps", "_apps", "APP"), ("Apps", "_policies", "POLICY"), ("Apps", "_revoked", None),
    ("GuardianCouncil", "_freezes", "FREEZE"), ("GuardianCouncil", "anyFreezeUntil", None),
    ("TdxVerifier", "_inForce", None),
]
NOTE = "/* Made by chain/layout.py from the compiler's output; do not edit. */"


def artifact(contract):
    with open(os.path.join(OUT, f"{contract}.sol/{contract}.json"), encoding="utf-8") as f:
        return json.load(f)


def capitals(label):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", label.strip("_")).upper()


def innermost(kind, types):
    while "value" in types[kind] or "base" in types[kind]:
        kind = types[kind].get("value") or types[kind]["base"]
    return kind


def struct_lines(name, kind, types):
    members = types[kind]["members"]
    words = int(types[kind]["numberOfBytes"]) // 32
    used = [0] * words
    lines = [f"#define PC_WORDS_{name} {words}"]
    for m in members:
        size, slot, offset = int(types[m["type"]]["numberOfBytes"]), int(m["slot"]), int(m["offset"])
        if size > 32:
            lines.append(f"#define PC_SLOT_{name}_{capitals(m['label'])} {slot}")
            continue
        lines.append(f"#define PC_AT_{name}_{capitals(m['label'])} {slot}, {offset}, {size}")
        used[slot] |= ((1 << size) - 1) << offset
    if all(int(types[m["type"]]["numberOfBytes"]) <= 32 for m in members):
        lines.append("__attribute__((unused)) static const uint32_t")
        lines.append(f"    used_{name.lower()}[] = {{{', '.join(f'0x{u:08x}' for u in used)}}};")
    return lines


def layout():
    lines = ["/* SPDX-License-Identifier: Apache-2.0 */", NOTE, "#ifndef PC_CHAIN_LAYOUT_H",
             "#define PC_CHAIN_LAYOUT_H", "", "#include <stdint.h>", "", "/* clang-format off */"]
    for contract, variable, name in VARIABLES:
        stored = artifact(contract)["storageLayout"]
        entry = next((s for s in stored["storage"] if s["label"] == variable), None)
        if entry is None:
            sys.exit(f"layout.py: {contract} has no variable {variable}")
        lines.append(f"#define PC_SLOT_{capitals(contract)}_{capitals(variable)} {entry['slot']}")
        if name is None:
            at = f"0, {entry['offset']}, {stored['types'][entry['type']]['numberOfBytes']}"
            if stored["types"][entry["type"]]["encoding"] == "inplace" and "base" not in stored["types"][entry["type"]]:
                lines.append(f"#define PC_AT_{capitals(contract)}_{capitals(variable)} {at}")
        else:
            lines += struct_lines(name, innermost(entry["type"], stored["types"]), stored["types"])
    return "\n".join(lines + ["/* clang-format on */", "", "#endif", ""])


def flat(inputs):
    out = []
    for i in inputs:
        kind = i["type"]
        out.append(f"({flat(i['components'])}){kind[5:]}" if kind.startswith("tuple") else kind)
    return ",".join(out)


def signatures():
    found = {"event": [], "function": []}
    for contract in CONTRACTS:
        for item in artifact(contract)["abi"]:
            if item["type"] in found:
                text = f"{item['name']}({flat(item['inputs'])})"
                if item["type"] == "event":
                    text += f" {sum(i['indexed'] for i in item['inputs'])}"
                found[item["type"]].append(f"{contract} {text}")
    lines = ["/* SPDX-License-Identifier: Apache-2.0 */", NOTE, "#ifndef PC_CHAIN_SIGNATURES_H",
             "#define PC_CHAIN_SIGNATURES_H", "", "/* clang-format off */"]
    for kind, comment in (("event", "Contract, signature, number of indexed fields."),
                          ("function", "Contract, signature.")):
        lines += [f"/* {comment} */", f"static const char *const contract_{kind}s[] = {{"]
        lines += [f'    "{s}",' for s in sorted(set(found[kind]))] + ["};"]
    return "\n".join(lines + ["/* clang-format on */", "", "#endif", ""])


def main():
    if sys.argv[1:] not in (["--write"], ["--check"]):
        sys.exit(__doc__)
    if not all(os.path.exists(os.path.join(OUT, f"{c}.sol/{c}.json")) for c in CONTRACTS):
        print("SKIP: no compiled contracts (run contracts/build)")
        sys.exit(77)
    for name, text in (("layout.h", layout()), ("signatures.h", signatures())):
        path = os.path.join(ROOT, "chain", name)
        if sys.argv[1] == "--write":
            with open(path, "w", encoding="ascii") as f:
                f.write(text)
        elif open(path, encoding="ascii").read() != text:
            sys.exit(f"chain/{name} is stale: run chain/layout.py --write")


main()
