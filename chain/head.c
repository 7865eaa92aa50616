/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/head.h"

const struct head *head_ring_find(const struct head_ring *r, uint64_t number)
{
    size_t i = number % PC_HEAD_RING;
    return r->used[i] && r->at[i].number == number ? &r->at[i] : NULL;
}

static void ring_put(struct head_ring *r, const struct head *h)
{
    size_t i = h->number % PC_HEAD_RING;
    r->at[i] = *h;
    r->used[i] = true;
}

static bool has_checkpoint(const struct head_policy *p)
{
    return !evm_word_is_zero(&p->checkpoint_hash);
}

static enum err_code judge_policy(const struct head_policy *p)
{
    switch (p->kind) {
    case PC_HEAD_DEV:
        return p->chain_id == PC_DEV_CHAIN_ID ? PC_OK : PC_E_REFUSED;
    case PC_HEAD_QBFT:
    case PC_HEAD_ETHEREUM:
        return has_checkpoint(p) ? PC_E_UNSUPPORTED : PC_E_REFUSED;
    }
    return PC_E_UNSUPPORTED;
}

enum err_code head_verifier_init(struct head_verifier *v, const struct head_policy *p)
{
    memset(v, 0, sizeof *v);
    v->policy = *p;
    v->state = judge_policy(p);
    return v->state;
}

static enum err_code broken(struct head_verifier *v)
{
    v->walking = false;
    v->contradicted = true;
    return PC_E_DISAGREE;
}

enum err_code head_verifier_claim(struct head_verifier *v, const struct head_claim *c)
{
    if (v->state != PC_OK)
        return v->state;
    if (v->has_head && c->number <= v->accepted.number) {
        const struct head *known = head_ring_find(&v->ring, c->number);
        if (known != NULL && !evm_word_equal(&known->hash, &c->hash))
            return broken(v);
        if (c->number < v->accepted.number)
            return PC_E_STALE;
        v->contradicted = false;
        return PC_OK;
    }
    if (!v->has_head && has_checkpoint(&v->policy) && c->number < v->policy.checkpoint_number)
        return PC_E_STALE;
    bool same = v->target.number == c->number && evm_word_equal(&v->target.hash, &c->hash);
    bool go_on = v->walking && (same || v->progressed);
    v->progressed = false;
    if (go_on)
        return PC_E_RETRY;
    v->walking = true;
    memset(&v->walk_ring, 0, sizeof v->walk_ring);
    memset(&v->target, 0, sizeof v->target);
    v->target.number = v->next_number = c->number;
    v->target.hash = v->next_hash = c->hash;
    v->next_child_time = UINT64_MAX;
    return PC_E_RETRY;
}

bool head_verifier_wants(const struct head_verifier *v, uint64_t *number, struct evm_word *hash)
{
    bool wants = v->state == PC_OK && v->walking;
    *number = wants ? v->next_number : 0;
    *hash = wants ? v->next_hash : (struct evm_word){{0}};
    return wants;
}

static enum err_code accept(struct head_verifier *v)
{
    for (size_t i = 0; i < PC_HEAD_RING; i++)
        if (v->walk_ring.used[i])
            ring_put(&v->ring, &v->walk_ring.at[i]);
    v->accepted = v->target;
    v->has_head = true;
    v->walking = false;
    v->contradicted = false;
    return PC_OK;
}

/* `h` is proved to be an ancestor of the target, or the target. Where does the walk end? */
static enum err_code step(struct head_verifier *v, const struct block_header *h)
{
    if (v->has_head && h->number == v->accepted.number + 1)
        return evm_word_equal(&h->parent, &v->accepted.hash) ? accept(v) : broken(v);
    if (!v->has_head) {
        if (!has_checkpoint(&v->policy))
            return accept(v);
        if (h->number == v->policy.checkpoint_number) {
            if (!evm_word_equal(&h->hash, &v->policy.checkpoint_hash))
                return broken(v);
            if (v->target.time - h->time > v->policy.checkpoint_max_age) {
                v->walking = false;
                return PC_E_STALE;
            }
            return accept(v);
        }
    }
    if (h->number == 0)
        return broken(v);
    v->next_number = h->number - 1;
    v->next_hash = h->parent;
    v->next_child_time = h->time;
    return PC_E_RETRY;
}

enum err_code head_verifier_header(struct head_verifier *v, struct bytes rlp)
{
    if (v->state != PC_OK)
        return v->state;
    if (!v->walking)
        return PC_E_SEQUENCE;
    struct block_header h;
    PC_TRY(header_decode(&h, rlp));
    /* The number is inside the hash: a claim that names another one is as false as another hash. */
    if (!evm_word_equal(&h.hash, &v->next_hash) || h.number != v->next_number)
        return PC_E_MISMATCH;
    if (h.time > v->next_child_time)
        return broken(v);
    v->progressed = true;
    struct head entry = {h.number, h.time, h.hash, h.state_root};
    if (h.number == v->target.number)
        v->target = entry;
    if (v->target.number - h.number < PC_HEAD_RING)
        ring_put(&v->walk_ring, &entry);
    return step(v, &h);
}

const struct head *head_verifier_head(const struct head_verifier *v)
{
    return v->has_head ? &v->accepted : NULL;
}

enum err_code head_verifier_may_release(const struct head_verifier *v)
{
    if (v->state != PC_OK)
        return v->state;
    if (v->contradicted)
        return PC_E_DISAGREE;
    return v->has_head ? PC_OK : PC_E_BEHIND;
}
