# SPDX-License-Identifier: Apache-2.0
"""P-384, and the residue system in which src/evidence/P384.sol computes (drawn there)."""

P = 2**384 - 2**128 - 2**96 + 2**32 - 1
N = 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973
B = 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef
G = (0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7,
     0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f)

W = 2**256
M1, M2, M3 = 2**256 - 1, 2**255 - 1, 2**251 - 9
R = M1 * M2                  # Montgomery's factor

# entries of the tables of G and of 2^192 G: the second lacks its last one, so that code fits
TABLE_G, TABLE_H = 128, 127


def inverse(a, m=P):
    return pow(a, -1, m)


def chord(p, t, slope):
    """Third point on a line through p and t, mirrored."""
    x = (slope * slope - p[0] - t[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def tangent(p):
    return (3 * p[0] * p[0] - 3) * inverse(2 * p[1]) % P


def add(p, t):
    if p is None or t is None:
        return p or t
    if p[0] == t[0]:
        return None if (p[1] + t[1]) % P == 0 else chord(p, t, tangent(p))
    return chord(p, t, (t[1] - p[1]) * inverse(t[0] - p[0]) % P)


def negate(p):
    return p[0], -p[1] % P


def multiply(k, p):
    if k < 0:
        return multiply(-k, negate(p))
    total = None
    for bit in bin(k)[2:] if k else "":
        total = add(total, total)
        if bit == "1":
            total = add(total, p)
    return total


def on_curve(p):
    return (p[1] * p[1] - p[0]**3 + 3 * p[0] - B) % P == 0


def odd_multiples(p, count):
    """p, 3p, 5p, ..."""
    double, out = add(p, p), [p]
    while len(out) < count:
        out.append(add(out[-1], double))
    return out


def tables():
    """Odd multiples of G and of 2^192 G."""
    high = G
    for _ in range(192):
        high = add(high, high)
    return odd_multiples(G, TABLE_G), odd_multiples(high, TABLE_H)


def table_code():
    return b"".join((c * R % P).to_bytes(48, "big") for t in tables() for p in t for c in p)
