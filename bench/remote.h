/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote.h - the other members' ends of the channels: children that listen on loopback with the
 * members' keys, accept whoever knows them, and read what comes.
 */
#ifndef PC_BENCH_REMOTE_H
#define PC_BENCH_REMOTE_H

#include "bench/genesis.h"

#define REMOTE_CHILDREN 4

struct remote_shared;

struct remote {
    struct remote_shared *shared;
    pid_t child[REMOTE_CHILDREN];
};

/* Members 2..n of a genesis that ran. */
void remote_start(struct remote *r, const struct genesis *g);
/* host:peerPort:httpPort of a member that listens. */
void remote_endpoint(const struct remote *r, char out[static 32], uint16_t index);
/* Until all of them have an open channel. */
void remote_wait(const struct remote *r);
void remote_end(struct remote *r);

#endif
