/* SPDX-License-Identifier: Apache-2.0 */
/* The forecast: which questions attest is asked about a node's evidence, and which dates come of
 * the answers. */
#include <stdio.h>
#include <stdlib.h>

#include "node/polyclaved/testkit.h"

#include "attest/sim/forge.h"
#include "base/rng_seeded.h"
#include "crypto/hash.h"
#include "crypto/ids.h"

#define NOW       UINT64_C(100000)
#define NO_STATUS 0
#define UPTODATE  1
#define OUTDATED  5

static struct pd t;
static struct forge f;
static struct forged parts;

static int forge(void **state)
{
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 6);
    forge_init(&f, &rng.rng, 5);
    forge_build(&parts, &f);
    return 0;
}

static void say_object(const uint8_t object[32], uint8_t digest, uint64_t until)
{
    struct ipc_dc_upcoming m = {.vendor = WIRE_VENDOR_TDX, .until = until};
    memcpy(m.object, object, 32);
    memset(m.digest, digest, sizeof m.digest);
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_upcoming, &m);
}

static void say_waiting(const uint8_t object[32], uint8_t digest, uint64_t until, uint8_t waits,
                        uint64_t effect_at)
{
    struct ipc_dc_upcoming m = {.vendor = WIRE_VENDOR_TDX, .until = until, .waiting_n = 1};
    memcpy(m.object, object, 32);
    memset(m.digest, digest, sizeof m.digest);
    m.waiting[0] = (struct ipc_upcoming){.number = 18, .effect_at = effect_at};
    memset(m.waiting[0].digest, waits, sizeof m.waiting[0].digest);
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_upcoming, &m);
}

static uint8_t product[32], qe[32];

static void small_object(uint8_t out[32], uint8_t number)
{
    memset(out, 0, 32);
    out[31] = number;
}

static void say_statuses(uint16_t statuses, uint64_t until)
{
    struct ipc_dc_statuses m = {
        .vendor = WIRE_VENDOR_TDX, .statuses = statuses, .out_of_date_until = until};
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_statuses, &m);
}

static void say_node(uint32_t id)
{
    struct ipc_dc_accepted a = {.attested = {.vendor = WIRE_VENDOR_TDX,
                                             .kind = PC_SUBJECT_NODE,
                                             .issuer = 1,
                                             .attested_at = NOW - 10,
                                             .valid_until = NOW + 70},
                                .evidence = forged_part(&parts, PC_FORGED_EVIDENCE),
                                .leaf = forged_part(&parts, PC_FORGED_LEAF),
                                .ca = forged_part(&parts, PC_FORGED_CA)};
    struct ipc_dc_evidence e = {.node_id = id,
                                .vendor = WIRE_VENDOR_TDX,
                                .evidence = a.evidence,
                                .leaf = a.leaf,
                                .ca = a.ca};
    memcpy(a.attested.product, product, 32);
    memset(a.attested.signer, 0x51, 32);
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_accepted, &a);
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_evidence, &e);
}

static int setup(void **state)
{
    struct bytes root = forged_part(&parts, PC_FORGED_ROOT);
    uint8_t list[32];
    (void)state;
    pd_begin(&t, 0x21);
    t.p->n_roots = 0;
    roots_add(t.p, root);
    sha256(t.p->d.policy.tdx.root, root);
    t.view.head.time = NOW;
    pd_head(&t, 100);
    memset(product, 0x50, 8);
    memset(product + 8, 0, 24);
    small_object(qe, 1);
    say_object(product, 0xa1, NOW + 1000);
    say_object(qe, 0xb1, NOW + 900);
    small_object(list, 2);
    say_object(list, 0xc1, NOW + 5000);
    small_object(list, 3);
    say_object(list, 0xc2, NOW + 800);
    say_statuses(1u << UPTODATE, 0);
    say_node(3);
    kit_forget(&t.kit);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pd_end(&t);
    return 0;
}

/* The next question, which must come. */
static void question(struct ipc_da_forecast *q)
{
    forecast_tick(t.p);
    kit_settle(&t.kit);
    KIT_HEAR(&t.kit, IPC_LINK_DA, da_forecast, DA_FORECAST, q);
}

static void answer(const struct ipc_da_forecast *q, bool authentic, uint8_t status)
{
    struct ipc_da_forecast_r r = {.judged = true, .authentic = authentic, .tcb_status = status};
    memcpy(r.digest, q->digest, sizeof r.digest);
    KIT_SAY(&t.kit, IPC_LINK_DA, da_forecast_r, &r);
}

/* Value of that metric of node 3; false: it is not there. */
static bool metric(const char *set, uint64_t *out)
{
    static struct ipc_counter c[16];
    static char names[16][65];
    char want[65];
    size_t n = forecast_metrics(t.p, c, 0, 16, names);
    (void)snprintf(want, sizeof want, "standing_seconds{node=\"3\",set=\"%s\"}", set);
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], want) == 0) {
            assert_int_equal(c[i].name.n, strlen(want));
            *out = c[i].value;
            return true;
        }
    return false;
}

