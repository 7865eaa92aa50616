/* SPDX-License-Identifier: Apache-2.0 */
/* The store on disk: kills and failures at every write, foreign and damaged files, growth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng_seeded.h"
#include "storage/store.h"
#include "storage/store_faults.h"

static char why[STORE_WHY_MAX];
static char dir[64], file[80];

static struct store_options options(void)
{
    return (struct store_options){.dir = dir, .network_id = {0xaa, 1}, .max_size = 64u << 20};
}

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/polyclave-store-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(file, sizeof file, "%s/data.mdb", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char other[80];
    unlink(file);
    snprintf(other, sizeof other, "%s/lock", dir);
    unlink(other);
    return rmdir(dir); /* fails if anything else was left in it */
}

static struct store *must_open(void)
{
    struct store_options opt = options();
    struct store *s = NULL;
    enum err_code err = store_open(&s, &opt, why);
    if (err != PC_OK)
        fail_msg("store_open: %s: %s", pc_err_name(err), why);
    assert_string_equal(why, "");
    return s;
}

static enum err_code try_open(void)
{
    struct store_options opt = options();
    struct store *s = NULL;
    enum err_code err = store_open(&s, &opt, why);
    assert_true((err == PC_OK) == (s != NULL));
    assert_true((err == PC_OK) == (why[0] == '\0'));
    store_close(s);
    return err;
}

static enum err_code accept_all(void *ctx, struct bytes key, struct bytes value)
{
    (void)ctx, (void)key, (void)value;
    return PC_OK;
}

/* ---- one batch of work, and what must hold after any number of them ---- */

#define BATCH_BYTES 6000u

static void batch_value(uint8_t v[static BATCH_BYTES], uint32_t i)
{
    for (size_t k = 0; k < BATCH_BYTES; k++)
        v[k] = (uint8_t)(i * 31 + k * 7 + k / 256);
    store_be32(v, i);
}

/* Batch i: cursor "n" and transcript i change in one transaction; then a log entry, then evidence,
 * each its own. */
static enum err_code batch(struct store *s, uint32_t i)
{
    uint8_t v[BATCH_BYTES], key[4], hash[32];
    batch_value(v, i);
    store_be32(key, i % 8);
    struct store_op ops[2] = {
        {.kind = STORE_CURSOR, .key = PC_BYTES_STR("n"), .value = bytes_of(v, 4)},
        {.kind = STORE_TRANSCRIPT, .key = PC_BYTES(key), .value = PC_BYTES(v)},
    };
    PC_TRY(store_write(s, ops, 2));
    PC_TRY(store_append(s, bytes_of(v, 4), NULL));
    return store_put_content(s, STORE_EVIDENCE, bytes_of(v, 2000), hash);
}

static uint32_t cursor_value(struct store *s)
{
    uint8_t v[4];
    size_t n;
    enum err_code err =
        store_get(s, STORE_CURSOR, PC_BYTES_STR("n"), v, sizeof v, &n, accept_all, NULL);
    if (err == PC_E_NOT_FOUND)
        return 0;
    assert_int_equal(err, PC_OK);
    return load_be32(v);
}

/* Returns the last batch whose first step is there; everything before must be whole. */
static uint32_t check_consistent(struct store *s)
{
    static uint8_t v[BATCH_BYTES], want[BATCH_BYTES];
    uint32_t last = cursor_value(s);
    uint64_t count, bytes;
    size_t n, damaged;
    for (uint32_t i = last > 8 ? last - 7 : 1; i <= last; i++) {
        uint8_t key[4];
        store_be32(key, i % 8);
        batch_value(want, i);
        assert_int_equal(
            store_get(s, STORE_TRANSCRIPT, PC_BYTES(key), v, sizeof v, &n, accept_all, NULL),
            PC_OK);
        assert_int_equal(n, BATCH_BYTES);
        assert_memory_equal(v, want, BATCH_BYTES);
    }
    for (int k = 0; k < STORE_KINDS; k++) {
        assert_int_equal(
            store_each(s, (enum store_kind)k, bytes_of(NULL, 0), accept_all, NULL, &damaged),
            PC_OK);
        assert_int_equal(damaged, 0);
    }
    store_stat(s, STORE_RELEASE, &count, &bytes);
    assert_true(count == last || count + 1 == last);
    return last;
}

