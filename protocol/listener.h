/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener.h - listening sockets on a struct loop: accept in bounded batches, rest when descriptors
 * or memory are short. Plain values, no allocation.
 */
#ifndef PC_PROTOCOL_LISTENER_H
#define PC_PROTOCOL_LISTENER_H

#include "protocol/loop.h"

#include <sys/socket.h>

#define LISTENER_SOCKETS_MAX 4
#define LISTENER_BATCH       16 /* connections accepted in one turn */

struct listener {
    struct loop *loop;
    int fds[LISTENER_SOCKETS_MAX];
    unsigned n;
    struct loop_timer again;
    /* A caller: the descriptor (close-on-exec, non-blocking) is the callee's. IPv4 callers of a
     * socket of both families come as AF_INET, those of a unix socket as AF_UNIX. */
    void (*accepted)(void *ctx, int fd, struct sockaddr_storage *from);
    /* After each batch. */
    void (*batch)(void *ctx);
    void *ctx;
};

void listener_init(struct listener *l, struct loop *loop,
                   void (*accepted)(void *ctx, int fd, struct sockaddr_storage *from),
                   void (*batch)(void *ctx), void *ctx);
/* Bind and listen; port 0 takes any, *port says which. PC_E_IO, PC_E_FULL, PC_E_USAGE. */
PC_MUST_USE enum err_code listener_open(struct listener *l, const struct sockaddr_storage *at,
                                        uint16_t *port);
/* A socket that listens already, e.g. AF_UNIX; it is the listener's afterwards, closed on error. */
PC_MUST_USE enum err_code listener_adopt(struct listener *l, int fd);
void listener_close(struct listener *l);

#endif
