/* SPDX-License-Identifier: Apache-2.0 */
/*
 * committee_testkit.h - a committee and its chain in one process, with a clock of their own: for
 * tests of the client. Nodes answer as a vault does; each may be told to misbehave.
 */
#ifndef PC_CLIENT_LIB_COMMITTEE_TESTKIT_H
#define PC_CLIENT_LIB_COMMITTEE_TESTKIT_H

#include "base/rng_seeded.h"
#include "client/lib/client.h"

enum node_manner {
    NODE_HONEST,
    NODE_WRONG_SHARE, /* a proof for a share of its own making (another Y) */
    NODE_BAD_PROOF,   /* the right element, a proof with a flipped bit */
    NODE_OTHER_INPUT, /* evaluates another application's input */
    NODE_OTHER_EPOCH, /* says another epoch inside */
    NODE_SPLICE_NODE, /* sends the sealed bytes that another node made */
    NODE_SPLICE_OLD,  /* sends what it answered to the first request it ever got */
    NODE_SEAL_OTHER,  /* seals to another enclave's key */
    NODE_BAD_SIGNATURE,
    NODE_GARBAGE,
    NODE_SILENT,
    NODE_REFUSES,       /* with code and status */
    NODE_WANTS_EVIDENCE /* 428 until the body has some */
};

struct fake_node {
    enum node_manner manner;
    unsigned status;
    const char *code;
    unsigned retry_after;
    uint64_t until_ms; /* misbehaves until then; 0: always */
    struct ed25519_sk sk;
    struct ed25519_pk pk;
    struct dkg_key key;
    unsigned asked, asked_with_evidence;
    uint8_t seen[2][32]; /* digests of the first two requests */
    uint8_t first[CLIENT_RELEASE_ANSWER_BYTES];
    size_t first_len;
};

struct committee {
    struct rng_seeded rng;
    uint16_t n, t;
    uint64_t epoch, now_ms;
    uint64_t head;
    uint8_t network_id[32], key_id[32], app_id[32];
    struct dkg_public pub;
    struct fake_node node[DKG_MAX_N + 1]; /* by index */
    uint8_t info[CLIENT_EPOCH_INFO_BYTES];
    size_t info_len;
    /* What seed i says instead; length 0: the truth. Seeds are the first SEEDS nodes. */
    struct {
        uint8_t *p;
        size_t n;
    } lie[8];
    unsigned seeds_asked, heads_asked, pauses;
};

/* n members with threshold t and a new key; everybody honest. */
void committee_open(struct committee *c, uint16_t n, uint16_t t, uint64_t seed);
void committee_close(struct committee *c);
/* Encode /v1/epoch from pub, epoch, n, t (after a test changed them). */
void committee_publish(struct committee *c, uint8_t *out, size_t *len, const struct dkg_public *pub,
                       uint64_t epoch, uint16_t n, uint16_t t);

/* A handle that talks to it, as after polyclave_open and polyclave_attest, without either. */
void committee_client(struct committee *c, struct polyclave *pc);
void committee_client_done(struct polyclave *pc);

/* y of (scope, version) by the whole secret. */
void committee_truth(struct committee *c, const char *scope, uint32_t version,
                     uint8_t y[static 64]);

#endif
