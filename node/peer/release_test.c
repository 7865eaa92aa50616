/* SPDX-License-Identifier: Apache-2.0 */
/* One key request from body to answer: what is asked of whom, in which order, and what the client
 * is told when something is refused, lost or late. */
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

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

static const char evidence_text[] = "evidence";
#define EVIDENCE PC_BYTES_STR(evidence_text)
#define NOTHING  bytes_of(NULL, 0)

/* ---- the neighbours ---- */

static void vault_needs(const struct pt_request *r, bool record, bool verdict)
{
    struct ipc_vp_need m = {.record = record, .verdict = verdict};
    memcpy(m.digest, r->digest, sizeof m.digest);
    KIT_SAY(&t.kit, IPC_LINK_VP, vp_need, &m);
}

static void vault_answers(const struct pt_request *r)
{
    struct ipc_vp_answer m = {.sealed_n = 40};
    memcpy(m.digest, r->digest, sizeof m.digest);
    memset(m.sealed, 0x5e, sizeof m.sealed);
    KIT_SAY(&t.kit, IPC_LINK_VP, vp_answer, &m);
}

static void vault_refuses(const struct pt_request *r, enum wire_release_code code, uint32_t after)
{
    struct ipc_vp_refuse m = {.code = code, .retry_after = after, .epoch = 3};
    memcpy(m.digest, r->digest, sizeof m.digest);
    KIT_SAY(&t.kit, IPC_LINK_VP, vp_refuse, &m);
}

static void chain_answers(const struct pt_request *r, enum wire_release_code code)
{
    struct ipc_pc_lookup_r m = {.code = code, .epoch = 1};
    memcpy(m.digest, r->digest, sizeof m.digest);
    KIT_SAY(&t.kit, IPC_LINK_PC, pc_lookup_r, &m);
}

static void attest_answers(const struct pt_request *r, enum wire_release_code code)
{
    struct ipc_pa_done m = {.code = code};
    memcpy(m.digest, r->digest, sizeof m.digest);
    KIT_SAY(&t.kit, IPC_LINK_PA, pa_done, &m);
}

#define ASKED(link, TYPE) assert_int_equal(kit_count(&t.kit, link, IPC_MSG_##TYPE), 1)

static bool asked(enum ipc_link link, uint16_t type)
{
    return kit_take(&t.kit, link, type).n != 0;
}

static void expect(struct pt_request *r, unsigned status, const char *code)
{
    const char *body;
    char quoted[64];
    assert_int_equal(pt_answer(&t, r->fd, &body), status);
    if (code != NULL) {
        (void)snprintf(quoted, sizeof quoted, "\"code\":\"%s\"", code);
        assert_non_null(strstr(body, quoted));
    }
    close(r->fd);
    r->fd = -1;
    kit_settle(&t.kit);
}

static size_t in_flight(void)
{
    size_t n = 0;
    for (size_t i = 0; i < RELEASES_MAX; i++)
        n += t.p->releases[i].used;
    return n;
}

/* ---- tests ---- */

static void whole_way(void **state)
{
    struct pt_request r;
    struct ipc_vp_request ask;
    struct ipc_pc_lookup lookup;
    struct ipc_pa_job job;
    const char *body;
    (void)state;
    pt_request(&r, 1, EVIDENCE, 1000);
    pt_post(&t, &r);
    KIT_HEAR(&t.kit, IPC_LINK_VP, vp_request, VP_REQUEST, &ask);
    assert_int_equal(ask.request.scope_n, 5);
    KIT_SILENT(&t.kit, IPC_LINK_PC, PC_LOOKUP); /* nobody else is asked before the vault */
    KIT_SILENT(&t.kit, IPC_LINK_PA, PA_JOB);
    vault_needs(&r, true, true);
    KIT_HEAR(&t.kit, IPC_LINK_PC, pc_lookup, PC_LOOKUP, &lookup);
    assert_memory_equal(lookup.digest, r.digest, 32);
    KIT_SILENT(&t.kit, IPC_LINK_PA, PA_JOB); /* evidence is judged only of a known record */
    chain_answers(&r, WIRE_RELEASE_CODE_OK);
    KIT_HEAR(&t.kit, IPC_LINK_PA, pa_job, PA_JOB, &job);
    assert_memory_equal(job.digest, r.digest, 32);
    assert_memory_equal(job.evidence.p, evidence_text, job.evidence.n);
    attest_answers(&r, WIRE_RELEASE_CODE_OK);
    KIT_HEAR(&t.kit, IPC_LINK_VP, vp_request, VP_REQUEST, &ask);
    assert_int_equal(pt_answer(&t, r.fd, &body), 0);
    vault_answers(&r);
    assert_int_equal(pt_answer(&t, r.fd, &body), 200);
    assert_int_equal(in_flight(), 0);
    assert_int_equal(t.p->http_ok, 1);
    close(r.fd);
}

