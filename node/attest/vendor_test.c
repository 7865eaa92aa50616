/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs of SNP and Nitro: which objects are fetched, what the vault is told, and that nothing in
 * force means nothing is accepted. */
#include <stdlib.h>

#include "attest/sim/forge_nitro.h"
#include "attest/sim/forge_snp.h"
#include "attest/snp_table.h"
#include "base/rng_seeded.h"
#include "crypto/hash.h"
#include "node/attest/attest.h"
#include "node/testkit/kit.h"

static struct snp_forge snp;
static struct snp_forged parts;
static struct forge_nitro nitro;
static struct forged_nitro document;
static uint8_t evidence[PC_EVIDENCE_MAX];
static size_t evidence_n;
static struct verdict genuine;

static struct attest *a;
static struct kit k;
static struct daemon_spec spec;

static struct bytes part(enum snp_forge_part which)
{
    return snp_forged_part(&parts, which);
}

static int forge(void **state)
{
    static struct evidence_policy policy;
    struct rng_seeded rng;
    size_t n;
    (void)state;
    rng_seeded_init(&rng, 6);
    snp_forge_init(&snp, &rng.rng, PC_SNP_GENOA, false, 3);
    snp_forge_build(&parts, &snp);
    forge_nitro_init(&nitro, &rng.rng, true);
    forge_nitro_build(&document, &nitro);
    const struct snp_table table = {.entry = {[PC_SNP_ENTRY_VCEK] = part(PC_FORGED_SNP_VEK),
                                              [PC_SNP_ENTRY_ASK] = part(PC_FORGED_SNP_ISSUER),
                                              [PC_SNP_ENTRY_ARK] = part(PC_FORGED_SNP_ROOT)}};
    memcpy(evidence, part(PC_FORGED_SNP_REPORT).p, PC_SNP_REPORT_LEN);
    assert_int_equal(snp_table_build(evidence + PC_SNP_REPORT_LEN,
                                     sizeof evidence - PC_SNP_REPORT_LEN, &n, &table),
                     PC_OK);
    evidence_n = PC_SNP_REPORT_LEN + n;
    struct evidence_input in = snp_forge_input(&parts);
    snp_forge_policy(&policy, &parts);
    in.policy = &policy;
    evidence_verify(&genuine, NULL, PC_VENDOR_SNP, &in);
    assert_true(verdict_accepts(&genuine));
    worker_prepare();
    return 0;
}

static int setup(void **state)
{
    (void)state;
    a = calloc(1, sizeof *a);
    assert_non_null(a);
    attest_spec(&spec, a);
    kit_begin(&k, &a->d, &spec);
    sha256(a->d.policy.snp.root[PC_SNP_GENOA], part(PC_FORGED_SNP_ROOT));
    forge_nitro_pin(a->d.policy.nitro.root, &nitro);
    a->d.exit_code = -1;
    attest_start(a);
    kit_connect_all(&k);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    loop_timer_stop(&a->d.loop, &a->tick);
    kit_end(&k);
    free(a);
    return 0;
}

static void say(uint8_t digest, enum wire_vendor vendor, uint64_t at, const uint8_t *list,
                struct bytes what)
{
    struct ipc_ca_context c = {
        .vendor = vendor, .attested_at = at, .head_time = at + 60, .collateral_epoch = 5};
    struct ipc_da_node_job m = {.vendor = vendor, .evidence = what};
    memset(c.digest, digest, sizeof c.digest);
    memset(m.digest, digest, sizeof m.digest);
    if (list != NULL)
        memcpy(c.in_force[PC_OBJ_ROOT_CRL], list, 32);
    KIT_SAY(&k, IPC_LINK_CA, ca_context, &c);
    KIT_SAY(&k, IPC_LINK_DA, da_node_job, &m);
}

static void hear(uint8_t digest, enum wire_release_code code, struct ipc_va_verdict *v)
{
    struct ipc_pa_done done;
    if (code != WIRE_RELEASE_CODE_RETRY) {
        KIT_HEAR(&k, IPC_LINK_VA, va_verdict, VA_VERDICT, v);
        assert_int_equal(v->digest[0], digest);
        assert_int_equal((v->reasons[0] | v->reasons[1]) == 0, code == WIRE_RELEASE_CODE_OK);
    }
    KIT_HEAR(&k, IPC_LINK_DA, pa_done, PA_DONE, &done);
    assert_int_equal(done.digest[0], digest);
    assert_int_equal(done.code, code);
}

/* The one object of SNP, if it is asked for. */
static bool give_list(struct bytes data)
{
    struct ipc_da_get get;
    struct ipc_da_data m = {.has_data = data.n != 0, .data = data};
    if (!KIT_HEARD(&k, IPC_LINK_DA, da_get, DA_GET, &get))
        return false;
    memcpy(m.hash, get.hash, sizeof m.hash);
    KIT_SAY(&k, IPC_LINK_DA, da_data, &m);
    assert_false(KIT_HEARD(&k, IPC_LINK_DA, da_get, DA_GET, &get));
    return true;
}

