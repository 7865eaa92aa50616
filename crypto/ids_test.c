/* SPDX-License-Identifier: Apache-2.0 */
/* ids, digests and abi.encode against crypto/vectors/ids.json (made by a Python oracle), and claims
 * of real evidence against the values of attestation.md C7. */
#include <stdio.h>

#include "base/unit_test.h"
#include "crypto/abihash.h"
#include "crypto/evmkey.h"
#include "crypto/ids.h"
#include "crypto/keccak.h"
#include "crypto/labels.h"
#include "crypto/vectors_test.h"

static struct json_doc *oracle;
static struct json_value expected, typed;
static uint64_t chain_id, epoch, bound_block;
static uint8_t address[8][20], word[32][32];
static struct vector_bytes scope, blob[4];

static int load_oracle(void **state)
{
    (void)state;
    static uint8_t text[65536];
    size_t n;
    FILE *f = fopen(PC_SOURCE_DIR "/crypto/vectors/ids.json", "rb");
    assert_non_null(f);
    size_t len = fread(text, 1, sizeof text, f);
    (void)fclose(f);
    assert_int_equal(json_parse(&oracle, bytes_of(text, len), sizeof text, 8), PC_OK);
    struct json_value root = json_root(oracle);
    struct json_value in = vec_object(&root, "inputs");
    expected = vec_object(&root, "ids");
    typed = vec_object(&root, "eip712");
    chain_id = vec_u64(&in, "chain_id");
    epoch = vec_u64(&in, "epoch");
    bound_block = vec_u64(&in, "bound_block");
    vec_hex(&in, "scope", &scope);
    struct json_value list = vec_array(&in, "address", &n);
    assert_int_equal(n, 8);
    for (size_t i = 0; i < n; i++) {
        struct json_value item = json_at(&list, i);
        vec_hex_exact(&item, NULL, address[i], 20);
    }
    list = vec_array(&in, "word", &n);
    assert_int_equal(n, 32);
    for (size_t i = 0; i < n; i++) {
        struct json_value item = json_at(&list, i);
        vec_hex_exact(&item, NULL, word[i], 32);
    }
    list = vec_array(&in, "blob", &n);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++) {
        struct json_value item = json_at(&list, i);
        vec_hex(&item, NULL, &blob[i]);
    }
    return 0;
}

static int free_oracle(void **state)
{
    (void)state;
    json_free(oracle);
    return 0;
}

static void same(const struct json_value *where, const char *name, const uint8_t got[static 32])
{
    uint8_t want[32];
    vec_hex_exact(where, name, want, 32);
    if (memcmp(want, got, 32) != 0)
        fail_msg("%s differs", name);
}

static void ids_of_network_key_app(void **state)
{
    (void)state;
    static const uint8_t none[32];
    uint8_t network[32], app[32], of[32], out[32];
    id_network(network, chain_id, address[0]);
    same(&expected, "network", network);
    id_key(out, network, 0, PC_CLASS_APPLICATION, none);
    same(&expected, "key_class0", out);
    id_key_of_epoch(of, epoch);
    id_key(out, network, 7, PC_CLASS_EPOCH, of);
    same(&expected, "key_epoch", out);
    id_app(app, chain_id, address[1], address[2], word[0]);
    same(&expected, "app", app);
    id_key_of_app(of, app, vec_view(&scope));
    same(&expected, "of_app", of);
    id_key(out, network, 9, PC_CLASS_DESTROYABLE, of);
    same(&expected, "key_destroyable", out);
}

static void ids_of_subjects_and_reports(void **state)
{
    (void)state;
    uint8_t node[32], data[64];
    struct report_binding b = {.kind = PC_SUBJECT_NODE, .chain_id = chain_id};
    id_keys_node(node, word[1], word[2], address[3]);
    same(&expected, "keys_node", node);
    b.bound_block = bound_block;
    memcpy(b.attestations, address[4], 20);
    memcpy(b.keys_hash, node, 32);
    memcpy(b.bound_hash, word[5], 32);
    context_of_owner(b.context, address[5]);
    id_report_data(data, &b);
    same(&expected, "report_d_node", data);
    same(&expected, "report_reserved", data + 32);
    assert_true(report_data_is_reserved_var(data));
    data[63] ^= 1;
    assert_false(report_data_is_reserved_var(data));
    b.kind = PC_SUBJECT_APP;
    id_keys_app(b.keys_hash, word[3], word[4]);
    same(&expected, "keys_app", b.keys_hash);
    id_app(b.context, chain_id, address[1], address[2], word[0]);
    id_report_d(data, &b);
    same(&expected, "report_d_app", data);
}

