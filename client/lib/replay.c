/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/replay.h"

#include "chain/header.h"
#include "chain/mpt.h"
#include "chain/view.h"
#include "chain/view_slot.h"

static const char *const names[] = {
#define NAME(id, name, text) name,
    PC_REPLAY_LIST(NAME)
#undef NAME
};
static const char *const texts[] = {
#define TEXT(id, name, text) text,
    PC_REPLAY_LIST(TEXT)
#undef TEXT
};

const char *replay_reason_name(unsigned reason)
{
    return reason < PC_REPLAY_COUNT ? names[reason] : NULL;
}

const char *replay_reason_text(unsigned reason)
{
    return reason < PC_REPLAY_COUNT ? texts[reason] : NULL;
}

static void add(struct replay_result *r, enum replay_reason why)
{
    r->reasons |= UINT32_C(1) << why;
}

/* ---- the evidence ---- */

/* An object of the bundle; missing ones are a reason of their own beside the verifier's. */
static struct bytes object(struct replay_result *r, const struct bundle *b,
                           const uint8_t name[static 32])
{
    struct bytes data;
    if (bytes_all_zero_var(bytes_of(name, 32)))
        return bytes_of(NULL, 0);
    if (bundle_object(b, &data, name) != PC_OK)
        add(r, PC_REPLAY_OBJECT);
    return data;
}

static void judge(struct replay_result *r, const struct bundle *b, const struct bundle_accepted *a,
                  const struct evidence_policy *policy)
{
    const struct wire_attested *t = &a->attested;
    struct evidence_input in = {.evidence = a->evidence,
                                .policy = policy,
                                .evidence_time = t->attested_at,
                                .collateral_time = t->attested_at,
                                .dates = PC_DATES_FULL,
                                .in_force = t->in_force};
    in.collateral =
        (struct collateral){.tcb_info = object(r, b, t->in_force[PC_OBJ_TCB_INFO]),
                            .tcb_chain = object(r, b, t->signer),
                            .qe_identity = object(r, b, t->in_force[PC_OBJ_QE_IDENTITY]),
                            .root_crl = object(r, b, t->in_force[PC_OBJ_ROOT_CRL]),
                            .pck_crl = object(r, b, t->in_force[PC_OBJ_PCK_CRL])};
    evidence_verify(&r->verdict, NULL, (enum vendor)t->vendor, &in);
    r->judged = true;
    if (!verdict_accepts(&r->verdict))
        add(r, PC_REPLAY_REFUSED);
}

static void compare_claims(struct replay_result *r)
{
    const struct wire_attested *t = &r->attested;
    const struct verdict *v = &r->verdict;
    if (v->has_claims != 1)
        return; /* it could not be taken apart, or is nobody's: that is refused already */
    if (memcmp(v->claims, t->claims, 32) != 0 || memcmp(v->measurement, t->measurement, 32) != 0 ||
        memcmp(v->platform, t->platform, 32) != 0 || memcmp(v->product, t->product, 32) != 0 ||
        v->leaf_issuer != t->issuer)
        add(r, PC_REPLAY_CLAIMS);
}

static void check_binding(struct replay_result *r, const struct bundle_begin *begin,
                          const struct bundle_accepted *a)
{
    const struct wire_attested *t = &a->attested;
    struct report_binding b = {.kind = (enum subject_kind)t->kind,
                               .chain_id = begin->chain_id,
                               .bound_block = t->bound_block};
    uint8_t data[64];
    if (!a->has_bound_hash || r->verdict.has_claims != 1)
        return;
    memcpy(b.attestations, begin->attestations, sizeof b.attestations);
    memcpy(b.keys_hash, t->subject, sizeof b.keys_hash);
    memcpy(b.context, t->context, sizeof b.context);
    memcpy(b.bound_hash, a->bound_hash, sizeof b.bound_hash);
    id_report_data(data, &b);
    r->bound = r->verdict.report_data_len == sizeof data &&
               memcmp(r->verdict.report_data, data, sizeof data) == 0;
    if (!r->bound)
        add(r, PC_REPLAY_REPORT);
}

static void check_record_key(struct replay_result *r)
{
    const struct wire_attested *t = &r->attested;
    uint8_t key[32];
    id_record(key, (enum subject_kind)t->kind, t->subject, t->context, t->measurement, t->platform,
              t->verifier);
    if (memcmp(key, t->record, sizeof key) != 0)
        add(r, PC_REPLAY_RECORD_KEY);
}

/* ---- the chain ---- */

/* Words of one account: (u16 length, node list) of the account, then of each slot. */
static enum err_code words(struct evm_word *out, unsigned n, const struct evm_word *slots,
                           const struct evm_word *state_root, const uint8_t address[static 20],
                           struct bytes proof)
{
    struct reader in = reader_of(proof);
    struct evm_account account;
    struct evm_address at;
    memcpy(at.b, address, sizeof at.b);
    struct bytes list = read_bytes(&in, read_u16(&in));
    PC_TRY(in.err);
    PC_TRY(mpt_account(&account, state_root, &at, list));
    for (unsigned i = 0; i < n; i++) {
        list = read_bytes(&in, read_u16(&in));
        PC_TRY(in.err);
        PC_TRY(mpt_storage(&out[i], &account.storage_root, &slots[i], list));
    }
    return reader_end(&in);
}

