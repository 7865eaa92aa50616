/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The predicate against what SPEC 6 wants of it, over every committee of one to five vendors that
 * the quota allows, each vendor lost, or absent with every number of its members enrolled.
 */
#include <stdio.h>
#include <string.h>

#include "base/unit_test.h"
#include "tests/sim/degraded.h"

/* One event in one committee. declared: most of the seats that stay that one declared domain has.
 */
struct trial {
    struct degraded_committee c;
    unsigned declared, slack;
    struct degraded_size size;
    enum degraded_verdict verdict;
};

static unsigned long long events, shrunk, refused, kept_t, second_events;

static void demand(bool holds, const struct trial *x, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "n %u T %u slack %u declared %u ->", x->c.n, x->c.t, x->slack, x->declared);
    for (unsigned v = 1; v < DEGRADED_VENDORS; v++)
        if (x->c.vendor[v].seats > 0)
            fprintf(stderr, " %u/%u%s%s", x->c.vendor[v].here, x->c.vendor[v].seats,
                    x->c.vendor[v].lost ? " lost" : "", x->c.vendor[v].absent ? " absent" : "");
    fprintf(stderr, " -> n' %u T' %u b' %u a' %u verdict %d\n", x->size.n, x->size.t, x->size.b,
            x->size.a, (int)x->verdict);
    fail_msg("%s", what);
}

/* Everybody who stays is there. */
static void ask(struct trial *x)
{
    unsigned filled = 0;

    for (unsigned v = 1; v < DEGRADED_VENDORS; v++)
        filled += degraded_left(&x->c.vendor[v]);
    x->verdict = degraded_of(&x->size, &x->c, x->declared, filled, x->slack);
}

static unsigned largest_of(const struct trial *x)
{
    unsigned most = x->declared;

    for (unsigned v = 1; v < DEGRADED_VENDORS; v++) {
        const struct degraded_vendor *d = &x->c.vendor[v];
        unsigned left = d->lost ? 0 : d->absent ? d->here : d->seats;
        most = left > most ? left : most;
    }
    return most;
}

/* T' is the least number that SPEC 6 admits, found by trying each; 0: none is. */
static unsigned least_t(unsigned n, unsigned t, unsigned largest, unsigned slack)
{
    for (unsigned k = n / 2 + 1; k + slack <= n; k++)
        if (k > largest && (k >= t || k + 2 >= n))
            return k;
    return 0;
}

static void check(struct trial *x, unsigned gone)
{
    unsigned n = x->c.n - gone, largest = largest_of(x), t = least_t(n, x->c.t, largest, x->slack);
    const struct degraded_size *s = &x->size;

    ask(x);
    events++;
    if (t == 0) {
        refused++;
        demand(x->verdict == DEGRADED_TOO_SMALL, x, "no T' keeps the vendors apart: refused");
        demand(s->n == 0 && s->t == 0 && s->b == 0 && s->a == 0, x, "nothing comes of a refusal");
        return;
    }
    shrunk++;
    demand(x->verdict == DEGRADED_YES && s->n == n && s->t == t, x,
           "n' and the least T' of SPEC 6");
    demand(largest < s->t, x, "secrecy: no domain has T' seats");
    demand(2 * s->t > s->n, x, "T' is a majority");
    demand(s->t + x->slack <= s->n, x, "T' <= n' less the slack");
    demand(s->t <= x->c.t, x, "T' does not rise");
    if (x->c.t + 2 <= s->n) {
        kept_t++;
        demand(s->t == x->c.t, x, "T is kept where n' allows");
    }
    demand(s->b == (s->n - s->t) / 2 && s->a == s->t + s->b && s->a <= s->n, x, "b' and a'");
    demand(largest < s->a, x, "no domain activates alone");
}

