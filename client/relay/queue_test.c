/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct evm_address payer = {{1}}, other = {{2}}, to = {{3}};
static char path[64];

static int setup(void **state)
{
    (void)state;
    char dir[] = "/tmp/queue_test_XXXXXX";
    if (mkdtemp(dir) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/state", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    *strrchr(path, '/') = '\0';
    return rmdir(path);
}

static void fill(struct relay_queue *q, unsigned n)
{
    assert_int_equal(relay_queue_open(q, path, 31337, &payer), PC_OK);
    for (unsigned i = 0; i < n; i++) {
        uint8_t data[4] = {1, 2, 3, (uint8_t)i};
        uint64_t nonce = relay_queue_next_nonce(q, 40);
        struct relay_pending *p = relay_queue_add(q, &to, PC_BYTES(data));
        assert_non_null(p);
        p->nonce = nonce;
        p->kind = PC_RELAY_COLLATERAL;
        p->gas = 100 + i;
        p->max_fee = 9;
        p->tip = 3;
        struct evm_word h = evm_word_u64(i);
        relay_pending_add_hash(p, &h);
    }
}

static void remembers_everything(void **state)
{
    (void)state;
    struct relay_queue q, r;
    fill(&q, 3);
    assert_int_equal(relay_budget_take(&q.budget, PC_RELAY_PHASE, 77, 7200), PC_OK);
    assert_int_equal(relay_queue_save(&q), PC_OK);
    assert_int_equal(relay_queue_open(&r, path, 31337, &payer), PC_OK);
    assert_int_equal(r.n, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(r.at[i].nonce, 40 + i);
        assert_int_equal(r.at[i].gas, 100 + i);
        assert_int_equal(r.at[i].versions, 1);
        assert_int_equal(r.at[i].data[3], i);
        assert_int_equal(r.at[i].kind, PC_RELAY_COLLATERAL);
    }
    assert_true(relay_budget_left(&r.budget, PC_RELAY_PHASE, 7200) ==
                r.budget.limit[PC_RELAY_PHASE] - 77);
    /* the next nonce lies behind what is pending, or behind the account's own */
    assert_int_equal(relay_queue_next_nonce(&r, 40), 43);
    assert_int_equal(relay_queue_next_nonce(&r, 50), 50);
    relay_queue_close(&q);
    relay_queue_close(&r);
}

static void foreign_and_damaged_files_are_left_alone(void **state)
{
    (void)state;
    struct relay_queue q, r;
    static uint8_t file[8192], copy[8192];
    fill(&q, 2);
    assert_int_equal(relay_queue_save(&q), PC_OK);
    relay_queue_close(&q);
    assert_int_equal(relay_queue_open(&r, path, 1, &payer), PC_E_CORRUPT);
    assert_int_equal(relay_queue_open(&r, path, 31337, &other), PC_E_CORRUPT);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(file, 1, sizeof file, f);
    fclose(f);
    for (size_t cut = 0; cut < n; cut++) {
        f = fopen(path, "w");
        assert_int_equal(fwrite(file, 1, cut, f), cut);
        fclose(f);
        assert_int_equal(relay_queue_open(&r, path, 31337, &payer), PC_E_CORRUPT);
        assert_int_equal(r.n, 0);
        f = fopen(path, "r");
        assert_int_equal(fread(copy, 1, sizeof copy, f), cut);
        fclose(f);
        assert_memory_equal(copy, file, cut);
    }
    f = fopen(path, "w");
    file[n] = 0;
    assert_int_equal(fwrite(file, 1, n + 1, f), n + 1);
    fclose(f);
    assert_int_equal(relay_queue_open(&r, path, 31337, &payer), PC_E_CORRUPT);
    unlink(path);
}

/* A crash while the file is written leaves the old one: the new one is made aside. */
static void half_written_files_do_not_count(void **state)
{
    (void)state;
    struct relay_queue q, r;
    char aside[80];
    fill(&q, 2);
    assert_int_equal(relay_queue_save(&q), PC_OK);
    relay_queue_close(&q);
    (void)snprintf(aside, sizeof aside, "%s.new", path);
    FILE *f = fopen(aside, "w");
    assert_true(fputs("half", f) >= 0);
    fclose(f);
    assert_int_equal(relay_queue_open(&r, path, 31337, &payer), PC_OK);
    assert_int_equal(r.n, 2);
    assert_int_equal(relay_queue_save(&r), PC_OK);
    assert_int_equal(access(aside, F_OK), -1);
    relay_queue_close(&r);
    /* a folder that is not there: nothing may be sent */
    assert_int_equal(relay_queue_open(&r, "/nonexistent/folder/state", 31337, &payer), PC_OK);
    assert_int_equal(relay_queue_save(&r), PC_E_IO);
    unlink(path);
}

static void same_calls_are_found_and_removed(void **state)
{
    (void)state;
    struct relay_queue q;
    fill(&q, PC_QUEUE_MAX);
    static const uint8_t data[] = {1, 2, 3, 5}, unknown[] = {9};
    assert_null(relay_queue_add(&q, &to, PC_BYTES(data)));
    struct relay_pending *p = relay_queue_find(&q, &to, PC_BYTES(data));
    assert_non_null(p);
    assert_int_equal(p->nonce, 45);
    assert_null(relay_queue_find(&q, &other, PC_BYTES(data)));
    assert_null(relay_queue_find(&q, &to, PC_BYTES(unknown)));
    relay_queue_remove(&q, p);
    assert_int_equal(q.n, PC_QUEUE_MAX - 1);
    assert_null(relay_queue_find(&q, &to, PC_BYTES(data)));
    assert_int_equal(q.at[5].nonce, 46);
    relay_queue_close(&q);
}

static void replacements(void **state)
{
    (void)state;
    struct relay_pending p = {.max_fee = 1000, .tip = 80};
    assert_true(relay_pending_bump(&p, 0, 0, 1000000));
    assert_int_equal(p.max_fee, 1126);
    assert_int_equal(p.tip, 91);
    assert_true(relay_pending_bump(&p, 5000, 700, 1000000));
    assert_true(p.max_fee == 5000 && p.tip == 700);
    assert_true(relay_pending_bump(&p, 0, 0, 5501)); /* a tenth more just fits */
    assert_int_equal(p.max_fee, 5501);
    assert_false(relay_pending_bump(&p, 0, 0, 5501));
    assert_int_equal(p.max_fee, 5501);
    for (unsigned i = 0; i < 20; i++) {
        struct evm_word h = evm_word_u64(100 + i);
        relay_pending_add_hash(&p, &h);
    }
    assert_int_equal(p.versions, PC_QUEUE_VERSIONS);
    assert_int_equal(p.hash[0].b[31], 100); /* the first and the newest are kept */
    assert_int_equal(p.hash[PC_QUEUE_VERSIONS - 1].b[31], 119);
}

static void budgets(void **state)
{
    (void)state;
    struct relay_budget b;
    relay_budget_init(&b);
    b.limit[PC_RELAY_PHASE] = 1000;
    uint64_t now = 100 * 3600;
    assert_int_equal(relay_budget_take(&b, PC_RELAY_PHASE, 1001, now), PC_E_FULL);
    assert_int_equal(relay_budget_take(&b, PC_RELAY_PHASE, 600, now), PC_OK);
    assert_int_equal(relay_budget_take(&b, PC_RELAY_PHASE, 401, now), PC_E_FULL);
    assert_int_equal(relay_budget_take(&b, PC_RELAY_PHASE, 400, now), PC_OK);
    assert_int_equal(relay_budget_left(&b, PC_RELAY_PHASE, now), 0);
    /* another kind has its own */
    assert_true(relay_budget_left(&b, PC_RELAY_RENEWAL, now) == b.limit[PC_RELAY_RENEWAL]);
    relay_budget_return(&b, PC_RELAY_PHASE, 300, now);
    assert_int_equal(relay_budget_left(&b, PC_RELAY_PHASE, now), 300);
    assert_int_equal(relay_budget_left(&b, PC_RELAY_PHASE, now + 23 * 3600), 300);
    assert_int_equal(relay_budget_left(&b, PC_RELAY_PHASE, now + 24 * 3600), 1000);
    /* a clock that goes back opens nothing */
    assert_int_equal(relay_budget_take(&b, PC_RELAY_PHASE, 1000, now + 24 * 3600), PC_OK);
    assert_int_equal(relay_budget_left(&b, PC_RELAY_PHASE, now), 0);
    assert_int_equal(relay_budget_left(&b, PC_RELAY_PHASE, 0), 0);
    relay_budget_return(&b, PC_RELAY_PHASE, UINT64_MAX, now);
    assert_true(relay_budget_left(&b, PC_RELAY_PHASE, now) <= 1000);
}

static void phases_and_renewal_come_first(void **state)
{
    (void)state;
    struct relay_budget b;
    relay_budget_init(&b);
    b.reserve_gas = 1000;
    struct evm_word balance = evm_word_u64(10500); /* price 10: 1050 gas */
    assert_true(relay_budget_affords(&b, PC_RELAY_PHASE, &balance, 1050, 10));
    assert_true(relay_budget_affords(&b, PC_RELAY_RENEWAL, &balance, 1050, 10));
    assert_false(relay_budget_affords(&b, PC_RELAY_PHASE, &balance, 1051, 10));
    assert_true(relay_budget_affords(&b, PC_RELAY_COLLATERAL, &balance, 50, 10));
    assert_false(relay_budget_affords(&b, PC_RELAY_COLLATERAL, &balance, 51, 10));
    assert_false(relay_budget_affords(&b, PC_RELAY_OTHER, &balance, UINT64_MAX, 10));
    assert_false(relay_budget_affords(&b, PC_RELAY_PHASE, &balance, UINT64_MAX, UINT64_MAX));
    memset(&balance, 0xff, sizeof balance);
    assert_true(relay_budget_affords(&b, PC_RELAY_PHASE, &balance, UINT64_MAX, UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers_everything),
        cmocka_unit_test(foreign_and_damaged_files_are_left_alone),
        cmocka_unit_test(half_written_files_do_not_count),
        cmocka_unit_test(same_calls_are_found_and_removed),
        cmocka_unit_test(replacements),
        cmocka_unit_test(budgets),
        cmocka_unit_test(phases_and_renewal_come_first),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