static void evidence_needed(void **state)
{
    struct pt_request r;
    (void)state;
    pt_request(&r, 1, NOTHING, 1000);
    pt_post(&t, &r);
    vault_needs(&r, true, true);
    KIT_SILENT(&t.kit, IPC_LINK_PC, PC_LOOKUP);
    expect(&r, 428, "evidence_needed");
    /* Only the record lacks: no evidence is wanted. */
    pt_request(&r, 2, NOTHING, 1000);
    pt_post(&t, &r);
    kit_forget(&t.kit);
    vault_needs(&r, true, false);
    chain_answers(&r, WIRE_RELEASE_CODE_OK);
    ASKED(IPC_LINK_VP, VP_REQUEST);
    vault_answers(&r);
    expect(&r, 200, NULL);
}

/* Evidence that is not the one that was signed for is not looked at by anybody. */
static void other_evidence(void **state)
{
    struct pt_request r, other;
    (void)state;
    pt_request(&r, 1, PC_BYTES_STR("evidencE"), 1000);
    pt_request(&other, 1, EVIDENCE, 1000);
    assert_int_equal(r.n, other.n);
    r.body[r.n - 1] = 'e';
    pt_post(&t, &r);
    KIT_SILENT(&t.kit, IPC_LINK_VP, VP_REQUEST);
    expect(&r, 400, "malformed");
    assert_int_equal(in_flight(), 0);
}

/* Two connections with the same bytes: each gets the sealed answer. */
static void replay_to_two(void **state)
{
    struct pt_request a, b;
    (void)state;
    pt_request(&a, 1, EVIDENCE, 1000);
    b = a;
    pt_post(&t, &a);
    pt_post(&t, &b);
    vault_needs(&a, true, true);
    chain_answers(&a, WIRE_RELEASE_CODE_OK);
    attest_answers(&a, WIRE_RELEASE_CODE_OK);
    vault_answers(&a);
    expect(&a, 200, NULL);
    expect(&b, 200, NULL);
    vault_answers(&a); /* the second of its answers finds nobody */
    assert_int_equal(in_flight(), 0);
}

static void every_code(void **state)
{
    static const struct {
        enum wire_release_code code;
        unsigned status;
    } want[] = {
        {WIRE_RELEASE_CODE_SIGNATURE, 401},
        {WIRE_RELEASE_CODE_MEASUREMENT_NOT_ACTIVE, 403},
        {WIRE_RELEASE_CODE_PLATFORM_REVOKED, 403},
        {WIRE_RELEASE_CODE_VENDOR_NOT_ACCEPTED, 403},
        {WIRE_RELEASE_CODE_PLATFORM_NOT_ACCEPTED, 403},
        {WIRE_RELEASE_CODE_TCB_NOT_ACCEPTED, 403},
        {WIRE_RELEASE_CODE_ATTESTATION_EXPIRED, 403},
        {WIRE_RELEASE_CODE_APP_FROZEN, 403},
        {WIRE_RELEASE_CODE_EVIDENCE_REJECTED, 403},
        {WIRE_RELEASE_CODE_VERSION_NOT_ACCEPTED, 403},
        {WIRE_RELEASE_CODE_UNKNOWN_APP, 404},
        {WIRE_RELEASE_CODE_UNKNOWN_RECORD, 404},
        {WIRE_RELEASE_CODE_STALE_REQUEST, 409},
        {WIRE_RELEASE_CODE_APP_GONE, 410},
        {WIRE_RELEASE_CODE_TOO_LARGE, 413},
        {WIRE_RELEASE_CODE_EVIDENCE_NEEDED, 428},
        {WIRE_RELEASE_CODE_QUOTA, 429},
        {WIRE_RELEASE_CODE_RETRY, 503},
        {WIRE_RELEASE_CODE_CHAIN_BEHIND, 503},
        {WIRE_RELEASE_CODE_CHAIN_DISAGREEMENT, 503},
        {WIRE_RELEASE_CODE_RECOVERING, 503},
        {WIRE_RELEASE_CODE_NODE_FROZEN, 503},
        {WIRE_RELEASE_CODE_NODE_EXPIRED, 503},
    };
    (void)state;
    for (uint8_t i = 0; i < PC_ARRAY_LEN(want); i++) {
        struct pt_request r;
        memset(t.p->buckets, 0, sizeof t.p->buckets);
        pt_request(&r, i, EVIDENCE, 1000);
        pt_post(&t, &r);
        switch (i % 3) { /* whoever says so */
        case 0:
            vault_refuses(&r, want[i].code, 0);
            break;
        case 1:
            vault_needs(&r, true, true);
            chain_answers(&r, want[i].code);
            break;
        default:
            vault_needs(&r, true, true);
            chain_answers(&r, WIRE_RELEASE_CODE_OK);
            attest_answers(&r, want[i].code);
            break;
        }
        expect(&r, want[i].status, wire_release_code_name(want[i].code));
    }
    assert_int_equal(in_flight(), 0);
}

