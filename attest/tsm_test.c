/* SPDX-License-Identifier: Apache-2.0 */
/* Bug 34 of attestation.md: stale configfs race, host's length trusted, EBUSY fatal, REPORTDATA not
 * compared. The kernel is played by a table with one fault at a chosen step. */
#include "attest/tsm_test.h"

#include "attest/sim/forge.h"
#include "base/rng_seeded.h"

/* A kernel whose host gives a genuine quote over report_data. */
static int reset(void **state)
{
    static struct forge f;
    static struct forged parts;
    static struct forge_input input;
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 34);
    forge_init(&f, &rng.rng, 5);
    memcpy(report_data, f.quote.body + PC_TD_REPORTDATA, 64);
    forge_build(&parts, &f);
    forge_assemble(&input, &parts);
    kernel_reset("tdx_guest\n", input.in.evidence);
    return 0;
}

static enum err_code ask(void)
{
    static uint8_t out[PC_TSM_BLOB_MAX];
    struct tsm_fault why;
    size_t n;
    enum err_code e = tsm_quote(out, &n, &why, &k.io, "test", report_data);
    assert_false(k.exists); /* removed in any case */
    if (e == PC_OK) {
        assert_int_equal(n, k.quote_n);
        assert_memory_equal(out, k.quote, n);
        assert_memory_equal(k.inblob, report_data, 64);
    } else {
        assert_int_equal(n, 0);
        assert_true(bytes_all_zero_var(PC_BYTES(out)));
        assert_true(why.step[0] != '\0');
    }
    return e;
}

static void test_quote(void **state)
{
    (void)state;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(k.waits, 0);
    assert_int_equal(k.mkdirs, 1);
    assert_int_equal(k.rmdirs, 1);
}

static void test_small_reads(void **state)
{
    (void)state;
    k.chunk = 100;
    k.eintr_inside = true;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(k.waits, 0);
}

/* Each passing fault at each step: gone after two tries, and the third gives the quote. */
static void test_transient(void **state)
{
    static const int errs[] = {EBUSY, EINTR, ETIMEDOUT, EIO, EAGAIN};
    for (size_t i = 0; i < PC_ARRAY_LEN(errs); i++)
        for (int step = 0; step < 5; step++) {
            (void)reset(state);
            int *const place[] = {&k.fail_provider, &k.fail_generation, &k.fail_write,
                                  &k.fail_close, &k.fail_outblob};
            *place[step] = errs[i];
            k.fault_times = 2;
            assert_int_equal(ask(), PC_OK);
            assert_int_equal(k.waits, 2);
            assert_int_equal(k.wait_sum, 150); /* doubling */
        }
}

static void test_busy_for_ever(void **state)
{
    (void)state;
    k.fail_outblob = EBUSY;
    k.fault_times = 1000;
    assert_int_equal(ask(), PC_E_RETRY);
    assert_int_equal(k.waits, PC_TSM_TRIES - 1);
}

static void test_fatal(void **state)
{
    static const int errs[] = {EINVAL, EPERM, EFBIG, ENOENT};
    for (size_t i = 0; i < PC_ARRAY_LEN(errs); i++) {
        (void)reset(state);
        k.fail_outblob = errs[i];
        k.fault_times = 1;
        assert_int_equal(ask(), PC_E_IO);
        assert_int_equal(k.waits, 0);
    }
}

static void test_not_in_a_tee(void **state)
{
    static const int errs[] = {ENOENT, ENXIO};
    for (size_t i = 0; i < PC_ARRAY_LEN(errs); i++) {
        (void)reset(state);
        k.fail_mkdir = errs[i];
        k.fault_times = 1;
        assert_int_equal(ask(), PC_E_UNSUPPORTED);
    }
    (void)reset(state);
    k.fail_outblob = ENXIO;
    k.fault_times = 1;
    assert_int_equal(ask(), PC_E_UNSUPPORTED);
    (void)reset(state);
    k.provider = "arm_guest\n";
    assert_int_equal(ask(), PC_E_UNSUPPORTED);
    (void)reset(state);
    k.provider = "tdx_guest_of_somebody_with_a_very_long_name\n";
    assert_int_equal(ask(), PC_E_TOO_LARGE);
}

/* A folder of our name that a killed process left. */
static void test_left_folder(void **state)
{
    (void)state;
    k.exists = true;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(k.rmdirs, 2);
}

/* The write's error is lost at close: the generation did not advance. */
static void test_lost_write(void **state)
{
    (void)state;
    k.lose_write = true;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(k.waits, 1);
}

static void test_short_write(void **state)
{
    (void)state;
    k.short_write = true;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(k.waits, 1);
}

/* Another writer between our write and our read: the quote may be over its data. */
static void test_race(void **state)
{
    (void)state;
    k.race = true;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(k.waits, 1);
}

static void test_padding_and_bound(void **state)
{
    (void)state;
    k.padding = 70;
    assert_int_equal(ask(), PC_OK); /* without the padding */
    (void)reset(state);
    k.padding = PC_TSM_BLOB_MAX - k.quote_n;
    assert_int_equal(ask(), PC_OK);
    (void)reset(state);
    k.padding = PC_TSM_BLOB_MAX - k.quote_n + 1;
    assert_int_equal(ask(), PC_E_TOO_LARGE);
    static const size_t places[] = {0, 69, PC_TSM_BLOB_MAX / 2};
    for (size_t i = 0; i < PC_ARRAY_LEN(places); i++) {
        (void)reset(state);
        k.padding = PC_TSM_BLOB_MAX - k.quote_n;
        k.quote[k.quote_n + places[i]] = 1;
        assert_int_equal(ask(), PC_E_MISMATCH);
    }
}

/* The host gives a genuine quote over other data, half of a quote, nothing. */
static void test_report_data_compared(void **state)
{
    (void)state;
    report_data[63] ^= 1;
    assert_int_equal(ask(), PC_E_MISMATCH);
    (void)reset(state);
    report_data[0] ^= 1;
    assert_int_equal(ask(), PC_E_MISMATCH);
    (void)reset(state);
    k.quote_n /= 2;
    assert_int_equal(ask(), PC_E_MISMATCH);
    (void)reset(state);
    k.quote_n = 0;
    assert_int_equal(ask(), PC_E_MISMATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_quote, reset),
        cmocka_unit_test_setup(test_small_reads, reset),
        cmocka_unit_test(test_transient),
        cmocka_unit_test_setup(test_busy_for_ever, reset),
        cmocka_unit_test(test_fatal),
        cmocka_unit_test(test_not_in_a_tee),
        cmocka_unit_test_setup(test_left_folder, reset),
        cmocka_unit_test_setup(test_lost_write, reset),
        cmocka_unit_test_setup(test_short_write, reset),
        cmocka_unit_test_setup(test_race, reset),
        cmocka_unit_test_setup(test_padding_and_bound, reset),
        cmocka_unit_test_setup(test_report_data_compared, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
