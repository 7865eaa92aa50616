# SPDX-License-Identifier: Apache-2.0
"""Writes sha384.json, what OpenSSL says of the messages of test/evidence/Sha384.t.sol.

Message i: the first `length` bytes of SHA-256(i, 0) || SHA-256(i, 1) || ..., both 32 bytes big-endian.
known: digests of message n at length n. random: a chain acc <- SHA-256(acc || digest) over ROUNDS
messages from 1,000,000 on, each as long as the first two bytes of SHA-256(i, 2^256-1) mod 700 say.
"""
import hashlib
import json
import os

KNOWN, ROUNDS, PARTS = 384, 10_000, 10


def block(i, j):
    return hashlib.sha256(i.to_bytes(32, "big") + j.to_bytes(32, "big")).digest()


def message(i, length):
    return b"".join(block(i, j) for j in range((length + 31) // 32))[:length]


def main():
    known = "".join(hashlib.sha384(message(n, n)).hexdigest() for n in range(KNOWN))
    random = []
    for part in range(PARTS):
        acc = bytes(32)
        for k in range(ROUNDS // PARTS):
            i = 1_000_000 + part * (ROUNDS // PARTS) + k
            length = int.from_bytes(block(i, 2**256 - 1)[:2], "big") % 700
            acc = hashlib.sha256(acc + hashlib.sha384(message(i, length)).digest()).digest()
        random.append("0x" + acc.hex())
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "sha384.json"), "w", encoding="utf-8") as f:
        json.dump({"known": "0x" + known, "random": random}, f, indent=1)
        f.write("\n")


main()
