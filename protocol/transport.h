/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport.h - authenticated connections between nodes: TCP streams, u32 frames, a Noise channel.
 *
 * Every unit on the wire is a big-endian u32 length and that many bytes: the two handshake messages
 * (exactly 96 and 48), the caller's confirmation (an empty plaintext: 16), then ciphertexts of at
 * most frame_max + 16. Message 1 can be recorded and sent again by anybody, so the one who was
 * called believes who calls only after the confirmation. Then the connection is `open` and carries
 * whole plaintext frames (peer_wire.h).
 *
 * Deadlines, each for a whole step and not for a byte: connect, handshake, one frame in (from its
 * length to its last byte), one frame out; and idle_ms without a frame in. Before the handshake is
 * over a stranger costs one descriptor, one small record and at most one static DH; at most
 * waiting_per_address such connections per IPv4 address or IPv6 /64 and waiting_max in all, beyond
 * which the oldest one makes room (an honest one needs it for a fraction of a second). An address
 * (IPv6: /64) may cause dh_per_place first DHs in 10 s, so that a flood of valid first messages
 * spends its own budget and not the vault's. At most open_max connections are past the handshake.
 *
 * Connections have numbers that are never used twice, so answers that come late (a DH from the
 * vault) may name one that is gone: PC_E_NOT_FOUND.
 */
#ifndef PC_PROTOCOL_TRANSPORT_H
#define PC_PROTOCOL_TRANSPORT_H

#include "base/rng.h"
#include "crypto/x25519.h"
#include "protocol/loop.h"

#include <sys/socket.h>

struct transport;
typedef uint64_t transport_conn; /* 0 is none */

struct transport_config {
    uint8_t network_id[32]; /* the channel's prologue */
    struct x25519_pk own;   /* static public key; the private half answers need_dh */
    struct rng *rng;
    size_t frame_max;   /* plaintext, at most CHANNEL_PLAIN_MAX */
    size_t queue_max;   /* bytes that may wait for one slow connection */
    size_t queue_total; /* ... for all of them */
    unsigned waiting_max, waiting_per_address, open_max;
    unsigned dh_per_place; /* handshakes that one address may start in 10 s */
    unsigned connect_ms, handshake_ms, frame_ms, idle_ms;
};

/* Numbers for a node: zero the rest and fill in the keys. */
#define TRANSPORT_DEFAULTS                                                                         \
    .frame_max = 33024, .queue_max = 1u << 20, .queue_total = 16u << 20, .waiting_max = 64,        \
    .waiting_per_address = 16, .open_max = 320, .dh_per_place = 64, .connect_ms = 5000,            \
    .handshake_ms = 5000, .frame_ms = 20000, .idle_ms = 90000

struct transport_events {
    /* DH(own static, point), please: transport_dh_result or transport_dh_fail, now or later. */
    void (*need_dh)(void *ctx, transport_conn c, const struct x25519_pk *point);
    /* Somebody says that he is `remote`. false: not a member, or one connection too many. */
    bool (*allow)(void *ctx, transport_conn c, const struct x25519_pk *remote);
    /* The other end has proved to be `remote`. */
    void (*open)(void *ctx, transport_conn c, const struct x25519_pk *remote, bool dialled);
    /* A frame; the view lasts for the call, or until transport_close of this connection. Any other
     * return than PC_OK closes the connection. */
    enum err_code (*frame)(void *ctx, transport_conn c, struct bytes frame);
    /* It is over; for connections that were open or dialled. Not after transport_close. */
    void (*closed)(void *ctx, transport_conn c, enum err_code why);
};

/* PC_E_USAGE for a configuration that makes no sense, PC_E_MEMORY, PC_E_IO, PC_E_FULL. */
PC_MUST_USE enum err_code transport_new(struct transport **out, struct loop *loop,
                                        const struct transport_config *config,
                                        const struct transport_events *events, void *ctx);
/* Closes everything without callbacks. NULL is fine. Not from a callback. */
void transport_free(struct transport *t);

PC_MUST_USE enum err_code transport_listen(struct transport *t, const struct sockaddr_storage *at,
                                           uint16_t *port);

/* Connect and expect `remote` there. `open` or `closed` follows. The address is dialled as it is:
 * ask address_reachable (endpoint.h) first. PC_E_FULL at open_max dialled and open connections. */
PC_MUST_USE enum err_code transport_dial(transport_conn *out, struct transport *t,
                                         const struct sockaddr_storage *to,
                                         const struct x25519_pk *remote);

PC_MUST_USE enum err_code transport_dh_result(struct transport *t, transport_conn c,
                                              const uint8_t shared[static 32]);
void transport_dh_fail(struct transport *t, transport_conn c);

/* Queue a frame. PC_E_NOT_FOUND, PC_E_SEQUENCE (not open yet), PC_E_TOO_LARGE, PC_E_FULL (nothing
 * was queued), PC_E_MEMORY. */
PC_MUST_USE enum err_code transport_send(struct transport *t, transport_conn c, struct bytes frame);

/* Without callback; unknown numbers are fine. Frames that wait are lost. */
void transport_close(struct transport *t, transport_conn c);

struct transport_counts {
    unsigned waiting, open, dialling;
    size_t queued;
    uint64_t refused;   /* strangers turned away by a cap or evicted */
    uint64_t failed;    /* handshakes that failed */
    uint64_t timed_out; /* deadlines of any step */
};
void transport_count(const struct transport *t, struct transport_counts *out);

#endif
