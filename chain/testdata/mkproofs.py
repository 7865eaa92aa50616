#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes proofs.txt: Merkle-Patricia tries built here, with proofs for keys that are there and keys
that are not. An independent, recursive implementation; the C verifier never builds a trie.

    mkproofs.py > proofs.txt        deterministic

Line: ROOT KEY VALUE|- NODE[,NODE...]|-      hex
"""
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../crypto"))
from keccak_ref import keccak256  # noqa: E402


def rlp(x):
    if isinstance(x, list):
        body = b"".join(rlp(i) for i in x)
        base = 0xC0
    else:
        if len(x) == 1 and x[0] < 0x80:
            return x
        body, base = x, 0x80
    if len(body) < 56:
        return bytes([base + len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(size)]) + size + body


def compact(nibbles, leaf):
    flag = 2 if leaf else 0
    if len(nibbles) % 2:
        n = [flag + 1] + nibbles
    else:
        n = [flag, 0] + nibbles
    return bytes(n[i] * 16 + n[i + 1] for i in range(0, len(n), 2))


def nibbles_of(key):
    return [n for b in key for n in (b >> 4, b & 15)]


def build(items, depth):
    """Node structure for [(nibbles, value)], all alike in the first `depth` nibbles."""
    if not items:
        return b""
    if len(items) == 1:
        k, v = items[0]
        return [compact(k[depth:], True), v]
    end = depth
    while all(k[end] == items[0][0][end] for k, _ in items):
        end += 1
    if end > depth:
        return [compact(items[0][0][depth:end], False), ref(build(items, end))]
    slots = [ref(build([i for i in items if i[0][depth] == n], depth + 1)) for n in range(16)]
    return slots + [b""]


def ref(node):
    if node == b"":
        return b""
    enc = rlp(node)
    return node if len(enc) < 32 else keccak256(enc)


def prove(items, key):
    """Encodings of the nodes with a hash of their own from the root along the key."""
    out, depth, own = [], 0, True
    group = items
    while group:
        node = build(group, depth)
        if own:
            out.append(rlp(node))
        if len(node) == 2:
            k = group[0][0]
            if len(group) == 1:
                break
            end = depth
            while all(g[0][end] == k[end] for g in group):
                end += 1
            if k[depth:end] != key[depth:end]:
                break
            own, depth = len(rlp(build(group, end))) >= 32, end
            continue
        group = [g for g in group if g[0][depth] == key[depth]]
        depth += 1
        if group:
            own = len(rlp(build(group, depth))) >= 32
    return out


def emit(entries, absent):
    items = sorted((nibbles_of(k), v) for k, v in entries.items())
    top = build(items, 0)
    root = keccak256(rlp(top))
    for key in list(entries)[:12] + absent:
        nodes = prove(items, nibbles_of(key))
        value = entries.get(key)
        print(root.hex(), key.hex(), value.hex() if value is not None else "-",
              ",".join(n.hex() for n in nodes) or "-")


def main():
    rnd = random.Random(7)
    raw = lambda n: bytes(rnd.randrange(256) for _ in range(n))
    emit({}, [raw(32)])
    one = raw(32)
    emit({one: b"\x05"}, [raw(32), one[:31] + bytes([one[31] ^ 1])])
    for size in (2, 3, 17, 300):
        emit({raw(32): rlp(raw(rnd.randrange(1, 33))) for _ in range(size)}, [raw(32) for _ in range(4)])
    # long common prefixes: extensions, and children small enough to be embedded
    for prefix in (1, 15, 29, 30, 31):
        head = raw(prefix)
        keys = {head + raw(32 - prefix): bytes([rnd.randrange(1, 128)]) for _ in range(6)}
        near = list(keys)[0]
        emit(keys, [head + raw(32 - prefix), raw(32), near[:31] + bytes([near[31] ^ 0x10]),
                    bytes([near[0] ^ 0x80]) + near[1:]])


main()
