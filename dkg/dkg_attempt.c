/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Begin and end of an attempt, and facts. Blobs and what follows from them: dkg_attempt_blob.c.
 * Actions: dkg_attempt_next.c.
 */
#include "dkg/dkg_attempt.h"

#include "dkg/dkg_sid.h"

_Static_assert(sizeof(struct dkg_attempt) + sizeof(struct dkg_secrets) + sizeof(struct dkg_key) +
                       sizeof(struct scalar) * (DKG_MAX_N + 4) + 1024 <=
                   DKG_ATTEMPT_ARENA,
               "DKG_ATTEMPT_ARENA covers an attempt, its secrets, a dealing and the key");

/* Only a genesis is built: one key of class 0, nothing old. */
static enum err_code check_open(const struct dkg_open *o)
{
    static const uint8_t zero[32];

    if (o->protocol != DKG_PROTOCOL || o->keys != 1 || o->key[0].index != 0 ||
        o->key[0].key_class != PC_CLASS_APPLICATION || memcmp(o->key[0].of, zero, 32) != 0)
        return PC_E_UNSUPPORTED;
    if (o->old_epoch != 0 || o->old_n != 0 || o->old_t != 0 || o->old_keys != 0 ||
        memcmp(o->old_root, zero, 32) != 0)
        return PC_E_UNSUPPORTED;
    return PC_OK;
}

static enum err_code check_members(const struct dkg_open *o, const struct dkg_member *members,
                                   party_index self, const struct dkg_ek *ek)
{
    uint8_t root[32];

    PC_TRY(dkg_member_root(root, members, o->n));
    for (uint32_t i = 0; i < o->n; i++)
        for (uint32_t k = 0; k < i; k++)
            if (members[i].node_id != 0 && members[i].node_id == members[k].node_id)
                return PC_E_MALFORMED;
    if (self == 0 || self > o->n || memcmp(root, o->root, 32) != 0)
        return PC_E_MISMATCH;
    if (members[self - 1].node_id != ek->node_id ||
        memcmp(members[self - 1].ek, ek->pub.b, 32) != 0 || ek->epoch != o->epoch ||
        ek->attempt != o->attempt)
        return PC_E_MISMATCH;
    return PC_OK;
}

/* Who receives: encoding and PoP of each EK. */
static void session_receivers(struct dkg_session *s, const struct dkg_open *o,
                              const struct dkg_member *members)
{
    struct pop_context ctx = {.epoch = o->epoch, .attempt = o->attempt};

    memcpy(ctx.network_id, o->network_id, 32);
    for (uint32_t j = 1; j <= o->n; j++) {
        const struct dkg_member *m = &members[j - 1];
        struct dkg_receiver *r = &s->receiver[j];
        if (m->node_id == 0)
            continue;
        ctx.node_id = m->node_id;
        r->seated = true;
        r->node_id = m->node_id;
        r->ek_valid = group_point_decode(s->g, &r->ek, m->ek) == PC_OK &&
                      pop_verify_var(s->g, &ctx, &r->ek, &m->pop) == PC_OK;
    }
}

static enum err_code attempt_fill(struct dkg_attempt *a, const struct dkg_open *open,
                                  const struct dkg_member *members, const struct dkg_ek *ek)
{
    struct dkg_bitmap seats = {{0}};

    PC_TRY(check_open(open));
    PC_TRY(dkg_params_of(&a->s.p, open->n, open->t));
    if (open->n > a->env.g->max_index)
        return PC_E_USAGE;
    PC_TRY(check_members(open, members, a->self, ek));
    PC_TRY(dkg_sid(a->s.sid, open));
    a->s.g = a->env.g;
    a->s.dealers = open->n;
    a->s.key = open->key[0];
    a->epoch = open->epoch;
    session_receivers(&a->s, open, members);
    if (!a->s.receiver[a->self].ek_valid)
        return PC_E_MISMATCH;
    for (uint32_t j = 1; j <= open->n; j++)
        if (a->s.receiver[j].seated)
            dkg_bitmap_set(&seats, (party_index)j);
    if (dkg_bitmap_count(&seats) < a->s.p.a)
        return PC_E_USAGE;
    PC_TRY(dkg_board_init(&a->board, &a->s.p, a->s.dealers, &seats, &seats, a->env.room,
                          a->env.room_count));
    a->secrets->ek = ek->secret;
    return PC_OK;
}

