#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes calls.txt: struct hashes, bodies and calldata of N calls, computed from the texts of
crypto/labels.def and the contracts' signatures by an encoder of its own.

    mkcalls.py > calls.txt          deterministic

Line: KIND STRUCTHASH BODY CALLDATA      hex; the values are those of ncall_test.c
"""
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../crypto"))
from keccak_ref import keccak256  # noqa: E402

TYPES = {}
for line in open(os.path.join(HERE, "../../crypto/labels.def"), encoding="ascii"):
    parts = line.split(None, 2)
    if len(parts) == 3 and parts[0] == "type":
        TYPES[parts[1]] = parts[2].strip()

NODE_CALL = "(uint32,uint64,uint32,uint64,bytes32,bytes32,uint8,bytes32,bytes32)"
ID, EPOCH, ATTEMPT, SEQ = 7, 5, 2, 1700000000123
ED, X = bytes([0xED] * 32), bytes([0x25] * 32)
SIG = bytes([0x11] * 32) + bytes([0x22] * 32) + bytes([28])
A, B = bytes(range(32)), bytes(range(32, 64))
POP, PROOF = bytes(range(64)), bytes(range(100, 196))
TEXT = b"node7.example:7001:8001"


def word(v):
    return v if isinstance(v, bytes) else v.to_bytes(32, "big")


def struct_hash(name, values):
    return keccak256(keccak256(TYPES[name].encode()) + b"".join(word(v) for v in values))


def encode(values):
    """Words; a bytes value that is meant as dynamic comes as a one-element list."""
    head, tail = b"", b""
    for v in values:
        if isinstance(v, list):
            head += word(32 * len(values) + len(tail))
            tail += word(len(v[0])) + v[0] + bytes(-len(v[0]) % 32)
        else:
            head += word(v)
    return head + tail


def call(signature, values):
    return keccak256(signature.encode())[:4] + encode(values)


def main():
    node = [ID, EPOCH, ATTEMPT, SEQ, ED, X, SIG[64], SIG[:32], SIG[32:64]]
    first = [ID, EPOCH, ATTEMPT]
    rows = [
        (1, "ENROL", first + [A, keccak256(POP), SEQ], A + POP,
         call(f"enrol({NODE_CALL},bytes32,bytes,uint32)", node + [A, [POP], 3])),
        (2, "COMMIT", first + [A, 12345, SEQ], A + word(12345),
         call(f"commit({NODE_CALL},bytes32,uint32)", node + [A, 12345])),
        (3, "VOTE", first + [A, B, SEQ], A + B, call(f"vote({NODE_CALL},uint256,bytes32)", node + [A, B])),
        (4, "READY", first + [A, SEQ], A, call(f"ready({NODE_CALL},bytes32)", node + [A])),
        (5, "COMPLAIN", first + [9, A, keccak256(PROOF), SEQ], word(9) + A + PROOF,
         call(f"complain({NODE_CALL},uint16,bytes32,bytes)", node + [9, A, [PROOF]])),
        (6, "SET_ENDPOINT", [ID, keccak256(TEXT), SEQ], keccak256(TEXT),
         call("setEndpoint(uint32,uint64,string,bytes32,bytes32,bytes)", [ID, SEQ, [TEXT], ED, X, [SIG]])),
    ]
    for kind, name, fields, body, data in rows:
        print(kind, struct_hash(name, fields).hex(), body.hex(), data.hex())


main()
