/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel.h - Noise_IK_25519_ChaChaPoly_SHA256 (Noise revision 34) without sockets, clocks or the
 * static key.
 *
 * Each side knows who it is; the initiator also whom it calls. Handshake messages carry no payload
 * (SPEC 14: what message 1 would carry could be replayed), the prologue is network_id. Whoever
 * completes the handshake has proved its static key to the other.
 *
 * The static private key lives elsewhere (in a node: the vault), so the machine stops and asks for
 * Diffie-Hellman results. Ask channel_next what it wants, do that, ask again:
 *
 *   CHANNEL_WANTS_DH       compute DH(own static, channel_dh_point) and give it to channel_dh_give
 *   CHANNEL_WANTS_SEND     send what channel_hs_write gives
 *   CHANNEL_WANTS_RECV     receive channel_hs_expects bytes, give them to channel_hs_read
 *   CHANNEL_IS_OPEN        channel_seal and channel_open; channel_hs_expects is 0
 *   CHANNEL_IS_DEAD        some call failed; keys are wiped and every call gives PC_E_SEQUENCE
 *
 * A responder learns who calls (channel_remote) before it is asked for the second DH: refuse
 * strangers there, so that they cost one DH.
 *
 * After the handshake each message is one AEAD under an implicit counter: a lost, repeated,
 * reordered or altered message kills the channel. Keys move on by Noise's REKEY every
 * CHANNEL_REKEY_EVERY messages; after CHANNEL_MESSAGES_MAX a new handshake is due (PC_E_FULL).
 * Ephemeral keys are wiped as soon as their last DH is done. Constant time in keys and payloads.
 */
#ifndef PC_PROTOCOL_CHANNEL_H
#define PC_PROTOCOL_CHANNEL_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"
#include "crypto/x25519.h"

#define CHANNEL_HS1_BYTES    96 /* e, encrypted s, tag */
#define CHANNEL_HS2_BYTES    48 /* e, tag */
#define CHANNEL_TAG_BYTES    16
#define CHANNEL_PLAIN_MAX    (65535 - CHANNEL_TAG_BYTES) /* Noise's message limit */
#define CHANNEL_REKEY_EVERY  (UINT64_C(1) << 16)
#define CHANNEL_MESSAGES_MAX (UINT64_C(1) << 40)

enum channel_want {
    CHANNEL_IS_DEAD, /* also what a zeroed channel is */
    CHANNEL_WANTS_DH,
    CHANNEL_WANTS_SEND,
    CHANNEL_WANTS_RECV,
    CHANNEL_IS_OPEN,
};

/* A plain value: channel_wipe ends it. Fields are channel.c's. */
struct channel_key {
    uint8_t k[32];
    uint64_t n;
};
struct channel {
    int state;
    bool initiator;
    bool remote_known;
    struct x25519_pk s, rs;
    struct x25519_sk e;
    struct x25519_pk e_pub, re;
    uint8_t ck[32];
    uint8_t h[32];
    uint8_t k[32]; /* of the handshake step */
    uint64_t n;
    uint8_t pending[64]; /* responder: the rest of message 1 while the DHs are outside */
    struct channel_key tx, rx;
};

/* own and remote are static public keys; the ephemeral comes from r. */
void channel_call(struct channel *c, struct bytes prologue, const struct x25519_pk *own,
                  const struct x25519_pk *remote, struct rng *r);
void channel_answer(struct channel *c, struct bytes prologue, const struct x25519_pk *own,
                    struct rng *r);
void channel_wipe(struct channel *c);

enum channel_want channel_next(const struct channel *c);

/* While CHANNEL_WANTS_DH. */
const struct x25519_pk *channel_dh_point(const struct channel *c);
/* PC_E_IDENTITY for an all-zero result; PC_E_AUTH if message 1 turns out to be forged. */
PC_MUST_USE enum err_code channel_dh_give(struct channel *c, const uint8_t shared[static 32]);

/* While CHANNEL_WANTS_SEND: *n is CHANNEL_HS1_BYTES or CHANNEL_HS2_BYTES. */
PC_MUST_USE enum err_code channel_hs_write(struct channel *c, uint8_t out[static 96], size_t *n);
/* Length of the handshake message that is due; 0 when none is. */
size_t channel_hs_expects(const struct channel *c);
/* PC_E_MALFORMED for another length (a payload is one), PC_E_IDENTITY, PC_E_AUTH. */
PC_MUST_USE enum err_code channel_hs_read(struct channel *c, struct bytes in);

/* The other side's static key; NULL while unknown. Proved only when the channel is open. */
const struct x25519_pk *channel_remote(const struct channel *c);

/* pt.n + 16 bytes into out, which may not overlap pt unless it is the same memory. PC_E_TOO_LARGE
 * over CHANNEL_PLAIN_MAX, PC_E_FULL after CHANNEL_MESSAGES_MAX: both leave the channel as it is. */
PC_MUST_USE enum err_code channel_seal(struct channel *c, uint8_t *out, struct bytes pt);
/* ct.n - 16 bytes into out (may be ct's memory). PC_E_TRUNCATED, PC_E_TOO_LARGE, PC_E_AUTH,
 * PC_E_FULL: all kill the channel. */
PC_MUST_USE enum err_code channel_open(struct channel *c, uint8_t *out, struct bytes ct);

#endif
