#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The seat rule of SPEC 6 once more, as plainly as possible: the twin of src/epoch/SeatRule.sol.

    seats.py > seats.json     inputs and answers for test/epoch/SeatRule.twin.t.sol, as one list of numbers

Small committees of three vendors are enumerated, larger ones are drawn at random from a fixed seed.
"""
import itertools
import json
import random
from collections import Counter

TRIES = 4


class Person:
    def __init__(self, id, vendor=1, eligible=True, benched=False, gone=False, d0=0, d1=0, bond=100):
        self.id, self.vendor, self.eligible, self.benched = id, vendor, eligible, benched
        self.gone, self.d0, self.d1, self.bond = gone, d0, d1, bond

    def numbers(self):
        return [self.id, self.vendor, int(self.eligible), int(self.benched), int(self.gone), self.d0, self.d1, self.bond]


class Case:
    def __init__(self, incumbents, candidates, **more):
        self.incumbents, self.candidates = incumbents, candidates
        self.t0 = self.full_n = self.target = self.used = self.margin = self.operator_kind = 0
        self.slack, self.kinds, self.due, self.degraded, self.lost, self.absent = 1, 7, False, False, 0, 0
        self.__dict__.update(more)

    def numbers(self):
        head = [len(self.incumbents), len(self.candidates), self.t0, self.full_n, self.target, self.used, self.margin,
                self.slack, self.kinds, self.operator_kind, int(self.due), int(self.degraded), self.lost, self.absent]
        return head + [x for p in self.incumbents + self.candidates for x in p.numbers()]


def default_t(n):
    return n // 2 + 1


def quorum(n, t):
    return t + (n - t) // 2


def caps(n, t, margin):
    any_ = max(0, min(t - 1, n - t) - margin)
    return any_, min(any_, max(1, (n - t) // 2))


class Table:
    """Who sits, and how many of each domain do."""

    def __init__(self, case, n, cap_any, cap_operator):
        self.case, self.n, self.cap_any, self.cap_operator = case, n, cap_any, cap_operator
        self.seated, self.count, self.new = [], Counter(), 0

    def domains(self, p):
        kinds, operator = self.case.kinds, self.case.operator_kind
        if kinds & 1:
            yield ("vendor", p.vendor), self.cap_any
        if kinds & 2:
            yield ("declared", p.d0), self.cap_operator if operator == 1 else self.cap_any
        if kinds & 4:
            yield ("declared", p.d1), self.cap_operator if operator == 2 else self.cap_any

    def fits(self, p):
        return all(self.count[d] < cap for d, cap in self.domains(p))

    def add(self, p, by=1):
        for d, _ in self.domains(p):
            self.count[d] += by

    def sit(self, p, anyway=False):
        if len(self.seated) == self.n or not (anyway or self.fits(p)):
            return False
        self.add(p)
        self.seated.append(p)
        return True


def fill(case, incumbents, n, cap_any, cap_operator, limit, keep_all):
    table = Table(case, n, cap_any, cap_operator)
    order = sorted((p for p in incumbents if p.id), key=lambda p: (-p.bond, p.id))

    def newcomers(benched):
        for p in case.candidates:
            if len(table.seated) == n or table.new >= limit:
                return
            if p.benched == benched and not case.lost >> p.vendor & 1 and table.sit(p):
                table.new += 1

    for p in order:
        if p.eligible and not p.benched:
            table.sit(p, keep_all)
    newcomers(False)
    for p in order:
        if p.eligible and p.benched:
            table.sit(p, keep_all)
    newcomers(True)
    if case.due and len(table.seated) == n:
        lowest = [p for p in reversed(order) if p in table.seated][:max(1, n // 8)]
        for low in lowest:
            for high in case.candidates:
                if table.new >= limit:
                    break
                if high in table.seated:
                    continue
                if high.bond * 100 < low.bond * 110:
                    break
                if high.benched or case.lost >> high.vendor & 1:
                    continue
                table.add(low, -1)
                place = table.seated.index(low)
                table.seated.pop(place)
                if table.sit(high):
                    table.new += 1
                    break
                table.add(low)
                table.seated.insert(place, low)
    return table


def lay_out(case, incumbents, table):
    n = table.n
    ids = [0] * n
    homeless = []
    for i, p in enumerate(incumbents):
        if p in table.seated:
            if i < n:
                ids[i] = p.id
            else:
                homeless.append(p.id)
    homeless += [p.id for p in case.candidates if p in table.seated]

    def rank(i):
        if i >= len(incumbents) or incumbents[i].id == 0 or incumbents[i].gone:
            return 0
        return 1 if incumbents[i].benched else 2

    free = sorted((i for i in range(n) if ids[i] == 0), key=lambda i: (rank(i), i))
    for i, id in zip(free, homeless):
        ids[i] = id
    reserved = [0] * n
    for i, p in enumerate(incumbents[:n]):
        absent = p.id and not p.gone and not p.eligible and not case.lost >> p.vendor & 1
        if absent and ids[i] == 0 and table.fits(p):
            table.add(p)
            reserved[i] = p.id
    return ids, reserved


def choose(case):
    """[ok, degraded, n, t, new] + ids + reserved, or [0]."""

    def answer(degraded, t, table, laid):
        return [1, degraded, table.n, t, table.new] + laid[0] + laid[1]

    if not case.incumbents:
        n, t = case.target, default_t(case.target)
        table = fill(case, [], n, *caps(n, t, case.margin), float("inf"), False)
        return answer(0, t, table, lay_out(case, [], table)) if len(table.seated) == n else [0]

    def limit(t):
        return max(0, min(t, case.t0) - 1 - case.used)

    floor = min(case.full_n, case.target)
    present = sum(1 for p in case.incumbents if p.id and p.eligible)
    tries = 0
    for n in range(case.target, floor - 1, -1):
        t = default_t(n)
        if n > floor and (present + min(limit(t), len(case.candidates)) < n or tries == TRIES):
            continue
        tries += 1
        table = fill(case, case.incumbents, n, *caps(n, t, case.margin), limit(t), False)
        if len(table.seated) >= (n if n > floor else quorum(n, t)):
            return answer(0, t, table, lay_out(case, case.incumbents, table))

    if not (case.lost or case.absent or case.degraded):
        return [0]
    kept = [p for p in case.incumbents if p.id == 0 or not (
        case.lost >> p.vendor & 1 or (case.absent >> p.vendor & 1 and not p.eligible))]
    n = len(kept)
    if n <= 2:
        return [0]
    t = max(default_t(n), min(case.t0, n - 2))
    table = fill(case, kept, n, t - 1, t - 1, limit(t), True)
    laid = lay_out(case, kept, table)
    t = max(t, max(table.count.values(), default=0) + 1)
    if t > n - case.slack or len(table.seated) < quorum(n, t) or table.new > limit(t):
        return [0]
    return answer(1, t, table, laid)


def cases():
    # every committee of six, two of each vendor, each member present, absent or gone; no candidate, or one of each vendor
    for states in itertools.product(range(3), repeat=6):
        if states.count(0) < 3:
            continue
        members = [Person(i + 1, 1 + i % 3, s == 0, False, s == 2, 1 + i % 3, 10 + i, 100 + i) for i, s in enumerate(states)]
        spares = [Person(11 + v, v, True, False, False, v, 20 + v, 90) for v in (1, 2, 3)]
        for candidates in ([], spares):
            yield Case(members, candidates, t0=4, full_n=6, target=6, operator_kind=2)
    # one vendor lost or absent, for every number of members of it that enrolled
    for lost, absent, here in itertools.product((0, 2, 4), (0, 2, 4), range(4)):
        members = [Person(i + 1, 1 + i // 3, not (i < 3 and i >= here), False, False, 1 + i // 3, 10 + i, 100) for i in range(9)]
        for slack in (1, 2):
            yield Case(members, [], t0=5, full_n=9, target=9, margin=1, slack=slack, operator_kind=2, lost=lost, absent=absent)
    rng = random.Random(733)
    for _ in range(500):
        size = rng.choice([0, 3, 4, 5, 6, 7, 9, 12, 16])
        vendors, clouds = rng.choice([2, 3]), rng.choice([2, 3, 6])

        def person(id, candidate):
            eligible = candidate or rng.random() < 0.85
            return Person(id, rng.randint(1, vendors), eligible, rng.random() < 0.1, not eligible and rng.random() < 0.4,
                          rng.randint(1, clouds), 100 + rng.randint(1, 30), rng.randint(50, 120))

        members = [Person(0, 0, False, False, False, 0, 0, 0) if rng.random() < 0.05 else person(i + 1, False) for i in range(size)]
        waiting = sorted((person(100 + i, True) for i in range(rng.randint(0, 14))), key=lambda p: (-p.bond, p.id))
        full = size if rng.random() < 0.8 else size + rng.randint(0, 3)
        target = max(3, full + rng.choice([0, 0, 1, 2, 5, -1, -2]))
        yield Case(members, waiting, t0=default_t(size), full_n=full, target=target, used=rng.choice([0, 0, 0, 1, 3]),
                   margin=rng.choice([0, 0, 1]), slack=rng.choice([1, 2]), kinds=rng.choice([7, 7, 6, 1, 3]),
                   operator_kind=rng.choice([0, 1, 2]), due=rng.random() < 0.5, degraded=rng.random() < 0.2,
                   lost=rng.choice([0, 0, 2]), absent=rng.choice([0, 0, 4]))


def main():
    flat, counts = [], Counter()
    for case in cases():
        answer = choose(case)
        counts["none" if not answer[0] else "degraded" if answer[1] else "regular"] += 1
        question = case.numbers()
        flat += [len(question)] + question + [len(answer)] + answer
    print(json.dumps({"counts": counts, "flat": flat}, separators=(",", ":")))


main()
