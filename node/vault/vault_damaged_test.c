/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing that can be sent ends the vault: a history damaged in places, told to a core of the same
 * seed. What taken-over processes get out of it: tests/takeover.
 *
 *     vault_damaged_test [HISTORIES] [SEED]     500 by default
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "node/vault/vault_testkit.h"

static size_t histories = 500;
static uint64_t seed = 1;
static struct rng_seeded rng;

static uint64_t below(uint64_t n)
{
    return rng_seeded_below(&rng, n);
}

static void noise(void *p, size_t n)
{
    rng_fill(&rng.rng, p, n);
}

static void mutate(struct told *t)
{
    switch (below(5)) {
    case 0:
        t->bytes[below(t->n)] ^= (uint8_t)(1u << below(8));
        break;
    case 1:
        t->bytes[2 + below(t->n - 1)] = (uint8_t)(below(2) == 0 ? 0 : 0xff);
        break;
    case 2: /* a number somewhere, small */
        if (t->n > 10)
            store_be16(t->bytes + 2 + below(t->n - 4), (uint16_t)below(300));
        break;
    case 3:
        t->n = 2 + below(t->n - 1);
        break;
    default:
        noise(t->bytes + 2, t->n - 2);
        break;
    }
}

/* Everything that vault 1 heard from its start to its first answer, told again to a vault of the
 * same seed with parts left out, doubled, swapped and damaged. It aborts on what cannot be: so this
 * test is that nothing that can be sent is such a thing. */
static void test_damaged_histories(void **state)
{
    (void)state;
    struct told *log = calloc(WORLD_LOG, sizeof *log), *bent = calloc(1, sizeof *bent);
    struct world *w = world_new(4, &group_ristretto255, seed);
    struct ipc_vp_answer a;
    struct enclave e;
    assert_non_null(log);
    assert_non_null(bent);
    w->log = log;
    world_head(w, 1);
    world_genesis(w);
    enclave_new(&e, w->cell[1], 1);
    assert_int_equal(enclave_ask(&e, w->cell[1], &a), WIRE_RELEASE_CODE_OK);
    size_t n = w->log_n, taken = 0, refused = 0;
    world_free(w);
    for (size_t i = 0; i < histories; i++) {
        struct world *again = world_new(4, &group_ristretto255, seed);
        struct cell *c = again->cell[1];
        rng_seeded_init(&rng, seed * 1000037 + i);
        uint64_t rate = 4 + below(200);
        again->now_ms += 10000000;
        for (size_t k = 0; k < n; k++) {
            bool odd = below(rate) == 0;
            uint64_t how = odd ? below(4) : 4;
            if (how == 0)
                continue;
            *bent = log[how == 1 ? below(n) : k];
            if (how == 2)
                mutate(bent);
            for (int twice = how == 3 ? 2 : 1; twice > 0; twice--) {
                enum err_code err = cell_frame(c, bent->from, bytes_of(bent->bytes, bent->n));
                taken += err == PC_OK;
                refused += err != PC_OK;
                if (err != PC_OK)
                    vault_link_new(c->v, bent->from);
            }
            cell_forget(c);
        }
        world_free(again); /* and everything secret is given back */
    }
    print_message("%zu messages taken, %zu refused\n", taken, refused);
    assert_true(taken > 0 && refused > 0);
    free(bent);
    free(log);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damaged_histories),
    };
    if (argc > 1)
        histories = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10);
    print_message("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
