/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of SNP and Nitro through polyclaved: what chain tells of a member reaches attest whole
 * and under its vendor; the mirror keeps it; the own quote is of the configured vendor. */
#include "node/polyclaved/testkit.h"

#include "attest/sim/forge_nitro.h"
#include "attest/sim/forge_snp.h"
#include "base/rng_seeded.h"
#include "crypto/hash.h"
#include "crypto/ids.h"

#define MEMBER 100u /* the node of seat 1 (pd_open) */

static struct pd t;
static struct snp_forge snp;
static struct snp_forged snp_parts;
static struct forge_nitro nitro;
static struct forged_nitro document;

static int forge(void **state)
{
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 4);
    snp_forge_init(&snp, &rng.rng, PC_SNP_MILAN, false, 3);
    snp_forge_build(&snp_parts, &snp);
    forge_nitro_init(&nitro, &rng.rng, false);
    forge_nitro_build(&document, &nitro);
    return 0;
}

static struct bytes snp_part(enum snp_forge_part which)
{
    return snp_forged_part(&snp_parts, which);
}

static int setup(void **state)
{
    (void)state;
    pd_begin(&t, 0x21);
    t.p->n_roots = 0;
    roots_add(t.p, PC_BYTES_STR("another root"));
    roots_add(t.p, snp_part(PC_FORGED_SNP_ROOT));
    sha256(t.p->d.policy.snp.root[PC_SNP_MILAN], snp_part(PC_FORGED_SNP_ROOT));
    pd_head(&t, 100);
    kit_forget(&t.kit);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pd_end(&t);
    pd_config.vendor = WIRE_VENDOR_TDX;
    return 0;
}

static struct ipc_dc_evidence snp_member(void)
{
    return (struct ipc_dc_evidence){.node_id = MEMBER,
                                    .vendor = WIRE_VENDOR_SNP,
                                    .issuer = 16 + PC_SNP_MILAN,
                                    .evidence = snp_part(PC_FORGED_SNP_REPORT),
                                    .leaf = snp_part(PC_FORGED_SNP_VEK),
                                    .ca = snp_part(PC_FORGED_SNP_ISSUER)};
}

static struct ipc_dc_evidence nitro_member(void)
{
    return (struct ipc_dc_evidence){.node_id = MEMBER,
                                    .vendor = WIRE_VENDOR_NITRO,
                                    .issuer = 1,
                                    .evidence = bytes_of(document.p, document.n)};
}

/* Does attest get a job about the member with this evidence of it? */
static bool job_after(const struct ipc_dc_evidence *m, struct ipc_da_node_job *job)
{
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_evidence, m);
    pd_open(&t, 1, 3, 2, 100);
    pd_head(&t, 101);
    return KIT_HEARD(&t.kit, IPC_LINK_DA, da_node_job, DA_NODE_JOB, job);
}

static void snp_job(void **state)
{
    static struct evidence_policy policy;
    struct ipc_dc_evidence m = snp_member();
    struct ipc_da_node_job job;
    struct evidence_input in = snp_forge_input(&snp_parts);
    struct verdict v;
    (void)state;
    assert_true(job_after(&m, &job));
    assert_int_equal(job.vendor, WIRE_VENDOR_SNP);
    snp_forge_policy(&policy, &snp_parts);
    in = (struct evidence_input){.evidence = job.evidence,
                                 .collateral = {.root_crl = in.collateral.root_crl},
                                 .policy = &policy,
                                 .evidence_time = snp.now,
                                 .collateral_time = snp.now};
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
    assert_true(verdict_accepts(&v));
}

static void nitro_job(void **state)
{
    struct ipc_dc_evidence m = nitro_member();
    struct ipc_da_node_job job;
    struct verdict v;
    uint8_t pin[32];
    (void)state;
    assert_true(job_after(&m, &job));
    assert_int_equal(job.vendor, WIRE_VENDOR_NITRO);
    forge_nitro_pin(pin, &nitro);
    forge_nitro_verify(&v, job.evidence, pin);
    assert_true(verdict_accepts(&v));
}

/* A product whose root is not in the configuration: no job, and what was held before stays. */
static void root_missing(void **state)
{
    struct ipc_dc_evidence m = snp_member();
    struct ipc_da_node_job job;
    (void)state;
    m.issuer = 16 + PC_SNP_GENOA;
    assert_false(job_after(&m, &job));
    sha256(t.p->d.policy.snp.root[PC_SNP_GENOA], PC_BYTES_STR("not here"));
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_evidence, &m);
    pd_head(&t, 102);
    assert_false(KIT_HEARD(&t.kit, IPC_LINK_DA, da_node_job, DA_NODE_JOB, &job));
    m.issuer = 16 + PC_SNP_MILAN;
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_evidence, &m);
    pd_head(&t, 103);
    assert_true(KIT_HEARD(&t.kit, IPC_LINK_DA, da_node_job, DA_NODE_JOB, &job));
}

