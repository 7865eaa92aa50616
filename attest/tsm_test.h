/* SPDX-License-Identifier: Apache-2.0 */
/* tsm_test.h - shared by tsm_*test.c: the kernel, played by a table with one fault at a chosen
 * step.
 */
#ifndef PC_ATTEST_TSM_TEST_H
#define PC_ATTEST_TSM_TEST_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "attest/tsm.h"

enum file { F_PROVIDER = 10, F_GENERATION, F_INBLOB, F_OUTBLOB, F_AUXBLOB };

/* The kernel. Faults last `fault_times` calls. */
struct kernel {
    struct tsm_io io;
    const char *provider;
    uint64_t generation;
    uint8_t inblob[64];
    uint8_t quote[PC_TSM_BLOB_MAX + 4096];
    size_t quote_n;
    size_t padding; /* zeros behind it */
    uint8_t aux[PC_TSM_BLOB_MAX + 4096];
    size_t aux_n;
    bool no_aux;  /* no such attribute */
    size_t pos;   /* of the open attribute */
    size_t chunk; /* most bytes of a read; 0: as asked */
    bool exists;  /* the folder */

    int fail_mkdir, fail_provider, fail_write, fail_close, fail_outblob, fail_generation;
    int fail_auxblob;
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
    if (strcmp(name, "outblob") == 0)
        return F_OUTBLOB;
    assert_string_equal(name, "auxblob");
    if (k->no_aux) {
        errno = ENOENT;
        return -1;
    }
    return F_AUXBLOB;
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
    if (fd == F_AUXBLOB)
        return hit(k, k->fail_auxblob) ? -1 : give(k, p, n, k->aux, k->aux_n);
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

static void kernel_reset(const char *provider, struct bytes outblob)
{
    memset(&k, 0, sizeof(k));
    k.io = (struct tsm_io){k_make_dir, k_remove_dir, k_open, k_read, k_write, k_close, k_wait_ms};
    k.provider = provider;
    k.generation = 7;
    memcpy(k.quote, outblob.p, outblob.n);
    k.quote_n = outblob.n;
}

#endif