/* ---- kills ---- */

static int run_child(void (*work)(void *), void *arg)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        work(arg);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

struct kill_plan {
    enum fault_what what;
    size_t at;
    size_t *calls; /* shared: how many calls the work makes */
};

/* The armed part: opening (creation, when the folder is empty) and three batches. */
static void work_under_fault(void *arg)
{
    struct kill_plan *p = arg;
    struct store_options opt = options();
    struct store *s = NULL;
    fault_calls = 0;
    fault_at = p->at;
    fault_what = p->what;
    fault_armed = true;
    if (store_open(&s, &opt, why) == PC_OK) {
        uint32_t from = cursor_value(s);
        for (uint32_t i = 1; i <= 3; i++)
            if (batch(s, from + i) != PC_OK)
                _exit(3);
    }
    *p->calls = fault_calls;
    _exit(s == NULL ? 2 : 0);
}

static size_t *shared_size(void)
{
    size_t *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    return p;
}

static void wipe_store(void)
{
    /* A new.mdb that a kill left behind stays: the next creation has to cope with it. */
    assert_true(unlink(file) == 0 || errno == ENOENT);
}

/* Die at each system call that writes, before, halfway through and after it, from an empty folder
 * on: each time the store opens, holds what was acknowledged and takes more. */
static void test_kill_at_every_write(void **state)
{
    (void)state;
    static const enum fault_what kinds[] = {FAULT_KILL_BEFORE, FAULT_KILL_HALFWAY,
                                            FAULT_KILL_AFTER};
    size_t *calls = shared_size(), kills = 0;
    struct kill_plan plan = {FAULT_NONE, 0, calls};
    assert_int_equal(run_child(work_under_fault, &plan), 0);
    size_t total = *calls;
    assert_true(total >= 20);
    for (size_t k = 0; k < PC_ARRAY_LEN(kinds); k++) {
        for (size_t at = 1; at <= total; at++) {
            wipe_store();
            plan = (struct kill_plan){kinds[k], at, calls};
            int status = run_child(work_under_fault, &plan);
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
            kills++;
            struct store *s = must_open();
            uint32_t last = check_consistent(s);
            assert_true(last <= 3);
            assert_int_equal(batch(s, last + 1), PC_OK);
            assert_int_equal(cursor_value(s), last + 1);
            store_close(s);
        }
    }
    print_message("killed at %zu points of %zu writing calls\n", kills, total);
    munmap(calls, 4096);
}

/* The same calls fail instead: the store reports it, and after reopening holds old or new. */
static void test_fail_every_write(void **state)
{
    (void)state;
    static const enum fault_what kinds[] = {FAULT_EIO, FAULT_ENOSPC};
    size_t *calls = shared_size();
    struct kill_plan plan = {FAULT_NONE, 0, calls};
    assert_int_equal(run_child(work_under_fault, &plan), 0);
    size_t total = *calls;
    for (size_t k = 0; k < PC_ARRAY_LEN(kinds); k++) {
        for (size_t at = 1; at <= total; at++) {
            wipe_store();
            plan = (struct kill_plan){kinds[k], at, calls};
            int status = run_child(work_under_fault, &plan);
            /* Exit 0 would be a write that failed and was called durable. */
            assert_true(WIFEXITED(status));
            assert_true(WEXITSTATUS(status) == 2 || WEXITSTATUS(status) == 3);
            struct store *s = must_open();
            uint32_t last = check_consistent(s);
            assert_int_equal(batch(s, last + 1), PC_OK);
            store_close(s);
        }
    }
    munmap(calls, 4096);
}

struct endless {
    volatile uint32_t *acknowledged; /* shared */
};

static void write_endlessly(void *arg)
{
    struct endless *w = arg;
    struct store_options opt = options();
    struct store *s;
    if (store_open(&s, &opt, why) != PC_OK)
        _exit(2);
    for (uint32_t i = cursor_value(s) + 1;; i++) {
        if (batch(s, i) != PC_OK)
            _exit(3);
        *w->acknowledged = i;
    }
}