static void ids_of_claims_and_records(void **state)
{
    (void)state;
    uint8_t out[32], node[32], context[32];
    struct claims_fields c = {.vendor = PC_VENDOR_TDX};
    memcpy(c.product, word[6], 32);
    memcpy(c.measurement, word[7], 32);
    memcpy(c.platform, word[8], 32);
    id_claims(out, &c);
    same(&expected, "claims_empty", out);
    c.report_data = vec_view(&blob[2]);
    c.raw_tcb = vec_view(&blob[3]);
    id_claims(out, &c);
    same(&expected, "claims", out);
    c.report_data.n = 33;
    c.raw_tcb.n = 1;
    id_claims(out, &c);
    same(&expected, "claims_odd", out);
    id_measurement(out, PC_VENDOR_TDX, vec_view(&blob[0]));
    same(&expected, "measurement", out);
    id_platform(out, PC_VENDOR_SNP, vec_view(&blob[1]));
    same(&expected, "platform", out);
    id_keys_node(node, word[1], word[2], address[3]);
    context_of_owner(context, address[5]);
    id_record(out, PC_SUBJECT_NODE, node, context, word[7], word[8], address[6]);
    same(&expected, "record", out);
}

static void ids_of_the_dkg(void **state)
{
    (void)state;
    uint8_t node[32], ek[32], pop[64], leaf[32], root[32] = {0}, out[32], y[3 * 32];
    uint8_t pk[64], y_hash[64], preimage[1024];
    struct vector_bytes want;
    size_t len;
    id_keys_node(node, word[1], word[2], address[3]);
    memcpy(pop, word[10], 64);
    id_ek_digest(ek, word[9], pop);
    same(&expected, "ek_digest", ek);
    id_leaf(leaf, 3, 70000, node, ek, (const uint8_t(*)[32]) & word[12], 3);
    same(&expected, "leaf", leaf);
    id_leaf(out, 65535, UINT32_MAX, node, ek, NULL, 0);
    same(&expected, "leaf_no_domains", out);
    id_chain_step(root, leaf);
    id_chain_step(root, word[15]);
    id_chain_step(root, word[16]);
    same(&expected, "member_root", root);

    struct dkg_transcript_fields f = {.pk = pk, .y_hash = y_hash, .n_keys = 2, .t = 5};
    memcpy(f.sid, word[20], 32);
    memcpy(f.qual, word[21], 32);
    memcpy(f.blame_dealers, word[22], 32);
    memcpy(f.blame_receivers, word[23], 32);
    memcpy(pk, word[24], 64);
    memcpy(y_hash, word[26], 64);
    id_dkg_transcript(out, &f);
    same(&expected, "dkg_transcript", out);
    assert_true(id_dkg_preimage(preimage, sizeof preimage, &len, &f));
    vec_hex(&expected, "dkg_preimage", &want);
    assert_int_equal(want.n, len);
    assert_memory_equal(preimage, want.p, len);
    assert_false(id_dkg_preimage(preimage, len - 1, &len, &f));
    memcpy(y, word[28], sizeof y);
    id_y_hash(out, word[24], y, 3);
    same(&expected, "y_hash", out);
}

