# SPDX-License-Identifier: Apache-2.0
"""Hints for src/evidence/P384.sol, made with Python's integers: a twin of client/hints/p384_hints.c."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
from p384_curve import (N, P, R, TABLE_G, TABLE_H, G, add, chord, inverse, multiply, negate,  # noqa: E402
                        odd_multiples, on_curve, tables, tangent)

WIDTH_POINT, WIDTH_TABLE = 5, 9
SPAN = 4                     # lattice vectors tried: i v1 + j v2, i in 0..SPAN, j in -SPAN..SPAN
K1_OFFSET, K2_OFFSET = 2**220, 2**400
DOUBLE, DOUBLE_ADD, ADD = 2050, 1750, 2050   # gas; of a double-add what it costs beside its doubling


class NoHints(Exception):
    """No sequence of operations without an exceptional addition was found, or the signature is bad."""


def verified(h, r, s, q):
    """The point R of a good signature, else None."""
    if not (0 < r < N and 0 < s < N and q[0] < P and q[1] < P and on_curve(q)):
        return None
    i = inverse(s, N)
    point = add(multiply(h * i % N, G), multiply(r * i % N, q))
    return point if point and point[0] % N == r else None


def digits(k, width):
    """Non-adjacent form: (power, odd digit) ascending."""
    sign, k, power, out = (-1 if k < 0 else 1), abs(k), 0, []
    while k:
        if k & 1:
            d = k & ((1 << width) - 1)
            if d >> (width - 1):
                d -= 1 << width
            out.append((power, sign * d))
            k -= d
        k >>= 1
        power += 1
    return out


def short_vectors(r, s):
    """Two short (u, w) with u s + w r = 0 mod n: half of Euclid's algorithm on (n, -r/s)."""
    a, b, ta, tb = N, -r * inverse(s, N) % N, 0, 1
    while b * b > N:
        a, b, ta, tb = b, a % b, tb, ta - a // b * tb
    if b == 0:
        return (b, tb), (a, ta)
    return (b, tb), (a % b, ta - a // b * tb)


def plans(h, r, s):
    """(cost, scalars, {power: [(scalar, digit)]}), cheapest first."""
    v1, v2 = short_vectors(r, s)
    h_by_s = h * inverse(s, N) % N
    out = []
    for i in range(SPAN + 1):
        for j in range(-SPAN, SPAN + 1):
            if i == 0 and j <= 0:
                continue
            u, w = i * v1[0] + j * v2[0], i * v1[1] + j * v2[1]
            if w % N == 0 or abs(u) >> 200 or abs(w) >> 200:
                continue
            g = -w * h_by_s % N
            g -= N if g > N // 2 else 0
            low = ((g + 2**191) % 2**192) - 2**191
            scalars = (u, w, low, (g - low) >> 192)
            powers = {}
            for k, v in enumerate(scalars):
                for power, d in digits(v, WIDTH_TABLE if k > 1 else WIDTH_POINT):
                    powers.setdefault(power, []).append((k, d))
            count = sum(len(x) for x in powers.values())
            # the first operation starts the sum, the last one has no doubling in it
            if 0 not in powers or any(k == 3 and abs(d) >= 2 * TABLE_H for x in powers.values() for k, d in x):
                continue
            cost = DOUBLE * max(powers) + DOUBLE_ADD * len(powers) + ADD * (count - len(powers))
            out.append((cost, scalars, powers))
    return sorted(out, key=lambda x: x[0])


def slope(p, t):
    if p[0] == t[0]:
        raise NoHints("equal points")
    return (t[1] - p[1]) * inverse(t[0] - p[0]) % P


def multiples_with_slopes(p, slopes):
    slopes.append(tangent(p))
    double, out = chord(p, p, slopes[-1]), [p]
    for _ in range(7):
        slopes.append(slope(out[-1], double))
        out.append(chord(out[-1], double, slopes[-1]))
    return out


TABLES = []


def ladder(powers, point, q, check=True):
    """(operations, number of them, slopes)."""
    if not TABLES:
        TABLES.extend(tables())
        assert (len(TABLES[0]), len(TABLES[1])) == (TABLE_G, TABLE_H)
    slopes, ops, total = [], b"", None
    of_r = multiples_with_slopes(point, slopes)
    sources = [multiples_with_slopes(q, slopes), of_r] + TABLES
    items = [(power, k, d) for power in sorted(powers, reverse=True) for k, d in powers[power]]
    current = items[0][0]
    for n, (power, k, d) in enumerate(items):
        term = sources[k][abs(d) // 2]
        term = negate(term) if d < 0 else term
        code = (0x8000 if d < 0 else 0) | (k << 3 if k < 2 else 0x2000 | (k - 2) << 7) | abs(d) // 2
        last, doublings = n == len(items) - 1, current - power
        current = power
        if total is None:
            total = term
        else:
            joined = not last and doublings > 0
            doublings -= joined
            for _ in range(doublings):
                slopes.append(tangent(total))
                total = chord(total, total, slopes[-1])
            if last:
                if check and total != negate(term):
                    raise NoHints("the sum is not O")
            elif joined:
                first = slope(total, term)
                between = chord(total, term, first)
                if between[0] == total[0]:
                    raise NoHints("2P + T with T = -2P")
                second = (-2 * total[1] * inverse(between[0] - total[0]) - first) % P
                x = (second * second - total[0] - between[0]) % P
                total = x, (second * (total[0] - x) - total[1]) % P
                slopes += [first, second]
                code |= 0x4000
            else:
                slopes.append(slope(total, term))
                total = chord(total, term, slopes[-1])
        if doublings > 31 or len(items) > 255:
            raise NoHints("too many doublings")
        ops += bytes([doublings]) + code.to_bytes(2, "big")
    return ops, len(items), slopes


def assemble(lift, power, count, y, k1, k2, ops, slopes):
    return (bytes([lift, power, count]) + y.to_bytes(48, "big") + (k1 + K1_OFFSET).to_bytes(32, "big")
            + (k2 + K2_OFFSET).to_bytes(64, "big") + ops + b"".join((v * R % P).to_bytes(48, "big") for v in slopes))


def hints(h, r, s, q, point=None):
    """Hints of a good signature. With `point`: of any statement, consistent as far as can be."""
    forced = point is not None
    point = point or verified(h, r, s, q)
    if point is None:
        raise NoHints("the signature is bad")
    for _, (u, w, a, b), powers in plans(h, r, s):
        try:
            ops, count, slopes = ladder(powers, point, q, not forced)
        except (NoHints, ValueError):
            continue
        k1, k2 = (u * s + w * r) // N, ((a + (b << 192)) * s + w * h) // N
        return assemble(int(point[0] >= N), max(powers), count, point[1], k1, k2, ops, slopes)
    raise NoHints("no plan")


def statement(h, r, s, q):
    return b"".join(v.to_bytes(48, "big") for v in (h, r, s, q[0], q[1]))