/* Kill a busy writer after a seeded number of acknowledged batches and a little more. */
static void test_kill_at_random(void **state)
{
    (void)state;
    struct rng_seeded rng;
    rng_seeded_init(&rng, 20);
    volatile uint32_t *ack = (volatile uint32_t *)shared_size();
    struct endless w = {ack};
    for (int round = 0; round < 40; round++) {
        uint32_t goal = *ack + (uint32_t)rng_seeded_below(&rng, 12);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            write_endlessly(&w);
        int status;
        while (*ack < goal && waitpid(pid, &status, WNOHANG) == 0)
            usleep(100);
        usleep((useconds_t)rng_seeded_below(&rng, 900));
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        struct store *s = must_open();
        uint32_t last = check_consistent(s);
        assert_true(last >= *ack);
        /* Complete what the kill cut short, so that the log has one entry per batch again. */
        uint64_t count, bytes;
        uint8_t v[4];
        store_be32(v, last);
        store_stat(s, STORE_RELEASE, &count, &bytes);
        if (count < last)
            assert_int_equal(store_append(s, PC_BYTES(v), NULL), PC_OK);
        *ack = last;
        store_close(s);
    }
    assert_true(*ack > 40);
    munmap((void *)(uintptr_t)ack, 4096);
}

/* ---- files that are refused ---- */

struct image {
    uint8_t *p;
    size_t n;
};

static struct image slurp(void)
{
    struct stat st;
    int fd = open(file, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    struct image im = {calloc(1, (size_t)st.st_size + 1), (size_t)st.st_size};
    assert_non_null(im.p);
    assert_int_equal(read(fd, im.p, im.n), (ssize_t)im.n);
    close(fd);
    return im;
}

static void spill(const uint8_t *p, size_t n)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), (ssize_t)n);
    close(fd);
}

static void assert_untouched(const struct image *im)
{
    struct image now = slurp();
    assert_int_equal(now.n, im->n);
    assert_memory_equal(now.p, im->p, im->n);
    free(now.p);
}

static void test_foreign_files(void **state)
{
    (void)state;
    static uint8_t junk[3][20000];
    memset(junk[1], 0xff, sizeof junk[1]);
    snprintf((char *)junk[2], sizeof junk[2], "SQLite format 3");
    static const size_t sizes[] = {1, 100, 4096, 20000};
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < PC_ARRAY_LEN(sizes); i++) {
            spill(junk[k], sizes[i]);
            struct image im = slurp();
            assert_int_not_equal(try_open(), PC_OK);
            assert_untouched(&im);
            free(im.p);
        }
    }
    spill(junk[2], 0);
    assert_int_equal(try_open(), PC_E_CORRUPT);
    assert_non_null(strstr(why, "empty"));
    spill(junk[2], 20000);
    assert_int_equal(try_open(), PC_E_CORRUPT);
    assert_non_null(strstr(why, "not a store file"));
}

static void test_other_network(void **state)
{
    (void)state;
    struct store_options opt = options();
    struct store *s = must_open();
    assert_int_equal(batch(s, 1), PC_OK);
    store_close(s);
    struct image im = slurp();
    opt.network_id[0] = 0xbb;
    assert_int_equal(store_open(&s, &opt, why), PC_E_MISMATCH);
    assert_null(s);
    assert_non_null(strstr(why, "another network"));
    assert_untouched(&im);
    free(im.p);
    s = must_open();
    assert_int_equal(cursor_value(s), 1);
    store_close(s);
}

static void open_second(void *arg)
{
    (void)arg;
    struct store_options opt = options();
    struct store *s;
    if (store_open(&s, &opt, why) != PC_E_EXISTS || strstr(why, "another process") == NULL)
        _exit(1);
}

static void test_open_twice(void **state)
{
    (void)state;
    struct store *s = must_open();
    assert_int_equal(run_child(open_second, NULL), 0);
    assert_int_equal(batch(s, 1), PC_OK);
    store_close(s);
    assert_int_equal(try_open(), PC_OK);
}

static void test_no_folder(void **state)
{
    (void)state;
    struct store_options opt = options();
    struct store *s;
    opt.dir = "/nonexistent/folder";
    assert_int_equal(store_open(&s, &opt, why), PC_E_IO);
    assert_non_null(strstr(why, "No such file"));
    assert_int_equal(mkdir(file, 0700), 0);
    assert_int_equal(try_open(), PC_E_CORRUPT);
    assert_int_equal(rmdir(file), 0);
    assert_int_equal(symlink("/etc/passwd", file), 0);
    assert_int_equal(try_open(), PC_E_CORRUPT);
}

