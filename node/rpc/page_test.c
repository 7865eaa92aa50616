/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LOGS 20

static uint8_t packed_bytes[65536];

static struct bytes pack(unsigned n)
{
    static uint8_t data[2000];
    struct writer w = writer_of(packed_bytes, sizeof packed_bytes);
    struct bytes out;
    for (unsigned i = 0; i < n; i++) {
        struct log_record l = {.block = 7, .index = i, .data = bytes_of(data, 100u * i)};
        log_record_write(&w, &l);
    }
    assert_int_equal(writer_end(&w, &out), PC_OK);
    return out;
}

/* Page after page, in any size that holds the largest: every log once and in order. */
static void every_log_once(void **state)
{
    static uint8_t page[8192];
    struct bytes all = pack(LOGS), got;
    (void)state;
    for (size_t cap = 2100; cap < sizeof page; cap += 177) {
        uint64_t skip = 0;
        for (unsigned pages = 0;; pages++) {
            struct writer w = writer_of(page, cap);
            assert_true(pages <= LOGS);
            assert_int_equal(page_cut(&w, all, skip), PC_OK);
            assert_int_equal(writer_end(&w, &got), PC_OK);
            if (got.n == 0)
                break;
            struct reader r = reader_of(got);
            while (r.left != 0) {
                struct log_record l;
                log_record_read(&r, &l);
                assert_int_equal(r.err, PC_OK);
                assert_int_equal(l.index, skip);
                assert_int_equal(l.data.n, 100 * skip);
                skip++;
            }
        }
        assert_int_equal(skip, LOGS);
    }
}

static void edges(void **state)
{
    static uint8_t page[65536];
    struct bytes all = pack(LOGS), got;
    struct writer w = writer_of(page, 1000);
    (void)state;
    /* One that is larger than a page is said, never left out. */
    assert_int_equal(page_cut(&w, all, LOGS - 1), PC_E_TOO_LARGE);
    w = writer_of(page, sizeof page);
    assert_int_equal(page_cut(&w, all, UINT64_MAX), PC_OK);
    assert_int_equal(w.n, 0);
    assert_int_equal(page_cut(&w, bytes_of(NULL, 0), 0), PC_OK);
    assert_int_equal(page_cut(&w, all, 0), PC_OK);
    assert_int_equal(writer_end(&w, &got), PC_OK);
    assert_int_equal(got.n, all.n);
    assert_memory_equal(got.p, all.p, all.n);
    for (size_t cut = 1; cut < 400; cut++) {
        w = writer_of(page, sizeof page);
        assert_int_not_equal(page_cut(&w, bytes_of(all.p, all.n - cut), 0), PC_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_log_once), cmocka_unit_test(edges)};
    return cmocka_run_group_tests_name("rpc page", tests, NULL, NULL);
}
