/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_state.h - the inside of the core, shared by the files vault_*.c and by tests of erasure.
 * Callers use vault.h.
 */
#ifndef PC_NODE_VAULT_STATE_H
#define PC_NODE_VAULT_STATE_H

#include "crypto/ed25519.h"
#include "crypto/evmkey.h"
#include "crypto/x25519.h"
#include "dkg/dkg.h"
#include "node/vault/vault.h"
#include "node/vault/vault_table.h"

/* ---- secrets: one arena block; attempts, EKs and shares are blocks of their own ---- */

struct vault_secrets {
    struct ed25519_sk identity;
    struct x25519_sk channel;
    struct evm_sk account;
};

/* ---- sizes of what is bounded ---- */

#define VAULT_HEADS          128u   /* accepted heads that are remembered */
#define VAULT_WINDOW         64u    /* blocks: how old a client's head may be (SPEC 8) */
#define VAULT_RECORD_BLOCKS  4u     /* how many heads a record may be behind when it is joined */
#define VAULT_LEASE_ANSWERS  10000u /* SPEC 11 */
#define VAULT_ROUND_MS       60000u /* a nonce for lease signatures is used so long */
#define VAULT_DH_BURST       64u
#define VAULT_DH_PER_SECOND  32u
#define VAULT_QUOTE_MS       120000u /* after that a quote that has not come is given up */
#define VAULT_SIGN_HEAD_RATE 16u     /* head signatures per second, with the same burst */

/* ---- release ---- */

/* A request whose signature was checked, waiting for record and verdict. */
struct vault_pending {
    struct vault_entry head;
    bool have_record;
    bool have_refusal; /* a verdict that refuses: it is for this request alone */
    bool want_verdict;
    uint8_t evidence_hash[32];
    uint8_t verdict_key[32];
    uint8_t signature[64]; /* the one that was checked */
    struct ipc_vc_record record;
};

/* The latest accepting verdict on an evidence, for a subject; key = SHA-256 over both. */
struct vault_verdict {
    struct vault_entry head;
    struct ipc_va_verdict verdict;
};

/* An answer that was given, for a replay. */
struct vault_answer {
    struct vault_entry head;
    struct ipc_vp_answer answer;
};

/* Answers in the present hour of chain time. */
struct vault_quota {
    struct vault_entry head;
    uint64_t hour;
    uint32_t used;
};

#define VAULT_PENDING_SETS 128u
#define VAULT_VERDICT_SETS 256u
#define VAULT_ANSWER_SETS  512u
#define VAULT_SUBJECT_SETS 512u
#define VAULT_APP_SETS     128u

/* A key that is served. */
struct vault_key {
    struct dkg_key *key; /* in the arena; NULL: none */
    uint64_t epoch;
    struct dkg_key_name name;
    uint8_t key_id[32];
    uint8_t identity[DKG_MAX_N + 1][32]; /* members' Ed25519, by index */
};

/* ---- chain ---- */

struct vault_rate {
    uint64_t at_ms;
    uint32_t left;
};

/* A head that was accepted, as records refer to it. */
struct vault_head {
    uint64_t number; /* 0: none */
    uint64_t time;
    uint8_t hash[32];
};

struct vault_lease {
    uint8_t nonce[32];
    uint64_t round_ms; /* when the nonce was made */
    bool round;
    struct dkg_bitmap have; /* members whose signature over it counts */
    bool held;
    uint64_t until_ms;
    uint32_t answers_left;
    uint64_t renewed_at; /* own head when it was last renewed */
};

struct vault_quote {
    bool pending;
    bool orphan; /* whoever asked is gone: the pieces are dropped */
    uint64_t since_ms;
    uint16_t next_seq;
    size_t total;
};

/* ---- attempt ---- */

struct vault_member {
    bool stated; /* chain has */
    bool judged; /* attest has */
    bool admitted;
    uint8_t digest[32];
    struct ipc_vc_member m;
    struct ipc_va_verdict verdict;
};

struct vault_attempt {
    bool loading; /* members are coming */
    uint16_t next_index;
    struct ipc_vc_open open;
    struct dkg_open dkg_open;
    struct dkg_member seat[DKG_MAX_N];         /* [i-1] */
    struct vault_member member[DKG_MAX_N + 1]; /* by index */
    struct dkg_attempt *dkg;                   /* NULL: not open, or not a member */

    bool have_commit, have_vote, have_ready;
    bool answering_vote; /* polyclaved asked for the vote: no action that makes it ask again */
    struct dkg_commit commit;
    struct dkg_vote vote;
    struct dkg_ready ready;
    struct dkg_bitmap have_complaint;
    struct dkg_complaint complaint[DKG_MAX_N + 1]; /* by dealer */
    uint8_t told_transcript[32];

    /* a blob on its way in */
    uint16_t feeding; /* dealer; 0: none, what comes is dropped */
    uint32_t fed, length;
    uint8_t feed_hash[32];
    uint8_t record[DKG_RECORD_BYTES]; /* one that a piece's end cut in two */
    size_t record_n;
};

struct vault {
    struct vault_env env;
    struct vault_secrets *secrets;
    struct wire_node_keys keys;
    uint8_t keys_hash[32];
    uint64_t now_ms;
    uint64_t decisions;

