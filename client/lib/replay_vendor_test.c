/* SPDX-License-Identifier: Apache-2.0 */
/* replay_vendor_test.c - accepted evidence of SNP and Nitro verified again from its bundle, as
 * replay_test.c does it for TDX. */
#include <stdio.h>
#include <stdlib.h>

#include "attest/sim/forge_nitro.h"
#include "attest/sim/forge_snp.h"
#include "attest/snp_table.h"
#include "base/rng_seeded.h"
#include "base/unit_test.h"
#include "client/lib/replay.h"
#include "client/lib/replay_testkit.h"

#define BLOCK 500

static struct snp_forge snp;
static struct snp_forged snp_parts;
static struct forge_nitro nitro;
static struct forged_nitro document;
static struct evidence_policy policy;
static struct bundle_begin begin;
static struct bundle_accepted entry;
static struct bundle_object list;
static struct replay_kit kit;
static uint8_t evidence[PC_EVIDENCE_MAX], file[1u << 17];
static struct replay_result r;

static void report_data(uint8_t out[64])
{
    struct report_binding b = {.kind = PC_SUBJECT_NODE, .chain_id = 31337, .bound_block = 490};
    memset(b.attestations, 0x33, sizeof b.attestations);
    memset(b.keys_hash, 0x51, sizeof b.keys_hash);
    memset(b.context, 0x52, sizeof b.context);
    memset(b.bound_hash, 0xb0, sizeof b.bound_hash);
    id_report_data(out, &b);
}

static int forge(void **state)
{
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 3);
    snp_forge_init(&snp, &rng.rng, PC_SNP_TURIN, false, 5);
    report_data(snp.report + PC_SR_REPORT_DATA);
    snp_forge_build(&snp_parts, &snp);
    forge_nitro_init(&nitro, &rng.rng, true);
    report_data(nitro.user_data);
    forge_nitro_build(&document, &nitro);
    return 0;
}

/* What chain told of an evidence that has this verdict. */
static void accepted(const struct verdict *v, size_t n, uint64_t at)
{
    struct wire_attested *t = &entry.attested;
    assert_true(verdict_accepts(v));
    memset(&entry, 0, sizeof entry);
    begin = (struct bundle_begin){.version = BUNDLE_VERSION, .chain_id = 31337, .made_at = 1};
    memset(begin.attestations, 0x33, sizeof begin.attestations);
    *t = (struct wire_attested){.vendor = (enum wire_vendor)v->vendor,
                                .kind = PC_SUBJECT_NODE,
                                .issuer = v->leaf_issuer,
                                .bound_block = 490,
                                .attested_at = at,
                                .valid_until = at + 86400,
                                .block = BLOCK};
    memset(t->subject, 0x51, sizeof t->subject);
    memset(t->context, 0x52, sizeof t->context);
    memset(t->verifier, 0x53, sizeof t->verifier);
    memcpy(t->product, v->product, 32);
    memcpy(t->measurement, v->measurement, 32);
    memcpy(t->platform, v->platform, 32);
    memcpy(t->claims, v->claims, 32);
    id_record(t->record, (enum subject_kind)t->kind, t->subject, t->context, t->measurement,
              t->platform, t->verifier);
    entry.evidence = bytes_of(evidence, n);
    sha256(entry.hash, entry.evidence);
    entry.has_bound_hash = true;
    memset(entry.bound_hash, 0xb0, sizeof entry.bound_hash);
}

static void accept_snp(void)
{
    struct bytes report = snp_forged_part(&snp_parts, PC_FORGED_SNP_REPORT);
    struct snp_table table = {
        .entry = {[PC_SNP_ENTRY_VCEK] = snp_forged_part(&snp_parts, PC_FORGED_SNP_VEK),
                  [PC_SNP_ENTRY_ASK] = snp_forged_part(&snp_parts, PC_FORGED_SNP_ISSUER),
                  [PC_SNP_ENTRY_ARK] = snp_forged_part(&snp_parts, PC_FORGED_SNP_ROOT)}};
    struct evidence_input in = snp_forge_input(&snp_parts);
    struct verdict v;
    size_t n;
    snp_forge_policy(&policy, &snp_parts);
    memcpy(evidence, report.p, report.n);
    assert_int_equal(snp_table_build(evidence + report.n, sizeof evidence - report.n, &n, &table),
                     PC_OK);
    in.policy = &policy;
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
    accepted(&v, report.n + n, snp.now);
    memcpy(entry.attested.in_force[PC_OBJ_ROOT_CRL], v.objects[PC_OBJ_ROOT_CRL], 32);
    memcpy(list.name, v.objects[PC_OBJ_ROOT_CRL], 32);
    list.data = snp_forged_part(&snp_parts, PC_FORGED_SNP_CRL);
    replay_kit_prove(&kit, &entry, &begin, &entry.attested, BLOCK, snp.now);
}