static void expect(const char *set, uint64_t value)
{
    uint64_t v = 0;
    assert_true(metric(set, &v));
    assert_int_equal(v, value);
}

static void nothing_waits(void **state)
{
    struct ipc_da_forecast q;
    uint64_t v;
    (void)state;
    assert_false(metric("current", &v)); /* not before it is known */
    question(&q);
    assert_int_equal(q.at, NOW);
    assert_int_equal(q.in_force[0][0], 0xa1);
    assert_int_equal(q.in_force[1][0], 0xb1);
    assert_int_equal(q.in_force[2][0], 0xc1);
    assert_int_equal(q.in_force[3][0], 0xc2);
    assert_int_equal(q.signer[0], 0x51);
    answer(&q, true, UPTODATE);
    expect("record", 70);
    expect("current", 800); /* the first object that runs out */
    assert_false(metric("upcoming", &v));
    forecast_tick(t.p); /* nothing is new: nothing is asked */
    kit_settle(&t.kit);
    KIT_SILENT(&t.kit, IPC_LINK_DA, DA_FORECAST);
}

static void a_set_that_refuses_it(void **state)
{
    struct ipc_da_forecast q;
    (void)state;
    say_waiting(product, 0xa1, NOW + 1000, 0xa2, NOW + 300);
    question(&q);
    answer(&q, true, UPTODATE);
    KIT_HEAR(&t.kit, IPC_LINK_DA, da_forecast, DA_FORECAST, &q);
    assert_int_equal(q.at, NOW + 300);
    assert_int_equal(q.in_force[0][0], 0xa2);
    assert_int_equal(q.in_force[1][0], 0xb1);
    answer(&q, true, OUTDATED);
    expect("current", 800);
    expect("upcoming", 300);
    t.view.head.time = NOW + 301;
    pd_head(&t, 101);
    expect("upcoming", 0);
    /* It came into force: now it is the current one that refuses. */
    say_object(product, 0xa2, NOW + 9000);
    question(&q);
    assert_int_equal(q.in_force[0][0], 0xa2);
    answer(&q, true, OUTDATED);
    uint64_t v;
    expect("current", 0);
    assert_false(metric("upcoming", &v));
}

static void a_set_that_takes_it(void **state)
{
    struct ipc_da_forecast q;
    uint64_t v;
    (void)state;
    say_waiting(qe, 0xb1, NOW + 900, 0xb2, NOW + 300);
    question(&q);
    answer(&q, true, UPTODATE);
    KIT_HEAR(&t.kit, IPC_LINK_DA, da_forecast, DA_FORECAST, &q);
    assert_int_equal(q.in_force[0][0], 0xa1);
    assert_int_equal(q.in_force[1][0], 0xb2);
    answer(&q, true, UPTODATE);
    assert_false(metric("upcoming", &v));
}

/* OutOfDate counts up to a date; what is not authentic never does. */
static void by_the_policy(void **state)
{
    struct ipc_da_forecast q;
    (void)state;
    say_statuses(1u << UPTODATE | 1u << OUTDATED, NOW + 50);
    question(&q);
    answer(&q, true, OUTDATED);
    expect("current", 50);
    say_statuses(1u << UPTODATE, 0);
    question(&q);
    answer(&q, false, UPTODATE);
    expect("current", 0);
}

static void lost_questions(void **state)
{
    struct ipc_da_forecast q, again;
    struct ipc_da_forecast_r r = {.judged = false};
    (void)state;
    question(&q);
    forecast_tick(t.p); /* one at a time */
    kit_settle(&t.kit);
    KIT_SILENT(&t.kit, IPC_LINK_DA, DA_FORECAST);
    kit_cut(&t.kit, IPC_LINK_DA); /* attest was used up */
    kit_connect(&t.kit, IPC_LINK_DA);
    question(&again);
    assert_memory_equal(q.digest, again.digest, 32);
    memcpy(r.digest, again.digest, 32);
    KIT_SAY(&t.kit, IPC_LINK_DA, da_forecast_r, &r); /* an object is not held yet */
    question(&again);
    r.judged = true;
    r.digest[0] ^= 1; /* an answer to nothing */
    KIT_SAY(&t.kit, IPC_LINK_DA, da_forecast_r, &r);
    uint64_t v;
    assert_false(metric("current", &v));
    answer(&again, true, UPTODATE);
    expect("current", 800);
}

/* The own vendor's policy says nothing of another's: until that is told, nothing is claimed. */
static size_t lines_of(uint32_t id, char *out, size_t cap)
{
    static struct ipc_counter c[64];
    static char names[64][65];
    char is[32];
    size_t n = forecast_metrics(t.p, c, 0, PC_ARRAY_LEN(c), names), found = 0;
    out[0] = '\0';
    snprintf(is, sizeof is, "{node=\"%u\",", id);
    for (size_t i = 0; i < n; i++)
        if (strstr(names[i], is) != NULL) {
            size_t used = strlen(out);
            snprintf(out + used, cap - used, "%s=%llu ", strstr(names[i], "set="),
                     (unsigned long long)c[i].value);
            found++;
        }
    return found;
}

