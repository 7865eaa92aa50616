/* SPDX-License-Identifier: Apache-2.0 */
/* The fuzzer's harness with seeded inputs, for every run of the tests; and what those inputs reach.
 */
#include "base/rng_seeded.h"
#include "base/unit_test.h"
#include "dkg/hostile.h"

#define INPUTS 8000

static void seeded_lives_never_abort(void **state)
{
    (void)state;
    static uint8_t in[400];
    struct rng_seeded rng;

    rng_seeded_init(&rng, 2026);
    for (unsigned i = 0; i < INPUTS; i++) {
        size_t n = rng_seeded_below(&rng, sizeof in + 1);
        rng_fill(&rng.rng, in, n);
        hostile_attempt(bytes_of(in, n));
    }
}

/* Lives that follow the protocol's order, with hostile choices in each phase: they get further. */
static void ordered_lives_never_abort(void **state)
{
    (void)state;
    static uint8_t in[600];
    struct rng_seeded rng;

    rng_seeded_init(&rng, 2027);
    for (unsigned i = 0; i < INPUTS; i++) {
        size_t n = 0;
#define PUT(...)                                                                                   \
    do {                                                                                           \
        const uint8_t bytes[] = {__VA_ARGS__};                                                     \
        memcpy(in + n, bytes, sizeof bytes);                                                       \
        n += sizeof bytes;                                                                         \
    } while (0)
#define ANY(k) ((uint8_t)rng_seeded_below(&rng, k))
        for (unsigned j = 1; j <= 4; j++)
            PUT((uint8_t)(234 + j));
        PUT(240);
        if (ANY(2) == 0)
            PUT(0, 0, 0, 1); /* its own commit */
        for (unsigned d = 2; d <= 4; d++) {
            uint8_t kind = ANY(2) == 0 ? 0 : ANY(5);
            PUT(0, 0, kind, (uint8_t)d); /* commit of that kind */
        }
        PUT(0, 4, 130, 0); /* B1 */
        for (unsigned k = 0; k < 24; k++)
            PUT(120, ANY(250));
        PUT(200);
        for (unsigned j = 1; j <= 4; j++)
            PUT(0, 1, 0, (uint8_t)j, (uint8_t)(ANY(2) == 0 ? 0x0e : ANY(16)));
        if (ANY(2) == 0)
            PUT(0, 2, ANY(250), (uint8_t)(1 + ANY(4)), (uint8_t)(1 + ANY(4)));
        PUT(0, 4, 130, 0); /* B2 */
        for (unsigned k = 0; k < 16; k++)
            PUT(120, ANY(250));
        PUT(200);
        PUT(0, 2, 0, 1, 1); /* its own complaint, if it has one */
        PUT(0, 4, 130, 0);  /* B2c */
        for (unsigned k = 0; k < 40; k++)
            PUT(120, ANY(250));
        PUT(200);
        PUT(0, ANY(8), ANY(250), 1, 245, 200, 220, 200);
        hostile_attempt(bytes_of(in, n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeded_lives_never_abort),
        cmocka_unit_test(ordered_lives_never_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