static void retry_names_the_epoch(void **state)
{
    struct pt_request r;
    const char *body;
    (void)state;
    pt_request(&r, 1, NOTHING, 1000);
    pt_post(&t, &r);
    vault_refuses(&r, WIRE_RELEASE_CODE_RETRY, 7);
    assert_int_equal(pt_answer(&t, r.fd, &body), 503);
    assert_non_null(strstr(body, "the epoch is 3"));
    assert_non_null(strstr(body, "\"retry_after\":7"));
    close(r.fd);
}

/* Answers out of turn change nothing: each process is heard only for what it was asked. */
static void out_of_turn(void **state)
{
    struct pt_request r, stranger;
    (void)state;
    pt_request(&r, 1, EVIDENCE, 1000);
    pt_request(&stranger, 2, EVIDENCE, 1000);
    pt_post(&t, &r);
    kit_forget(&t.kit);
    chain_answers(&r, WIRE_RELEASE_CODE_OK);
    attest_answers(&r, WIRE_RELEASE_CODE_OK);
    vault_answers(&stranger);
    vault_needs(&stranger, true, true);
    KIT_SILENT(&t.kit, IPC_LINK_VP, VP_REQUEST);
    KIT_SILENT(&t.kit, IPC_LINK_PA, PA_JOB);
    KIT_SILENT(&t.kit, IPC_LINK_PC, PC_LOOKUP);
    assert_int_equal(in_flight(), 1);
    vault_needs(&r, true, true);
    vault_answers(&r); /* not asked at this stage */
    assert_int_equal(in_flight(), 1);
    assert_int_equal(pt_answer(&t, r.fd, NULL), 0);
    close(r.fd);
}

/* A vault that needs for ever is asked four times. */
static void endless_need(void **state)
{
    struct pt_request r;
    unsigned asks = 0;
    (void)state;
    pt_request(&r, 1, EVIDENCE, 1000);
    pt_post(&t, &r);
    while (asked(IPC_LINK_VP, IPC_MSG_VP_REQUEST)) {
        asks++;
        assert_true(asks < 10);
        vault_needs(&r, true, false);
        chain_answers(&r, WIRE_RELEASE_CODE_OK);
    }
    assert_int_equal(asks, 4);
    expect(&r, 503, "retry");
}

static void links_lost(void **state)
{
    static const enum ipc_link links[] = {IPC_LINK_VP, IPC_LINK_PC, IPC_LINK_PA};
    (void)state;
    for (uint8_t i = 0; i < PC_ARRAY_LEN(links); i++) {
        struct pt_request r;
        pt_request(&r, i, EVIDENCE, 1000);
        pt_post(&t, &r);
        if (i > 0)
            vault_needs(&r, true, true);
        if (i > 1)
            chain_answers(&r, WIRE_RELEASE_CODE_OK);
        kit_cut(&t.kit, links[i]);
        expect(&r, 503, "retry");
        assert_int_equal(in_flight(), 0);
        /* While it is away, too. */
        pt_request(&r, (uint8_t)(10 + i), EVIDENCE, 1000);
        pt_post(&t, &r);
        if (i > 0)
            vault_needs(&r, true, true);
        if (i > 1)
            chain_answers(&r, WIRE_RELEASE_CODE_OK);
        expect(&r, 503, "retry");
        kit_connect(&t.kit, links[i]);
    }
}