/* The committee that came of it: it refreshes itself, and a second vendor may go. */
static void check_next(const struct trial *before)
{
    struct trial x = {.slack = before->slack};

    x.c.n = before->size.n;
    x.c.t = before->size.t;
    x.c.already = true;
    for (unsigned v = 1; v < DEGRADED_VENDORS; v++)
        x.c.vendor[v].seats = x.c.vendor[v].here = degraded_left(&before->c.vendor[v]);
    check(&x, 0);
    demand(x.verdict == DEGRADED_YES && x.size.n == x.c.n, &x, "a DEGRADED committee goes on");
    demand(x.slack < 2 || x.size.t == x.c.t, &x, "with its T'");
    for (unsigned v = 1; v < DEGRADED_VENDORS; v++) {
        struct trial second = x;
        if (x.c.vendor[v].seats == 0)
            continue;
        second.c.vendor[v].lost = true;
        second.c.vendor[v].here = 0;
        check(&second, x.c.vendor[v].seats);
        second_events++;
    }
}

static void one_event(const struct trial *base, unsigned v, unsigned here, bool lost)
{
    struct trial x = *base;
    unsigned gone = x.c.vendor[v].seats - here;

    x.c.vendor[v].lost = lost;
    x.c.vendor[v].absent = !lost;
    x.c.vendor[v].here = here;
    x.declared = x.declared <= x.c.n - gone ? x.declared : x.c.n - gone;
    check(&x, gone);
    if (x.verdict == DEGRADED_YES && x.c.n <= 16 && x.declared == 0)
        check_next(&x);
}

static void every_event(const struct trial *base)
{
    struct trial x = *base;

    ask(&x);
    demand(x.verdict == DEGRADED_NO_VENDOR && x.size.n == 0, &x,
           "n and T do not fall while no vendor is lost or absent");
    /* members of several vendors away, and whatever a council freezes: no vendor is gone */
    for (unsigned v = 1; v < DEGRADED_VENDORS; v++)
        x.c.vendor[v].here = 0;
    ask(&x);
    demand(x.verdict == DEGRADED_NO_VENDOR, &x, "members away alone shrink nothing");
    for (unsigned v = 1; v < DEGRADED_VENDORS; v++) {
        if (base->c.vendor[v].seats == 0)
            continue;
        one_event(base, v, 0, true);
        for (unsigned here = 0; 2 * here < base->c.vendor[v].seats; here++)
            one_event(base, v, here, false);
    }
}

/* Vendors v.. share the seats that are left, none more than the one before. */
static void splits(struct trial *x, unsigned v, unsigned vendors, unsigned left, unsigned cap)
{
    if (left == 0) {
        every_event(x);
        return;
    }
    if (v > vendors || left > cap * (vendors + 1 - v))
        return;
    for (unsigned k = left < cap ? left : cap; k > 0; k--) {
        x->c.vendor[v].seats = x->c.vendor[v].here = k;
        splits(x, v + 1, vendors, left - k, k);
    }
    x->c.vendor[v].seats = x->c.vendor[v].here = 0;
}

static void committees(unsigned n, unsigned vendors, unsigned margin, unsigned declared)
{
    struct trial x = {.declared = declared,
                      .slack = margin > 0 ? DEGRADED_SLACK : DEGRADED_SLACK_DEV};
    unsigned cap;

    x.c.n = n;
    x.c.t = n / 2 + 1;
    cap = n - x.c.t < x.c.t - 1 ? n - x.c.t : x.c.t - 1;
    if (cap <= margin || declared > cap - margin)
        return;
    splits(&x, 1, vendors, n, cap - margin);
}

static void test_A66_every_committee_up_to_16(void **state)
{
    (void)state;
    events = shrunk = refused = kept_t = second_events = 0;
    for (unsigned n = 3; n <= 16; n++)
        for (unsigned margin = 0; margin <= 1; margin++)
            for (unsigned declared = 0; declared < n; declared++)
                committees(n, DEGRADED_VENDORS - 1, margin, declared);
    print_message("n 3..16: %llu events, %llu DEGRADED (T kept in %llu), %llu refused, %llu second "
                  "vendors\n",
                  events, shrunk, kept_t, refused, second_events);
    assert_true(shrunk > 1000 && refused > 1000 && kept_t > 100 && second_events > 1000);
}

