/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes from any process: the vault neither aborts nor keeps a secret at its end. Input: pieces
 * of process u8 (bit 7: a new link before it), length u16, frame; the keys are those of the
 * corpus's vault.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "node/vault/vault_state.h"

#include "base/rng_seeded.h"

#define FUZZ_MEMBERS 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void swallow(void *ctx, enum ipc_process to, struct bytes frame)
{
    (void)ctx, (void)to;
    PC_ASSERT(frame.n >= 2 && frame.n <= WIRE_RECORD_MAX);
}

static void drop(void *ctx, enum ipc_process other)
{
    (void)ctx, (void)other;
}

/* As vault_testkit.c's world of four with seed 1 makes its first. */
static struct vault_env environment(struct arena *arena, struct rng *rng,
                                    struct dkg_complaint_rec *room)
{
    struct vault_env env = {.arena = arena,
                            .rng = rng,
                            .group = &group_ristretto255,
                            .room = room,
                            .room_count = FUZZ_MEMBERS * FUZZ_MEMBERS,
                            .send = swallow,
                            .drop = drop};
    env.policy = (struct policy_policy){.version = 1,
                                        .chain_id = 31337,
                                        .kind = POLICY_CHAIN_KIND_DEV,
                                        .head_age = 3600,
                                        .smallest_n = 3,
                                        .max_bound_age = 300};
    memset(env.policy.network_id, 0x11, 32);
    memset(env.policy.epochs, 0xe1, 20);
    memset(env.policy.node_registry, 0xe2, 20);
    memset(env.policy.attestations, 0xe3, 20);
    memset(env.policy.apps, 0xe4, 20);
    memset(env.policy.tdx.verifier, 0xe5, 20);
    memset(env.policy.tdx.root, 0xe6, 32);
    return env;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct dkg_complaint_rec room[FUZZ_MEMBERS * FUZZ_MEMBERS];
    struct arena *arena = NULL;
    struct rng_seeded rng;
    struct vault *v = NULL;
    void *memory = calloc(1, vault_bytes());
    struct reader r = reader_of(bytes_of(data, n));
    uint64_t now = 1000000;
    rng_seeded_init(&rng, 1001);
    PC_ASSERT(memory != NULL && arena_open(&arena, VAULT_ARENA) == PC_OK);
    struct vault_env env = environment(arena, &rng.rng, room);
    PC_ASSERT(vault_init(&v, memory, &env) == PC_OK);
    while (r.left > 0 && r.err == PC_OK) {
        uint8_t from = read_u8(&r);
        struct bytes frame = read_bytes(&r, read_u16(&r));
        enum ipc_process who = (enum ipc_process)((from & 0x7fu) % (IPC_PROC_QUOTE + 1u));
        if ((from & 0x80u) != 0)
            vault_link_new(v, who);
        if (vault_frame(v, who, frame, now += 10) != PC_OK)
            vault_link_new(v, who);
    }
    vault_wipe(v);
    PC_ASSERT(arena_used(arena) == 0);
    arena_close(arena);
    free(memory);
    return 0;
}
