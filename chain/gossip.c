/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/gossip.h"

#include "base/buf.h"
#include "crypto/ed25519.h"
#include "crypto/labels.h"

bool gossip_bit(const struct gossip_bits *b, uint16_t index)
{
    if (index == 0 || index > PC_GOSSIP_MEMBERS)
        return false;
    return b->b[(index - 1) / 8] >> ((index - 1) % 8) & 1;
}

static void set_bit(struct gossip_bits *b, uint16_t index)
{
    b->b[(index - 1) / 8] |= (uint8_t)(1u << ((index - 1) % 8));
}

unsigned gossip_count(const struct gossip_bits *b)
{
    unsigned n = 0;
    for (size_t i = 0; i < sizeof b->b; i++)
        n += (unsigned)__builtin_popcount(b->b[i]);
    return n;
}

void gossip_committee(struct gossip *g, uint16_t n, uint16_t own)
{
    PC_ASSERT(n >= 1 && n <= PC_GOSSIP_MEMBERS && own <= n);
    bool disagreement = g->disagreement;
    uint64_t number = g->disagreement_number;
    struct gossip_bits members = g->disagreement_members;
    memset(g, 0, sizeof *g);
    g->n = n;
    g->q = n / 2 + 1;
    g->own = own;
    g->disagreement = disagreement;
    g->disagreement_number = number;
    g->disagreement_members = members;
}

static void judge(struct gossip *g, const struct signed_head *s, const struct head *ours)
{
    if (evm_word_equal(&s->hash, &ours->hash) && evm_word_equal(&s->state_root, &ours->state_root))
        return;
    size_t i = s->number % PC_HEAD_RING;
    if (g->ring[i].number != s->number) {
        g->ring[i].number = s->number;
        memset(&g->ring[i].conflict, 0, sizeof g->ring[i].conflict);
    }
    set_bit(&g->ring[i].conflict, s->index);
    set_bit(&g->alarm, s->index);
    if (!g->disagreement && gossip_count(&g->ring[i].conflict) >= g->q) {
        g->disagreement = true;
        g->disagreement_number = s->number;
        g->disagreement_members = g->ring[i].conflict;
    }
}

static uint64_t newest(const struct head_ring *r, bool *any)
{
    uint64_t max = 0;
    *any = false;
    for (size_t i = 0; i < PC_HEAD_RING; i++)
        if (r->used[i]) {
            max = r->at[i].number > max ? r->at[i].number : max;
            *any = true;
        }
    return max;
}

enum err_code gossip_add(struct gossip *g, const struct signed_head *s,
                         const struct head_ring *accepted)
{
    if (s->index == 0 || s->index > g->n || s->index == g->own)
        return PC_E_MALFORMED;
    const struct head *ours = head_ring_find(accepted, s->number);
    if (ours != NULL) {
        judge(g, s, ours);
        return PC_OK;
    }
    bool any;
    uint64_t max = newest(accepted, &any);
    if (any && s->number <= max)
        return PC_E_STALE;
    uint16_t m = s->index - 1;
    for (unsigned i = 0; i < g->pending[m].used; i++)
        if (g->pending[m].at[i].number == s->number) /* the first statement counts */
            return PC_OK;
    g->pending[m].at[g->pending[m].next] = *s;
    g->pending[m].next = (uint8_t)((g->pending[m].next + 1) % PC_GOSSIP_PENDING);
    if (g->pending[m].used < PC_GOSSIP_PENDING)
        g->pending[m].used++;
    return PC_OK;
}

void gossip_judge(struct gossip *g, const struct head_ring *accepted)
{
    bool any;
    uint64_t max = newest(accepted, &any);
    for (uint16_t m = 0; m < g->n && any; m++) {
        struct signed_head keep[PC_GOSSIP_PENDING];
        uint8_t kept = 0;
        for (unsigned i = 0; i < g->pending[m].used; i++) {
            const struct signed_head *s = &g->pending[m].at[i];
            const struct head *ours = head_ring_find(accepted, s->number);
            if (ours != NULL)
                judge(g, s, ours);
            else if (s->number > max)
                keep[kept++] = *s;
        }
        memcpy(g->pending[m].at, keep, kept * sizeof keep[0]);
        g->pending[m].used = kept;
        g->pending[m].next = kept % PC_GOSSIP_PENDING;
    }
}

enum err_code gossip_verify(const struct signed_head *s, const uint8_t network_id[static 32],
                            const uint8_t identity[static 32])
{
    uint8_t buf[256];
    struct writer w = writer_of(buf, sizeof buf);
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_HEAD));
    write_bytes(&w, network_id, 32);
    write_u64(&w, s->number);
    write_bytes(&w, s->hash.b, 32);
    write_bytes(&w, s->state_root.b, 32);
    struct bytes msg;
    PC_TRY(writer_end(&w, &msg));
    struct ed25519_pk pk;
    struct ed25519_sig sig;
    memcpy(pk.b, identity, sizeof pk.b);
    memcpy(sig.b, s->signature, sizeof sig.b);
    return ed25519_verify_var(&pk, msg, &sig);
}
