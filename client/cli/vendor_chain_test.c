/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor_chain_test.c - calls about evidence against the contracts themselves: a deployment by
 * contracts/deploy under simulated roots of three vendors, collateral and certificates posted,
 * machines attested, records read back and compared with what the C verifiers say.
 */
#include <time.h>

#include "base/unit_test.h"
#include "client/cli/vendors_testkit.h"
#include "client/lib/vendor_calls.h"

enum {
    RECORD_CLAIMS = 0,
    RECORD_VENDOR = 1,
    RECORD_STANDING = 4,
    RECORD_BOUND = 7,
    RECORD_WORDS = 11
};

/* ---- transactions */

static struct vendor_calls calls_of(enum vendor vendor)
{
    return (struct vendor_calls){vendor, &kit.chain, kit.net.contract[network_verifier(vendor)], 0};
}

static uint8_t call[PC_VENDOR_CALL_MAX];

/* False: it reverts. */
static bool posts(enum vendor vendor, enum vendor_post_kind kind, struct bytes data)
{
    struct vendor_calls t = calls_of(vendor);
    struct bytes out;
    uint64_t gas;
    bool known;
    assert_int_equal(vendor_calls_post(&t, &out, &known, call, sizeof call, kind, data), PC_OK);
    assert_false(known);
    return kit_send(&t.verifier, out, &gas);
}

static void post(enum vendor vendor, enum vendor_post_kind kind, struct bytes data)
{
    assert_true(posts(vendor, kind, data));
}

static void assert_known(enum vendor vendor, enum vendor_post_kind kind, struct bytes data)
{
    struct vendor_calls t = calls_of(vendor);
    struct bytes out;
    bool known;
    assert_int_equal(vendor_calls_post(&t, &out, &known, call, sizeof call, kind, data), PC_OK);
    assert_true(known);
}

/* Post what is missing of a machine; how many certificates that took. */
static unsigned post_missing(enum vendor vendor, struct bytes evidence)
{
    struct vendor_calls t = calls_of(vendor);
    struct bytes out;
    uint64_t gas;
    for (unsigned n = 0; n <= PC_VENDOR_CERTS; n++) {
        assert_int_equal(vendor_calls_missing(&t, &out, call, sizeof call, evidence), PC_OK);
        if (out.n == 0)
            return n;
        assert_true(kit_send(&t.verifier, out, &gas));
        print_message("vendor %u: certificate, gas %llu\n", vendor, (unsigned long long)gas);
    }
    fail_msg("there is no end of certificates");
    return 0;
}

/* ---- a subject that attests */

struct subject {
    struct report_binding binding;
    uint8_t report_data[64];
};

static void bind_to(struct subject *s)
{
    memset(s, 0, sizeof *s);
    s->binding.kind = PC_SUBJECT_APP;
    memset(s->binding.keys_hash, 0x11, 32);
    memset(s->binding.context, 0x22, 32);
    kit_bind(&s->binding, s->report_data);
}

static bool attest(enum vendor vendor, const struct subject *s, struct bytes evidence)
{
    struct vendor_calls t = calls_of(vendor);
    struct vendor_attest a = {.kind = s->binding.kind,
                              .subject = evm_word_of(s->binding.keys_hash),
                              .context = evm_word_of(s->binding.context),
                              .bound_block = s->binding.bound_block,
                              .evidence = evidence};
    struct bytes out;
    uint64_t gas;
    assert_int_equal(vendor_calls_attest(&t, &out, call, sizeof call, &a), PC_OK);
    bool good = kit_send(&kit.net.contract[PC_NET_ATTESTATIONS], out, &gas);
    print_message("vendor %u: attest %s, gas %llu\n", vendor, good ? "accepted" : "refused",
                  (unsigned long long)gas);
    return good;
}

static void record_of(struct evm_word w[static RECORD_WORDS], const uint8_t key[static 32])
{
    uint8_t data[36], answer[32 * RECORD_WORDS];
    struct abi_selector s = abi_selector("recordOf(bytes32)");
    size_t n;
    memcpy(data, s.b, 4);
    memcpy(data + 4, key, 32);
    assert_int_equal(relay_chain_call(&kit.chain, answer, sizeof answer, &n,
                                      &kit.net.contract[PC_NET_ATTESTATIONS], PC_BYTES(data)),
                     PC_OK);
    assert_int_equal(n, sizeof answer);
    for (size_t i = 0; i < RECORD_WORDS; i++)
        w[i] = evm_word_of(answer + 32 * i);
}

