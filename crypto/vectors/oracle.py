#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Computes crypto/vectors/ids.json: ids, digests, EIP-712 digests and derived keys, each from its formula in Python, so
that C (ids_test) and Solidity tests are compared with something written by neither.

  oracle.py            print the file
  oracle.py --check    exit 1 if the committed file is another
"""
import hashlib
import hmac
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.dont_write_bytecode = True
from keccak_ref import keccak256  # noqa: E402


def pattern(seed, n):
    """n bytes that differ from seed to seed."""
    return hashlib.shake_128(b"polyclave test pattern %d" % seed).digest(n)


def encode(*args):
    """abi.encode of ints (uintN), bytes of 20 (address) or 32 (bytes32), ("bytes", b), ("words", [b32])."""
    head, tail = [], b""
    for a in args:
        if isinstance(a, int):
            head.append(a.to_bytes(32, "big"))
        elif isinstance(a, bytes):
            assert len(a) in (20, 32)
            head.append(a.rjust(32, b"\0"))
        else:
            kind, value = a
            head.append((32 * len(args) + len(tail)).to_bytes(32, "big"))
            if kind == "bytes":
                tail += len(value).to_bytes(32, "big") + value + bytes(-len(value) % 32)
            else:
                tail += len(value).to_bytes(32, "big") + b"".join(value)
    return b"".join(head) + tail


def h(*args):
    return keccak256(encode(*args))


def tag(purpose):
    return keccak256(b"polyclave/" + purpose.encode() + b"/v1")


def vectors():
    v = {}
    chain, epoch, bound = 31337, 0x0102030405060708, 0x00A1B2C3D4E5F607
    addr = [pattern(i, 20) for i in range(8)]
    word = [pattern(100 + i, 32) for i in range(32)]
    v["inputs"] = {
        "chain_id": chain,
        "epoch": epoch,
        "bound_block": bound,
        "address": ["0x" + a.hex() for a in addr],
        "word": ["0x" + w.hex() for w in word],
        "scope": "0x" + b"billing/eu".hex(),
        "blob": ["0x" + pattern(300 + i, n).hex() for i, n in enumerate((400, 64, 64, 52))],
    }
    ids = v["ids"] = {}

    def put(name, value):
        ids[name] = "0x" + value.hex()

    network = h(tag("network"), chain, addr[0])
    put("network", network)
    put("key_class0", h(tag("key"), network, 0, 0, bytes(32)))
    put("key_epoch", h(tag("key"), network, 7, 1, epoch.to_bytes(32, "big")))
    app = h(tag("app"), chain, addr[1], addr[2], word[0])
    put("app", app)
    of = h(app, keccak256(b"billing/eu"))
    put("of_app", of)
    put("key_destroyable", h(tag("key"), network, 9, 2, of))
    node = h(tag("keys/node"), word[1], word[2], addr[3])
    put("keys_node", node)
    put("keys_app", h(tag("keys/app"), word[3], word[4]))
    put("report_d_node", h(tag("report/node"), chain, addr[4], node, addr[5], bound, word[5]))
    put("report_d_app", h(tag("report/app"), chain, addr[4], h(tag("keys/app"), word[3], word[4]), app, bound, word[5]))
    put("report_reserved", tag("report"))
    put("measurement", h(1, ("bytes", pattern(300, 400))))
    put("platform", h(2, ("bytes", pattern(301, 64))))
    for name, data, tcb in (("claims", 64, 52), ("claims_empty", 0, 0), ("claims_odd", 33, 1)):
        put(name, h(tag("claims"), 1, word[6], word[7], ("bytes", pattern(302, 64)[:data]), word[8], ("bytes", pattern(303, 52)[:tcb])))
    put("record", h(tag("record"), 1, node, addr[5], word[7], word[8], addr[6]))
    ek = h(tag("ek"), word[9], ("bytes", word[10] + word[11]))
    put("ek_digest", ek)
    leaf = h(tag("leaf"), 3, 70000, node, ek, ("words", [word[12], word[13], word[14]]))
    put("leaf", leaf)
    put("leaf_no_domains", h(tag("leaf"), 65535, 2**32 - 1, node, ek, ("words", [])))
    root = bytes(32)
    for one in (leaf, word[15], word[16]):
        root = h(root, one)
    put("member_root", root)

    def pair(a, b):
        return h(tag("platform-node"), min(a, b), max(a, b))

    leaves = [h(tag("platform-leaf"), word[17 + i]) for i in range(3)]
    put("platform_root_of_3", pair(pair(leaves[0], leaves[1]), leaves[2]))
    put("platform_leaf_0", leaves[0])
    put("platform_leaf_1", leaves[1])
    put("platform_leaf_2", leaves[2])
    put("platform_root_of_1", leaves[0])
    preimage = encode(word[20], word[21], word[22], word[23], ("words", [word[24], word[25]]), ("words", [word[26], word[27]]), 5)
    put("dkg_transcript", hashlib.sha256(preimage).digest())
    put("dkg_preimage", preimage)
    label = b"polyclave/yhash/v1"
    put("y_hash", hashlib.sha256(len(label).to_bytes(4, "big") + label + word[24] + word[28] + word[29] + word[30]).digest())

    typed = v["eip712"] = {}
    domain_type = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    separator = h(keccak256(domain_type), keccak256(b"Polyclave"), keccak256(b"1"), chain, addr[0])
    typed["separator"] = "0x" + separator.hex()
    typed["digest_of_word_0"] = "0x" + keccak256(b"\x19\x01" + separator + word[0]).hex()
    v["kdf"] = kdf_vectors(pattern(400, 64), pattern(401, 64))
    return v


def hkdf512(salt, ikm, info, n):
    prk = hmac.new(salt, ikm, hashlib.sha512).digest()
    out, t, i = b"", b"", 1
    while len(out) < n:
        t = hmac.new(prk, t + info + bytes([i]), hashlib.sha512).digest()
        out, i = out + t, i + 1
    return out[:n]


def kdf_vectors(y0, y1):
    secp_n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    p256_n = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    length = {1: 32, 2: 32, 3: 32, 4: 48, 5: 48, 6: 64, 7: 32}
    keys = []
    for ikm in (y0, y0 + y1):
        for kind, n in length.items():
            for path, index in ((b"", 0), (b"db/main", 7)):
                info = bytes([kind]) + len(path).to_bytes(4, "big") + path + index.to_bytes(4, "big")
                key = hkdf512(b"polyclave/kdf/v1", ikm, info, n)
                if kind in (4, 5):
                    order = secp_n if kind == 4 else p256_n
                    key = (int.from_bytes(key, "big") % (order - 1) + 1).to_bytes(32, "big")
                keys.append({"two": len(ikm) == 128, "type": kind, "path": "0x" + path.hex(), "index": index, "key": "0x" + key.hex()})
    return {"y0": "0x" + y0.hex(), "y1": "0x" + y1.hex(), "keys": keys}


def main():
    text = json.dumps(vectors(), indent=1) + "\n"
    if sys.argv[1:] == ["--check"]:
        if open(os.path.join(HERE, "ids.json"), encoding="ascii").read() != text:
            sys.exit("crypto/vectors/ids.json is stale: write what crypto/vectors/oracle.py prints")
        return
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
