#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names of the contracts' errors by selector, for people: reads `error` lines of Solidity files.

    contract_errors.py OUT.h FILE.sol...     writes static const struct { selector, name } errors[]
"""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../crypto"))
from keccak_ref import keccak256  # noqa: E402

ALIASES = {"uint": "uint256", "int": "int256", "AppId": "bytes32", "IGovernor.ProposalState": "uint8"}
ERROR = re.compile(r"^\s*error\s+([A-Za-z_][A-Za-z0-9_]*)\s*\(([^)]*)\)\s*;", re.M)
# Reverts of the language itself.
FIXED = ["Error(string)", "Panic(uint256)"]


def main():
    out, *files = sys.argv[1:]
    found = {}
    for text in [open(f, encoding="utf-8").read() for f in files]:
        for name, args in ERROR.findall(text):
            types = [a.split()[0] for a in args.split(",") if a.strip()]
            found.setdefault(f"{name}({','.join(ALIASES.get(t, t) for t in types)})", name)
    for signature in FIXED:
        found[signature] = signature.split("(")[0]
    lines = ["/* SPDX-License-Identifier: Apache-2.0 */",
             "/* Made by chain/contract_errors.py from contracts/src; do not edit. */",
             "static const struct {", "    uint8_t selector[4];", "    const char *name;", "} errors[] = {"]
    for signature in sorted(found):
        selector = ", ".join(f"0x{b:02x}" for b in keccak256(signature.encode())[:4])
        lines.append(f'    {{{{{selector}}}, "{found[signature]}"}},')
    lines.append("};")
    with open(out, "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")


main()