/* The record that the evidence made says what the verifier in C says of it. */
static void check_record(const struct subject *s, const struct verdict *v,
                         const struct evidence_claims *c)
{
    struct vendor_calls t = calls_of((enum vendor)v->vendor);
    struct evm_word w[RECORD_WORDS], key, number = evm_word_u64(v->vendor),
                                          bound = evm_word_u64(s->binding.bound_block),
                                          good = evm_word_u64(1);
    struct bytes out;
    uint64_t gas;
    assert_true(verdict_accepts(v));
    assert_memory_equal(c->claims.b, v->claims, 32);
    id_record(key.b, s->binding.kind, s->binding.keys_hash, s->binding.context, v->measurement,
              v->platform, t.verifier.b);
    record_of(w, key.b);
    assert_memory_equal(w[RECORD_CLAIMS].b, v->claims, 32);
    assert_memory_equal(w[RECORD_VENDOR].b, number.b, 32);
    assert_memory_equal(w[RECORD_STANDING].b, good.b, 32);
    assert_memory_equal(w[RECORD_BOUND].b, bound.b, 32);
    /* and again without evidence */
    assert_int_equal(vendor_calls_recheck(&t, &out, call, sizeof call, &key, c), PC_OK);
    assert_true(kit_send(&kit.net.contract[PC_NET_ATTESTATIONS], out, &gas));
    print_message("vendor %u: recheck, gas %llu\n", v->vendor, (unsigned long long)gas);
    record_of(w, key.b);
    assert_memory_equal(w[RECORD_STANDING].b, good.b, 32);
}

static void judge(struct verdict *v, enum vendor vendor, struct bytes evidence,
                  const struct collateral *c)
{
    struct evidence_policy policy;
    uint8_t roots[4][32] = {{0}};
    memcpy(roots[PC_VENDOR_TDX], kit.pinned.tdx_root, 32);
    memcpy(roots[PC_VENDOR_NITRO], kit.pinned.nitro_root, 32);
    policy_network(&policy, (const uint8_t(*)[32])roots);
    policy_snp_roots(&policy, (const uint8_t(*)[32])kit.pinned.snp_root);
    struct evidence_input in = {.evidence = evidence,
                                .policy = &policy,
                                .evidence_time = (uint64_t)time(NULL),
                                .collateral_time = (uint64_t)time(NULL)};
    if (c != NULL)
        in.collateral = *c;
    evidence_verify(v, NULL, vendor, &in);
}

/* ---- Intel */

static struct sim_collateral intel_set;

static void post_intel_set(void)
{
    static struct tdx_tcb_info levels;
    static struct tdx_qe_identity identity;
    sim_levels(&levels, &kit.intel, 20, kit.now);
    sim_identity(&identity, 20, kit.now);
    sim_collateral_build(&intel_set, &kit.intel, &levels, &identity, kit.now);
    struct collateral c = sim_collateral_view(&intel_set);
    post(PC_VENDOR_TDX, PC_POST_CRL, c.root_crl);
    assert_known(PC_VENDOR_TDX, PC_POST_CRL, c.root_crl);
    post(PC_VENDOR_TDX, PC_POST_CERTIFICATE,
         bytes_of(kit.intel.signer.der, kit.intel.signer.der_n));
    post(PC_VENDOR_TDX, PC_POST_TCB_INFO, c.tcb_info);
    post(PC_VENDOR_TDX, PC_POST_QE_IDENTITY, c.qe_identity);
}

static void tdx(void **state)
{
    (void)state;
    static struct sim_platform p;
    static struct sim_platform_cert cert;
    static uint8_t quote[PC_SIM_QUOTE_CAP];
    static const uint8_t svn[16] = {7, 1, 4}; /* up to date by sim_levels */
    struct tdx_pck pck;
    struct evidence_claims c;
    struct subject s;
    struct verdict v;
    size_t n;
    post_intel_set();
    struct collateral set = sim_collateral_view(&intel_set);
    sim_pck_default(&pck, &kit.intel, &kit.rng.rng);
    sim_platform_new(&cert, &kit.intel, &kit.rng.rng, &pck, kit.now);
    p = (struct sim_platform){.quote_version = 5, .pck_key = cert.key};
    memset(p.mrtd, 1, sizeof p.mrtd);
    memset(p.mrconfigid, 2, sizeof p.mrconfigid);
    memcpy(p.tee_tcb_svn, svn, sizeof svn);
    sim_platform_pem(p.pem, sizeof p.pem, &p.pem_n, &kit.intel, &cert);
    bind_to(&s);
    sim_platform_quote(quote, &n, &p, s.report_data, &kit.rng.rng);
    struct bytes evidence = bytes_of(quote, n);
    struct vendor_calls t = calls_of(PC_VENDOR_TDX);
    struct bytes out;
    uint64_t gas;
    /* nothing is there: the CA comes first, then its list, then the leaf */
    assert_int_equal(vendor_calls_missing(&t, &out, call, sizeof call, evidence), PC_OK);
    assert_true(kit_send(&t.verifier, out, &gas));
    post(PC_VENDOR_TDX, PC_POST_CRL, set.pck_crl);
    assert_int_equal(post_missing(PC_VENDOR_TDX, evidence), 1);
    assert_true(attest(PC_VENDOR_TDX, &s, evidence));
    assert_int_equal(vendor_claims(&c, PC_VENDOR_TDX, evidence), PC_OK);
    judge(&v, PC_VENDOR_TDX, evidence, &set);
    check_record(&s, &v, &c);
}