static void platform_proofs(void **state)
{
    (void)state;
    uint8_t leaf[3][32], root[32], sib[17][32] = {{0}};
    for (size_t i = 0; i < 3; i++) {
        char name[32];
        id_platform_leaf(leaf[i], word[17 + i]);
        (void)snprintf(name, sizeof name, "platform_leaf_%zu", i);
        same(&expected, name, leaf[i]);
    }
    vec_hex_exact(&expected, "platform_root_of_3", root, 32);
    memcpy(sib[0], leaf[1], 32);
    memcpy(sib[1], leaf[2], 32);
    assert_true(id_platform_proof_ok_var(root, word[17], (const uint8_t(*)[32])sib, 2));
    memcpy(sib[0], leaf[0], 32);
    assert_true(id_platform_proof_ok_var(root, word[18], (const uint8_t(*)[32])sib, 2));
    id_platform_node(sib[0], leaf[0], leaf[1]);
    assert_true(id_platform_proof_ok_var(root, word[19], (const uint8_t(*)[32])sib, 1));
    /* A79: an inner node is no platform, another platform is not in the list, a proof is not too
     * long */
    assert_false(id_platform_proof_ok_var(root, sib[0], (const uint8_t(*)[32]) & leaf[2], 1));
    assert_false(id_platform_proof_ok_var(root, word[20], (const uint8_t(*)[32])sib, 1));
    assert_false(id_platform_proof_ok_var(root, word[19], (const uint8_t(*)[32])sib, 0));
    assert_false(id_platform_proof_ok_var(root, word[19], (const uint8_t(*)[32])sib, 17));
    assert_true(id_platform_proof_ok_var(leaf[0], word[17], NULL, 0));
    /* a right proof of 16 passes, a right proof of 17 is too long */
    memcpy(root, leaf[0], 32);
    for (size_t i = 0; i < 17; i++) {
        memcpy(sib[i], word[i], 32);
        id_platform_node(root, root, sib[i]);
        assert_int_equal(id_platform_proof_ok_var(root, word[17], (const uint8_t(*)[32])sib, i + 1),
                         i + 1 <= PC_PLATFORM_PROOF_MAX);
    }
}

static void eip712_digests(void **state)
{
    (void)state;
    uint8_t out[32];
    struct evm_domain d = {.chain_id = chain_id};
    memcpy(d.contract.b, address[0], 20);
    evm_domain_separator(out, &d);
    same(&typed, "separator", out);
    evm_typed_digest(out, &d, word[0]);
    same(&typed, "digest_of_word_0", out);
}

/* The generator's Python Keccak and ours agree on every label and type. */
static void labels_are_their_hashes(void **state)
{
    (void)state;
    uint8_t out[32];
#define CHECK_HASH(name, text, hash)                                                               \
    keccak256(out, PC_BYTES_STR(text));                                                            \
    assert_memory_equal(out, hash, 32);
    PC_LABEL_LIST(CHECK_HASH)
    PC_TYPE_LIST(CHECK_HASH)
}

static struct json_value find_case(const struct json_value *root, const char *id)
{
    size_t n;
    struct json_value cases = vec_array(root, "cases", &n);
    for (size_t i = 0; i < n; i++) {
        struct json_value one = json_at(&cases, i);
        if (vec_str_is(&one, "id", id))
            return one;
    }
    fail_msg("no case %s", id);
    return *root;
}

struct collect {
    uint8_t b[512];
    size_t n;
};

static void collect_hex(struct collect *c, const struct json_value *v, const char *key, size_t n)
{
    assert_true(c->n + n <= sizeof c->b);
    vec_hex_exact(v, key, c->b + c->n, n);
    c->n += n;
}

static void begins(const uint8_t got[static 32], uint64_t want)
{
    assert_int_equal(load_be64(got), want);
}

static void finish(struct claims_fields *c, const struct collect *fields, struct bytes x,
                   uint64_t measurement, uint64_t platform, uint64_t claims)
{
    uint8_t out[32];
    id_measurement(c->measurement, c->vendor, bytes_of(fields->b, fields->n));
    id_platform(c->platform, c->vendor, x);
    id_claims(out, c);
    begins(c->measurement, measurement);
    begins(c->platform, platform);
    begins(out, claims);
}