unsigned replay_force_slots(struct evm_word out[static PC_OBJ_COUNT],
                            unsigned at[static PC_OBJ_COUNT], const struct wire_attested *a)
{
    /* ITdxVerifier: a TCB info is its product; QE identity 1, root CRL 2, then the PCK CAs' */
    struct evm_word object[PC_OBJ_COUNT];
    if (a->vendor == WIRE_VENDOR_SNP) { /* ISnpVerifier: the ARK's list, 16 + product as issuer */
        object[0] = evm_word_u64(a->issuer);
        out[0] = slot_snp_in_force(&object[0]);
        at[0] = PC_OBJ_ROOT_CRL;
        return 1;
    }
    if (a->vendor != WIRE_VENDOR_TDX)
        return 0; /* a Nitro document carries its whole chain, and AWS's lists are not kept */
    object[PC_OBJ_TCB_INFO] = evm_word_of(a->product);
    object[PC_OBJ_QE_IDENTITY] = evm_word_u64(1);
    object[PC_OBJ_ROOT_CRL] = evm_word_u64(2);
    object[PC_OBJ_PCK_CRL] = evm_word_u64(UINT64_C(2) + a->issuer);
    for (unsigned i = 0; i < PC_OBJ_COUNT; i++) {
        out[i] = slot_in_force(&object[i]);
        at[i] = i;
    }
    return PC_OBJ_COUNT;
}

static void prove_record(struct replay_result *r, const struct bundle_begin *begin,
                         const struct bundle_accepted *a, const struct evm_word *state_root)
{
    const struct wire_attested *t = &a->attested;
    struct evm_word record = evm_word_of(t->record), slots[PC_WORDS_RECORD], w[PC_WORDS_RECORD];
    struct view_record v;
    for (unsigned i = 0; i < PC_WORDS_RECORD; i++)
        slots[i] = slot_record(&record, i);
    if (words(w, PC_WORDS_RECORD, slots, state_root, begin->attestations, a->proof.record) !=
        PC_OK) {
        add(r, PC_REPLAY_PROOF);
        return;
    }
    if (view_record(&v, w) != PC_OK || memcmp(v.claims.b, t->claims, 32) != 0 ||
        v.vendor != (uint8_t)t->vendor || v.kind != t->kind || v.bound_block != t->bound_block ||
        v.attested_at != t->attested_at || v.valid_until != t->valid_until)
        add(r, PC_REPLAY_RECORD);
    else
        r->record_proved = true;
}

static void prove_in_force(struct replay_result *r, const struct bundle_accepted *a,
                           const struct evm_word *state_root)
{
    const struct wire_attested *t = &a->attested;
    struct evm_word slots[PC_OBJ_COUNT], w[PC_OBJ_COUNT];
    unsigned at[PC_OBJ_COUNT], n = replay_force_slots(slots, at, t);
    if (a->proof.in_force.n == 0 || n == 0)
        return;
    if (words(w, n, slots, state_root, t->verifier, a->proof.in_force) != PC_OK) {
        add(r, PC_REPLAY_PROOF);
        return;
    }
    r->in_force_proved = true;
    for (unsigned i = 0; i < n; i++)
        r->in_force_proved &= memcmp(w[i].b, t->in_force[at[i]], 32) == 0;
    if (!r->in_force_proved)
        add(r, PC_REPLAY_IN_FORCE);
}

void replay_proof(struct replay_result *out, const struct bundle_begin *begin,
                  const struct bundle_accepted *a, const uint8_t *block_hash)
{
    struct block_header h;
    if (!a->has_proof) {
        if (block_hash != NULL)
            add(out, PC_REPLAY_BLOCK);
        return;
    }
    if (header_decode(&h, a->proof.header) != PC_OK || h.number < a->attested.block ||
        h.time < a->attested.attested_at ||
        (h.number == a->attested.block && h.time != a->attested.attested_at)) {
        add(out, PC_REPLAY_HEADER);
        return;
    }
    out->block = h.number;
    out->block_time = h.time;
    memcpy(out->block_hash, h.hash.b, sizeof out->block_hash);
    if (block_hash != NULL && memcmp(block_hash, h.hash.b, 32) != 0)
        add(out, PC_REPLAY_BLOCK);
    prove_record(out, begin, a, &h.state_root);
    prove_in_force(out, a, &h.state_root);
}

/* ---- all of it ---- */

static bool open_bundle(struct replay_result *r, struct bundle *b, struct bytes file)
{
    enum err_code e = bundle_open(b, file);
    if (e == PC_OK)
        return true;
    add(r, e == PC_E_MISMATCH      ? PC_REPLAY_CHECKSUM
           : e == PC_E_UNSUPPORTED ? PC_REPLAY_VERSION
                                   : PC_REPLAY_DAMAGED);
    return false;
}

void replay_bundle(struct replay_result *out, struct bytes file, const uint8_t hash[static 32],
                   const struct evidence_policy *policy, const uint8_t *block_hash)
{
    struct bundle b;
    struct bundle_accepted a;
    uint8_t found[32];
    memset(out, 0, sizeof *out);
    if (!open_bundle(out, &b, file))
        return;
    out->chain_id = b.begin.chain_id;
    memcpy(out->network_id, b.begin.network_id, sizeof out->network_id);
    if (bundle_accepted_of(&b, &a, hash) != PC_OK) {
        add(out, PC_REPLAY_ABSENT);
        return;
    }
    out->attested = a.attested;
    sha256(found, a.evidence);
    if (memcmp(found, hash, sizeof found) != 0)
        add(out, PC_REPLAY_HASH);
    judge(out, &b, &a, policy);
    compare_claims(out);
    check_record_key(out);
    check_binding(out, &b.begin, &a);
    replay_proof(out, &b.begin, &a, block_hash);
}
