#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The contracts' events and functions as the compiler has them, for C.

    signatures.py --write     contracts/out -> chain/signatures.h (committed)
    signatures.py --check     exit 1 if it is not what --write would write, 77 without contracts/out

Run contracts/build before. Tests hold the tables of C against the list.
"""
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.join(ROOT, "contracts/out")
CONTRACTS = ["Epochs", "NodeRegistry", "Attestations", "Measurements", "TcbPolicy", "VerifierRouter", "Apps",
             "GuardianCouncil", "TdxVerifier", "SnpVerifier", "NitroVerifier"]
NOTE = "/* Made by chain/signatures.py from the compiler's output; do not edit. */"


def artifact(contract):
    with open(os.path.join(OUT, f"{contract}.sol/{contract}.json"), encoding="utf-8") as f:
        return json.load(f)


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
    path = os.path.join(ROOT, "chain/signatures.h")
    if sys.argv[1] == "--write":
        with open(path, "w", encoding="ascii") as f:
            f.write(signatures())
    elif open(path, encoding="ascii").read() != signatures():
        sys.exit("chain/signatures.h is stale: run chain/signatures.py --write")


main()
