/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence and collateral by hash over HTTP: what is asked of polyclaved, what strangers are told,
 * and what a crowd of them costs. */
#include <stdio.h>
#include <unistd.h>

#include "node/peer/testkit.h"

#define HASH "5f3a6c0de1b2a4978c11d0f2e3b4a5968778695a4b3c2d1e0f9e8d7c6b5a4930"

static struct pt t;

static int setup(void **state)
{
    (void)state;
    pt_begin(&t, 1);
    kit_forget(&t.kit);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pt_end(&t);
    return 0;
}

/* A request that polyclaved has heard of; the connection stays open. */
static int ask(const char *path, struct ipc_dp_mirror_get *m)
{
    char head[200];
    (void)snprintf(head, sizeof head, "GET %s", path);
    int fd = pt_connect(&t);
    pt_say(&t, fd, head, bytes_of(NULL, 0));
    KIT_HEAR(&t.kit, IPC_LINK_DP, dp_mirror_get, DP_MIRROR_GET, m);
    return fd;
}

static void give(uint64_t id, struct bytes data)
{
    struct ipc_dp_mirror m = {.id = id, .has_data = data.n != 0, .data = data};
    KIT_SAY(&t.kit, IPC_LINK_DP, dp_mirror, &m);
}

static void routes(void **state)
{
    static const struct {
        const char *path;
        enum ipc_mirror_what what;
        uint8_t first; /* byte of the hash */
    } cases[] = {
        {"/v1/evidence/" HASH, IPC_MIRROR_WHAT_EVIDENCE, 0x5f},
        {"/v1/evidence/" HASH "?record", IPC_MIRROR_WHAT_RECORD, 0x5f},
        {"/v1/evidence?record=" HASH, IPC_MIRROR_WHAT_OF_RECORD, 0x5f},
        {"/v1/evidence", IPC_MIRROR_WHAT_LIST, 0},
        {"/v1/evidence?after=" HASH, IPC_MIRROR_WHAT_LIST, 0x5f},
        {"/v1/collateral/" HASH, IPC_MIRROR_WHAT_COLLATERAL, 0x5f},
    };
    struct ipc_dp_mirror_get m;
    const char *body;
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        int fd = ask(cases[i].path, &m);
        assert_int_equal(m.what, cases[i].what);
        assert_int_equal(m.hash[0], cases[i].first);
        assert_int_equal(pt_answer(&t, fd, &body), 0);
        give(m.id, PC_BYTES_STR("some bytes"));
        assert_int_equal(pt_answer(&t, fd, &body), 200);
        assert_int_equal(pt_body_length(), 10);
        assert_memory_equal(body, "some bytes", 10);
        close(fd);
        kit_settle(&t.kit);
    }
    int fd = ask("/v1/evidence/" HASH, &m);
    give(m.id, bytes_of(NULL, 0));
    assert_int_equal(pt_answer(&t, fd, &body), 404);
    assert_non_null(strstr(body, "\"code\":\"not_held\""));
    close(fd);
}

static void malformed(void **state)
{
    static const char *const paths[] = {
        "/v1/evidence/",
        "/v1/evidence/5f3a",
        "/v1/evidence/" HASH "0",
        "/v1/evidence/" HASH "/",
        "/v1/evidence?after=zz",
        "/v1/evidence?record=",
        "/v1/collateral/",
        "/v1/collateral/" HASH "x",
        "/v1/evidence/zz3a6c0de1b2a4978c11d0f2e3b4a5968778695a4b3c2d1e0f9e8d7c6b5a4930"};
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(paths); i++)
        assert_int_equal(pt_get(&t, paths[i], NULL), 400);
    KIT_SILENT(&t.kit, IPC_LINK_DP, DP_MIRROR_GET);
    assert_int_equal(pt_get(&t, "/v1/evidences", NULL), 404);
    int fd = pt_connect(&t);
    pt_say(&t, fd, "POST /v1/evidence/" HASH, bytes_of(NULL, 0));
    assert_int_equal(pt_answer(&t, fd, NULL), 405);
    close(fd);
    kit_settle(&t.kit);
}

