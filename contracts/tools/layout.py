#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Storage layout of the contracts that nodes read: from the compiler to C.

    layout.py export           out/*.json -> abi/layout.json (after contracts/build)
    layout.py check            fails if abi/layout.json is not what the compiler says
    layout.py header FILE      abi/layout.json -> C header, one PC_SLOT_CONTRACT_VARIABLE per variable
"""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LAYOUT = os.path.join(HERE, "abi", "layout.json")
CONTRACTS = [
    "Apps", "Attestations", "Epochs", "GuardianCouncil", "Measurements", "NodeRegistry", "TcbPolicy",
    "TdxVerifier", "VerifierRouter",
]


def clean(type_name):
    """Types without the compiler's ids of syntax tree nodes, which change with unrelated edits."""
    return re.sub(r"\)\d+_", ")_", type_name)


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


def header(path):
    with open(LAYOUT) as f:
        layout = json.load(f)
    lines = [
        "/* SPDX-License-Identifier: Apache-2.0 */",
        "/* Base slots of the contracts' variables. Generated from contracts/abi/layout.json. */",
        "#ifndef PC_CHAIN_LAYOUT_H",
        "#define PC_CHAIN_LAYOUT_H",
        "",
    ]
    for name in sorted(layout):
        upper = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()
        for label, slot, _, _ in layout[name]["variables"]:
            variable = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", label.strip("_")).upper()
            lines.append(f"#define PC_SLOT_{upper}_{variable} {slot}u")
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