/* ---- AMD */

static struct bytes pair_of(struct bytes object, const struct sim_amd_ca *issuer)
{
    static uint8_t both[8192];
    assert_true(object.n + issuer->der_n <= sizeof both);
    memcpy(both, object.p, object.n);
    memcpy(both + object.n, issuer->der, issuer->der_n);
    return bytes_of(both, object.n + issuer->der_n);
}

static struct bytes list_of(struct derw *room, uint64_t at, const uint8_t (*revoked)[4], size_t n)
{
    struct sim_amd_crl l;
    memset(room, 0, sizeof *room);
    sim_amd_crl_params(&l, &kit.amd, at);
    l.revoked = revoked;
    l.revoked_count = n;
    l.number = (uint32_t)(at & 0xffff);
    return sim_amd_crl_build(room, &l);
}

static struct sim_snp_machine genoa;

static void snp(void **state)
{
    (void)state;
    static struct derw room;
    static uint8_t evidence_buf[PC_EVIDENCE_MAX];
    struct evidence_claims c;
    struct subject s;
    struct verdict v;
    size_t n;
    genoa.version = 5;
    memset(genoa.measurement, 3, sizeof genoa.measurement);
    memset(genoa.host_data, 4, sizeof genoa.host_data);
    sim_snp_machine_new(&genoa, &kit.amd, &kit.rng.rng, false, kit.now);
    bind_to(&s);
    sim_snp_evidence(evidence_buf, &n, &genoa, s.report_data, &kit.rng.rng);
    struct bytes evidence = bytes_of(evidence_buf, n);
    assert_int_equal(post_missing(PC_VENDOR_SNP, evidence), 2);
    assert_false(attest(PC_VENDOR_SNP, &s, evidence)); /* no revocation list yet */
    struct bytes list = list_of(&room, kit.now, NULL, 0);
    post(PC_VENDOR_SNP, PC_POST_CRL, pair_of(list, &kit.amd.ark));
    assert_known(PC_VENDOR_SNP, PC_POST_CRL, pair_of(list, &kit.amd.ark));
    assert_known(PC_VENDOR_SNP, PC_POST_CERTIFICATE,
                 pair_of(bytes_of(kit.amd.ask.der, kit.amd.ask.der_n), &kit.amd.ark));
    assert_true(attest(PC_VENDOR_SNP, &s, evidence));
    assert_int_equal(vendor_claims(&c, PC_VENDOR_SNP, evidence), PC_OK);
    struct collateral set = {.root_crl = list};
    judge(&v, PC_VENDOR_SNP, evidence, &set);
    check_record(&s, &v, &c);

    /* the ASVK is revoked: it cannot be posted, the VCEK counts as before */
    list = list_of(&room, kit.now + 60, (const uint8_t(*)[4]) & kit.amd.asvk.serial, 1);
    post(PC_VENDOR_SNP, PC_POST_CRL, pair_of(list, &kit.amd.ark));
    assert_false(posts(PC_VENDOR_SNP, PC_POST_CERTIFICATE,
                       pair_of(bytes_of(kit.amd.asvk.der, kit.amd.asvk.der_n), &kit.amd.ark)));
    bind_to(&s);
    sim_snp_evidence(evidence_buf, &n, &genoa, s.report_data, &kit.rng.rng);
    evidence = bytes_of(evidence_buf, n);
    assert_int_equal(post_missing(PC_VENDOR_SNP, evidence), 0);
    assert_true(attest(PC_VENDOR_SNP, &s, evidence));
    assert_int_equal(vendor_claims(&c, PC_VENDOR_SNP, evidence), PC_OK);
    set.root_crl = list;
    judge(&v, PC_VENDOR_SNP, evidence, &set);
    check_record(&s, &v, &c);
}

