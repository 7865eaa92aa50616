/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/degraded.h"

static unsigned larger(unsigned x, unsigned y)
{
    return x > y ? x : y;
}

unsigned degraded_left(const struct degraded_vendor *v)
{
    if (v->lost)
        return 0;
    return v->absent ? v->here : v->seats;
}

enum degraded_verdict degraded_shrink(unsigned *n, const struct degraded_committee *c)
{
    bool allowed = c->already;
    unsigned gone = 0;

    *n = 0;
    if (c->n == 0)
        return DEGRADED_GENESIS;
    for (unsigned v = 1; v < DEGRADED_VENDORS; v++) {
        gone += c->vendor[v].seats - degraded_left(&c->vendor[v]);
        allowed = allowed || c->vendor[v].lost || c->vendor[v].absent;
    }
    if (!allowed)
        return DEGRADED_NO_VENDOR;
    *n = c->n - gone;
    return DEGRADED_YES;
}

unsigned degraded_floor(unsigned n, unsigned t)
{
    unsigned most = n < 2 ? 0 : n - 2;

    return larger(n / 2 + 1, t < most ? t : most);
}

enum degraded_verdict degraded_settle(struct degraded_size *out, unsigned n, unsigned t,
                                      unsigned largest, unsigned filled, unsigned slack)
{
    struct degraded_size size = {.n = n, .t = larger(degraded_floor(n, t), largest + 1)};

    *out = (struct degraded_size){0};
    if (size.t + slack > n)
        return DEGRADED_TOO_SMALL;
    size.b = (n - size.t) / 2;
    size.a = size.t + size.b;
    if (filled < size.a)
        return DEGRADED_TOO_FEW;
    *out = size;
    return DEGRADED_YES;
}

enum degraded_verdict degraded_of(struct degraded_size *out, const struct degraded_committee *c,
                                  unsigned declared, unsigned filled, unsigned slack)
{
    unsigned n, largest = declared;
    enum degraded_verdict verdict = degraded_shrink(&n, c);

    *out = (struct degraded_size){0};
    if (verdict != DEGRADED_YES)
        return verdict;
    for (unsigned v = 1; v < DEGRADED_VENDORS; v++)
        largest = larger(largest, degraded_left(&c->vendor[v]));
    return degraded_settle(out, n, c->t, largest, filled, slack);
}

uint32_t degraded_window(struct degraded_watch *w, const unsigned seats[static DEGRADED_VENDORS],
                         const unsigned enrolled[static DEGRADED_VENDORS], uint64_t end,
                         uint64_t absence)
{
    uint32_t absent = 0;

    for (unsigned v = 1; v < DEGRADED_VENDORS; v++) {
        if (2 * enrolled[v] >= seats[v])
            w->since[v] = 0;
        else if (w->since[v] == 0)
            w->since[v] = end;
        else if (end - w->since[v] >= absence)
            absent |= UINT32_C(1) << v;
    }
    return absent;
}