static void test_A66_every_committee_of_64_and_256(void **state)
{
    (void)state;
    for (unsigned margin = 0; margin <= 1; margin++) {
        events = shrunk = refused = kept_t = 0;
        committees(64, DEGRADED_VENDORS - 1, margin, 0);
        print_message(
            "n 64, margin %u: %llu events, %llu DEGRADED (T kept in %llu), %llu refused\n", margin,
            events, shrunk, kept_t, refused);
        assert_true(shrunk > 1000 && kept_t > 1000);
        events = shrunk = refused = kept_t = 0;
        committees(256, 4, margin, 0);
        print_message(
            "n 256, margin %u: %llu events, %llu DEGRADED (T kept in %llu), %llu refused\n", margin,
            events, shrunk, kept_t, refused);
        assert_true(shrunk > 1000 && kept_t > 1000);
    }
}

static struct trial committee(unsigned n, unsigned x, unsigned y, unsigned z, unsigned slack)
{
    struct trial c = {.slack = slack};

    c.c.n = n;
    c.c.t = n / 2 + 1;
    c.c.vendor[1].seats = c.c.vendor[1].here = x;
    c.c.vendor[2].seats = c.c.vendor[2].here = y;
    c.c.vendor[3].seats = c.c.vendor[3].here = z;
    return c;
}

static void loses_first(struct trial x, unsigned n, unsigned t, unsigned b, unsigned a)
{
    x.c.vendor[1].lost = true;
    ask(&x);
    demand(x.verdict == DEGRADED_YES && x.size.n == n && x.size.t == t && x.size.b == b &&
               x.size.a == a,
           &x, "the size that SPEC 6 and crypto.md 2.3 say");
}

static void test_A60_sizes_that_the_texts_name(void **state)
{
    (void)state;
    loses_first(committee(9, 3, 3, 3, DEGRADED_SLACK), 6, 4, 1, 5);
    loses_first(committee(64, 21, 22, 21, DEGRADED_SLACK), 43, 33, 5, 38);
    loses_first(committee(6, 2, 2, 2, DEGRADED_SLACK_DEV), 4, 3, 0, 3);
    loses_first(committee(16, 6, 5, 5, DEGRADED_SLACK), 10, 8, 1, 9); /* above the majority */

    /* off development chains six seats have no DEGRADED committee */
    struct trial x = committee(6, 2, 2, 2, DEGRADED_SLACK);
    x.c.vendor[1].lost = true;
    ask(&x);
    demand(x.verdict == DEGRADED_TOO_SMALL, &x, "T' 3 of 4 is too much off development chains");
}

static void test_A60_never_without_a_whole_vendor_gone(void **state)
{
    (void)state;
    struct trial x = committee(0, 0, 0, 0, DEGRADED_SLACK_DEV);

    x.c.vendor[1].lost = true;
    x.c.already = true;
    ask(&x);
    demand(x.verdict == DEGRADED_GENESIS, &x, "never at genesis");

    /* lost or absent, and not enough of the others there: the old epoch goes on */
    x = committee(9, 3, 3, 3, DEGRADED_SLACK);
    x.c.vendor[1].lost = true;
    assert_int_equal(degraded_of(&x.size, &x.c, 0, 4, x.slack), DEGRADED_TOO_FEW);
    assert_int_equal(x.size.n, 0);
    assert_int_equal(degraded_of(&x.size, &x.c, 0, 5, x.slack), DEGRADED_YES);
    /* an absent vendor's enrolled members stay */
    x = committee(9, 3, 3, 3, DEGRADED_SLACK);
    x.c.vendor[1].absent = true;
    x.c.vendor[1].here = 1;
    ask(&x);
    demand(x.verdict == DEGRADED_YES && x.size.n == 7 && x.size.t == 5, &x, "n' = 7, T kept");
    /* a declared cloud that lies across the others counts in secrecy like a vendor */
    x = committee(11, 4, 4, 3, DEGRADED_SLACK);
    x.c.vendor[1].lost = true;
    x.declared = 5;
    ask(&x);
    demand(x.verdict == DEGRADED_TOO_SMALL, &x, "a cloud of five of seven leaves no T'");
}

/* --- absence --- */

#define ABSENCE 10
#define WINDOWS 4

/* From the words of SPEC 6: in a row up to window k fewer than half enrolled, and its ends are
 * `absence` apart. */
static bool absent_by_words(const unsigned *enrolled, const uint64_t *end, unsigned seats,
                            unsigned k)
{
    for (unsigned first = k;; first--) {
        if (2 * enrolled[first] >= seats)
            return false;
        if (first < k && end[k] - end[first] >= ABSENCE)
            return true;
        if (first == 0)
            return false;
    }
}