static void accept_nitro(void)
{
    struct verdict v;
    uint8_t pin[32];
    forge_nitro_pin(pin, &nitro);
    policy_network(&policy, NULL);
    memcpy(policy.root_sha256[PC_VENDOR_NITRO], pin, sizeof pin);
    memcpy(evidence, document.p, document.n);
    forge_nitro_verify(&v, bytes_of(evidence, document.n), pin);
    accepted(&v, document.n, PC_FORGE_NITRO_NOW);
    list.data = bytes_of(NULL, 0);
    replay_kit_prove(&kit, &entry, &begin, &entry.attested, BLOCK, PC_FORGE_NITRO_NOW);
}

static void replay(void)
{
    struct bundle_writer w;
    FILE *out = tmpfile();
    assert_non_null(out);
    bundle_begin(&w, out, &begin);
    if (list.data.n != 0)
        bundle_add_object(&w, &list);
    bundle_add_accepted(&w, &entry);
    assert_int_equal(bundle_end(&w), PC_OK);
    rewind(out);
    size_t n = fread(file, 1, sizeof file, out);
    assert_true(n < sizeof file);
    fclose(out);
    replay_bundle(&r, bytes_of(file, n), entry.hash, &policy, NULL);
}

static void snp_is_shown(void **state)
{
    (void)state;
    accept_snp();
    replay();
    assert_int_equal(r.reasons, 0);
    assert_true(r.judged && r.bound && r.record_proved && r.in_force_proved);
    assert_memory_equal(r.verdict.product, "Turin", 5);
    /* Another list than was in force, and none. */
    entry.attested.in_force[PC_OBJ_ROOT_CRL][0] ^= 1;
    replay();
    assert_true(replay_has(&r, PC_REPLAY_OBJECT) && replay_has(&r, PC_REPLAY_IN_FORCE));
    accept_snp();
    list.data = bytes_of(NULL, 0);
    replay();
    assert_true(replay_has(&r, PC_REPLAY_OBJECT) && replay_has(&r, PC_REPLAY_REFUSED));
    /* Another product's slot: its word is not there. */
    accept_snp();
    entry.attested.issuer--;
    replay();
    assert_true(replay_has(&r, PC_REPLAY_CLAIMS) && !r.in_force_proved);
    /* The ARK is another product's in the policy. */
    accept_snp();
    memset(policy.snp.root_sha256[PC_SNP_TURIN], 0, 32);
    replay();
    assert_true(replay_has(&r, PC_REPLAY_REFUSED));
    /* The table behind the report is part of the evidence: a byte of it makes another one. */
    accept_snp();
    evidence[entry.evidence.n - 40] ^= 1;
    sha256(entry.hash, entry.evidence);
    replay();
    assert_true(replay_has(&r, PC_REPLAY_REFUSED));
}

static void nitro_is_shown(void **state)
{
    (void)state;
    accept_nitro();
    replay();
    assert_int_equal(r.reasons, 0);
    assert_true(r.judged && r.bound && r.record_proved);
    assert_false(r.in_force_proved); /* nothing of AWS's is in force */
    /* Years later it is judged at its own time; at another one it is refused. */
    entry.attested.attested_at += 3600;
    replay();
    assert_true(replay_has(&r, PC_REPLAY_REFUSED) && replay_has(&r, PC_REPLAY_HEADER));
    accept_nitro();
    policy.root_sha256[PC_VENDOR_NITRO][0] ^= 1;
    replay();
    assert_true(replay_has(&r, PC_REPLAY_REFUSED));
    accept_nitro();
    entry.attested.vendor = WIRE_VENDOR_SNP;
    replay();
    assert_true(replay_has(&r, PC_REPLAY_REFUSED));
    accept_nitro();
    entry.bound_hash[0] ^= 1;
    replay();
    assert_int_equal(r.reasons, UINT32_C(1) << PC_REPLAY_REPORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(snp_is_shown),
                                       cmocka_unit_test(nitro_is_shown)};
    return cmocka_run_group_tests_name("replay of vendors", tests, forge, NULL);
}