static void deadline(void **state)
{
    struct pt_request r;
    (void)state;
    pt_request(&r, 1, EVIDENCE, 1000);
    pt_post(&t, &r);
    for (size_t i = 0; i < RELEASES_MAX; i++)
        t.p->releases[i].since = 0; /* long ago */
    release_tick(t.p);
    expect(&r, 503, "retry");
    vault_answers(&r); /* too late */
    assert_int_equal(in_flight(), 0);
}

/* The client hangs up: what was asked for it is dropped when its answer comes. */
static void client_gone(void **state)
{
    struct pt_request r;
    (void)state;
    pt_request(&r, 1, EVIDENCE, 1000);
    pt_post(&t, &r);
    close(r.fd);
    kit_settle(&t.kit);
    vault_answers(&r);
    assert_int_equal(in_flight(), 0);
}

static void own_standing_and_head(void **state)
{
    static const struct {
        enum ipc_node_state state;
        enum ipc_health health;
        uint64_t client;
        unsigned status;
        const char *code;
    } want[] = {
        {IPC_NODE_STATE_NONE, IPC_HEALTH_OK, 1000, 503, "node_expired"},
        {IPC_NODE_STATE_FROZEN, IPC_HEALTH_OK, 1000, 503, "node_frozen"},
        {IPC_NODE_STATE_EXPIRED, IPC_HEALTH_OK, 1000, 503, "node_expired"},
        {IPC_NODE_STATE_REVOKED, IPC_HEALTH_OK, 1000, 503, "node_expired"},
        {IPC_NODE_STATE_LIVE, IPC_HEALTH_BEHIND, 1000, 503, "chain_behind"},
        {IPC_NODE_STATE_LIVE, IPC_HEALTH_DISAGREEMENT, 1000, 503, "chain_disagreement"},
        {IPC_NODE_STATE_LIVE, IPC_HEALTH_OK, 1001, 503, "chain_behind"},
        {IPC_NODE_STATE_LIVE, IPC_HEALTH_OK, 935, 409, "stale_request"},
    };
    struct pt_request r;
    (void)state;
    for (uint8_t i = 0; i < PC_ARRAY_LEN(want); i++) {
        pt_head(&t, 1000, want[i].state, want[i].health);
        pt_request(&r, i, EVIDENCE, want[i].client);
        pt_post(&t, &r);
        KIT_SILENT(&t.kit, IPC_LINK_VP, VP_REQUEST);
        expect(&r, want[i].status, want[i].code);
    }
    pt_head(&t, 1000, IPC_NODE_STATE_LIVE, IPC_HEALTH_OK);
    pt_request(&r, 77, EVIDENCE, 936); /* 64 behind is still good */
    pt_post(&t, &r);
    ASKED(IPC_LINK_VP, VP_REQUEST);
    close(r.fd);
}

static void malformed(void **state)
{
    struct pt_request r;
    (void)state;
    pt_request(&r, 1, EVIDENCE, 1000);
    size_t n = r.n;
    for (size_t cut = 0; cut < n; cut += 61) {
        memset(t.p->buckets, 0, sizeof t.p->buckets);
        r.n = cut;
        pt_post(&t, &r);
        expect(&r, 400, NULL);
    }
    r.n = n + 1; /* a trailing byte */
    pt_post(&t, &r);
    expect(&r, 400, "malformed");
    KIT_SILENT(&t.kit, IPC_LINK_VP, VP_REQUEST);
}

/* One address may burst, then it waits; nothing behind the bucket hears of it. */
static void bucket(void **state)
{
    struct pt_request r;
    unsigned let = 0;
    (void)state;
    for (uint8_t i = 0; i < 100; i++) {
        pt_request(&r, i, EVIDENCE, 900);
        pt_post(&t, &r);
        const char *body;
        unsigned status = pt_answer(&t, r.fd, &body);
        assert_true(status == 409 || status == 429);
        let += status == 409;
        close(r.fd);
    }
    assert_in_range(let, 60, 75); /* the burst, and what refills meanwhile */
    KIT_SILENT(&t.kit, IPC_LINK_VP, VP_REQUEST);
}