/* One address has its tokens, whatever it asks for; polyclaved hears of no more. */
static void rate(void **state)
{
    struct ipc_dp_mirror_get m;
    unsigned refused = 0, asked = 0;
    const char *body;
    (void)state;
    for (unsigned i = 0; i < 200 && refused == 0; i++) {
        int fd = pt_connect(&t);
        pt_say(&t, fd, "GET /v1/evidence/" HASH, bytes_of(NULL, 0));
        if (KIT_HEARD(&t.kit, IPC_LINK_DP, dp_mirror_get, DP_MIRROR_GET, &m)) {
            asked++;
            give(m.id, PC_BYTES_STR("x"));
        }
        refused += pt_answer(&t, fd, &body) == 429;
        close(fd);
        kit_settle(&t.kit);
    }
    assert_int_equal(refused, 1);
    assert_non_null(strstr(body, "\"code\":\"quota\""));
    assert_true(asked >= 50 && asked < 200);
}

/* More wait than there are places, and then polyclaved dies: all are told to try again. */
static void crowd(void **state)
{
    int fds[MIRROR_ASKS_MAX];
    struct ipc_dp_mirror_get m;
    (void)state;
    for (size_t i = 0; i < MIRROR_ASKS_MAX; i++)
        fds[i] = ask("/v1/evidence/" HASH, &m);
    assert_int_equal(pt_get(&t, "/v1/evidence/" HASH, NULL), 503);
    kit_cut(&t.kit, IPC_LINK_DP);
    for (size_t i = 0; i < MIRROR_ASKS_MAX; i++) {
        assert_int_equal(pt_answer(&t, fds[i], NULL), 503);
        close(fds[i]);
    }
    kit_settle(&t.kit);
    assert_int_equal(pt_get(&t, "/v1/evidence/" HASH, NULL), 503); /* it is not back yet */
    kit_connect(&t.kit, IPC_LINK_DP);
    int fd = ask("/v1/evidence/" HASH, &m);
    give(m.id, PC_BYTES_STR("x"));
    assert_int_equal(pt_answer(&t, fd, NULL), 200);
    close(fd);
}

/* Who gets no answer is told so, and an answer that comes too late goes nowhere. */
static void late(void **state)
{
    struct ipc_dp_mirror_get m;
    (void)state;
    int fd = ask("/v1/evidence/" HASH, &m);
    for (size_t i = 0; i < MIRROR_ASKS_MAX; i++)
        if (t.p->mirror_asks[i].id == m.id)
            t.p->mirror_asks[i].since = loop_now(&t.p->d.loop) - 6000;
    mirror_tick(t.p);
    assert_int_equal(pt_answer(&t, fd, NULL), 503);
    give(m.id, PC_BYTES_STR("x"));
    give(0, PC_BYTES_STR("x"));
    give(12345, PC_BYTES_STR("x"));
    close(fd);
    kit_settle(&t.kit);
    fd = ask("/v1/evidence/" HASH, &m);
    close(fd); /* hung up meanwhile */
    kit_settle(&t.kit);
    give(m.id, PC_BYTES_STR("x"));
    for (size_t i = 0; i < MIRROR_ASKS_MAX; i++)
        assert_int_equal(t.p->mirror_asks[i].id, 0);
}

/* Metrics of polyclaved, labels included, come out as they are. */
static void metrics(void **state)
{
    struct ipc_counter c[] = {
        {PC_BYTES_STR("standing_seconds{node=\"3\",set=\"current\"}"), 86400}};
    struct ipc_dp_metrics m = {.counters = {.v = c, .n = 1}};
    const char *body;
    (void)state;
    KIT_SAY(&t.kit, IPC_LINK_DP, dp_metrics, &m);
    assert_int_equal(pt_get(&t, "/metrics", &body), 200);
    assert_non_null(strstr(body, "polyclave_standing_seconds{node=\"3\",set=\"current\"} 86400\n"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(routes), T(malformed), T(rate), T(crowd), T(late), T(metrics),
    };
    return cmocka_run_group_tests_name("peer mirror", tests, NULL, NULL);
}