    bool have_head;
    struct ipc_vc_head head; /* the latest accepted */
    struct vault_head ring[VAULT_HEADS];
    size_t ring_next;
    uint64_t
        record_head; /* the highest head whose record was used: none from a lower one (SPEC 2) */

    bool announced;
    uint64_t announced_epoch;
    uint32_t announced_attempt;
    struct dkg_ek_slot ek;

    struct vault_quote quote;
    struct vault_lease lease;
    struct vault_rate dh, head_signs;
    struct vault_attempt attempt;
    struct vault_key key[2]; /* current and the one before */

    struct vault_table pending, verdicts, answers, subjects, apps;
    struct vault_pending pending_room[VAULT_PENDING_SETS * VAULT_TABLE_WAYS];
    struct vault_verdict verdict_room[VAULT_VERDICT_SETS * VAULT_TABLE_WAYS];
    struct vault_answer answer_room[VAULT_ANSWER_SETS * VAULT_TABLE_WAYS];
    struct vault_quota subject_room[VAULT_SUBJECT_SETS * VAULT_TABLE_WAYS];
    struct vault_quota app_room[VAULT_APP_SETS * VAULT_TABLE_WAYS];
};

/* Encode and send; a message of ours that does not encode is a bug. */
#define VAULT_SEND(v, to, name, m)                                                                 \
    do {                                                                                           \
        uint8_t vault_buf[WIRE_RECORD_MAX];                                                        \
        struct bytes vault_frame_;                                                                 \
        if (ipc_encode_##name(&vault_frame_, vault_buf, sizeof vault_buf, (m)) != PC_OK)           \
            pc_bug("a message of the vault does not encode");                                      \
        (v)->env.send((v)->env.ctx, (to), vault_frame_);                                           \
        pc_wipe(vault_buf, sizeof vault_buf);                                                      \
    } while (0)

static inline bool vault_same32(const uint8_t a[static 32], const uint8_t b[static 32])
{
    return bytes_equal_var(bytes_of(a, 32), bytes_of(b, 32));
}

static inline bool vault_zero32(const uint8_t a[static 32])
{
    return bytes_all_zero_var(bytes_of(a, 32));
}

/* True, and one less, while fewer than `burst` were used and not refilled at `per_second`. */
bool vault_rate_take(struct vault_rate *r, uint64_t now_ms, uint32_t burst, uint32_t per_second);

/* vd_result: what became of a request of polyclaved, or of a statement of chain or attest. */
void vault_result(struct vault *v, enum ipc_type request, uint64_t epoch, uint32_t attempt,
                  uint16_t index, enum err_code e);

/* ---- vault_keys.c ---- */
PC_MUST_USE enum err_code vault_keys_make(struct vault *v);
/* Sign the call as what its kind says and send it to polyclaved. `m` has kind, ids, seq and body.
 */
void vault_ncall(struct vault *v, const struct ipc_vd_ncall *m);
/* Does the account sign this enrolment? */
bool vault_enrol_signed(const struct vault *v, const struct ipc_vc_member *m, uint64_t epoch,
                        uint32_t attempt);

/* ---- vault_head.c ---- */
const struct vault_head *vault_head_find(const struct vault *v, uint64_t number);
bool vault_lease_held(const struct vault *v);
void vault_lease_reset(struct vault *v);

/* ---- vault_epoch.c ---- */
struct vault_key *vault_key_of(struct vault *v, uint64_t epoch);
/* Is it this attempt that is open? */
bool vault_attempt_is(const struct vault *v, uint64_t epoch, uint32_t attempt);
void vault_attempt_close(struct vault *v);
/* Carry out what the attempt wants now; tell polyclaved. */
void vault_attempt_pump(struct vault *v);
void vault_members_join(struct vault *v, uint16_t index);

/* ---- handlers, by name of the message; the table in vault_core.c says who and when ---- */
#define VAULT_HANDLER(name) enum err_code vault_on_##name(void *ctx, const struct ipc_##name *m)
VAULT_HANDLER(vd_keys_get);
VAULT_HANDLER(vd_quote_get);
VAULT_HANDLER(vd_sign_endpoint);
VAULT_HANDLER(vd_enrol);
VAULT_HANDLER(vd_deal);
VAULT_HANDLER(vd_vote);
VAULT_HANDLER(vd_complain);
VAULT_HANDLER(vd_ready);
VAULT_HANDLER(vd_rearm);
VAULT_HANDLER(vd_blob_head);
VAULT_HANDLER(vd_blob_rec);
VAULT_HANDLER(vq_chunk);
VAULT_HANDLER(vp_request);
VAULT_HANDLER(vp_dh);
VAULT_HANDLER(vp_head_sign);
VAULT_HANDLER(vp_lease_get);
VAULT_HANDLER(vp_lease_sig);
VAULT_HANDLER(va_verdict);
VAULT_HANDLER(vc_head);
VAULT_HANDLER(vc_record);
VAULT_HANDLER(vc_no_record);
VAULT_HANDLER(vc_announced);
VAULT_HANDLER(vc_open);
VAULT_HANDLER(vc_member);
VAULT_HANDLER(vc_commit);
VAULT_HANDLER(vc_vote);
VAULT_HANDLER(vc_complaint);
VAULT_HANDLER(vc_ready);
VAULT_HANDLER(vc_phase);

#endif
