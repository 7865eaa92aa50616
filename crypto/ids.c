/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ids.h"

#include "crypto/abihash.h"
#include "crypto/keccak.h"
#include "crypto/labels.h"
#include "crypto/transcript.h"

void id_network(uint8_t out[static 32], uint64_t chain_id, const uint8_t epochs[static 20])
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, pc_tag_network);
    abi_uint(&a, chain_id);
    abi_address(&a, epochs);
    abi_keccak256(out, &a);
}

void id_key(uint8_t out[static 32], const uint8_t network_id[static 32], uint32_t index,
            enum key_class class, const uint8_t of[static 32])
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, pc_tag_key);
    abi_b32(&a, network_id);
    abi_uint(&a, index);
    abi_uint(&a, (uint64_t) class);
    abi_b32(&a, of);
    abi_keccak256(out, &a);
}

void id_key_of_epoch(uint8_t out[static 32], uint64_t epoch)
{
    memset(out, 0, 32);
    store_be64(out + 24, epoch);
}

void id_key_of_app(uint8_t out[static 32], const uint8_t app_id[static 32], struct bytes scope)
{
    uint8_t scope_hash[32];
    struct abi_args a = abi_args_init();
    keccak256(scope_hash, scope);
    abi_b32(&a, app_id);
    abi_b32(&a, scope_hash);
    abi_keccak256(out, &a);
}

void id_app(uint8_t out[static 32], uint64_t chain_id, const uint8_t apps[static 20],
            const uint8_t creator[static 20], const uint8_t salt[static 32])
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, pc_tag_app);
    abi_uint(&a, chain_id);
    abi_address(&a, apps);
    abi_address(&a, creator);
    abi_b32(&a, salt);
    abi_keccak256(out, &a);
}

void id_keys_node(uint8_t out[static 32], const uint8_t ed25519[static 32],
                  const uint8_t x25519[static 32], const uint8_t account[static 20])
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, pc_tag_keys_node);
    abi_b32(&a, ed25519);
    abi_b32(&a, x25519);
    abi_address(&a, account);
    abi_keccak256(out, &a);
}

void id_keys_app(uint8_t out[static 32], const uint8_t boot_sign[static 32],
                 const uint8_t boot_hpke[static 32])
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, pc_tag_keys_app);
    abi_b32(&a, boot_sign);
    abi_b32(&a, boot_hpke);
    abi_keccak256(out, &a);
}

void context_of_owner(uint8_t out[static 32], const uint8_t owner[static 20])
{
    memset(out, 0, 12);
    memcpy(out + 12, owner, 20);
}

void id_report_d(uint8_t out[static 32], const struct report_binding *b)
{
    struct abi_args a = abi_args_init();
    PC_ASSERT(b->kind == PC_SUBJECT_NODE || b->kind == PC_SUBJECT_APP);
    abi_b32(&a, b->kind == PC_SUBJECT_NODE ? pc_tag_report_node : pc_tag_report_app);
    abi_uint(&a, b->chain_id);
    abi_address(&a, b->attestations);
    abi_b32(&a, b->keys_hash);
    abi_b32(&a, b->context);
    abi_uint(&a, b->bound_block);
    abi_b32(&a, b->bound_hash);
    abi_keccak256(out, &a);
}

void id_report_data(uint8_t out[static 64], const struct report_binding *b)
{
    id_report_d(out, b);
    memcpy(out + 32, pc_tag_report, 32);
}

bool report_data_is_reserved_var(const uint8_t report_data[static 64])
{
    return memcmp(report_data + 32, pc_tag_report, 32) == 0;
}

static void vendor_hash(uint8_t out[static 32], enum vendor vendor, struct bytes x)
{
    struct abi_args a = abi_args_init();
    abi_uint(&a, (uint64_t)vendor);
    abi_bytes(&a, x);
    abi_keccak256(out, &a);
}

void id_measurement(uint8_t out[static 32], enum vendor vendor, struct bytes fields)
{
    vendor_hash(out, vendor, fields);
}

void id_platform(uint8_t out[static 32], enum vendor vendor, struct bytes x)
{
    vendor_hash(out, vendor, x);
}

