/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.h - TCP byte streams on a struct loop. Implemented by transport_nng.c over nng_stream, the
 * one file that knows nng.
 *
 * nng works in its own threads. Each completion is put on a list under a mutex and told to the loop
 * by an eventfd; every callback below runs in the loop's thread, and so does everything else here.
 * At most one receive and one send per stream are under way; their memory must stay until the
 * callback or stream_close.
 *
 * No call here has a deadline but the connecting: that is the caller's business (transport.h).
 */
#ifndef PC_PROTOCOL_STREAM_H
#define PC_PROTOCOL_STREAM_H

#include "protocol/loop.h"

#include <sys/socket.h>

struct stream_net; /* threads, eventfd, at most one listener */
struct stream;

struct stream_events {
    /* A dialled stream is connected (PC_OK), or not: PC_E_TIMEOUT, PC_E_IO, PC_E_CLOSED. */
    void (*connected)(void *ctx, enum err_code e);
    /* All bytes of stream_recv are in, or the stream is over (PC_E_CLOSED, PC_E_IO). */
    void (*received)(void *ctx, enum err_code e);
    /* All bytes of stream_send are with the kernel, or the stream is over. */
    void (*sent)(void *ctx, enum err_code e);
};

/* A stranger is here. The callee keeps the stream (stream_attach) or closes it. */
typedef void (*stream_accepted_fn)(void *ctx, struct stream *s,
                                   const struct sockaddr_storage *from);

/* PC_E_MEMORY, PC_E_IO, PC_E_FULL. */
PC_MUST_USE enum err_code stream_net_new(struct stream_net **out, struct loop *loop);
/* Closes the listener. Every stream must have been closed. NULL is fine. */
void stream_net_free(struct stream_net *net);

/* PC_E_IO: the address is taken or not ours; PC_E_EXISTS: a listener is there. Port 0 takes any:
 * *port says which. */
PC_MUST_USE enum err_code stream_listen(struct stream_net *net, const struct sockaddr_storage *at,
                                        stream_accepted_fn fn, void *ctx, uint16_t *port);

/* Connect to a numeric address; `connected` follows unless it returns an error. */
PC_MUST_USE enum err_code stream_dial(struct stream **out, struct stream_net *net,
                                      const struct sockaddr_storage *to, unsigned timeout_ms,
                                      const struct stream_events *events, void *ctx);
/* Who is told about an accepted stream. */
void stream_attach(struct stream *s, const struct stream_events *events, void *ctx);

/* Start; a bug (abort) while the same is under way, or with n = 0. */
void stream_recv(struct stream *s, uint8_t *out, size_t n);
void stream_send(struct stream *s, const uint8_t *p, size_t n);

/* Ends the stream at once, waits for nng's threads to be done with it (they never wait for the
 * loop), frees it. No callback comes any more. Allowed in a callback. NULL is fine. */
void stream_close(struct stream *s);

#endif
