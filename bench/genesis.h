/* SPDX-License-Identifier: Apache-2.0 */
/*
 * genesis.h - a real polyclave-vault as member 1 of a committee of n, from its first key to serving
 * epoch 1. The other members exist as keys, enrolments and dealings made with the libraries; chain,
 * attest, polyclaved and peer are played over the vault's links.
 */
#ifndef PC_BENCH_GENESIS_H
#define PC_BENCH_GENESIS_H

#include "base/rng_seeded.h"
#include "bench/stage.h"
#include "crypto/ed25519.h"
#include "crypto/x25519.h"
#include "dkg/dkg_attempt.h"

struct recorded {
    uint8_t hash[32];
    size_t length;
    uint8_t bytes[DKG_BLOB_MAX];
};

struct genesis {
    struct stage *stage;
    struct proc *vault;
    uint16_t n;
    struct rng_seeded rng;
    uint64_t seq;
    struct wire_head head;
    struct ipc_vc_open open;
    struct ipc_vc_member member[DKG_MAX_N + 1];
    struct ipc_va_verdict verdict[DKG_MAX_N + 1];
    struct ed25519_sk identity[DKG_MAX_N + 1];
    struct x25519_sk channel[DKG_MAX_N + 1];
    struct recorded *blob[DKG_MAX_N + 1];
    struct ipc_vd_ncall vote;
    /* Called after each step, if set: for whoever watches the vault meanwhile. */
    void (*step)(void *ctx, const char *name);
    void *ctx;
};

/* The vault was just started. Afterwards it holds a lease of an hour. */
void genesis_run(struct genesis *g, struct stage *s, struct proc *vault, uint16_t n);
void genesis_free(struct genesis *g);

#endif
