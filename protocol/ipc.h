/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipc.h - one end of a link between two processes of a node: whole frames over a SOCK_SEQPACKET
 * socketpair, non-blocking, on a struct loop.
 *
 * A frame is what ipc_wire.h encodes. It travels in packets of one flag byte and at most
 * IPC_PACKET_MAX bytes (bit 0: the first of a frame, bit 1: the last), so frames up to frame_max
 * pass whatever the socket's buffer is. One descriptor may travel with a frame (SCM_RIGHTS).
 *
 * The other end is not trusted: a frame over frame_max, packets out of order, an unexpected or
 * second descriptor end the link (PC_E_TOO_LARGE, PC_E_SEQUENCE, PC_E_REFUSED). Memory is taken
 * once, in ipc_end_new. Frames that were sent or handled are wiped: some carry secrets. System
 * calls after ipc_end_new: recvmsg, sendmsg, close.
 */
#ifndef PC_PROTOCOL_IPC_H
#define PC_PROTOCOL_IPC_H

#include "protocol/codec.h"
#include "protocol/loop.h"

#define IPC_PACKET_MAX (32u * 1024)

struct ipc_end;

struct ipc_limits {
    size_t frame_max; /* largest frame in either direction, 2..WIRE_FRAME_MAX */
    size_t queue_max; /* bytes that may wait for a slow reader */
    bool take_fds;    /* whether frames may bring a descriptor */
};

/* For links with the vault, and for all others. */
#define IPC_LIMITS_RECORDS ((struct ipc_limits){WIRE_RECORD_MAX, 2u << 20, false})
#define IPC_LIMITS_FRAMES  ((struct ipc_limits){WIRE_FRAME_MAX, 8u << 20, false})

struct ipc_events {
    /* One whole frame, valid during the call. fd is -1 or a descriptor (close-on-exec) that is now
     * the callee's. Any other return than PC_OK ends the link: `gone` follows with it. The callee
     * may send and may free the end. */
    enum err_code (*frame)(void *ctx, struct ipc_end *end, struct bytes frame, int fd);
    /* Nothing more will come and sending gives PC_E_CLOSED: why is PC_E_CLOSED when the other end
     * closed or died, PC_E_IO, or what the rules above or `frame` said. Called once, never from
     * within ipc_end_send. The owner frees the end, here or later. */
    void (*gone)(void *ctx, struct ipc_end *end, enum err_code why);
};

/* A pair of ends for ipc_end_new, close-on-exec. */
PC_MUST_USE enum err_code ipc_pair(int fds[2]);

/* Takes over fd (closed also on failure). PC_E_MEMORY, PC_E_FULL (loop), PC_E_USAGE. */
PC_MUST_USE enum err_code ipc_end_new(struct ipc_end **out, struct loop *loop, int fd,
                                      const struct ipc_limits *limits,
                                      const struct ipc_events *events, void *ctx);
/* Read at most so many packets (not 0) of this end in one turn of the loop; 32 unless this is
 * called. With 1, an answer that is sent while a frame is handled cannot bring the next frame
 * before the other ends, whose turn it is meanwhile. */
void ipc_end_packets(struct ipc_end *end, unsigned most);
/* Closes; frames that wait are lost. NULL is fine. Allowed in a callback of this end. */
void ipc_end_free(struct ipc_end *end);

/* Send or queue. PC_E_FULL: queue_max would be exceeded, nothing was queued (a receiver that does
 * not keep up: drop, or end the link). PC_E_TOO_LARGE over frame_max, PC_E_CLOSED after the end. */
PC_MUST_USE enum err_code ipc_end_send(struct ipc_end *end, struct bytes frame);
/* A duplicate of fd travels along; fd itself stays the caller's. */
PC_MUST_USE enum err_code ipc_end_send_fd(struct ipc_end *end, struct bytes frame, int fd);

/* Encode straight into the queue: at least frame_max bytes at the result, then commit what was
 * written. A reservation ends with the next call on this end. */
void *ipc_end_reserve(struct ipc_end *end);
size_t ipc_end_room(const struct ipc_end *end);
PC_MUST_USE enum err_code ipc_end_commit(struct ipc_end *end, size_t n);

/* IPC_SEND(end, vp_dh, &m): encode struct ipc_vp_dh and send it. Errors of both. */
#define IPC_SEND(end, name, m)                                                                     \
    __extension__({                                                                                \
        struct ipc_end *pc_end = (end);                                                            \
        struct bytes pc_frame;                                                                     \
        enum err_code pc_send_e =                                                                  \
            ipc_encode_##name(&pc_frame, ipc_end_reserve(pc_end), ipc_end_room(pc_end), (m));      \
        pc_send_e == PC_OK ? ipc_end_commit(pc_end, pc_frame.n) : pc_send_e;                       \
    })

/* Bytes that wait. */
size_t ipc_end_queued(const struct ipc_end *end);

#endif
