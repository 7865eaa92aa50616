# SPDX-License-Identifier: Apache-2.0
"""Writes the calls of test/evidence/P384.t.sol to cache/scratch/p384-NAME.bin, unless they are fresh.

  random      signatures by random keys, high and low s; the first is the one that the test tampers with
  wycheproof  every test of ecdsa_secp384r1_sha384 whose signature is two numbers of 384 bits; for false
              ones hints as consistent as there are. The other tests are refused by readers of DER.
  forged      false statements with self-consistent hints: each leaves one check in the way
  adaptive    pairs: a value that is plainly wrong, and one in its place of which one half of "v = 0 mod p" holds
Format: per call u8 accept, u32 length, calldata. A name's NAME.txt has a line per call.
"""
import hashlib
import json
import multiprocessing
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import p384_hints as maker  # noqa: E402
from p384_hints import (K1_OFFSET, K2_OFFSET, N, P, NoHints, assemble, hints, ladder, plans,  # noqa: E402
                        statement, verified)
from p384_curve import B, G, M1, M2, M3, R, W, add, chord, inverse, multiply, negate, tangent  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
CONTRACTS = os.path.dirname(os.path.dirname(HERE))
SCRATCH = os.path.join(CONTRACTS, "cache/scratch")
WYCHEPROOF = os.path.join(CONTRACTS, "../../shared/vectors/crypto/wycheproof/ecdsa_secp384r1_sha384_test.json")
RANDOM = int(os.environ.get("P384_RANDOM", "60"))


def digest(message):
    return int.from_bytes(hashlib.sha384(message).digest(), "big")