static void say_other(uint32_t id, enum wire_vendor vendor, uint8_t issuer)
{
    struct ipc_dc_accepted a = {.attested = {.vendor = vendor,
                                             .kind = PC_SUBJECT_NODE,
                                             .issuer = issuer,
                                             .attested_at = NOW - 10,
                                             .valid_until = NOW + 70}};
    static uint8_t report[1184];
    bool snp = vendor == WIRE_VENDOR_SNP;
    report[0] = 3;
    a.evidence = snp ? PC_BYTES(report) : PC_BYTES_STR("a document");
    a.leaf = snp ? PC_BYTES_STR("vcek") : bytes_of(NULL, 0);
    a.ca = snp ? PC_BYTES_STR("ask") : bytes_of(NULL, 0);
    struct ipc_dc_evidence e = {.node_id = id,
                                .vendor = vendor,
                                .issuer = issuer,
                                .evidence = a.evidence,
                                .leaf = a.leaf,
                                .ca = a.ca};
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_accepted, &a);
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_evidence, &e);
}

static void say_accepts(enum wire_vendor vendor, uint16_t statuses)
{
    struct ipc_dc_statuses m = {.vendor = vendor, .statuses = statuses};
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_statuses, &m);
}

/* The first question about a node of that vendor; false if none comes. Others are answered. */
static bool question_about(struct ipc_da_forecast *q, enum wire_vendor vendor)
{
    for (int i = 0; i < 8; i++) {
        forecast_tick(t.p);
        kit_settle(&t.kit);
        if (!KIT_HEARD(&t.kit, IPC_LINK_DA, da_forecast, DA_FORECAST, q))
            return false;
        if (q->vendor == vendor)
            return true;
        answer(q, true, UPTODATE);
    }
    return false;
}

static void snp_node(void **state)
{
    static const struct bytes ark = {(const uint8_t *)"ark", 3};
    struct ipc_da_forecast q;
    uint8_t list[32];
    char lines[512];
    (void)state;
    roots_add(t.p, ark);
    sha256(t.p->d.policy.snp.root[1], ark);
    small_object(list, 17);
    say_object(list, 0xd1, NOW + 600);
    small_object(list, 16);
    say_object(list, 0xd0, NOW + 5); /* of another product */
    say_other(5, WIRE_VENDOR_SNP, 17);
    assert_false(question_about(&q, WIRE_VENDOR_SNP)); /* its vendor's policy is not known */
    assert_int_equal(lines_of(5, lines, sizeof lines), 0);
    say_accepts(WIRE_VENDOR_SNP, 1u << UPTODATE);
    assert_true(question_about(&q, WIRE_VENDOR_SNP));
    for (size_t r = 0; r < PC_ARRAY_LEN(q.in_force); r++)
        assert_int_equal(q.in_force[r][0], r == 2 ? 0xd1 : 0);
    answer(&q, true, NO_STATUS);
    assert_int_equal(lines_of(5, lines, sizeof lines), 2);
    assert_string_equal(lines, "set=\"record\"}=70 set=\"current\"}=600 ");
    assert_false(question_about(&q, WIRE_VENDOR_SNP));
    say_accepts(WIRE_VENDOR_SNP, 0); /* revoked by vote */
    assert_false(question_about(&q, WIRE_VENDOR_SNP));
    assert_int_equal(lines_of(5, lines, sizeof lines), 2);
    assert_string_equal(lines, "set=\"record\"}=70 set=\"current\"}=0 ");
    say_accepts(WIRE_VENDOR_SNP, 1u << UPTODATE); /* and back */
    assert_true(question_about(&q, WIRE_VENDOR_SNP));
    answer(&q, false, NO_STATUS); /* its ASK was revoked */
    assert_int_equal(lines_of(5, lines, sizeof lines), 2);
    assert_string_equal(lines, "set=\"record\"}=70 set=\"current\"}=0 ");
}

/* Nothing of AWS's is in force: its record runs out, that is all. Attest is not asked. */
static void nitro_node(void **state)
{
    struct ipc_da_forecast q;
    char lines[512];
    (void)state;
    say_other(6, WIRE_VENDOR_NITRO, 1);
    assert_false(question_about(&q, WIRE_VENDOR_NITRO));
    assert_int_equal(lines_of(6, lines, sizeof lines), 0);
    say_accepts(WIRE_VENDOR_NITRO, 1u << UPTODATE);
    assert_false(question_about(&q, WIRE_VENDOR_NITRO));
    assert_int_equal(lines_of(6, lines, sizeof lines), 1);
    assert_string_equal(lines, "set=\"record\"}=70 ");
    say_accepts(WIRE_VENDOR_NITRO, 0);
    assert_false(question_about(&q, WIRE_VENDOR_NITRO));
    assert_int_equal(lines_of(6, lines, sizeof lines), 2);
    assert_string_equal(lines, "set=\"record\"}=70 set=\"current\"}=0 ");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(nothing_waits), T(a_set_that_refuses_it), T(a_set_that_takes_it),
        T(by_the_policy), T(lost_questions),        T(snp_node),
        T(nitro_node),
    };
    return cmocka_run_group_tests_name("polyclaved forecast", tests, forge, NULL);
}
