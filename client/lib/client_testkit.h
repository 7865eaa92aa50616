/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_testkit.h - one client of one committee, and what tests say about them.
 */
#ifndef PC_CLIENT_LIB_CLIENT_TESTKIT_H
#define PC_CLIENT_LIB_CLIENT_TESTKIT_H

#include "base/unit_test.h"
#include "client/lib/committee_testkit.h"
#include "client/lib/root.h"

static struct committee com;
static struct polyclave pc;

static inline void start(uint16_t n, uint16_t t)
{
    committee_open(&com, n, t, 77);
    committee_client(&com, &pc);
}

static inline void stop(void)
{
    committee_client_done(&pc);
    committee_close(&com);
}

static inline int teardown(void **state)
{
    (void)state;
    if (pc.arena != NULL)
        stop();
    return 0;
}

static inline void derive(uint8_t key[static 32], const struct polyclave_root *root)
{
    assert_int_equal(polyclave_derive(root, POLYCLAVE_SYMMETRIC, "p", 1, 3, key, 32), POLYCLAVE_OK);
}

/* The key of (scope, version) is the one that the whole secret gives. */
static inline void assert_right(const char *scope, uint32_t version)
{
    uint8_t y[64], want[32], got[32];
    struct polyclave_root *root, *truth;
    assert_int_equal(polyclave_root_get(&pc, scope, version, &root), POLYCLAVE_OK);
    assert_string_equal(polyclave_error_code(&pc), "ok");
    committee_truth(&com, scope, version, y);
    assert_int_equal(root_new(&truth, y), PC_OK);
    derive(want, truth);
    derive(got, root);
    assert_memory_equal(want, got, 32);
    polyclave_root_free(root);
    polyclave_root_free(truth);
}

static inline int get(const char *scope)
{
    struct polyclave_root *root;
    int status = polyclave_root_get(&pc, scope, 1, &root);
    if (status != POLYCLAVE_OK)
        assert_null(root);
    polyclave_root_free(root);
    return status;
}

static inline const struct polyclave_member_report *report_of(uint16_t index)
{
    static struct polyclave_member_report r[DKG_MAX_N];
    size_t n = polyclave_members(&pc, r, DKG_MAX_N);
    for (size_t i = 0; i < n; i++)
        if (r[i].index == index)
            return &r[i];
    fail_msg("no report of %u", index);
    return NULL;
}

/* Every member refuses so. */
static inline void refuse_all(unsigned status, const char *code, unsigned after)
{
    for (uint16_t i = 1; i <= com.n; i++) {
        com.node[i].manner = NODE_REFUSES;
        com.node[i].status = status;
        com.node[i].code = code;
        com.node[i].retry_after = after;
    }
}

#endif