enum err_code dkg_attempt_open(struct dkg_attempt **out, const struct dkg_env *env,
                               const struct dkg_open *open, const struct dkg_member *members,
                               party_index self, struct dkg_ek **ek)
{
    struct dkg_attempt *a = arena_alloc(env->arena, sizeof *a);
    enum err_code e = PC_E_MEMORY;

    *out = NULL;
    if (a == NULL)
        goto out;
    a->env = *env;
    a->self = self;
    if (*ek == NULL) {
        e = PC_E_USAGE;
        goto out;
    }
    a->secrets = arena_alloc(env->arena, sizeof *a->secrets);
    if (a->secrets == NULL)
        goto out;
    e = attempt_fill(a, open, members, *ek);
out:
    arena_free(env->arena, *ek);
    *ek = NULL;
    if (e != PC_OK)
        dkg_attempt_close(&a);
    *out = a;
    return e;
}

static void secrets_erase(struct dkg_attempt *a)
{
    arena_free(a->env.arena, a->secrets);
    a->secrets = NULL;
}

void dkg_attempt_close(struct dkg_attempt **a)
{
    if (*a == NULL)
        return;
    struct arena *arena = (*a)->env.arena;
    secrets_erase(*a);
    arena_free(arena, *a);
    *a = NULL;
}

enum err_code dkg_attempt_admit(struct dkg_attempt *a, party_index receiver)
{
    if (receiver == 0 || receiver > a->s.p.n || !a->s.receiver[receiver].seated)
        return PC_E_USAGE;
    dkg_bitmap_set(&a->admitted, receiver);
    return PC_OK;
}

party_index dkg_attempt_not_admitted(const struct dkg_attempt *a)
{
    for (uint32_t j = 1; j <= a->s.p.n; j++)
        if (a->s.receiver[j].ek_valid && !dkg_bitmap_test(&a->admitted, (party_index)j))
            return (party_index)j;
    return 0;
}

enum err_code dkg_attempt_deal(struct dkg_attempt *a)
{
    if (a->dealt || a->board.phase != DKG_PHASE_COMMIT)
        return PC_E_SEQUENCE;
    if (dkg_attempt_not_admitted(a) != 0)
        return PC_E_REFUSED;
    PC_TRY(dkg_deal(&a->own, a->own_hash, &a->s, a->self, a->env.arena, a->env.rng));
    a->dealt = true;
    return PC_OK;
}

enum err_code dkg_attempt_fact(struct dkg_attempt *a, const struct dkg_fact *f)
{
    PC_TRY(dkg_board_apply(&a->board, f));
    if (f->kind == DKG_FACT_FAILED)
        secrets_erase(a);
    if (f->kind == DKG_FACT_PHASE_END && a->board.phase == DKG_PHASE_READY)
        a->have_result = a->share_ok = false; /* the vote's result: QUAL may be another set */
    if (f->kind == DKG_FACT_PHASE_END)
        a->vote_stale = true;
    dkg_attempt_advance(a);
    return PC_OK;
}

enum err_code dkg_attempt_take_key(struct dkg_attempt *a, struct dkg_key **out)
{
    struct point check;

    *out = NULL;
    if (a->board.phase != DKG_PHASE_ACTIVE || a->key_taken || a->secrets == NULL)
        return PC_E_SEQUENCE;
    if (!a->have_result || memcmp(a->result.transcript, a->board.active, 32) != 0)
        return PC_E_MISMATCH;
    if (!a->share_ok)
        return PC_E_SHARE;
    struct dkg_key *key = arena_alloc(a->env.arena, sizeof *key);
    if (key == NULL)
        return PC_E_MEMORY;
    key->index = a->self;
    key->share = a->secrets->sum;
    key->pub = a->result.pub;
    group_base_mult(a->s.g, &check, &key->share);
    PC_ASSERT(group_point_equal(&check, &key->pub.y[a->self]));
    secrets_erase(a);
    a->key_taken = true;
    *out = key;
    return PC_OK;
}

bool dkg_attempt_has_secrets(const struct dkg_attempt *a)
{
    return a->secrets != NULL;
}

enum dkg_phase dkg_attempt_phase(const struct dkg_attempt *a)
{
    return a->board.phase;
}

enum dkg_blob_state dkg_attempt_blob_state(const struct dkg_attempt *a, party_index dealer)
{
    return dealer <= DKG_MAX_N ? a->dealer[dealer].state : DKG_BLOB_UNKNOWN;
}

const uint8_t *dkg_attempt_sid(const struct dkg_attempt *a)
{
    return a->s.sid;
}

const struct dkg_board *dkg_attempt_board(const struct dkg_attempt *a)
{
    return &a->board;
}
