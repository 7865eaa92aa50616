/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The predicate against the cases of the contract's twin (contracts/test/reference/seats.json),
 * where the rule of DEGRADED is reached: no full committee was found, and a vendor is lost or
 * absent or the committee is DEGRADED already. Who sits is worked out here once more, from the
 * words of ISeatRule, since T' depends on it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/unit_test.h"
#include "tests/sim/degraded.h"

#define FILE_OF_CASES "contracts/test/reference/seats.json"
#define MAX_TEXT      (1u << 20)
#define MAX_NUMBERS   (1u << 18)
#define MAX_PERSONS   64
#define KINDS         3 /* vendor, two declared domains */
#define HEAD          14
#define EACH          8

struct person {
    unsigned id;
    bool eligible, benched, gone;
    unsigned domain[KINDS];
    unsigned bond;
    bool seated, reserved;
};

/* ISeatRule.Input; persons: incumbents, then candidates. */
struct question {
    unsigned incumbents, candidates;
    unsigned t0, full_n, target, used, slack, kinds;
    bool due, degraded;
    unsigned lost, absent; /* bit v: vendor v */
    struct person person[MAX_PERSONS];
};

/* The committee that shrinks: kept incumbents by index - 1, and who is seated where. */
struct table {
    struct question *q;
    unsigned n, cap, limit, filled, fresh;
    struct person *kept[MAX_PERSONS];
    struct person *seat[MAX_PERSONS];
};

static unsigned numbers[MAX_NUMBERS];
static size_t numbers_n;

/* --- who sits --- */

static unsigned held(const struct table *t, unsigned kind, unsigned domain)
{
    unsigned count = 0;

    for (unsigned i = 0; i < t->q->incumbents + t->q->candidates; i++) {
        const struct person *p = &t->q->person[i];
        count += (p->seated || p->reserved) && p->domain[kind] == domain;
    }
    return count;
}

static bool fits(const struct table *t, const struct person *p)
{
    for (unsigned k = 0; k < KINDS; k++)
        if ((t->q->kinds >> k & 1) != 0 && held(t, k, p->domain[k]) >= t->cap)
            return false;
    return true;
}

static bool lost(const struct question *q, const struct person *p)
{
    return (q->lost >> p->domain[0] & 1) != 0;
}

static bool stays(const struct question *q, const struct person *p)
{
    bool absent = (q->absent >> p->domain[0] & 1) != 0;

    return p->id == 0 || !(lost(q, p) || (absent && !p->eligible));
}

/* In DEGRADED an incumbent who is there keeps its seat whatever its domain. */
static void seat_incumbents(struct table *t, bool benched)
{
    for (unsigned i = 0; i < t->n; i++) {
        struct person *p = t->kept[i];
        if (p->id == 0 || !p->eligible || p->benched != benched || t->filled == t->n)
            continue;
        p->seated = true;
        t->filled++;
    }
}

static void seat_candidates(struct table *t, bool benched)
{
    for (unsigned i = 0; i < t->q->candidates; i++) {
        struct person *p = &t->q->person[t->q->incumbents + i];
        if (t->filled == t->n || t->fresh == t->limit)
            return;
        if (p->benched != benched || lost(t->q, p) || !fits(t, p))
            continue;
        p->seated = true;
        t->filled++;
        t->fresh++;
    }
}

/* Seated incumbent of lowest bond, the youngest of equals, that had no turn yet; NULL: none. */
static struct person *lowest(struct table *t, const bool *had)
{
    struct person *low = NULL;

    for (unsigned i = 0; i < t->n; i++) {
        struct person *p = t->kept[i];
        if (p->seated && !had[i] &&
            (low == NULL || p->bond < low->bond || (p->bond == low->bond && p->id > low->id)))
            low = p;
    }
    return low;
}

static void replace(struct table *t, struct person *low)
{
    for (unsigned i = 0; i < t->q->candidates && t->fresh < t->limit; i++) {
        struct person *high = &t->q->person[t->q->incumbents + i];
        if (high->seated)
            continue;
        if (high->bond * 100 < low->bond * 110)
            return;
        if (high->benched || lost(t->q, high))
            continue;
        low->seated = false;
        if (fits(t, high)) {
            high->seated = true;
            t->fresh++;
            return;
        }
        low->seated = true;
    }
}

static void displace(struct table *t)
{
    unsigned turns = t->n / 8 > 0 ? t->n / 8 : 1;
    bool had[MAX_PERSONS] = {false};

    for (struct person *low; turns > 0 && (low = lowest(t, had)) != NULL; turns--) {
        for (unsigned i = 0; i < t->n; i++)
            had[i] = had[i] || t->kept[i] == low;
        replace(t, low);
    }
}

/* Newcomers take seats that nobody may come back to, then those of benched, then of others. */
static unsigned rank_of(const struct person *p)
{
    if (p->id == 0 || p->gone)
        return 0;
    return p->benched ? 1 : 2;
}

