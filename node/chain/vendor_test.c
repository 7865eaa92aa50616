/* SPDX-License-Identifier: Apache-2.0 */
/* What is posted for SNP and Nitro, from the contracts' logs and calldata to what polyclaved is
 * told. */
#include <stdlib.h>

#include "chain/abi.h"
#include "crypto/hash.h"
#include "crypto/ids.h"
#include "node/chain/testkit.h"

#define NODE    9u
#define CERT    "addCert(bytes,bytes32,bytes)"
#define CRL     "addCrl(bytes,uint8,bytes)"
#define ATTEST  "attest(uint8,bytes32,bytes32,address,uint64,bytes,bytes)"
#define PRODUCT 2 /* Turin */

static struct world w;
static uint8_t snp_leaf[194], modulus[512], list[9] = {0x30, 7, 0x30, 3, 2, 1, 1, 5, 0};
static struct evm_word authority, list_digest;

static int setup(void **state)
{
    (void)state;
    world_begin(&w);
    memset(w.c->d.policy.snp.verifier, 0xa1, 20);
    memset(w.c->d.policy.nitro.verifier, 0xa2, 20);
    memset(authority.b, 0xca, sizeof authority.b);
    memset(snp_leaf, 0x5e, sizeof snp_leaf);
    snp_leaf[96] = PRODUCT;
    sha256(list_digest.b, bytes_of(list + 2, 5));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

/* ---- what the contracts say ---- */

static void certificate(struct bytes der, const struct evm_word *issuer)
{
    uint8_t buf[3072];
    struct bytes args;
    struct abi_out o = abi_out_of(buf, sizeof buf, 3);
    abi_out_bytes(&o, der);
    abi_out_word(&o, issuer);
    abi_out_bytes(&o, PC_BYTES(modulus));
    assert_int_equal(abi_out_end(&o, &args), PC_OK);
    world_calldata(&w, CERT, args);
}

static void post_issuer(void)
{
    struct evm_word topics[2] = {abi_topic("AuthorityPosted(bytes32,uint8,uint8,uint256,uint256)"),
                                 authority},
                    product = evm_word_u64(PRODUCT);
    uint8_t data[128] = {0};
    data[31] = PRODUCT;
    data[63] = 3; /* role */
    world_log(&w, w.c->d.policy.snp.verifier, topics, 2, PC_BYTES(data));
    certificate(PC_BYTES_STR("the ASK"), &product);
}

static void post_leaf(void)
{
    struct evm_word topics[3] = {abi_topic("LeafPosted(bytes32,bytes32,bytes32,bytes)")};
    uint8_t buf[512];
    struct bytes data;
    struct abi_out o = abi_out_of(buf, sizeof buf, 2);
    abi_out_word(&o, &topics[1]);
    abi_out_bytes(&o, PC_BYTES(snp_leaf));
    assert_int_equal(abi_out_end(&o, &data), PC_OK);
    world_log(&w, w.c->d.policy.snp.verifier, topics, 3, data);
    certificate(PC_BYTES_STR("the VCEK"), &authority);
}

static void post_list(uint8_t product)
{
    struct evm_word topics[2] = {abi_topic("CrlInForce(uint8,bytes32,uint256,uint256,uint256)"),
                                 evm_word_u64(product)};
    uint8_t data[128] = {0}, buf[1024];
    struct bytes args;
    memcpy(data, list_digest.b, 32);
    data[95] = 200; /* nextUpdate */
    world_log(&w, w.c->d.policy.snp.verifier, topics, 2, PC_BYTES(data));
    struct abi_out o = abi_out_of(buf, sizeof buf, 3);
    abi_out_bytes(&o, PC_BYTES(list));
    abi_out_u64(&o, product);
    abi_out_bytes(&o, PC_BYTES(modulus));
    assert_int_equal(abi_out_end(&o, &args), PC_OK);
    world_calldata(&w, CRL, args);
}

/* Attested of the node whose keys are filled with `fill`, with these hints, in the next block. */
static void attested(uint8_t fill, enum wire_vendor vendor, const uint8_t verifier[20],
                     struct bytes hints)
{
    uint8_t keys[32], buf[3072];
    struct evm_word state[2] = {{{0}}}, subject, zero = {{0}};
    struct evm_address account, at;
    struct bytes data;
    memset(keys, fill, sizeof keys);
    memset(account.b, fill, sizeof account.b);
    memcpy(at.b, verifier, sizeof at.b);
    id_keys_node(subject.b, keys, keys, account.b);
    struct evm_word topics[4] = {abi_topic("Attested(bytes32,bytes32,bytes32,address,bytes32,"
                                           "bytes32,bytes32,uint256)"),
                                 evm_word_u64(1000 + NODE), subject, zero};
    struct abi_out o = abi_out_of(buf, sizeof buf, 5);
    abi_out_addr(&o, &at);
    for (int i = 0; i < 3; i++)
        abi_out_word(&o, &zero);
    world_field(state, PC_AT_RECORD_VENDOR, vendor);
    world_field(state, PC_AT_RECORD_KIND, PC_SUBJECT_NODE);
    abi_out_word(&o, &state[1]);
    assert_int_equal(abi_out_end(&o, &data), PC_OK);
    world_log(&w, w.c->d.policy.attestations, topics, 4, data);
    o = abi_out_of(buf, sizeof buf, 7);
    abi_out_u64(&o, PC_SUBJECT_NODE);
    abi_out_word(&o, &zero);
    abi_out_word(&o, &zero);
    abi_out_addr(&o, &at);
    abi_out_u64(&o, 1);
    abi_out_bytes(&o, PC_BYTES_STR("the evidence"));
    abi_out_bytes(&o, hints);
    assert_int_equal(abi_out_end(&o, &data), PC_OK);
    world_calldata(&w, ATTEST, data);
}

/* ---- what is told ---- */

static bool is(struct bytes a, const char *text)
{
    return bytes_equal_var(a, bytes_of(text, strlen(text)));
}

static bool told_evidence(struct ipc_dc_evidence *m)
{
    bool any = false;
    while (KIT_HEARD(&w.kit, IPC_LINK_DC, dc_evidence, DC_EVIDENCE, m))
        any = true;
    return any;
}

static void snp_node(void **state)
{
    struct ipc_dc_evidence e;
    struct ipc_dc_accepted a;
    struct ipc_dc_upcoming u;
    struct ipc_dc_bytes b;
    uint8_t hints[300];
    bool list_told = false;
    (void)state;
    memcpy(hints, snp_leaf, sizeof snp_leaf);
    memset(hints + sizeof snp_leaf, 0xff, sizeof hints - sizeof snp_leaf);
    post_issuer();
    post_leaf();
    post_list(PRODUCT);
    attested(0x31, WIRE_VENDOR_SNP, w.c->d.policy.snp.verifier, PC_BYTES(hints));
    world_mine(&w, 1);
    world_join(&w, NODE, 0x31);
    world_round(&w);
    assert_int_equal(w.c->posted_n, 0);
    assert_true(told_evidence(&e));
    assert_int_equal(e.node_id, NODE);
    assert_int_equal(e.vendor, WIRE_VENDOR_SNP);
    assert_int_equal(e.issuer, 16 + PRODUCT);
    assert_true(is(e.evidence, "the evidence") && is(e.leaf, "the VCEK") && is(e.ca, "the ASK"));
    assert_true(KIT_HEARD(&w.kit, IPC_LINK_DC, dc_accepted, DC_ACCEPTED, &a));
    assert_int_equal(a.attested.vendor, WIRE_VENDOR_SNP);
    assert_int_equal(a.attested.issuer, 16 + PRODUCT);
    assert_memory_equal(a.attested.product, "Turin\0\0", 8);
    assert_memory_equal(a.attested.in_force[FORCE_ROOT_CRL], list_digest.b, 32);
    assert_true(bytes_all_zero_var(PC_BYTES(a.attested.in_force[FORCE_TCB_INFO])));
    assert_true(KIT_HEARD(&w.kit, IPC_LINK_DC, dc_upcoming, DC_UPCOMING, &u));
    assert_int_equal(u.vendor, WIRE_VENDOR_SNP);
    assert_int_equal(u.object[31], 16 + PRODUCT);
    assert_int_equal(u.until, 200);
    assert_memory_equal(u.digest, list_digest.b, 32);
    while (KIT_HEARD(&w.kit, IPC_LINK_DC, dc_bytes, DC_BYTES, &b))
        list_told |= memcmp(b.hash, list_digest.b, 32) == 0 && b.data.n == sizeof list;
    assert_true(list_told);
}

/* The calldata of its certificate come after those of the evidence: it is told all the same. */
static void certificate_comes_last(void **state)
{
    struct ipc_dc_evidence e;
    (void)state;
    for (int late = 0; late < 2; late++) { /* the leaf, then the issuer */
        sync_restart(w.c);
        w.n_logs = 0;
        world_join(&w, NODE, 0x31);
        if (late == 0)
            post_issuer();
        else
            post_leaf();
        world_mine(&w, 1);
        world_round(&w);
        for (int i = 0; i < WORLD_ENDPOINTS; i++)
            w.endpoint[i].no_calldata = true;
        if (late == 0)
            post_leaf();
        else
            post_issuer();
        attested(0x31, WIRE_VENDOR_SNP, w.c->d.policy.snp.verifier, PC_BYTES(snp_leaf));
        world_mine(&w, 1);
        world_round(&w); /* the certificate goes behind the evidence */
        for (int i = 0; i < WORLD_ENDPOINTS; i++)
            w.endpoint[i].no_calldata = false;
        world_mine(&w, 1);
        world_round(&w);
        assert_false(told_evidence(&e));
        world_mine(&w, 1);
        world_round(&w);
        assert_true(told_evidence(&e));
        assert_true(is(e.leaf, "the VCEK") && is(e.ca, "the ASK"));
        assert_int_equal(w.c->posted_n, 0);
        kit_forget(&w.kit);
    }
}

/* A document carries its whole chain: no certificate is waited for, nothing is in force. */
static void nitro_node(void **state)
{
    struct ipc_dc_evidence e;
    struct ipc_dc_accepted a;
    uint8_t hints[186 + 40] = {0};
    static const uint8_t none[4][32];
    (void)state;
    attested(0x31, WIRE_VENDOR_NITRO, w.c->d.policy.nitro.verifier, PC_BYTES(hints));
    world_mine(&w, 1);
    world_join(&w, NODE, 0x31);
    world_round(&w);
    assert_true(told_evidence(&e));
    assert_int_equal(e.vendor, WIRE_VENDOR_NITRO);
    assert_true(is(e.evidence, "the evidence") && e.leaf.n == 0 && e.ca.n == 0);
    assert_true(KIT_HEARD(&w.kit, IPC_LINK_DC, dc_accepted, DC_ACCEPTED, &a));
    assert_int_equal(a.attested.vendor, WIRE_VENDOR_NITRO);
    assert_int_equal(a.attested.issuer, 1);
    assert_memory_equal(a.attested.in_force, none, sizeof none);
    assert_true(bytes_all_zero_var(PC_BYTES(a.attested.product)));
}

/* Hints that are no record of their vendor leave the record unread, whoever posted them. */
static void hints_that_are_none(void **state)
{
    struct ipc_dc_evidence e;
    struct evm_word key = evm_word_u64(1000 + NODE);
    const struct policy_policy *p = &w.c->d.policy;
    (void)state;
    world_join(&w, NODE, 0x31);
    attested(0x31, WIRE_VENDOR_SNP, p->snp.verifier, bytes_of(snp_leaf, 193));
    world_mine(&w, 1);
    world_round(&w);
    snp_leaf[96] = 3; /* no product */
    attested(0x31, WIRE_VENDOR_SNP, p->snp.verifier, PC_BYTES(snp_leaf));
    world_mine(&w, 1);
    world_round(&w);
    attested(0x31, WIRE_VENDOR_NITRO, p->nitro.verifier, bytes_of(snp_leaf, 185));
    world_mine(&w, 1);
    world_round(&w);
    attested(0x31, (enum wire_vendor)9, p->nitro.verifier, PC_BYTES(snp_leaf));
    world_mine(&w, 1);
    world_round(&w);
    assert_int_equal(w.c->posted_n, 0);
    assert_false(index_record(w.c->index, &key)->parsed);
    assert_false(told_evidence(&e));
}

/* Logs of SNP's verifier that are of another shape than its interface has change nothing. */
static void logs_that_are_none(void **state)
{
    static const char crl[] = "CrlInForce(uint8,bytes32,uint256,uint256,uint256)",
                      tdx_crl[] = "CrlInForce(uint8,bytes32,uint256,uint256,uint256,uint256)";
    uint8_t data[128] = {0};
    struct log_record log = {.n_topics = 2, .data = PC_BYTES(data)};
    struct ipc_dc_upcoming u;
    (void)state;
    log.topics[0] = abi_topic(crl);
    log.topics[1] = evm_word_u64(3); /* no such product */
    assert_true(accepted_verifier_log(w.c, PC_VENDOR_SNP, &log));
    log.topics[1] = evm_word_u64(256); /* not product 0 */
    assert_true(accepted_verifier_log(w.c, PC_VENDOR_SNP, &log));
    log.topics[1] = evm_word_u64(1);
    log.data = bytes_of(data, 96);
    assert_true(accepted_verifier_log(w.c, PC_VENDOR_SNP, &log));
    log.data = PC_BYTES(data);
    assert_false(accepted_verifier_log(w.c, PC_VENDOR_TDX, &log));
    assert_false(accepted_verifier_log(w.c, PC_VENDOR_NITRO, &log));
    log.topics[0] = abi_topic(tdx_crl);
    assert_false(accepted_verifier_log(w.c, PC_VENDOR_SNP, &log));
    log.topics[0] = abi_topic("CollateralInForce(bytes32,uint256,bytes32,bytes32,uint256)");
    log.n_topics = 3; /* AMD has no such thing */
    log.topics[2] = evm_word_u64(7);
    log.data = bytes_of(data, 96);
    assert_false(accepted_verifier_log(w.c, PC_VENDOR_SNP, &log));
    kit_settle(&w.kit);
    assert_false(KIT_HEARD(&w.kit, IPC_LINK_DC, dc_upcoming, DC_UPCOMING, &u));
    log.n_topics = 3;
    log.topics[0] = abi_topic("LeafPosted(bytes32,bytes32,bytes32,bytes)");
    posted_verifier_log(w.c, PC_VENDOR_SNP, &log); /* its record is too short */
    assert_int_equal(w.c->posted_n, 0);
}

/* A vendor's certificates and records outlive a restart. */
static void through_a_checkpoint(void **state)
{
    struct kept_claim claim;
    struct evm_word key = evm_word_u64(1000 + NODE);
    struct bytes leaf, ca;
    uint8_t *whole;
    size_t n;
    (void)state;
    post_issuer();
    post_leaf();
    attested(0x31, WIRE_VENDOR_SNP, w.c->d.policy.snp.verifier, PC_BYTES(snp_leaf));
    world_mine(&w, 1);
    world_round(&w);
    assert_int_equal(kept_form_write(w.c, 1, &whole, &n), PC_OK);
    index_clear(w.c->index);
    assert_int_equal(kept_form_read(w.c, bytes_of(whole, n), &claim), PC_OK);
    const struct record_entry *r = index_record(w.c->index, &key);
    assert_non_null(r);
    assert_true(r->parsed && r->leaf_issuer == 16 + PRODUCT);
    assert_memory_equal(r->product, "Turin", 5);
    assert_true(index_certificates(w.c->index, &leaf, &ca, r));
    assert_true(is(leaf, "the VCEK") && is(ca, "the ASK"));
    /* Of a network with another verifier it is refused. */
    w.c->d.policy.snp.verifier[0] ^= 1;
    index_clear(w.c->index);
    assert_int_equal(kept_form_read(w.c, bytes_of(whole, n), &claim), PC_E_REFUSED);
    w.c->d.policy.snp.verifier[0] ^= 1;
    free(whole);
}

/* ---- own standing ---- */

static void own_words(const struct evm_word *product)
{
    const struct policy_policy *p = &w.c->d.policy;
    struct evm_word node[PC_WORDS_NODE] = {{{0}}}, record[2] = {{{0}}}, m = {{0}}, vendor;
    struct evm_word none = {{0}}, key = evm_word_u64(1000 + NODE);
    static const uint16_t statuses[] = {0, 0x22, 0x02, 0x02};
    world_field(node, PC_AT_NODE_VENDOR, WIRE_VENDOR_SNP);
    world_field(node, PC_AT_NODE_STATE, PC_NODE_IN);
    node[7] = *product;
    for (unsigned i = 0; i < PC_WORDS_NODE; i++)
        world_set(&w, p->node_registry, slot_node(NODE, i), &node[i]);
    record[0].b[0] = 1;
    world_field(record, PC_AT_RECORD_VENDOR, WIRE_VENDOR_SNP);
    world_field(record, PC_AT_RECORD_KIND, PC_SUBJECT_NODE);
    world_field(record, PC_AT_RECORD_STANDING, PC_RECORD_GOOD);
    world_field(record, PC_AT_RECORD_VALID_UNTIL, 99999999);
    for (unsigned i = 0; i < 2; i++)
        world_set(&w, p->attestations, slot_record(&key, i), &record[i]);
    world_field(&m, PC_AT_MEASUREMENT_INDEX, 1);
    world_field(&m, PC_AT_MEASUREMENT_ACTIVE_FROM, 1);
    world_set(&w, p->measurements, slot_measurement(&none), &m);
    for (uint8_t v = WIRE_VENDOR_TDX; v <= WIRE_VENDOR_NITRO; v++) {
        memset(&vendor, 0, sizeof vendor);
        world_field(&vendor, PC_AT_VENDOR_STATUSES, statuses[v]);
        world_field(&vendor, PC_AT_VENDOR_STANDING,
                    v == WIRE_VENDOR_NITRO ? PC_VENDOR_REVOKED : PC_VENDOR_ACCEPTED);
        world_set(&w, p->tcb_policy, slot_vendor(v), &vendor);
    }
}

static void expect_state(enum ipc_node_state state)
{
    struct ipc_head_view view;
    world_mine(&w, 1);
    world_round(&w);
    assert_true(world_told(&w, IPC_LINK_DC, &view));
    assert_int_equal(view.node_id, NODE);
    assert_int_equal(view.state, state);
}

/* Its own product's freeze stops an SNP node; what every vendor's policy accepts is told. */
static void own_snp_node(void **state)
{
    struct ipc_dc_statuses s;
    struct evm_word product = {{0}}, id, object, until = {{0}};
    uint16_t told[4] = {1, 1, 1, 1};
    (void)state;
    memcpy(product.b, "Turin", 5);
    world_round(&w);
    assert_false(KIT_HEARD(&w.kit, IPC_LINK_DC, dc_statuses, DC_STATUSES, &s)); /* no node yet */
    attested(0x21, WIRE_VENDOR_SNP, w.c->d.policy.snp.verifier, PC_BYTES(snp_leaf));
    world_mine(&w, 1);
    world_join(&w, NODE, 0x21);
    own_words(&product);
    expect_state(IPC_NODE_STATE_EXPIRED); /* its log names another vendor (world_join: TDX) */
    expect_state(IPC_NODE_STATE_LIVE);
    while (KIT_HEARD(&w.kit, IPC_LINK_DC, dc_statuses, DC_STATUSES, &s))
        told[s.vendor] = s.statuses;
    assert_int_equal(told[WIRE_VENDOR_TDX], 0x22);
    assert_int_equal(told[WIRE_VENDOR_SNP], 0x02);
    assert_int_equal(told[WIRE_VENDOR_NITRO], 0); /* revoked */
    id = object_product_id(WIRE_VENDOR_SNP, &product);
    object = object_name(PC_OBJECT_PRODUCT, &id);
    world_field(&until, 0, 0, 5, 9999999);
    world_set(&w, w.c->d.policy.guardian_council, slot_freeze(&object), &until);
    expect_state(IPC_NODE_STATE_FROZEN);
}

/* Nobody gives the calldata of its record, and its log lies: what counts is the registry's, one
 * head later. */
static void own_product_is_the_registrys(void **state)
{
    struct evm_word product = {{0}};
    (void)state;
    memcpy(product.b, "Milan", 5);
    world_join(&w, NODE, 0x21);
    own_words(&product);
    expect_state(IPC_NODE_STATE_EXPIRED);
    expect_state(IPC_NODE_STATE_LIVE);
    memcpy(product.b, "Genoa", 5);
    own_words(&product);
    expect_state(IPC_NODE_STATE_EXPIRED);
    expect_state(IPC_NODE_STATE_LIVE);
}

static void names_of_vendors(void **state)
{
    struct policy_policy *p = &w.c->d.policy;
    static const uint8_t zero[20];
    struct evm_word object;
    (void)state;
    assert_int_equal(vendor_of_verifier(p, p->tdx.verifier), PC_VENDOR_TDX);
    assert_int_equal(vendor_of_verifier(p, p->snp.verifier), PC_VENDOR_SNP);
    assert_int_equal(vendor_of_verifier(p, p->nitro.verifier), PC_VENDOR_NITRO);
    assert_int_equal(vendor_of_verifier(p, zero), 0);
    memset(p->snp.verifier, 0, 20); /* a network without it: the zero address is nobody's */
    assert_int_equal(vendor_of_verifier(p, zero), 0);
    assert_null(vendor_verifier(p, PC_VENDOR_SNP));
    assert_null(vendor_verifier(p, 0));
    for (uint8_t i = 0; i < 20; i++) {
        enum err_code snp = vendor_list_object(&object, PC_VENDOR_SNP, i);
        assert_int_equal(snp, i < 3 ? PC_OK : PC_E_NOT_FOUND);
        if (snp == PC_OK)
            assert_int_equal(vendor_of_object(&object), PC_VENDOR_SNP);
        enum err_code tdx = vendor_list_object(&object, PC_VENDOR_TDX, i);
        assert_int_equal(tdx, i < 3 ? PC_OK : PC_E_NOT_FOUND);
        if (tdx == PC_OK)
            assert_int_equal(vendor_of_object(&object), PC_VENDOR_TDX);
        assert_int_equal(vendor_list_object(&object, PC_VENDOR_NITRO, i), PC_E_NOT_FOUND);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(snp_node),
        T(certificate_comes_last),
        T(nitro_node),
        T(hints_that_are_none),
        T(logs_that_are_none),
        T(through_a_checkpoint),
        T(names_of_vendors),
        T(own_snp_node),
        T(own_product_is_the_registrys),
    };
    return cmocka_run_group_tests_name("chain vendors", tests, NULL, NULL);
}
