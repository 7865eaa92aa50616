# SPDX-License-Identifier: Apache-2.0
"""Writes hints.txt: statements, and SHA-256 of the hints that the twin in Python makes for them.

A line: hash, r, s, x, y (48 bytes each) and the digest, in hex. With an odd line number s is above
n/2, with an even one below; the last two have x of R above n, and a hash of zero.
"""
import hashlib
import os
import random
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../../contracts/test/reference"))
sys.path.insert(0, os.path.join(HERE, "../../../contracts/tools"))
from p384_curve import B, G, N, P, add, inverse, multiply, negate  # noqa: E402
from p384_hints import hints, statement  # noqa: E402


def signed(rng, h):
    d, k = rng.randrange(1, N), rng.randrange(1, N)
    r = multiply(k, G)[0] % N
    return h, r, inverse(k, N) * (h + r * d) % N, multiply(d, G)


def lifted(rng):
    """A signature whose point has x >= n."""
    x = N + rng.randrange(P - N - 1000)
    while True:
        y = pow(x**3 - 3 * x + B, (P + 1) // 4, P)
        if (y * y - x**3 + 3 * x - B) % P == 0:
            break
        x += 1
    a, b = rng.randrange(1, N), rng.randrange(1, N)
    q = multiply(inverse(b, N), add((x, y), negate(multiply(a, G))))
    s = (x - N) * inverse(b, N) % N
    return a * s % N, x - N, s, q


def main():
    rng = random.Random(384)
    cases = []
    for i in range(8):
        h, r, s, q = signed(rng, rng.getrandbits(384))
        cases.append((h, r, s if (s > N // 2) == (i % 2 == 0) else N - s, q))
    cases += [lifted(rng), signed(rng, 0)]
    with open(os.path.join(HERE, "hints.txt"), "w", encoding="utf-8") as f:
        for case in cases:
            f.write(statement(*case).hex() + " " + hashlib.sha256(hints(*case)).hexdigest() + "\n")


main()