static void run_windows(unsigned seats, const unsigned *enrolled, const uint64_t *end)
{
    struct degraded_watch w = {{0}};
    unsigned has[DEGRADED_VENDORS] = {0, seats, 2}, come[DEGRADED_VENDORS] = {0};

    for (unsigned k = 0; k < WINDOWS; k++) {
        come[1] = enrolled[k];
        come[2] = 1 + k % 2; /* one late enrolment of two, then both */
        uint32_t absent = degraded_window(&w, has, come, end[k], ABSENCE);
        assert_int_equal(absent >> 1 & 1, absent_by_words(enrolled, end, seats, k));
        assert_int_equal(absent & ~UINT32_C(2), 0); /* nor is who has no seats */
        if (2 * enrolled[k] >= seats)
            assert_int_equal(w.since[1], 0);
    }
}

static void test_A66_absence_of_every_run_of_windows(void **state)
{
    (void)state;
    static const uint64_t steps[] = {1, ABSENCE / 2, ABSENCE - 1, ABSENCE};
    unsigned runs = 0;

    for (unsigned seats = 0; seats <= 4; seats++)
        for (unsigned code = 0; code < 5 * 5 * 5 * 5; code++)
            for (unsigned gaps = 0; gaps < 4 * 4 * 4; gaps++) {
                unsigned enrolled[WINDOWS], c = code, g = gaps;
                uint64_t end[WINDOWS], at = 100;
                bool fits = true;
                for (unsigned k = 0; k < WINDOWS; k++, c /= 5, g /= 4) {
                    enrolled[k] = c % 5;
                    fits = fits && enrolled[k] <= seats;
                    end[k] = at;
                    at += steps[g % 4];
                }
                if (!fits)
                    continue;
                run_windows(seats, enrolled, end);
                runs++;
            }
    print_message("%u runs of %d windows\n", runs, WINDOWS);
    assert_true(runs > 10000);
}

/* Windows of one vendor, far enough apart: is it ever absent? */
static bool ever_absent(unsigned seats, const unsigned *enrolled, unsigned windows, uint64_t apart)
{
    struct degraded_watch w = {{0}};
    unsigned has[DEGRADED_VENDORS] = {0, seats}, come[DEGRADED_VENDORS] = {0};
    bool ever = false;

    for (unsigned k = 0; k < windows; k++) {
        come[1] = enrolled[k];
        ever |= degraded_window(&w, has, come, 100 + k * apart, ABSENCE) != 0;
    }
    return ever;
}

static void test_A66_late_once_or_always_half(void **state)
{
    (void)state;
    /* one enrolment came late, so one window had fewer than half: the next one clears it */
    assert_false(ever_absent(3, (const unsigned[]){3, 1, 2, 1, 2, 1}, 6, 2 * ABSENCE));
    /* always half, or the half above it */
    assert_false(ever_absent(2, (const unsigned[]){1, 1, 1, 1}, 4, 2 * ABSENCE));
    assert_false(ever_absent(3, (const unsigned[]){2, 2, 2, 2}, 4, 2 * ABSENCE));
    assert_false(ever_absent(85, (const unsigned[]){43, 43, 43, 43}, 4, 2 * ABSENCE));
    /* nobody, in windows that end too near each other; then far enough */
    assert_false(ever_absent(3, (const unsigned[]){0, 0, 0}, 3, ABSENCE / 2 - 1));
    assert_true(ever_absent(3, (const unsigned[]){0, 0, 0}, 3, ABSENCE / 2));
    /* one of three is fewer than half */
    assert_true(ever_absent(3, (const unsigned[]){1, 1}, 2, ABSENCE));
    /* one window alone, however long ago the network began */
    assert_false(ever_absent(3, (const unsigned[]){0}, 1, ABSENCE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_A66_every_committee_up_to_16),
        cmocka_unit_test(test_A66_every_committee_of_64_and_256),
        cmocka_unit_test(test_A60_sizes_that_the_texts_name),
        cmocka_unit_test(test_A60_never_without_a_whole_vendor_gone),
        cmocka_unit_test(test_A66_absence_of_every_run_of_windows),
        cmocka_unit_test(test_A66_late_once_or_always_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