static void lay_out(struct table *t)
{
    unsigned next = t->q->incumbents, end = t->q->incumbents + t->q->candidates;

    for (unsigned i = 0; i < t->n; i++)
        t->seat[i] = t->kept[i]->seated ? t->kept[i] : NULL;
    for (unsigned rank = 0; rank < 3; rank++)
        for (unsigned i = 0; i < t->n; i++) {
            if (t->seat[i] != NULL || rank_of(t->kept[i]) != rank)
                continue;
            while (next < end && !t->q->person[next].seated)
                next++;
            if (next < end)
                t->seat[i] = &t->q->person[next++];
        }
    for (unsigned i = 0; i < t->n; i++) {
        struct person *p = t->kept[i];
        if (t->seat[i] == NULL && p->id != 0 && !p->gone && !p->eligible && fits(t, p))
            p->reserved = true;
    }
}

static unsigned largest(const struct table *t)
{
    unsigned most = 0;

    for (unsigned i = 0; i < t->q->incumbents + t->q->candidates; i++)
        for (unsigned k = 0; k < KINDS; k++) {
            const struct person *p = &t->q->person[i];
            if ((t->q->kinds >> k & 1) == 0 || !(p->seated || p->reserved))
                continue;
            unsigned count = held(t, k, p->domain[k]);
            most = count > most ? count : most;
        }
    return most;
}

static void committee_of(struct degraded_committee *c, const struct question *q)
{
    *c = (struct degraded_committee){.n = q->incumbents, .t = q->t0, .already = q->degraded};
    for (unsigned v = 1; v < DEGRADED_VENDORS; v++) {
        c->vendor[v].lost = (q->lost >> v & 1) != 0;
        c->vendor[v].absent = (q->absent >> v & 1) != 0;
    }
    for (unsigned i = 0; i < q->incumbents; i++) {
        const struct person *p = &q->person[i];
        if (p->id == 0)
            continue;
        assert_true(p->domain[0] > 0 && p->domain[0] < DEGRADED_VENDORS);
        c->vendor[p->domain[0]].seats++;
        c->vendor[p->domain[0]].here += p->eligible;
    }
}

static enum degraded_verdict answer(struct degraded_size *size, struct table *t, struct question *q)
{
    struct degraded_committee c;
    enum degraded_verdict verdict;
    unsigned n, most;

    committee_of(&c, q);
    *size = (struct degraded_size){0};
    *t = (struct table){.q = q};
    verdict = degraded_shrink(&n, &c);
    if (verdict != DEGRADED_YES)
        return verdict;
    for (unsigned i = 0; i < q->incumbents; i++)
        if (stays(q, &q->person[i]))
            t->kept[t->n++] = &q->person[i];
    assert_int_equal(t->n, n);
    t->cap = degraded_floor(n, q->t0) - 1;
    most = (t->cap + 1 < q->t0 ? t->cap + 1 : q->t0) - 1;
    t->limit = most > q->used ? most - q->used : 0;
    seat_incumbents(t, false);
    seat_candidates(t, false);
    seat_incumbents(t, true);
    seat_candidates(t, true);
    if (q->due && t->filled == t->n)
        displace(t);
    lay_out(t);
    return degraded_settle(size, n, q->t0, largest(t), t->filled, q->slack);
}

/* --- the file --- */

static int read_numbers(void **state)
{
    (void)state;
    char *text = malloc(MAX_TEXT);
    FILE *f = fopen(PC_SOURCE_DIR "/" FILE_OF_CASES, "rb");
    struct json_doc *doc;
    struct json_value root, flat;
    size_t n;

    if (f == NULL)
        fail_msg("%s is not there: nothing to compare with", PC_SOURCE_DIR "/" FILE_OF_CASES);
    assert_non_null(text);
    n = fread(text, 1, MAX_TEXT, f);
    assert_true(n < MAX_TEXT && ferror(f) == 0);
    assert_int_equal(fclose(f), 0);
    if (json_parse(&doc, bytes_of(text, n), MAX_TEXT, 4) != PC_OK)
        fail_msg("%s: %s", FILE_OF_CASES, json_error(doc));
    root = json_root(doc);
    assert_int_equal(json_get_array(&root, "flat", &flat, &numbers_n), PC_OK);
    assert_true(numbers_n <= MAX_NUMBERS);
    for (size_t i = 0; i < numbers_n; i++) {
        struct json_value v = json_at(&flat, i);
        uint64_t x;
        assert_int_equal(json_get_u64(&v, NULL, UINT32_MAX, &x), PC_OK);
        numbers[i] = (unsigned)x;
    }
    json_free(doc);
    free(text);
    return 0;
}

/* A list of the file: its length, then that many numbers. *at moves behind it. */
static const unsigned *list(size_t *at, size_t *length)
{
    const unsigned *p;

    assert_true(*at < numbers_n && numbers[*at] < numbers_n - *at);
    *length = numbers[*at];
    p = &numbers[*at + 1];
    *at += 1 + *length;
    return p;
}

