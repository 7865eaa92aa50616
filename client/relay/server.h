/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - the relay's socket: frames of relay.wire over AF_UNIX SOCK_SEQPACKET.
 */
#ifndef PC_CLIENT_RELAY_SERVER_H
#define PC_CLIENT_RELAY_SERVER_H

#include "client/relay/relay.h"
#include "protocol/ipc.h"

#define PC_RELAY_CLIENTS 16

struct relay_server;

/* Listen at path (mode 0600; what lies there is replaced only if it is a socket that nobody
 * serves: else PC_E_EXISTS). The relay's answers go to the connections from now on. */
PC_MUST_USE enum err_code relay_server_open(struct relay_server **out, struct loop *loop,
                                            struct relay *relay, const char *path);
/* Closes all and removes the path. NULL is fine. */
void relay_server_close(struct relay_server *s);

/* Wall clock and the loop's monotonic one. */
struct relay_clock relay_clock_now(const struct loop *loop);

#endif
