/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups of names: bounded in number and time, with a resolver of the test's own; and the C
 * library's, which must end whatever the machine's network is. */
#include "node/rpc/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <arpa/inet.h>

#include <cmocka.h>

static struct fake {
    bool cannot; /* begin fails */
    unsigned begun, live;
    char name[ENDPOINT_TEXT_MAX + 2];
    enum err_code answer; /* PC_E_RETRY: not yet */
    unsigned n;
    const char *address[12];
} fake;

static void *fake_begin(void *ctx, const char *name)
{
    (void)ctx;
    if (fake.cannot)
        return NULL;
    fake.begun++;
    fake.live++;
    memcpy(fake.name, name, strlen(name) + 1);
    return &fake;
}

static enum err_code fake_take(void *ctx, void *job, struct sockaddr_storage *out, size_t cap,
                               size_t *n)
{
    (void)ctx;
    assert_ptr_equal(job, &fake);
    *n = 0;
    if (fake.answer == PC_E_RETRY)
        return PC_E_RETRY;
    fake.live--;
    for (unsigned i = 0; i < fake.n && *n < cap; i++) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        memset(&out[*n], 0, sizeof out[0]);
        if (inet_pton(AF_INET, fake.address[i], &in.sin_addr) == 1)
            memcpy(&out[(*n)++], &in, sizeof in);
        else if (inet_pton(AF_INET6, fake.address[i], &in6.sin6_addr) == 1)
            memcpy(&out[(*n)++], &in6, sizeof in6);
    }
    return fake.answer;
}

static const struct resolve_io io = {fake_begin, fake_take, NULL};
static struct resolver r;
static struct ipc_pr_resolved m;

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    memset(&r, 0, sizeof r);
    r.io = &io;
    return 0;
}

static enum err_code ask(uint64_t id, const char *host, uint64_t now)
{
    struct ipc_pr_resolve q = {.id = id, .host = bytes_of(host, strlen(host))};
    return resolver_ask(&r, &q, now, &m);
}

static void both_families(void **state)
{
    (void)state;
    fake.answer = PC_E_RETRY;
    assert_int_equal(ask(7, "node.example.org", 1000), PC_OK);
    assert_string_equal(fake.name, "node.example.org."); /* no search list */
    assert_false(resolver_next(&r, 1001, &m));
    assert_true(resolver_busy(&r));
    fake.answer = PC_OK;
    fake.n = 2;
    fake.address[0] = "203.0.113.5";
    fake.address[1] = "2001:db8::1";
    assert_true(resolver_next(&r, 1002, &m));
    assert_int_equal(m.id, 7);
    assert_int_equal(m.error, PC_OK);
    assert_int_equal(m.addresses_n, 2);
    assert_memory_equal(m.addresses[0].ip, "\xcb\x00\x71\x05", 4);
    assert_true(!m.addresses[0].ipv6 && m.addresses[1].ipv6);
    assert_false(resolver_next(&r, 1003, &m));
    assert_false(resolver_busy(&r));
}

static void failures(void **state)
{
    (void)state;
    fake.answer = PC_E_NOT_FOUND;
    assert_int_equal(ask(1, "a.example", 0), PC_OK);
    assert_true(resolver_next(&r, 1, &m));
    assert_int_equal(m.error, PC_E_NOT_FOUND);
    fake.answer = PC_OK; /* and no address */
    assert_int_equal(ask(2, "a.example", 0), PC_OK);
    assert_true(resolver_next(&r, 1, &m));
    assert_int_equal(m.error, PC_E_NOT_FOUND);
    fake.cannot = true;
    assert_int_equal(ask(3, "a.example", 0), PC_E_IO);
    assert_int_equal(m.error, PC_E_IO);
    assert_false(resolver_busy(&r));
}