static struct image sample_store(void)
{
    struct store *s = must_open();
    for (uint32_t i = 1; i <= 12; i++)
        assert_int_equal(batch(s, i), PC_OK);
    store_close(s);
    return slurp();
}

/* Truncation at every page and within pages: refused, or an intact older state; never a crash. */
static void test_truncated(void **state)
{
    (void)state;
    struct image im = sample_store();
    for (size_t n = im.n - 1; n > 4096; n -= n % 4096 == 0 ? 1 : n % 4096) {
        spill(im.p, n);
        if (try_open() != PC_OK) {
            struct image cut = {im.p, n};
            assert_untouched(&cut);
            continue;
        }
        struct store *s = must_open();
        check_consistent(s);
        store_close(s);
    }
    free(im.p);
}

/* Flip bits at seeded places: refused and untouched, or nothing readable has changed. */
static void test_damaged(void **state)
{
    (void)state;
    struct image im = sample_store();
    struct rng_seeded rng;
    size_t refused = 0, rounds = 400;
    rng_seeded_init(&rng, 3);
    for (size_t i = 0; i < rounds; i++) {
        uint8_t *copy = calloc(1, im.n);
        assert_non_null(copy);
        memcpy(copy, im.p, im.n);
        size_t flips = 1 + (size_t)rng_seeded_below(&rng, 4);
        for (size_t f = 0; f < flips; f++) {
            /* Half of them where the tree's structure is: the first bytes of a page. */
            size_t at = (size_t)rng_seeded_below(&rng, im.n);
            if (rng_seeded_below(&rng, 2) == 0)
                at = at / 4096 * 4096 + at % 160;
            if (at < im.n)
                copy[at] = (uint8_t)(copy[at] ^ 1u << rng_seeded_below(&rng, 8));
        }
        spill(copy, im.n);
        struct image now = {copy, im.n};
        if (try_open() != PC_OK) {
            refused++;
            assert_untouched(&now);
        } else {
            struct store *s = must_open();
            assert_true(check_consistent(s) >= 11);
            store_close(s);
        }
        free(copy);
    }
    print_message("%zu of %zu damaged files refused, the rest unharmed\n", refused, rounds);
    assert_true(refused > rounds / 4);
    free(im.p);
}

/* ---- growth ---- */

static void test_growth_and_quota(void **state)
{
    (void)state;
    struct store_options opt = options();
    struct store *s;
    static uint8_t v[1u << 20];
    uint8_t key[4];
    opt.max_size = 40u << 20; /* over the first 16 MiB, under what the ring would hold */
    assert_int_equal(store_open(&s, &opt, why), PC_OK);
    enum err_code err = PC_OK;
    uint32_t put = 0;
    for (uint32_t i = 0; i < 64 && err == PC_OK; i++) {
        store_be32(key, i);
        store_be32(v, i);
        err = store_put(s, STORE_TRANSCRIPT, PC_BYTES(key), PC_BYTES(v));
        put += err == PC_OK;
    }
    assert_int_equal(err, PC_E_FULL);
    assert_true(put > 20 && put < 40);
    /* Full, not broken: what is there can be read and given up, and then there is room. */
    size_t damaged;
    assert_int_equal(store_each(s, STORE_TRANSCRIPT, bytes_of(NULL, 0), accept_all, NULL, &damaged),
                     PC_OK);
    assert_int_equal(damaged, 0);
    for (uint32_t i = 0; i < 4; i++) {
        store_be32(key, i);
        assert_int_equal(store_erase(s, STORE_TRANSCRIPT, PC_BYTES(key)), PC_OK);
    }
    assert_int_equal(store_put(s, STORE_TRANSCRIPT, PC_BYTES(key), PC_BYTES(v)), PC_OK);
    store_close(s);
    assert_int_equal(store_open(&s, &opt, why), PC_OK);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kill_at_every_write, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fail_every_write, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kill_at_random, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_network, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_growth_and_quota, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