def point_at(x):
    y2 = (x**3 - 3 * x + B) % P
    y = pow(y2, (P + 1) // 4, P)
    return (x % P, y) if y * y % P == y2 else None


def next_point(x):
    while point_at(x) is None:
        x += 1
    return point_at(x)


def sign(d, h, rng):
    while True:
        k = rng.randrange(1, N)
        r = multiply(k, G)[0] % N
        s = inverse(k, N) * (h + r * d) % N
        if r and s:
            return r, s


def fresh(rng):
    """(h, r, s, Q, R) of a new key."""
    d = rng.randrange(1, N)
    h = rng.getrandbits(384)
    r, s = sign(d, h, rng)
    q = multiply(d, G)
    return h, r, s, q, verified(h, r, s, q)


# ---- random


def random_case(i):
    rng = random.Random(7000 + i)
    d, h = rng.randrange(1, N), digest(rng.randbytes(rng.randrange(200)))
    r, s = sign(d, h, rng)
    s = N - s if i % 3 == 0 else s
    q = multiply(d, G)
    return 1, statement(h, r, s, q) + hints(h, r, s, q), f"key {i}"


# ---- wycheproof


def der(sig):
    """(r, s) of a strict DER signature, else None."""
    try:
        if sig[0] != 0x30 or sig[1] != len(sig) - 2 or sig[1] >= 0x80:
            return None
        at, out = 2, []
        for _ in range(2):
            size = sig[at + 1]
            value = sig[at + 2:at + 2 + size]
            if sig[at] != 2 or not 0 < size < 0x80 or len(value) != size:
                return None
            if size > 1 and (value[0], value[1] >> 7) in ((0, 0), (0xff, 1)):
                return None
            out.append(int.from_bytes(value, "big", signed=True))
            at += 2 + size
        return out if at == len(sig) else None
    except IndexError:
        return None


def wycheproof_case(job):
    name, wanted, h, r, s, q = job
    if wanted:
        return 1, statement(h, r, s, q) + hints(h, r, s, q), name
    assert verified(h, r, s, q) is None, name
    point = point_at(r) if 0 < r < N and 0 < s < N else None
    try:
        made = hints(h, r, s, q, point or G)
    except (NoHints, ValueError, ZeroDivisionError):
        made = b""
    return 0, statement(h, r, s, q) + made, name


def wycheproof_jobs():
    if not os.path.exists(WYCHEPROOF):
        return []
    with open(WYCHEPROOF, encoding="utf-8") as f:
        data = json.load(f)
    jobs = []
    for group in data["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["uncompressed"])
        q = int.from_bytes(key[1:49], "big"), int.from_bytes(key[49:], "big")
        for t in group["tests"]:
            rs = der(bytes.fromhex(t["sig"]))
            if rs is None or not all(0 <= v < 2**384 for v in rs):
                assert t["result"] != "valid"
                continue
            name = f"{t['tcId']} {t['comment']}"
            jobs.append((name, t["result"] == "valid", digest(bytes.fromhex(t["msg"])), rs[0], rs[1], q))
    return jobs


# ---- forged


def build(plan, point, q, h, r, s, lift=0, k1=None, k2=None):
    """Hints of a plan with every other part consistent."""
    _, (u, w, a, b), powers = plan
    ops, count, slopes = ladder(powers, point, q, False)
    k1 = (u * s + w * r) // N if k1 is None else k1
    k2 = ((a + (b << 192)) * s + w * h) // N if k2 is None else k2
    return assemble(lift, max(powers), count, point[1], (k1 + K1_OFFSET) % W - K1_OFFSET,
                    (k2 + K2_OFFSET) % W**2 - K2_OFFSET, ops, slopes)


def first(h, r, s, q, point, lift=0):
    for plan in plans(h, r, s):
        try:
            return build(plan, point, q, h, r, s, lift), plan
        except (NoHints, ValueError):
            pass
    raise NoHints("no plan")


def known_point(point, rng):
    """Q with R = aG + bQ for known a, b; and how to sign an r for it."""
    a, b = rng.randrange(1, N), rng.randrange(1, N)
    q = multiply(inverse(b, N), add(point, negate(multiply(a, G))))

    def signature(r):
        s = r * inverse(b, N) % N
        return s, a * s % N
    return q, signature


def forged_lifts(rng):
    for _ in range(2):
        point = next_point(N + rng.randrange(P - N - 1000))
        r = point[0] - N
        q, signature = known_point(point, rng)
        s, h = signature(r)
        good = hints(h, r, s, q)
        yield 1, statement(h, r, s, q) + good, "x of R is r + n"
        yield 0, statement(h, r, s, q) + b"\0" + good[1:], "x of R is r + n, lift off"
        yield 0, statement(h, r, s, q) + b"\2" + good[1:], "lift 2"
        plan = first(h, r, s, q, point)[1]
        u, w, _, _ = plan[1]
        made = build(plan, point, q, h, r, s, 0, (u * s + w * point[0]) // N)
        yield 0, statement(h, point[0], s, q) + made, "r >= n"
    point = next_point(5)
    q, signature = known_point(point, rng)
    r = point[0] + P - N
    s, h = signature(r)
    yield 0, statement(h, r, s, q) + first(h, r, s, q, point, 1)[0], "r + n >= p"


def forged_ranges(rng):
    d, k, s = rng.randrange(1, N), rng.randrange(1, N), rng.randrange(1, 2**100)
    q, point = multiply(d, G), multiply(k, G)
    r = point[0] % N
    h = (s * k - r * d) % N
    made, plan = first(h, r, s, q, point)
    yield 1, statement(h, r, s, q) + made, "small s"
    yield 0, statement(h, r, s + N, q) + build(plan, point, q, h, r, s + N), "s + n"
    # a key with small x, so that x + p has 384 bits
    key = next_point(0)
    t, e = rng.randrange(1, N), rng.randrange(1, N)
    point = add(multiply(e, G), multiply(t, key))
    r = point[0] % N
    s = r * inverse(t, N) % N
    h = e * s % N
    made = hints(h, r, s, key)
    yield 1, statement(h, r, s, key) + made, "key with small x"
    yield 0, statement(h, r, s, (key[0] + P, key[1])) + made, "key's x + p"
    if h + N < 2**384:
        yield 1, statement(h + N, r, s, key) + hints(h + N, r, s, key), "hash + n"
    h, r, s, q, point = fresh(rng)
    made = hints(h, r, s, q)
    for name, bad in {"s -> n - s": (h, r, N - s, q), "r = 0": (h, 0, s, q), "s = 0": (h, r, 0, q), "s = n": (h, r, N, q),
                      "r = n": (h, N, s, q), "r = s = 0": (h, 0, 0, q), "key off the curve": (h, r, s, (q[0], q[1] ^ 1)),
                      "-Q": (h, r, s, negate(q)), "key 0, 0": (h, r, s, (0, 0)), "y >= p": (h, r, s, (q[0], 2**384 - 1)),
                      "other key": (h, r, s, add(q, G))}.items():
        yield 0, statement(*bad) + made, name
    yield 0, statement(h, r, s, q) + made[:3] + (P - point[1]).to_bytes(48, "big") + made[51:], "-R"


def forged_statements(rng):
    """Wrong statements whose scalars fit them: only the sum is not O."""
    for _ in range(6):
        h, r, s, q, point = fresh(rng)
        wrong = h ^ 1 << rng.randrange(384)
        yield 0, statement(wrong, r, s, q) + hints(wrong, r, s, q, point), "wrong hash"
        wrong = s ^ 1 << rng.randrange(300)
        yield 0, statement(h, r, wrong, q) + hints(h, r, wrong, q, point), "wrong s"
        wrong = add(q, G)
        yield 0, statement(h, r, s, wrong) + hints(h, r, s, wrong, point), "wrong key"
        other = next_point(rng.randrange(1, N))
        yield 0, statement(h, other[0], s, q) + hints(h, other[0], s, q, other), "random R"


def forged_identities(rng):
    """The sum is O, and an identity holds modulo some of its moduli only."""
    for i in range(2):
        h, r, s, q, point = fresh(rng)
        _, plan = first(h, r, s, q, point)
        u, w, a, b = plan[1]
        wrong = h ^ 2 << i
        t = (a + (b << 192)) * s + w * wrong
        for name, m in (("2^256", W), ("M1", M1), ("M2", M2), ("2^256 M1", W * M1), ("2^256 M2", W * M2), ("M1 M2", M1 * M2)):
            k2 = t * pow(N, -1, m) % m
            yield (0, statement(wrong, r, s, q) + build(plan, point, q, wrong, r, s, k2=k2),
                   f"hash's identity modulo {name} only")
        # scaled: the hash's identity still holds, r's does not
        c = rng.randrange(2, N)
        s2, h2 = s * c % N, h * c % N
        t = u * s2 + w * r
        for name, m in (("2^256", W), ("M1", M1), ("M2", M2)):
            yield (0, statement(h2, r, s2, q) + build(plan, point, q, h2, r, s2, k1=t * pow(N, -1, m) % m),
                   f"r's identity modulo {name} only")


def short_vector(a, m, scale):
    """Small (x, y), not zero, with y = a x mod m: x about sqrt(m / scale), y about sqrt(m scale). Gauss's reduction."""
    v, w = (scale, a % m), (0, m)
    while True:
        if v[0] ** 2 + v[1] ** 2 > w[0] ** 2 + w[1] ** 2:
            v, w = w, v
        dot, length = v[0] * w[0] + v[1] * w[1], v[0] ** 2 + v[1] ** 2
        q = (2 * dot + length) // (2 * length)
        if q == 0:
            return v[0] // scale, v[1]
        w = w[0] - q * v[0], w[1] - q * v[1]


def forged_modulus(rng):
    """The hash's identity holds modulo all of its moduli but one, for another hash: each of the four is needed."""
    for name, m in (("2^256", M1 * M2 * M3), ("M1", W * M2 * M3), ("M2", W * M1 * M3), ("M3", W * M1 * M2)):
        while True:
            h, r, s, q, point = fresh(rng)
            _, plan = first(h, r, s, q, point)
            u, w, a, b = plan[1]
            dh, dk = short_vector(w * pow(N, -1, m), m, 2**16)
            k2 = ((a + (b << 192)) * s + w * h) // N
            for sign in (1, -1):
                wrong, k = h + sign * dh, k2 + sign * dk
                if dh and 0 <= wrong < 2**384 and abs(k) < K2_OFFSET:
                    break
            else:
                continue
            t = (a + (b << 192)) * s + w * wrong
            assert (t - k * N) % m == 0 and t != k * N and wrong % N != h % N
            yield 0, statement(wrong, r, s, q) + build(plan, point, q, wrong, r, s, k2=k), f"all moduli but {name}"
            break


def cube_twins(point):
    """Other points of the curve with the same y."""
    x = point[0]
    # the other roots of X^3 - 3X = x^3 - 3x: X^2 + xX + x^2 - 3
    d = (12 - 3 * x * x) % P
    root = pow(d, (P + 1) // 4, P)
    return [((-x + e * root) * inverse(2) % P, point[1]) for e in (1, -1)] if root * root % P == d else []


def forged_ends(rng):
    """One Q, one R and one more: identities that hold, and a sum of which one coordinate alone is what it must be."""
    while True:
        d = rng.randrange(64)
        term = maker.odd_multiples(G, 64)[d]
        for end, what in [(t, "x") for t in cube_twins(negate(term))] + [(term, "y")]:
            point = next_point(rng.randrange(N))
            r, q = point[0], add(end, negate(point))
            if r >= N:
                continue
            # u = w = 1, a = 2d + 1
            s = N - r
            h = -(2 * d + 1) * s % N
            slopes = []
            multiples = [maker.multiples_with_slopes(p, slopes)[0] for p in (point, q)]
            slopes.append(maker.slope(multiples[1], point))
            text = b"".join(b"\0" + c.to_bytes(2, "big") for c in (0x0000, 0x0008, 0x2000 | d))
            made = assemble(0, 0, 3, point[1], 1, ((2 * d + 1) * s + h) // N, text, slopes)
            yield 0, statement(h, r, s, q) + made, f"another {what} at the end"
        if cube_twins(negate(term)):
            return


def raw(point, q, power, ops, more):
    """Hints of a hand-made stream; scalars are what they are."""
    slopes = []
    maker.multiples_with_slopes(point, slopes)
    maker.multiples_with_slopes(q, slopes)
    text = b"".join(bytes([k]) + c.to_bytes(2, "big") for k, c in ops)
    return assemble(0, power, len(ops), point[1], 0, 0, text, slopes + more)


def forged_streams(rng):
    h, r, s, q, point = fresh(rng)
    for code in (0x0000, 0x0008, 0x2000, 0x2080):
        yield 0, statement(h, r, s, q) + raw(point, q, 0, [(0, code), (0, code | 0x8000)], []), f"0 = 0 with {code:x}"
    slope = tangent(q)
    yield 0, statement(h, r, s, q) + raw(point, q, 0, [(0, 0), (0, 0), (0, 0x8000)], [slope]), "P + P as a chord"
    yield 0, statement(h, r, s, q) + raw(point, q, 0, [(0, 0), (0, 0x8000), (0, 0)], [5]), "P - P as a chord"
    yield 0, statement(h, r, s, q) + raw(point, q, 0, [(0, 0x20ff), (0, 0xa0ff)], []), "the multiple that the table lacks"
    yield 0, statement(h, r, s, q), "no hints"
    yield 0, b"", "nothing"


def forged_exceptional(rng, kind):
    """A true relation reached through P + P: as a chord, and inside 2P + T."""
    ordinary = maker.slope
    while True:
        h, r, s, q, point = fresh(rng)
        for cost, scalars, powers in plans(h, r, s):
            top = max(powers)
            if len(powers[top]) != 1 or top < 3:
                continue
            k, d = powers[top][0]
            sign_of, changed = (1 if d > 0 else -1), dict(powers)
            if k < 2 and abs(d) == 1 and kind == "chord":
                del changed[top]
                changed[top - 1] = [(k, sign_of), (k, sign_of)] + powers.get(top - 1, [])
            elif k < 2 and abs(d) == 3 and kind == "2P + T":
                changed[top], changed[top + 1] = [(k, sign_of)], [(k, sign_of)]
            else:
                continue
            maker.slope = lambda p, t: tangent(p) if p == t else ordinary(p, t)
            try:
                yield (0, statement(h, r, s, q) + build((cost, scalars, changed), point, q, h, r, s),
                       f"P + P in a {kind}")
                return
            finally:
                maker.slope = ordinary


def forged(_):
    rng = random.Random(21)
    out = []
    for part in (forged_lifts(rng), forged_ranges(rng), forged_statements(rng), forged_identities(rng),
                 forged_modulus(rng), forged_ends(rng), forged_streams(rng), forged_exceptional(rng, "chord"), forged_exceptional(rng, "2P + T")):
        out += list(part)
    return out


# ---- adaptive


def factors(point, q, call):
    """(index of a slope, what its error is multiplied with in its line's equation, what it is), one of each kind."""
    count, ops = call[242], call[387:]
    x = {"double": 2 * point[1], "chord": chord(point, point, tangent(point))[0] - point[0]}
    yield 0, x["double"], "a tangent"
    yield 1, x["chord"], "a chord"
    # the ladder again, up to its first 2P + T
    index, total = 16, None
    sources = [maker.multiples_with_slopes(p, []) for p in (q, point)] + [list(t) for t in maker.TABLES]
    for i in range(count):
        doublings, code = ops[3 * i] & 31, int.from_bytes(ops[3 * i + 1:3 * i + 3], "big")
        k = 2 + (code >> 7 & 1) if code & 0x2000 else code >> 3 & 1
        term = sources[k][code & (0x7f if code & 0x2000 else 7)]
        term = negate(term) if code & 0x8000 else term
        if total is None:
            total = term
            continue
        for _ in range(doublings):
            total, index = add(total, total), index + 1
        between = add(total, term)
        if code & 0x4000:
            yield index, term[0] - total[0], "the first slope of 2P + T"
            yield index + 1, between[0] - total[0], "the second slope of 2P + T"
            return
        total, index = between, index + 1


def adaptive(_):
    """Per place: v = 2^256 mod p passes for a multiple of p by its word 0 alone, v = 2^256 M3 mod p by word 3 alone."""
    rng = random.Random(22)
    out = []
    h, r, s, q, point = fresh(rng)
    call = statement(h, r, s, q) + hints(h, r, s, q)
    for index, factor, what in factors(point, q, call):
        at = 387 + 3 * call[242] + 48 * index
        old = int.from_bytes(call[at:at + 48], "big")
        for half, v in (("word 0", W), ("word 3", W * M3)):
            for change, kind in ((1, "plainly wrong"), (v * inverse(factor), half)):
                new = (old + change) % P
                out.append((0, call[:at] + new.to_bytes(48, "big") + call[at + 48:], f"{what}: {kind}"))
    for half, v in (("word 0", W), ("word 3", W * M3)):
        x = rng.randrange(N)
        while True:
            x += 1
            y2 = (x**3 - 3 * x + B + v * inverse(R)) % P
            y = pow(y2, (P + 1) // 4, P)
            if y * y % P == y2:
                break
        for key, kind in (((x, y ^ 1), "plainly wrong"), ((x, y), half)):
            out.append((0, statement(h, r, s, key) + call[240:], f"a key off the curve: {kind}"))
    return out


# ---- files


def write(name, cases):
    with open(os.path.join(SCRATCH, f"p384-{name}.bin"), "wb") as f:
        for accept, call, _ in cases:
            f.write(bytes([accept]) + len(call).to_bytes(4, "big") + call)
    with open(os.path.join(SCRATCH, f"p384-{name}.txt"), "w", encoding="utf-8") as f:
        f.write("".join(f"{what}\n" for _, _, what in cases))


def stamp():
    parts = [open(os.path.join(HERE, f), "rb").read() for f in ("p384_hints.py", "p384_vectors.py")]
    parts.append(open(os.path.join(CONTRACTS, "tools/p384_curve.py"), "rb").read())
    parts.append(str((RANDOM, os.path.exists(WYCHEPROOF) and os.path.getsize(WYCHEPROOF))).encode())
    return hashlib.sha256(b"".join(parts)).hexdigest()


def main():
    os.makedirs(SCRATCH, exist_ok=True)
    mark = os.path.join(SCRATCH, "p384-stamp")
    if os.path.exists(mark) and open(mark, encoding="utf-8").read() == stamp():
        return
    with multiprocessing.Pool() as pool:
        others, pairs = pool.map_async(forged, [0]), pool.map_async(adaptive, [0])
        write("random", pool.map(random_case, range(RANDOM), 1))
        write("wycheproof", pool.map(wycheproof_case, wycheproof_jobs(), 1))
        write("forged", others.get()[0])
        write("adaptive", pairs.get()[0])
    with open(mark, "w", encoding="utf-8") as f:
        f.write(stamp())


if __name__ == "__main__":
    main()
