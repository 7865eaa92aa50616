/* SPDX-License-Identifier: Apache-2.0 */
/* Bug 34 of attestation.md: stale configfs race, host's length trusted, EBUSY fatal, REPORTDATA not
 * compared. The kernel is played by a table with one fault at a chosen step. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "attest/sim/forge.h"
#include "attest/tsm.h"
#include "base/rng_seeded.h"

enum file { F_PROVIDER = 10, F_GENERATION, F_INBLOB, F_OUTBLOB };

/* The kernel. Faults last `fault_times` calls. */
struct kernel {
    struct tsm_io io;
    const char *provider;
    uint64_t generation;
    uint8_t inblob[64];
    uint8_t quote[PC_TSM_BLOB_MAX + 4096];
    size_t quote_n;
    size_t padding; /* zeros behind it */
    size_t pos;     /* of the open attribute */
    size_t chunk;   /* most bytes of a read; 0: as asked */
    bool exists;    /* the folder */

    int fail_mkdir, fail_provider, fail_write, fail_close, fail_outblob, fail_generation;
    int fault_times;
    bool lose_write;   /* the write's error stays invisible */
    bool race;         /* somebody else writes while the quote is read */
    bool short_write;  /* 32 bytes only */
    bool eintr_inside; /* a signal in the middle of the blob */
    unsigned waits, wait_sum, mkdirs, rmdirs, reads;
};

static int hit(struct kernel *k, int err)
{
    if (err == 0 || k->fault_times == 0)
        return 0;
    k->fault_times--;
    errno = err;
    return 1;
}

static struct kernel *of(struct tsm_io *io)
{
    return (struct kernel *)io; /* first member */
}

static int k_make_dir(struct tsm_io *io, const char *path)
{
    struct kernel *k = of(io);
    assert_string_equal(path, PC_TSM_ROOT "/test");
    if (hit(k, k->fail_mkdir))
        return -1;
    if (k->exists) {
        errno = EEXIST;
        return -1;
    }
    k->exists = true;
    k->mkdirs++;
    return 0;
}

static int k_remove_dir(struct tsm_io *io, const char *path)
{
    struct kernel *k = of(io);
    (void)path;
    assert_true(k->exists);
    k->exists = false;
    k->rmdirs++;
    return 0;
}

static int k_open(struct tsm_io *io, const char *path, bool write)
{
    struct kernel *k = of(io);
    const char *name = strrchr(path, '/') + 1;
    assert_true(k->exists);
    k->pos = 0;
    if (strcmp(name, "inblob") == 0) {
        assert_true(write);
        return F_INBLOB;
    }
    assert_false(write);
    if (strcmp(name, "provider") == 0)
        return F_PROVIDER;
    if (strcmp(name, "generation") == 0)
        return F_GENERATION;
    assert_string_equal(name, "outblob");
    return F_OUTBLOB;
}

static long give(struct kernel *k, void *p, size_t n, const void *all, size_t len)
{
    size_t left = len - k->pos;
    if (n > left)
        n = left;
    if (k->chunk > 0 && n > k->chunk)
        n = k->chunk;
    if (n > 0)
        memcpy(p, (const uint8_t *)all + k->pos, n);
    k->pos += n;
    return (long)n;
}

static long k_read(struct tsm_io *io, int fd, void *p, size_t n)
{
    struct kernel *k = of(io);
    char text[32];
    k->reads++;
    if (fd == F_PROVIDER)
        return hit(k, k->fail_provider) ? -1 : give(k, p, n, k->provider, strlen(k->provider));
    if (fd == F_GENERATION) {
        if (hit(k, k->fail_generation))
            return -1;
        (void)snprintf(text, sizeof(text), "%llu\n", (unsigned long long)k->generation);
        return give(k, p, n, text, strlen(text));
    }
    assert_int_equal(fd, F_OUTBLOB);
    if (k->pos == 0 && hit(k, k->fail_outblob))
        return -1;
    if (k->pos > 0 && k->eintr_inside) {
        k->eintr_inside = false;
        errno = EINTR;
        return -1;
    }
    if (k->race) {
        k->race = false;
        k->generation++;
    }
    return give(k, p, n, k->quote, k->quote_n + k->padding);
}

static long k_write(struct tsm_io *io, int fd, const void *p, size_t n)
{
    struct kernel *k = of(io);
    assert_int_equal(fd, F_INBLOB);
    assert_int_equal(n, 64);
    if (hit(k, k->fail_write))
        return -1;
    if (k->short_write) {
        k->short_write = false;
        return 32;
    }
    memcpy(k->inblob, p, 64);
    if (k->lose_write)
        k->lose_write = false;
    else
        k->generation++;
    return 64;
}

static int k_close(struct tsm_io *io, int fd)
{
    struct kernel *k = of(io);
    return fd == F_INBLOB && hit(k, k->fail_close) ? -1 : 0;
}

static void k_wait_ms(struct tsm_io *io, unsigned ms)
{
    of(io)->waits++;
    of(io)->wait_sum += ms;
}

static struct kernel k;
static uint8_t report_data[64];

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
    memset(&k, 0, sizeof(k));
    k.io = (struct tsm_io){k_make_dir, k_remove_dir, k_open, k_read, k_write, k_close, k_wait_ms};
    k.provider = "tdx_guest\n";
    k.generation = 7;
    memcpy(k.quote, input.in.evidence.p, input.in.evidence.n);
    k.quote_n = input.in.evidence.n;
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
    k.provider = "sev_guest\n";
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