/* The member moves to another vendor (a new record): the next job is of that one. */
static void another_vendor(void **state)
{
    struct ipc_dc_evidence first = snp_member(), second = nitro_member();
    struct ipc_da_node_job job;
    (void)state;
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_evidence, &first);
    assert_true(job_after(&second, &job));
    assert_int_equal(job.vendor, WIRE_VENDOR_NITRO);
    assert_int_equal(job.evidence.n, document.n);
}

static struct bytes ask(enum ipc_mirror_what what, const uint8_t hash[32])
{
    struct ipc_dp_mirror_get m = {.id = 9, .what = what};
    struct ipc_dp_mirror a;
    memcpy(m.hash, hash, 32);
    KIT_SAY(&t.kit, IPC_LINK_DP, dp_mirror_get, &m);
    KIT_HEAR(&t.kit, IPC_LINK_DP, dp_mirror, DP_MIRROR, &a);
    return a.data;
}

static void mirrored(void **state)
{
    const struct ipc_dc_evidence both[] = {snp_member(), nitro_member()};
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(both); i++) {
        const struct ipc_dc_evidence *e = &both[i];
        static uint8_t whole[EVIDENCE_MAX];
        struct ipc_dc_accepted m = {.attested = {.vendor = e->vendor,
                                                 .kind = PC_SUBJECT_APP,
                                                 .issuer = e->issuer,
                                                 .attested_at = 500,
                                                 .valid_until = 900},
                                    .evidence = e->evidence,
                                    .leaf = e->leaf,
                                    .ca = e->ca};
        const struct posted_parts parts = {e->evidence, e->leaf, e->ca};
        struct wire_attested a;
        uint8_t hash[32];
        size_t n;
        KIT_SAY(&t.kit, IPC_LINK_DC, dc_accepted, &m);
        assert_int_equal(assemble(t.p, whole, sizeof whole, &n, e->vendor, e->issuer, &parts),
                         PC_OK);
        sha256(hash, bytes_of(whole, n));
        struct bytes got = ask(IPC_MIRROR_WHAT_EVIDENCE, hash);
        assert_int_equal(got.n, n);
        assert_memory_equal(got.p, whole, n);
        assert_int_equal(wire_decode_attested(&a, ask(IPC_MIRROR_WHAT_RECORD, hash)), PC_OK);
        assert_int_equal(a.vendor, e->vendor);
    }
}

/* ---- own quote ---- */

static void give_quote(void)
{
    struct ipc_dc_bound_get get;
    struct ipc_vd_quote_get quote;
    struct ipc_dc_bound bound = {.bound = {.number = 100}};
    struct ipc_vd_quote_chunk piece = {.chunk = {.last = true, .data_n = 100}};
    KIT_HEAR(&t.kit, IPC_LINK_DC, dc_bound_get, DC_BOUND_GET, &get);
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_bound, &bound);
    KIT_HEAR(&t.kit, IPC_LINK_VD, vd_quote_get, VD_QUOTE_GET, &quote);
    KIT_SAY(&t.kit, IPC_LINK_VD, vd_quote_chunk, &piece);
}

static void own_vendor(void **state)
{
    static const char *const says[] = {NULL, "\"vendor\":\"tdx\"", "\"vendor\":\"snp\"",
                                       "\"vendor\":\"nitro\""};
    (void)state;
    for (int v = WIRE_VENDOR_TDX; v <= WIRE_VENDOR_NITRO; v++) {
        struct relay_relay_attest attest;
        struct relay_relay_reattest again;
        pd_config.vendor = (enum wire_vendor)v;
        pd_restart(&t, 0x21);
        t.view.node_id = PD_NODE;
        pd_head(&t, 100u + (uint64_t)v);
        assert_non_null(strstr(pd_control(&t, "status\n"), says[v]));
        int fd = pd_control_open(&t, "join-bundle\n");
        give_quote();
        assert_non_null(strstr(pd_control_read(&t, fd), says[v]));
        /* The vault has new keys: a new record, then reattest. */
        pd_restart(&t, (uint8_t)(0x30 + v));
        t.view.node_id = 0;
        pd_head(&t, 110u + (uint64_t)v);
        give_quote();
        assert_true(PD_ASKED(&t, relay_attest, RELAY_ATTEST, &attest));
        assert_int_equal(attest.vendor, v);
        pd_done(&t, attest.id, RELAY_OUTCOME_MINED);
        assert_true(PD_ASKED(&t, relay_reattest, RELAY_REATTEST, &again));
        assert_int_equal(again.vendor, v);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(snp_job), T(nitro_job), T(root_missing), T(another_vendor), T(mirrored), T(own_vendor),
    };
    return cmocka_run_group_tests_name("polyclaved vendors", tests, forge, NULL);
}