void id_claims(uint8_t out[static 32], const struct claims_fields *c)
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, pc_tag_claims);
    abi_uint(&a, (uint64_t)c->vendor);
    abi_b32(&a, c->product);
    abi_b32(&a, c->measurement);
    abi_bytes(&a, c->report_data);
    abi_b32(&a, c->platform);
    abi_bytes(&a, c->raw_tcb);
    abi_keccak256(out, &a);
}

void id_record(uint8_t out[static 32], enum subject_kind kind, const uint8_t keys_hash[static 32],
               const uint8_t context[static 32], const uint8_t measurement[static 32],
               const uint8_t platform[static 32], const uint8_t verifier[static 20])
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, pc_tag_record);
    abi_uint(&a, (uint64_t)kind);
    abi_b32(&a, keys_hash);
    abi_b32(&a, context);
    abi_b32(&a, measurement);
    abi_b32(&a, platform);
    abi_address(&a, verifier);
    abi_keccak256(out, &a);
}

void id_ek_digest(uint8_t out[static 32], const uint8_t ek[static 32], const uint8_t pop[static 64])
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, pc_tag_ek);
    abi_b32(&a, ek);
    abi_bytes(&a, bytes_of(pop, 64));
    abi_keccak256(out, &a);
}

void id_leaf(uint8_t out[static 32], uint16_t index, uint32_t node_id,
             const uint8_t keys_hash[static 32], const uint8_t ek_digest[static 32],
             const uint8_t (*domains)[32], size_t n_domains)
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, pc_tag_leaf);
    abi_uint(&a, index);
    abi_uint(&a, node_id);
    abi_b32(&a, keys_hash);
    abi_b32(&a, ek_digest);
    abi_b32_array(&a, (const uint8_t *)domains, n_domains);
    abi_keccak256(out, &a);
}

void id_chain_step(uint8_t acc[static 32], const uint8_t leaf[static 32])
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, acc);
    abi_b32(&a, leaf);
    abi_keccak256(acc, &a);
}

void id_platform_leaf(uint8_t out[static 32], const uint8_t platform[static 32])
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, pc_tag_platform_leaf);
    abi_b32(&a, platform);
    abi_keccak256(out, &a);
}

void id_platform_node(uint8_t out[static 32], const uint8_t a[static 32],
                      const uint8_t b[static 32])
{
    bool swap = memcmp(a, b, 32) > 0;
    struct abi_args args = abi_args_init();
    abi_b32(&args, pc_tag_platform_node);
    abi_b32(&args, swap ? b : a);
    abi_b32(&args, swap ? a : b);
    abi_keccak256(out, &args);
}

bool id_platform_proof_ok_var(const uint8_t root[static 32], const uint8_t platform[static 32],
                              const uint8_t (*siblings)[32], size_t n)
{
    uint8_t at[32];
    if (n > PC_PLATFORM_PROOF_MAX)
        return false;
    id_platform_leaf(at, platform);
    for (size_t i = 0; i < n; i++)
        id_platform_node(at, at, siblings[i]);
    return memcmp(at, root, 32) == 0;
}

static struct abi_args dkg_args(const struct dkg_transcript_fields *f)
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, f->sid);
    abi_b32(&a, f->qual);
    abi_b32(&a, f->blame_dealers);
    abi_b32(&a, f->blame_receivers);
    abi_b32_array(&a, f->pk, f->n_keys);
    abi_b32_array(&a, f->y_hash, f->n_keys);
    abi_uint(&a, f->t);
    return a;
}

void id_dkg_transcript(uint8_t out[static 32], const struct dkg_transcript_fields *f)
{
    struct abi_args a = dkg_args(f);
    abi_sha256(out, &a);
}

bool id_dkg_preimage(uint8_t *out, size_t cap, size_t *len, const struct dkg_transcript_fields *f)
{
    struct abi_args a = dkg_args(f);
    *len = abi_length(&a);
    if (*len > cap) {
        *len = 0;
        return false;
    }
    abi_write(out, &a);
    return true;
}

void id_y_hash(uint8_t out[static 32], const uint8_t pk[static 32], const uint8_t *y, size_t n)
{
    struct transcript t;
    transcript_init256(&t, PC_LABEL_YHASH);
    transcript_fixed(&t, pk, 32);
    transcript_fixed(&t, y, 32 * n);
    transcript_final256(&t, out);
}
