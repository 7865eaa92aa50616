/* SPDX-License-Identifier: Apache-2.0 */
/* Members whose endpoint names a host: asked of rpc, judged, kept for a time, and called. */
#include <arpa/inet.h>
#include <stdio.h>

#include "node/peer/testkit.h"

static struct pt t;

static int setup(void **state)
{
    (void)state;
    pt_begin(&t, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pt_end(&t);
    return 0;
}

static enum err_code address(const char *endpoint, struct sockaddr_storage *out)
{
    struct endpoint e;
    assert_int_equal(endpoint_parse(&e, bytes_of(endpoint, strlen(endpoint))), PC_OK);
    assert_int_equal(e.kind, ENDPOINT_NAME);
    return names_address(t.p, &e, out);
}

/* The question that is open, whose host must be that. */
static uint64_t asked(const char *host)
{
    struct ipc_pr_resolve m;
    kit_settle(&t.kit);
    KIT_HEAR(&t.kit, IPC_LINK_PR, pr_resolve, PR_RESOLVE, &m);
    assert_int_equal(m.host.n, strlen(host));
    assert_memory_equal(m.host.p, host, m.host.n);
    return m.id;
}

static void answer(uint64_t id, enum err_code e, const char *const *addresses, uint16_t n)
{
    struct ipc_pr_resolved m = {.id = id, .error = (uint16_t)e, .addresses_n = n};
    for (uint16_t i = 0; i < n; i++) {
        m.addresses[i].ipv6 = strchr(addresses[i], ':') != NULL;
        assert_int_equal(
            inet_pton(m.addresses[i].ipv6 ? AF_INET6 : AF_INET, addresses[i], m.addresses[i].ip),
            1);
    }
    KIT_SAY(&t.kit, IPC_LINK_PR, pr_resolved, &m);
}

static void expect_address(const char *endpoint, const char *text, uint16_t port)
{
    struct sockaddr_storage a;
    char found[INET6_ADDRSTRLEN];
    assert_int_equal(address(endpoint, &a), PC_OK);
    const void *ip = a.ss_family == AF_INET ? (const void *)&((struct sockaddr_in *)&a)->sin_addr
                                            : (const void *)&((struct sockaddr_in6 *)&a)->sin6_addr;
    assert_non_null(inet_ntop(a.ss_family, ip, found, sizeof found));
    assert_string_equal(found, text);
    assert_int_equal(ntohs(((struct sockaddr_in *)&a)->sin_port), port);
}

static void asked_once_and_kept(void **state)
{
    static const char *const two[] = {"198.51.100.1", "2001:db8::7"};
    struct sockaddr_storage a;
    (void)state;
    assert_int_equal(address("a.example:10:20", &a), PC_E_RETRY);
    assert_int_equal(address("a.example:10:20", &a), PC_E_RETRY);
    answer(asked("a.example"), PC_OK, two, 2);
    KIT_SILENT(&t.kit, IPC_LINK_PR, PR_RESOLVE);
    expect_address("a.example:10:20", "198.51.100.1", 10); /* one after the other */
    expect_address("a.example:10:20", "2001:db8::7", 10);
    expect_address("a.example:11:20", "198.51.100.1", 11);
    kit_settle(&t.kit);
    KIT_SILENT(&t.kit, IPC_LINK_PR, PR_RESOLVE);
    /* After its time it is asked for again, and serves meanwhile. */
    t.p->names[0].until = 0;
    expect_address("a.example:10:20", "2001:db8::7", 10);
    answer(asked("a.example"), PC_OK, two, 1);
    expect_address("a.example:10:20", "198.51.100.1", 10);
    assert_true(t.p->names[0].until > loop_now(&t.p->d.loop) + NAMES_GOOD_MS - 1000);
    /* And if it has gone meanwhile, so is the address. */
    t.p->names[0].until = 0;
    expect_address("a.example:10:20", "198.51.100.1", 10);
    answer(asked("a.example"), PC_E_NOT_FOUND, NULL, 0);
    assert_int_equal(address("a.example:10:20", &a), PC_E_NOT_FOUND);
}

static void addresses_that_strangers_may_not_name(void **state)
{
    static const char *const inside[] = {"127.0.0.1", "10.1.2.3",        "::1",
                                         "fd00::1",   "169.254.169.254", "::ffff:127.0.0.1",
                                         "224.0.0.1", "0.0.0.0"};
    static const char *const mixed[] = {"192.168.0.1", "8.8.8.8", "::ffff:10.0.0.1"};
    struct sockaddr_storage a;
    (void)state;
    t.p->d.policy.chain_id = 1;
    assert_int_equal(address("a.example:10:20", &a), PC_E_RETRY);
    answer(asked("a.example"), PC_OK, inside, 8);
    assert_int_equal(address("a.example:10:20", &a), PC_E_REFUSED);
    t.p->names[0].until = 0;
    assert_int_equal(address("a.example:10:20", &a), PC_E_RETRY);
    answer(asked("a.example"), PC_OK, mixed, 3);
    for (int i = 0; i < 3; i++)
        expect_address("a.example:10:20", "8.8.8.8", 10);
    /* A development chain lives on the loopback; nothing is multicast or unspecified there either.
     */
    t.p->d.policy.chain_id = 31337;
    assert_int_equal(address("b.example:10:20", &a), PC_E_RETRY);
    answer(asked("b.example"), PC_OK, inside, 8);
    assert_int_equal(t.p->names[1].n, 6);
}

static void failures_wait_longer_each_time(void **state)
{
    struct sockaddr_storage a;
    uint64_t wait = NAMES_BAD_MS;
    (void)state;
    for (int i = 0; i < 7; i++) {
        assert_int_equal(address("a.example:10:20", &a), PC_E_RETRY);
        answer(asked("a.example"), PC_E_TIMEOUT, NULL, 0);
        assert_int_equal(address("a.example:10:20", &a), PC_E_TIMEOUT);
        kit_settle(&t.kit);
        KIT_SILENT(&t.kit, IPC_LINK_PR, PR_RESOLVE);
        uint64_t left = t.p->names[0].until - loop_now(&t.p->d.loop);
        assert_true(left <= wait && left + 1000 > wait);
        wait = i < 4 ? 2 * wait : wait;
        t.p->names[0].until = 0;
    }
}

/* rpc is silent, dies, or answers what nobody asked. */
static void rpc_fails(void **state)
{
    static const char *const one[] = {"8.8.8.8"};
    struct sockaddr_storage a;
    (void)state;
    assert_int_equal(address("a.example:10:20", &a), PC_E_RETRY);
    uint64_t id = asked("a.example");
    t.p->names[0].asked_at = 0;
    t.p->d.loop.now = NAMES_ASK_MS + 1;
    names_tick(t.p);
    assert_int_equal(t.p->names[0].error, PC_E_TIMEOUT);
    answer(id, PC_OK, one, 1); /* too late */
    answer(0, PC_OK, one, 1);
    assert_int_equal(t.p->names[0].n, 0);
    t.p->names[0].until = 0;
    assert_int_equal(address("a.example:10:20", &a), PC_E_RETRY);
    (void)asked("a.example");
    kit_cut(&t.kit, IPC_LINK_PR);
    assert_int_equal(address("a.example:10:20", &a), PC_E_TIMEOUT); /* nobody to ask */
    kit_connect(&t.kit, IPC_LINK_PR);
    assert_int_equal(address("a.example:10:20", &a), PC_E_RETRY);
    answer(asked("a.example"), PC_OK, one, 1);
    expect_address("a.example:10:20", "8.8.8.8", 10);
}

static void bounded(void **state)
{
    struct sockaddr_storage a;
    char host[64];
    (void)state;
    for (unsigned i = 0; i < NAMES_MAX + 10; i++) {
        (void)snprintf(host, sizeof host, "n%u.example:10:20", i);
        assert_int_equal(address(host, &a), PC_E_RETRY);
    }
    kit_settle(&t.kit);
    assert_int_equal(kit_count(&t.kit, IPC_LINK_PR, IPC_MSG_PR_RESOLVE), NAMES_ASKED_MAX);
}

/* The whole way: a member with a name is called at the address that was found. */
static void a_member_is_called(void **state)
{
    static const char *const here[] = {"127.0.0.1"};
    struct committee *c = &t.p->active;
    (void)state;
    *c = (struct committee){.known = true, .epoch = 1, .n = 1, .t = 1};
    c->m[1] = (struct member){.index = 1, .node_id = 50, .endpoint = "member.example:1:1"};
    memset(c->m[1].keys.x25519, 9, 32);
    members_changed(t.p);
    assert_int_equal(t.p->conns[0].id, 0);
    answer(asked("member.example"), PC_OK, here, 1);
    t.p->dialled_at = 0;
    members_tick(t.p);
    assert_true(t.p->conns[0].id != 0 && t.p->conns[0].dialled);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(asked_once_and_kept),
        T(addresses_that_strangers_may_not_name),
        T(failures_wait_longer_each_time),
        T(rpc_fails),
        T(bounded),
        T(a_member_is_called),
    };
    return cmocka_run_group_tests_name("peer names", tests, NULL, NULL);
}