static void snp_job(void **state)
{
    const uint8_t *list = genuine.objects[PC_OBJ_ROOT_CRL];
    struct bytes whole = bytes_of(evidence, evidence_n);
    struct ipc_va_verdict v;
    (void)state;
    say(1, WIRE_VENDOR_SNP, snp.now, list, whole);
    assert_true(give_list(part(PC_FORGED_SNP_CRL)));
    hear(1, WIRE_RELEASE_CODE_OK, &v);
    assert_memory_equal(v.claims, genuine.claims, 32);
    assert_memory_equal(v.product, "Genoa\0", 6);
    assert_int_equal(v.leaf_issuer, 16 + PC_SNP_GENOA);
    assert_true(v.crl_checked);
    assert_memory_equal(v.objects[PC_OBJ_ROOT_CRL], list, 32);
    /* The list is in force and not held: it cannot be judged now. */
    say(2, WIRE_VENDOR_SNP, snp.now, list, whole);
    assert_true(give_list(bytes_of(NULL, 0)));
    hear(2, WIRE_RELEASE_CODE_RETRY, &v);
    /* Another one is given under its name. */
    uint8_t name[32];
    memcpy(name, list, 32);
    name[0] ^= 1;
    say(3, WIRE_VENDOR_SNP, snp.now, name, whole);
    assert_true(give_list(part(PC_FORGED_SNP_CRL)));
    hear(3, WIRE_RELEASE_CODE_EVIDENCE_REJECTED, &v);
    /* None is in force: nothing is fetched, nothing accepted. */
    say(4, WIRE_VENDOR_SNP, snp.now, NULL, whole);
    assert_false(give_list(part(PC_FORGED_SNP_CRL)));
    hear(4, WIRE_RELEASE_CODE_EVIDENCE_REJECTED, &v);
    /* Without the table there is no certificate. */
    say(5, WIRE_VENDOR_SNP, snp.now, list, bytes_of(evidence, PC_SNP_REPORT_LEN));
    assert_true(give_list(part(PC_FORGED_SNP_CRL)));
    hear(5, WIRE_RELEASE_CODE_EVIDENCE_REJECTED, &v);
}

/* The ARK is pinned for another product than its own. */
static void snp_root_of_another_product(void **state)
{
    struct ipc_va_verdict v;
    (void)state;
    memset(a->d.policy.snp.root, 0, sizeof a->d.policy.snp.root);
    sha256(a->d.policy.snp.root[PC_SNP_MILAN], part(PC_FORGED_SNP_ROOT));
    attest_start(a);
    say(1, WIRE_VENDOR_SNP, snp.now, genuine.objects[PC_OBJ_ROOT_CRL],
        bytes_of(evidence, evidence_n));
    assert_true(give_list(part(PC_FORGED_SNP_CRL)));
    hear(1, WIRE_RELEASE_CODE_EVIDENCE_REJECTED, &v);
}

static void nitro_job(void **state)
{
    struct bytes whole = bytes_of(document.p, document.n);
    struct ipc_va_verdict v;
    (void)state;
    say(1, WIRE_VENDOR_NITRO, PC_FORGE_NITRO_NOW, NULL, whole);
    assert_false(give_list(bytes_of(NULL, 0))); /* nothing to fetch */
    hear(1, WIRE_RELEASE_CODE_OK, &v);
    assert_int_equal(v.vendor, WIRE_VENDOR_NITRO);
    assert_int_equal(v.report_data_n, 64);
    assert_false(v.crl_checked);
    assert_true(bytes_all_zero_var(PC_BYTES(v.product)));
    /* Hours later its record is still looked up: judged at the time when it was attested. */
    say(2, WIRE_VENDOR_NITRO, PC_FORGE_NITRO_NOW + 86400, NULL, whole);
    hear(2, WIRE_RELEASE_CODE_EVIDENCE_REJECTED, &v);
    document.p[document.n / 2] ^= 1;
    say(3, WIRE_VENDOR_NITRO, PC_FORGE_NITRO_NOW, NULL, whole);
    document.p[document.n / 2] ^= 1;
    hear(3, WIRE_RELEASE_CODE_EVIDENCE_REJECTED, &v);
    /* As another vendor's. */
    say(4, WIRE_VENDOR_SNP, PC_FORGE_NITRO_NOW, NULL, whole);
    hear(4, WIRE_RELEASE_CODE_EVIDENCE_REJECTED, &v);
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {T(snp_job), T(snp_root_of_another_product), T(nitro_job)};
    return cmocka_run_group_tests_name("attest vendors", tests, forge, NULL);
}