static void c7_tdx(void **state)
{
    (void)state;
    struct json_value root = vectors_open("../MANIFEST.json");
    struct json_value one = find_case(&root, "tdx-v4-phala-uptodate");
    struct json_value v = vec_object(&one, "claims");
    struct json_value pck = vec_object(&v, "pck"), qe = vec_object(&v, "qe_report");
    struct collect fields = {.n = 0}, tcb = {.n = 0}, x = {.n = 0}, data = {.n = 0};
    struct claims_fields c = {.vendor = PC_VENDOR_TDX};
    static const char *const order[] = {"mrtd",  "rtmr0",      "rtmr1",   "rtmr2",
                                        "rtmr3", "mrconfigid", "mrowner", "mrownerconfig"};
    for (size_t i = 0; i < PC_ARRAY_LEN(order); i++)
        collect_hex(&fields, &v, order[i], 48);
    collect_hex(&fields, &v, "td_attributes", 8);
    collect_hex(&fields, &v, "xfam", 8);
    assert_int_equal(fields.n, 400);
    vec_hex_exact(&pck, "fmspc", c.product, 6);
    vec_hex_exact(&pck, "pceid", c.product + 6, 2);
    collect_hex(&x, &pck, "ppid", 16);
    collect_hex(&data, &v, "report_data", 64);
    collect_hex(&tcb, &v, "tee_tcb_svn", 16);
    tcb.n += 16; /* TEE_TCB_SVN2 of TD 1.0: zeros */
    collect_hex(&tcb, &pck, "cpusvn", 16);
    store_be16(tcb.b + 48, (uint16_t)vec_u64(&pck, "pcesvn"));
    store_be16(tcb.b + 50, (uint16_t)vec_u64(&qe, "isvsvn"));
    c.report_data = bytes_of(data.b, data.n);
    c.raw_tcb = bytes_of(tcb.b, 52);
    finish(&c, &fields, bytes_of(x.b, x.n), 0x85ad30c310775053, 0xa5eae5915ed487e0,
           0x3be2b77af936c042);
    vectors_close(&root);
}

static void c7_snp(void **state)
{
    (void)state;
    uint8_t r[1184], tcb[56];
    char path[512];
    struct json_value root = vectors_open("../MANIFEST.json"); /* skips without vectors */
    vectors_close(&root);
    (void)snprintf(path, sizeof path, "%s/snp/v5-turin-microsoft.report.bin", PC_VECTORS);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fread(r, 1, sizeof r, f), sizeof r);
    (void)fclose(f);
    static const struct {
        size_t at, n;
    } part[] = {{0x090, 48}, {0x0c0, 32}, {0x008, 8}, {0x0e0, 48}, {0x110, 48}, {0x030, 4}},
      svn[] = {{0x038, 8}, {0x180, 8}, {0x1e0, 8}, {0x1f0, 8}, {0x040, 8}, {0x1f8, 8}, {0x200, 8}};
    struct collect fields = {.n = 0};
    for (size_t i = 0; i < PC_ARRAY_LEN(part); i++) {
        memcpy(fields.b + fields.n, r + part[i].at, part[i].n);
        fields.n += part[i].n;
    }
    for (size_t i = 0; i < PC_ARRAY_LEN(svn); i++)
        memcpy(tcb + 8 * i, r + svn[i].at, 8);
    struct claims_fields c = {.vendor = PC_VENDOR_SNP, .product = "Turin"};
    c.report_data = bytes_of(r + 0x50, 64);
    c.raw_tcb = PC_BYTES(tcb);
    finish(&c, &fields, bytes_of(r + 0x1a0, 64), 0x053f9f4f3706dd39, 0xbfe66d829ff58c31,
           0x747d2c6b3a448d06);
}

static void c7_nitro(void **state)
{
    (void)state;
    struct json_value root = vectors_open("../MANIFEST.json");
    struct json_value one = find_case(&root, "nitro-ok-evervault-2022");
    struct json_value v = vec_object(&one, "claims");
    struct json_value pcrs = vec_object(&v, "pcrs");
    struct collect fields = {.n = 0};
    struct claims_fields c = {.vendor = PC_VENDOR_NITRO};
    collect_hex(&fields, &pcrs, "0", 48);
    collect_hex(&fields, &pcrs, "1", 48);
    collect_hex(&fields, &pcrs, "2", 48);
    collect_hex(&fields, &pcrs, "8", 48);
    finish(&c, &fields, PC_BYTES_STR("i-020b6af9246d90e92"), 0x8becb3973e340a1d, 0xf7476cc97720c9d9,
           0x05ffd05e6c7248c9);
    vectors_close(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_of_network_key_app),
        cmocka_unit_test(ids_of_subjects_and_reports),
        cmocka_unit_test(ids_of_claims_and_records),
        cmocka_unit_test(ids_of_the_dkg),
        cmocka_unit_test(platform_proofs),
        cmocka_unit_test(eip712_digests),
        cmocka_unit_test(labels_are_their_hashes),
        cmocka_unit_test(c7_tdx),
        cmocka_unit_test(c7_snp),
        cmocka_unit_test(c7_nitro),
    };
    return cmocka_run_group_tests(tests, load_oracle, free_oracle);
}