static void places(void **state)
{
    struct sockaddr_storage a, b;
    struct sockaddr_in *v4 = (struct sockaddr_in *)&a;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&b;
    (void)state;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    a.ss_family = AF_INET;
    v4->sin_addr.s_addr = htonl(0x0a000001);
    b.ss_family = AF_INET6;
    v6->sin6_addr.s6_addr[10] = v6->sin6_addr.s6_addr[11] = 0xff;
    v6->sin6_addr.s6_addr[12] = 10;
    v6->sin6_addr.s6_addr[15] = 1;
    memset(t.p->buckets, 0, sizeof t.p->buckets);
    unsigned let = 0;
    for (int i = 0; i < 100; i++) /* the same host in two spellings has one bucket */
        let += release_admit(t.p, i % 2 == 0 ? &a : &b);
    assert_in_range(let, 60, 62);
    v6->sin6_addr.s6_addr[15] = 2; /* its neighbour has another */
    assert_true(release_admit(t.p, &b));
    /* A /64 is one place. */
    memset(v6->sin6_addr.s6_addr, 0x20, 16);
    for (let = 0; let < 100; let++) {
        v6->sin6_addr.s6_addr[15] = (uint8_t)let;
        if (!release_admit(t.p, &b))
            break;
    }
    assert_in_range(let, 60, 62);
}

/* As many as can wait at once; the next is told so, and none is left when the vault goes. */
static void full_house(void **state)
{
    static struct pt_request r[RELEASES_MAX];
    struct release *slots = t.p->releases;
    (void)state;
    for (size_t i = 0; i < RELEASES_MAX; i++) {
        slots[i].used = true;
        slots[i].since = loop_now(&t.p->d.loop);
    }
    pt_request(&r[0], 1, EVIDENCE, 1000);
    pt_post(&t, &r[0]);
    expect(&r[0], 429, "quota");
    kit_cut(&t.kit, IPC_LINK_VP);
    assert_int_equal(in_flight(), 0);
}

/* A80: signed requests of subjects that no record names end at the index of chain: for each one
 * question to the vault and one to chain, none to attest, and nothing stays behind. */
static void flood_of_strangers(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        struct pt_request r;
        memset(t.p->buckets, 0, sizeof t.p->buckets);
        memset(&t.p->total, 0, sizeof t.p->total);
        pt_request(&r, (uint8_t)i, EVIDENCE, 1000 - i / 256);
        pt_post(&t, &r);
        vault_needs(&r, true, true);
        chain_answers(&r, WIRE_RELEASE_CODE_UNKNOWN_RECORD);
        expect(&r, 404, "unknown_record");
    }
    assert_int_equal(kit_count(&t.kit, IPC_LINK_VP, IPC_MSG_VP_REQUEST), 400);
    assert_int_equal(kit_count(&t.kit, IPC_LINK_PC, IPC_MSG_PC_LOOKUP), 400);
    KIT_SILENT(&t.kit, IPC_LINK_PA, PA_JOB);
    assert_int_equal(in_flight(), 0);
}

static void collateral(void **state)
{
    struct ipc_dp_put put;
    const char *body;
    (void)state;
    for (int kept = 0; kept < 2; kept++) {
        int fd = pt_connect(&t);
        pt_say(&t, fd, "PUT /v1/collateral", PC_BYTES_STR("object"));
        KIT_HEAR(&t.kit, IPC_LINK_DP, dp_put, DP_PUT, &put);
        struct ipc_dp_put_r r = {.id = put.id, .kept = kept == 1};
        KIT_SAY(&t.kit, IPC_LINK_DP, dp_put_r, &r);
        assert_int_equal(pt_answer(&t, fd, &body), kept == 1 ? 200 : 400);
        KIT_SAY(&t.kit, IPC_LINK_DP, dp_put_r, &r); /* twice: nobody is there */
        close(fd);
    }
    unsigned let = 0;
    for (int i = 0; i < 80; i++) {
        int fd = pt_connect(&t);
        pt_say(&t, fd, "PUT /v1/collateral", PC_BYTES_STR("object"));
        let += asked(IPC_LINK_DP, IPC_MSG_DP_PUT);
        close(fd);
    }
    assert_in_range(let, 50, 75); /* strangers' objects go through the bucket, too */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(whole_way),      T(evidence_needed),
        T(other_evidence), T(replay_to_two),
        T(every_code),     T(out_of_turn),
        T(endless_need),   T(retry_names_the_epoch),
        T(links_lost),     T(deadline),
        T(client_gone),    T(own_standing_and_head),
        T(malformed),      T(bucket),
        T(places),         T(full_house),
        T(collateral),     T(flood_of_strangers),
    };
    return cmocka_run_group_tests_name("peer release", tests, NULL, NULL);
}