/* peer may be in a stranger's hands: only names reach the resolver. */
static void only_names(void **state)
{
    static const char *const bad[] = {
        "",    "1.2.3.4", "[::1]", "::1",  "a..b",  ".",     "a.",   "-a.b", "0x7f.1",    "127.1",
        "a b", "a/b",     "a:1",   "a\nb", "1.2.3", "a_b.c", "\xff", "a.-b", "2130706433"};
    char longest[ENDPOINT_TEXT_MAX + 1];
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        assert_int_equal(ask(i + 1, bad[i], 0), PC_E_MALFORMED);
        assert_int_equal(m.id, i + 1);
    }
    for (size_t i = 0; i < ENDPOINT_TEXT_MAX; i++)
        longest[i] = i % 50 == 49 ? '.' : 'a';
    for (size_t n = ENDPOINT_TEXT_MAX; n >= ENDPOINT_TEXT_MAX - 1; n--) {
        longest[n] = '\0';
        assert_int_equal(ask(1, longest, 0), PC_E_MALFORMED);
    }
    assert_int_equal(fake.begun, 0);
    longest[ENDPOINT_TEXT_MAX - 2] = '\0';
    assert_int_equal(ask(1, longest, 0), PC_OK);
    assert_int_equal(strlen(fake.name), ENDPOINT_TEXT_MAX - 1);
}

/* One that does not end is answered in time, and keeps its place until it has ended. */
static void too_slow_and_too_many(void **state)
{
    unsigned late = 0;
    (void)state;
    fake.answer = PC_E_RETRY;
    for (uint64_t i = 0; i < RESOLVES_MAX; i++)
        assert_int_equal(ask(i + 1, "slow.example", 5), PC_OK);
    assert_int_equal(ask(99, "slow.example", 5), PC_E_FULL);
    assert_int_equal(m.id, 99);
    assert_false(resolver_next(&r, 5 + RESOLVE_MS - 1, &m));
    while (resolver_next(&r, 5 + RESOLVE_MS, &m)) {
        assert_int_equal(m.error, PC_E_TIMEOUT);
        late++;
    }
    assert_int_equal(late, RESOLVES_MAX);
    assert_int_equal(ask(99, "slow.example", 5 + RESOLVE_MS), PC_E_FULL);
    fake.answer = PC_OK;
    fake.n = 1;
    fake.address[0] = "203.0.113.5";
    assert_false(resolver_next(&r, 5 + 2 * RESOLVE_MS, &m)); /* answered already */
    assert_int_equal(fake.live, 0);
    assert_int_equal(ask(100, "slow.example", 6), PC_OK);
    assert_true(resolver_next(&r, 7, &m));
    assert_int_equal(m.id, 100);
}

static void who_asked_is_gone(void **state)
{
    (void)state;
    fake.answer = PC_E_RETRY;
    assert_int_equal(ask(1, "a.example", 0), PC_OK);
    resolver_forget(&r);
    fake.answer = PC_E_NOT_FOUND;
    assert_false(resolver_next(&r, 1, &m));
    assert_false(resolver_busy(&r));
    assert_int_equal(fake.live, 0);
}

static void more_than_fit(void **state)
{
    (void)state;
    for (fake.n = 0; fake.n < 12; fake.n++)
        fake.address[fake.n] = "203.0.113.9";
    assert_int_equal(ask(1, "a.example", 0), PC_OK);
    assert_true(resolver_next(&r, 1, &m));
    assert_int_equal(m.addresses_n, IPC_ADDRESSES_MAX);
}

/* "invalid" has no address anywhere (RFC 6761); without a network there is no answer either. */
static void the_c_library(void **state)
{
    struct timespec t = {0, 10 * 1000000};
    (void)state;
    r.io = &resolve_system;
    assert_int_equal(ask(1, "polyclave.invalid", 0), PC_OK);
    for (int i = 0; i < 5000 && resolver_busy(&r); i++) {
        if (resolver_next(&r, 0, &m))
            assert_true(m.id == 1 && m.error != PC_OK && m.addresses_n == 0);
        nanosleep(&t, NULL);
    }
    assert_false(resolver_busy(&r));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        T(both_families),     T(failures),      T(only_names),    T(too_slow_and_too_many),
        T(who_asked_is_gone), T(more_than_fit), T(the_c_library),
    };
    return cmocka_run_group_tests_name("rpc resolve", tests, NULL, NULL);
}