static void read_question(struct question *q, const unsigned *p, size_t length)
{
    assert_true(length >= HEAD);
    *q = (struct question){.incumbents = p[0],
                           .candidates = p[1],
                           .t0 = p[2],
                           .full_n = p[3],
                           .target = p[4],
                           .used = p[5],
                           .slack = p[7],
                           .kinds = p[8],
                           .due = p[10] == 1,
                           .degraded = p[11] == 1,
                           .lost = p[12],
                           .absent = p[13]};
    assert_true(q->incumbents <= MAX_PERSONS && q->candidates <= MAX_PERSONS - q->incumbents);
    assert_int_equal(length, HEAD + EACH * (q->incumbents + q->candidates));
    for (unsigned i = 0; i < q->incumbents + q->candidates; i++) {
        const unsigned *x = p + HEAD + EACH * i;
        q->person[i] = (struct person){.id = x[0],
                                       .eligible = x[2] == 1,
                                       .benched = x[3] == 1,
                                       .gone = x[4] == 1,
                                       .domain = {x[1], x[5], x[6]},
                                       .bond = x[7]};
    }
}

/* An answer of the twin: ok, degraded, n, T, new seats, ids, reserved. */
enum { OK, DEGRADED, N, T, FRESH, IDS };

static void same(const struct table *t, const struct degraded_size *size, const unsigned *want,
                 unsigned number)
{
    if (size->n != want[N] || size->t != want[T] || t->fresh != want[FRESH])
        fail_msg("case %u: n' %u T' %u, %u new; the twin has %u, %u, %u", number, size->n, size->t,
                 t->fresh, want[N], want[T], want[FRESH]);
    for (unsigned i = 0; i < size->n; i++) {
        unsigned id = t->seat[i] == NULL ? 0 : t->seat[i]->id;
        unsigned reserved = t->kept[i]->reserved ? t->kept[i]->id : 0;
        if (id != want[IDS + i] || reserved != want[IDS + size->n + i])
            fail_msg("case %u, seat %u: %u, reserved %u; the twin has %u, %u", number, i + 1, id,
                     reserved, want[IDS + i], want[IDS + size->n + i]);
    }
}

static void test_A66_the_twin_agrees_where_the_rule_is_reached(void **state)
{
    (void)state;
    unsigned cases = 0, degraded = 0, refused[DEGRADED_TOO_FEW + 1] = {0};
    size_t at = 0, length, answer_length;

    while (at < numbers_n) {
        static struct question q;
        static struct table t;
        struct degraded_size size;
        const unsigned *p = list(&at, &length), *want = list(&at, &answer_length);
        read_question(&q, p, length);
        cases++;
        assert_true(answer_length == 1 || answer_length == IDS + 2 * want[N]);
        if (want[OK] == 1 && want[DEGRADED] == 0)
            continue;
        enum degraded_verdict verdict = answer(&size, &t, &q);
        if ((verdict == DEGRADED_YES) != (want[OK] == 1))
            fail_msg("case %u: verdict %d, the twin says %s", cases, (int)verdict,
                     want[OK] == 1 ? "DEGRADED" : "none");
        if (verdict == DEGRADED_YES) {
            same(&t, &size, want, cases);
            degraded++;
        } else {
            refused[verdict]++;
        }
    }
    print_message(
        "%u cases: %u DEGRADED; none: %u genesis, %u no vendor gone, %u too small, %u too "
        "few\n",
        cases, degraded, refused[DEGRADED_GENESIS], refused[DEGRADED_NO_VENDOR],
        refused[DEGRADED_TOO_SMALL], refused[DEGRADED_TOO_FEW]);
    assert_true(degraded >= 50 && refused[DEGRADED_TOO_SMALL] >= 20 &&
                refused[DEGRADED_NO_VENDOR] >= 100 && refused[DEGRADED_GENESIS] >= 1);
}

/* The twin's own answers: outside DEGRADED neither n nor T falls, and DEGRADED needs a vendor. */
static void test_A60_n_and_T_fall_in_degraded_only(void **state)
{
    (void)state;
    unsigned regular = 0, degraded = 0;
    size_t at = 0, length, answer_length;

    while (at < numbers_n) {
        static struct question q;
        const unsigned *p = list(&at, &length), *want = list(&at, &answer_length);
        unsigned least;
        read_question(&q, p, length);
        least = q.full_n < q.target ? q.full_n : q.target;
        if (want[OK] == 0)
            continue;
        if (want[DEGRADED] == 1) {
            assert_true(q.incumbents > 0 && (q.lost != 0 || q.absent != 0 || q.degraded));
            assert_true(want[T] > want[N] / 2 && want[T] + q.slack <= want[N]);
            degraded++;
        } else {
            assert_true(q.incumbents == 0 ? want[N] == q.target : want[N] >= least);
            assert_int_equal(want[T], want[N] / 2 + 1);
            regular++;
        }
    }
    assert_true(regular >= 400 && degraded >= 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_A66_the_twin_agrees_where_the_rule_is_reached),
        cmocka_unit_test(test_A60_n_and_T_fall_in_degraded_only),
    };
    return cmocka_run_group_tests(tests, read_numbers, NULL);
}