/* At the end: nothing that the ASK signed counts any more, here and there. */
static void snp_revoked(void **state)
{
    (void)state;
    static struct derw room;
    static uint8_t evidence_buf[PC_EVIDENCE_MAX];
    struct subject s;
    struct verdict v;
    size_t n;
    struct bytes list =
        list_of(&room, kit.now + 120, (const uint8_t(*)[4]) & kit.amd.ask.serial, 1);
    post(PC_VENDOR_SNP, PC_POST_CRL, pair_of(list, &kit.amd.ark));
    bind_to(&s);
    sim_snp_evidence(evidence_buf, &n, &genoa, s.report_data, &kit.rng.rng);
    struct bytes evidence = bytes_of(evidence_buf, n);
    assert_false(attest(PC_VENDOR_SNP, &s, evidence));
    struct collateral set = {.root_crl = list};
    judge(&v, PC_VENDOR_SNP, evidence, &set);
    assert_true(verdict_has(&v, PC_R_SNP_ASK_REVOKED));
}

/* ---- AWS */

static void nitro(void **state)
{
    (void)state;
    static uint8_t document[PC_SIM_NITRO_CAP];
    struct evidence_claims c;
    struct subject s;
    struct verdict v;
    size_t n;
    for (unsigned i = 0; i < 2; i++) {
        bind_to(&s);
        if (i == 1)
            sim_nitro_start(&kit.aws, &kit.rng.rng); /* a new enclave of the same host */
        sim_nitro_document(document, &n, &kit.aws, (uint64_t)time(NULL) * 1000, s.report_data);
        struct bytes evidence = bytes_of(document, n);
        assert_int_equal(post_missing(PC_VENDOR_NITRO, evidence), i == 0 ? 4 : 1);
        assert_true(attest(PC_VENDOR_NITRO, &s, evidence));
        assert_int_equal(vendor_claims(&c, PC_VENDOR_NITRO, evidence), PC_OK);
        judge(&v, PC_VENDOR_NITRO, evidence, NULL);
        check_record(&s, &v, &c);
    }
    /* certificates have no posts of their own */
    struct vendor_calls t = calls_of(PC_VENDOR_NITRO);
    struct bytes out;
    bool known;
    assert_int_equal(vendor_calls_post(&t, &out, &known, call, sizeof call, PC_POST_CERTIFICATE,
                                       bytes_of(kit.aws_root, kit.aws_root_n)),
                     PC_E_UNSUPPORTED);
}

/* What is false is refused here or there, and never accepted. */
static void forged(void **state)
{
    (void)state;
    static struct sim_snp_machine m;
    static uint8_t evidence[PC_EVIDENCE_MAX];
    struct vendor_calls t = calls_of(PC_VENDOR_SNP);
    struct subject s;
    struct bytes out;
    size_t n;
    m.version = 3;
    sim_snp_machine_new(&m, &kit.amd, &kit.rng.rng, false, kit.now);
    bind_to(&s);
    sim_snp_evidence(evidence, &n, &m, s.report_data, &kit.rng.rng);
    struct vendor_attest a = {.kind = s.binding.kind,
                              .subject = evm_word_of(s.binding.keys_hash),
                              .context = evm_word_of(s.binding.context),
                              .bound_block = s.binding.bound_block,
                              .evidence = bytes_of(evidence, n)};
    evidence[PC_SR_MEASUREMENT] ^= 1;
    assert_int_equal(vendor_calls_attest(&t, &out, call, sizeof call, &a), PC_E_SIGNATURE);
    assert_int_equal(out.n, 0);
    evidence[PC_SR_MEASUREMENT] ^= 1;
    assert_int_equal(post_missing(PC_VENDOR_SNP, a.evidence), 1); /* the ASK is there */
    s.binding.keys_hash[0] ^= 1;
    assert_false(attest(PC_VENDOR_SNP, &s, a.evidence)); /* another subject than the report's */
    s.binding.keys_hash[0] ^= 1;
    assert_true(attest(PC_VENDOR_SNP, &s, a.evidence));
    /* a vendor of which the network has no verifier */
    memset(&t.verifier, 0, sizeof t.verifier);
    assert_int_equal(vendor_calls_attest(&t, &out, call, sizeof call, &a), PC_E_UNSUPPORTED);
    assert_int_equal(vendor_calls_missing(&t, &out, call, sizeof call, a.evidence),
                     PC_E_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tdx), cmocka_unit_test(snp),
                                       cmocka_unit_test(nitro), cmocka_unit_test(forged),
                                       cmocka_unit_test(snp_revoked)};
    return kit_available() ? cmocka_run_group_tests(tests, kit_start, kit_stop) : 77;
}
