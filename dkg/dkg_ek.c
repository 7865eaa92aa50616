/* SPDX-License-Identifier: Apache-2.0 */
#include "dkg/dkg_ek.h"

void dkg_ek_slot_init(struct dkg_ek_slot *s, struct arena *arena)
{
    memset(s, 0, sizeof *s);
    s->arena = arena;
}

void dkg_ek_slot_wipe(struct dkg_ek_slot *s)
{
    arena_free(s->arena, s->pending);
    memset(s, 0, sizeof *s);
}

/* Order of attempts: epoch first. */
static int attempt_cmp(uint64_t epoch_a, uint32_t attempt_a, uint64_t epoch_b, uint32_t attempt_b)
{
    if (epoch_a != epoch_b)
        return epoch_a < epoch_b ? -1 : 1;
    if (attempt_a != attempt_b)
        return attempt_a < attempt_b ? -1 : 1;
    return 0;
}

static void pending_erase(struct dkg_ek_slot *s)
{
    arena_free(s->arena, s->pending);
    s->pending = NULL;
}

static bool was_opened(const struct dkg_ek_slot *s, uint64_t epoch, uint32_t attempt)
{
    return s->opened_any && attempt_cmp(epoch, attempt, s->opened_epoch, s->opened_attempt) <= 0;
}

static struct dkg_ek *ek_new(struct arena *arena, const struct group *g, struct rng *r,
                             const struct pop_context *ctx)
{
    struct dkg_ek *ek = arena_alloc(arena, sizeof *ek);

    if (ek == NULL)
        return NULL;
    group_scalar_random(g, &ek->secret, r);
    group_base_mult(g, &ek->pub, &ek->secret);
    pop_prove(&ek->pop, g, ctx, &ek->secret, &ek->pub, r);
    ek->node_id = ctx->node_id;
    ek->epoch = ctx->epoch;
    ek->attempt = ctx->attempt;
    return ek;
}

enum err_code dkg_ek_enrol(struct dkg_enrol *out, struct dkg_ek_slot *s, const struct group *g,
                           struct rng *r, const uint8_t network_id[static 32], uint64_t epoch,
                           uint32_t attempt, uint32_t node_id)
{
    struct pop_context ctx = {.epoch = epoch, .attempt = attempt, .node_id = node_id};
    int order = 1;

    memset(out, 0, sizeof *out);
    memcpy(ctx.network_id, network_id, 32);
    if (was_opened(s, epoch, attempt))
        return PC_E_STALE;
    if (s->pending != NULL)
        order = attempt_cmp(epoch, attempt, s->pending->epoch, s->pending->attempt);
    if (order < 0)
        return PC_E_STALE;
    if (order == 0 && s->pending->node_id != node_id)
        return PC_E_MISMATCH;
    if (order > 0) {
        pending_erase(s);
        s->pending = ek_new(s->arena, g, r, &ctx);
        if (s->pending == NULL)
            return PC_E_MEMORY;
    }
    out->node_id = node_id;
    out->epoch = epoch;
    out->attempt = attempt;
    memcpy(out->ek, s->pending->pub.b, 32);
    out->pop = s->pending->pop;
    return PC_OK;
}

enum err_code dkg_ek_take(struct dkg_ek **out, struct dkg_ek_slot *s, uint64_t epoch,
                          uint32_t attempt, const uint8_t frozen[static 32])
{
    *out = NULL;
    if (was_opened(s, epoch, attempt))
        return PC_E_STALE;
    s->opened_any = true;
    s->opened_epoch = epoch;
    s->opened_attempt = attempt;
    if (s->pending == NULL)
        return PC_E_NOT_FOUND;
    int order = attempt_cmp(s->pending->epoch, s->pending->attempt, epoch, attempt);
    if (order > 0)
        return PC_E_NOT_FOUND;
    if (order < 0 || memcmp(frozen, s->pending->pub.b, 32) != 0) {
        pending_erase(s);
        return PC_E_NOT_FOUND;
    }
    *out = s->pending;
    s->pending = NULL;
    return PC_OK;
}
