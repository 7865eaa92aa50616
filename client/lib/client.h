/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - internal to libpolyclave: the handle and its parts. polyclave.h is the manual.
 *
 * Everything that touches the world goes through struct client_io, so that tests run a committee in
 * one process with its own clock. What the world says is hostile: epoch.c believes a public half
 * only after the dual-code test against the pin, answer.c a partial only after its proof.
 */
#ifndef PC_CLIENT_LIB_CLIENT_H
#define PC_CLIENT_LIB_CLIENT_H

#include "chain/http.h"
#include "client/include/polyclave.h"
#include "client/lib/network.h"
#include "client/lib/vendor_calls.h"
#include "crypto/ed25519.h"
#include "crypto/kdf.h"
#include "crypto/x25519.h"
#include "dkg/threshold.h"
#include "protocol/client_wire.h"

#define PC_CLIENT_CODE 40 /* a stable code with its NUL */
#define PC_CLIENT_URL  (ENDPOINT_TEXT_MAX + 48)

/* ---- failures ---- */

struct client_failure {
    char code[PC_CLIENT_CODE];
    char text[320];
};
/* Set both; the text is what happened, to what, what to do next. Returns status. */
int client_fail(struct client_failure *f, int status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void client_fine(struct client_failure *f);
/* A code from outside: letters, digits and underscores, at most 31; else "malformed_answer". */
void client_code_copy(char out[static PC_CLIENT_CODE], struct bytes code);

/* ---- the world ---- */

struct client_block {
    uint64_t number;
    uint8_t hash[32];
};

struct client_io {
    void *ctx;
    /* as http_run */
    void (*http)(void *ctx, struct http_request *reqs, size_t n, http_enough enough,
                 void *enough_ctx);
    /* agreed finalized block; agreed block two below the latest */
    enum err_code (*head)(void *ctx, struct client_block *out);
    enum err_code (*bound)(void *ctx, struct client_block *out);
    uint64_t (*now_ms)(void *ctx); /* monotonic */
    void (*pause)(void *ctx, unsigned ms);
};

/* ---- an epoch that fits the pin ---- */

struct client_seat {
    uint16_t index;
    uint32_t node_id;
    struct ed25519_pk identity;
    bool usable;              /* its endpoint can be read */
    char base[PC_CLIENT_URL]; /* http://host:port */
};

struct client_epoch {
    struct dkg_public pub; /* y[0] = pinned PK; passed threshold_epoch_check_var */
    uint16_t seats;        /* seats that are not empty */
    struct client_seat seat[DKG_MAX_N];
};

/* Decode and check the body of GET /v1/epoch. PC_E_MISMATCH: another network, key or PK than the
 * pin's. PC_E_DEGREE, PC_E_IDENTITY, PC_E_NOT_CANONICAL: the shares do not lie on a polynomial
 * through PK. PC_E_MALFORMED and others of class PEER: not such a body. *out is zero on error. */
PC_MUST_USE enum err_code client_epoch_read(struct client_epoch *out,
                                            const struct polyclave_pin *pin, struct bytes body,
                                            struct rng *r);

/* ---- one request and its answer ---- */

struct client_asker {
    const struct polyclave_pin *pin;
    struct ed25519_sk *sign; /* in the arena */
    struct x25519_sk *hpke;
    struct ed25519_pk sign_pk;
    struct x25519_pk hpke_pk;
    struct client_block bound, head;
    enum wire_vendor vendor;
    struct evidence_claims claims;
    uint8_t verifier[20];
    uint8_t evidence_hash[32];
    struct bytes evidence;
    const uint8_t (*platform_proof)[32];
    uint16_t platform_proof_n;
    struct bytes scope;
    uint32_t version;
};

/* The signed body for one member with a fresh nonce, and its digest. PC_E_TOO_LARGE. */
PC_MUST_USE enum err_code client_request_make(struct client_release_body *body,
                                              uint8_t digest[static 32],
                                              const struct client_asker *a, uint64_t epoch,
                                              uint16_t index, struct rng *r);

/* A 200 answer of `seat` to the request with that digest. PC_E_SIGNATURE, PC_E_MALFORMED: not of
 * this node, or nothing that it signed. Once the signature is right the node answers for the rest:
 * PC_E_AUTH, PC_E_MISMATCH, PC_E_PROOF, PC_E_NOT_CANONICAL, PC_E_IDENTITY: it lied. PC_OK: the
 * partial is in the combiner. */
PC_MUST_USE enum err_code client_answer_take(struct threshold_combiner *c,
                                             const struct client_asker *a,
                                             const struct client_seat *seat, uint64_t epoch,
                                             const uint8_t digest[static 32], struct bytes answer,
                                             bool *lied);

/* {code, message, retry_after?} of an error body; "http_NNN" when there is none. */
void client_error_read(char code[static PC_CLIENT_CODE], unsigned *retry_after_s, unsigned status,
                       struct bytes body);

/* ---- the handle ---- */

struct client_secrets {
    struct ed25519_sk sign;
    struct x25519_sk hpke;
    struct threshold_combiner combiner;
    uint8_t y[PC_VOPRF_OUTPUT_BYTES];
};

struct client_evidence {
    uint8_t *p; /* POLYCLAVE_MAX_EVIDENCE bytes; NULL: none yet */
    size_t n;
    struct evidence_claims claims;
    struct client_block bound;
};

struct polyclave {
    struct polyclave_pin pin;
    struct network net;
    enum polyclave_vendor vendor;
    polyclave_quote_fn *quote;
    void *quote_user;
    char relay_socket[108];
    unsigned timeout_ms, attest_timeout_ms;
    bool ask_all;
    uint8_t platform_proof[PC_PLATFORM_PROOF_MAX][32];
    uint16_t platform_proof_n;

    struct client_io io;
    struct client_world *world; /* of io; NULL in tests */
    struct rng *rng;
    struct arena *arena;
    struct client_secrets *secrets;
    struct ed25519_pk sign_pk;
    struct x25519_pk hpke_pk;
    uint8_t subject[32];

    struct client_evidence evidence; /* what the record on chain was made of */
    uint64_t valid_until;            /* 0: not attested */

    bool has_epoch;
    unsigned fetches;
    struct client_epoch epoch;
    struct polyclave_member_report report[DKG_MAX_N]; /* by seat */
    struct client_failure failure;
};

/* The contract that verifies this machine's evidence. */
const struct evm_address *client_verifier(const struct polyclave *pc);
/* Keys and memory of a handle whose pin, net and io are set. */
PC_MUST_USE enum err_code client_init(struct polyclave *pc);
/* Fetch and check the current epoch from the seeds, the members known so far and the chain. */
int client_epoch_fetch(struct polyclave *pc);

/* The real world of a handle: RPC endpoints and HTTP. */
PC_MUST_USE enum err_code client_world_open(struct polyclave *pc);
void client_world_close(struct polyclave *pc);
struct relay_chain *client_world_chain(struct polyclave *pc);
/* Endpoints of nodes as the chain's events tell them, newest first; returns how many. */
unsigned client_world_nodes(struct polyclave *pc, char (*out)[ENDPOINT_TEXT_MAX + 1], unsigned cap);
/* "http://host:port" of a published endpoint; false if it is none. */
bool client_base_url(char out[static PC_CLIENT_URL], struct bytes endpoint);

#endif
