/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_testkit.h - a committee of vault cores in one process, with honest stand-ins for the
 * processes around them; for tests only.
 *
 *     world_new(n, group)      vaults with keys, heads, a policy
 *     world_genesis(w)         enrol, open, join, deal, vote, activate: every vault serves epoch 1
 *     enclave_new(&e, c, seed) a genuine enclave's request, and what attest and chain say of it
 *
 * Member 1 may be elsewhere (world_new_far): a real process, reached by a function.
 */
#ifndef PC_NODE_VAULT_TESTKIT_H
#define PC_NODE_VAULT_TESTKIT_H

#include "base/rng_seeded.h"
#include "node/vault/vault_state.h"

#define WORLD_MAX    8u
#define WORLD_FRAMES 512u

struct sent {
    enum ipc_process to;
    size_t n;
    uint8_t bytes[WIRE_RECORD_MAX];
};

/* A vault that is not in this process. `tell` gives it a frame, lets cell_heard have what it sends,
 * and returns when it has done with it; not PC_OK: it ended the link. */
struct far_vault {
    enum err_code (*tell)(void *ctx, enum ipc_process from, struct bytes frame);
    void *ctx;
    struct wire_node_keys keys;
};

/* One vault and what it sent since the last look. */
struct cell {
    struct world *w;
    uint16_t index;  /* from 1; its node id is 100 + index */
    struct vault *v; /* NULL: far */
    struct far_vault far;
    bool serves; /* a far one that has its share */
    struct arena *arena;
    struct rng_seeded rng;
    struct dkg_complaint_rec room[WORLD_MAX * WORLD_MAX];
    struct sent out[WORLD_FRAMES];
    size_t out_n;
    unsigned dropped[IPC_PROC_QUOTE + 1]; /* links that it ended */
    uint64_t seq;

    struct ipc_vc_member member;   /* as chain will state it */
    struct ipc_va_verdict verdict; /* as attest would judge its evidence; digest is per attempt */
    uint8_t blob[DKG_BLOB_MAX];
    size_t blob_n;
    struct ipc_vd_ncall commit, vote;
};

/* What was told to vault 1, if w->log is set (room for WORLD_LOG). */
#define WORLD_LOG 1024u
struct told {
    enum ipc_process from;
    size_t n;
    uint8_t bytes[WIRE_RECORD_MAX];
};

struct world {
    uint16_t n;
    const struct group *g;
    struct policy_policy policy;
    uint64_t now_ms;
    struct wire_head head;
    struct ipc_vc_open open;
    struct dkg_public pub; /* of the active epoch */
    struct cell *cell[WORLD_MAX + 1];
    struct told *log;
    size_t log_n;
};

/* What every world's vaults are started with. */
struct policy_policy world_policy(void);
struct world *world_new(uint16_t n, const struct group *g, uint64_t seed);
/* The same with member 1 far away; its lease is not taken by world_genesis. */
struct world *world_new_far(uint16_t n, const struct group *g, uint64_t seed,
                            const struct far_vault *far);
/* One more vault beside the committee, with keys of its own; cell_free when done. */
struct cell *cell_new(struct world *w, uint16_t index, uint64_t seed);
void cell_free(struct cell *c);
/* What a far vault sent; beyond WORLD_FRAMES it is dropped. */
void cell_heard(struct cell *c, enum ipc_process to, struct bytes frame);
const struct wire_node_keys *cell_keys(const struct cell *c);
void world_free(struct world *w);

enum err_code cell_frame(struct cell *c, enum ipc_process from, struct bytes frame);

/* A message to a vault; what vault_frame says. */
#define TELL(c, from, name, m)                                                                     \
    __extension__({                                                                                \
        uint8_t tell_buf[WIRE_RECORD_MAX];                                                         \
        struct bytes tell_frame;                                                                   \
        assert_int_equal(ipc_encode_##name(&tell_frame, tell_buf, sizeof tell_buf, (m)), PC_OK);   \
        cell_frame((c), (from), tell_frame);                                                       \
    })
#define MUST_TELL(c, from, name, m) assert_int_equal(TELL(c, from, name, m), PC_OK)

/* The first message of that type among what it sent, decoded into *m and taken out; false if none.
 */
#define HEARD(c, type, name, m)                                                                    \
    __extension__({                                                                                \
        struct sent *heard_s = cell_find((c), (type));                                             \
        bool heard_ok = heard_s != NULL;                                                           \
        if (heard_ok) {                                                                            \
            assert_int_equal(ipc_decode_##name((m), bytes_of(heard_s->bytes, heard_s->n)), PC_OK); \
            heard_s->n = 0;                                                                        \
        }                                                                                          \
        heard_ok;                                                                                  \
    })
#define MUST_HEAR(c, type, name, m) assert_true(HEARD(c, type, name, m))

struct sent *cell_find(struct cell *c, uint16_t type);
void cell_forget(struct cell *c);

/* The next head, `blocks` on, to every vault. */
void world_head(struct world *w, uint64_t blocks);
void cell_head(struct cell *c, uint64_t epoch);

void world_enrol(struct world *w);
/* Fill open and members from the enrolments; root is computed. */
void world_prepare_open(struct world *w);
void cell_open(struct cell *c);
/* The digest under which attest judges that member of w->open. */
void world_node_digest(uint8_t out[static 32], const struct world *w, uint16_t index);
/* Verdicts of every member for every vault. */
void world_judge(struct world *w);
void world_deal(struct world *w);
void world_commit(struct world *w);
void world_feed(struct world *w, struct cell *to, uint16_t dealer);
void world_vote(struct world *w);
void world_activate(struct world *w);
void world_genesis(struct world *w);
/* Every other member signs its head over this one's nonce. */
void cell_lease(struct cell *c);
void cell_rebuild_member(struct cell *c);

/* A genuine enclave. */
struct enclave {
    struct ed25519_sk sign_sk;
    struct x25519_sk hpke_sk;
    struct wire_boot_keys boot;
    struct ipc_vp_request request;
    uint8_t digest[32];
    struct ipc_va_verdict verdict;
    struct ipc_vc_record record;
};

/* What a release request is known by (SPEC 8). */
void request_digest(uint8_t out[static 32], const struct ipc_release_fields *r);
void enclave_new(struct enclave *e, struct cell *c, uint64_t seed);
/* After a change to e->request.request: digest, signature, and the digests of both statements. */
void enclave_sign(struct enclave *e);
/* Report data, claims and evidence hash of the verdict from its fields; record's claims follow. */
void enclave_attest(struct enclave *e, struct cell *c);
/* Accepting, with these many equal bytes as its platform; report data and claims are the caller's.
 */
struct ipc_va_verdict verdict_good(uint8_t platform);
void verdict_claims(struct ipc_va_verdict *v);

/* Request, statements, request again; the code of the outcome (OK: *answer is filled). */
enum wire_release_code enclave_ask(struct enclave *e, struct cell *c, struct ipc_vp_answer *answer);

#endif
