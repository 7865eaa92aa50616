# SPDX-License-Identifier: Apache-2.0
"""RSASSA-PSS signatures that are good but for one place of their encoding, which one check of RsaPss refuses.

Used by vendor_cases.py: suite pss, (what, "" or refused, modulus, signature, message).
"""
import hashlib
from math import lcm

from sim_vendors import MODULUS, RSA_P, RSA_Q

MESSAGE = b"a message"
# with the other factors a modulus of 4095 bits; all are primes
SMALL = [2**1279 - 1, 2**607 - 1, 2**127 - 1, 2**31 - 1, 7]


def sha(data):
    return hashlib.sha384(data).digest()


def encoded(salt, *, padding=bytes(414), mark=b"\1", trailer=b"\xbc", first=0, of_hash=lambda h: h):
    """EM of RFC 8017 9.1.1 with a place changed."""
    h = of_hash(sha(bytes(8) + sha(MESSAGE) + salt))
    mask = b"".join(sha(h + i.to_bytes(4, "big")) for i in range(10))[:463]
    db = bytes(a ^ b for a, b in zip(padding + mark + salt, mask))
    return bytes([db[0] & 0x7f | first]) + db[1:] + h + trailer


def signature(primes, **changes):
    """By a key with these primes; salts are tried until the number is below the modulus."""
    n, order = 1, 1
    for p in primes:
        n, order = n * p, lcm(order, p - 1)
    for i in range(1000):
        em = int.from_bytes(encoded(sha(i.to_bytes(4, "big")), **changes), "big")
        if em < n:
            s = pow(em, pow(65537, -1, order), n)
            return n.to_bytes(512, "big"), s.to_bytes(512, "big"), MESSAGE
    raise ValueError("no salt")


def with_byte(data, at, value):
    return data[:at] + bytes([value]) + data[at + 1:]


def pss():
    own = (RSA_P, RSA_Q)
    yield "a signature", "", signature(own)
    yield "a modulus of 4095 bits", "refused", signature([RSA_P, *SMALL])
    yield "the first bit of the message set", "refused", signature(own, first=0x80)
    for at in (0, 100, 383, 384, 413):
        yield f"byte {at} of the padding", "refused", signature(own, padding=with_byte(bytes(414), at, 1))
    yield "another mark behind the padding", "refused", signature(own, mark=b"\2")
    yield "no mark behind the padding", "refused", signature(own, mark=b"\0")
    yield "another trailer", "refused", signature(own, trailer=b"\xcc")
    for at in (0, 31, 32, 47):
        yield f"byte {at} of the digest", "refused", signature(own, of_hash=lambda h, k=at: with_byte(h, k, h[k] ^ 1))
    n, s, m = signature(own)
    yield "a byte behind the signature", "refused", (n, s + b"\0", m)
    yield "a byte behind the modulus", "refused", (n + b"\0", s, m)
    yield "another message", "refused", (n, s, m + b"!")
    assert int.from_bytes(n, "big") == MODULUS
