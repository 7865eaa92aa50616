/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head that the node accepts, as chain states it, and the lease against withheld heads (SPEC
 * 11): without fresh signatures of a majority the vault stops answering, whatever chain says.
 */
#include "base/buf.h"
#include "crypto/labels.h"
#include "node/vault/vault_state.h"

const struct vault_head *vault_head_find(const struct vault *v, uint64_t number)
{
    for (size_t i = 0; i < VAULT_HEADS; i++)
        if (v->ring[i].number == number && number != 0)
            return &v->ring[i];
    return NULL;
}

VAULT_HANDLER(vc_head)
{
    struct vault *v = ctx;
    if (v->have_head && m->head.number < v->head.head.number)
        return PC_OK; /* none from a lower head (SPEC 2): chain catches up after its restart */
    if (v->have_head && m->head.number == v->head.head.number &&
        !vault_same32(m->head.hash, v->head.head.hash))
        return PC_E_REFUSED; /* a final block does not change */
    if (v->have_head && m->head.time < v->head.head.time)
        return PC_E_REFUSED;
    bool next = !v->have_head || m->head.number > v->head.head.number;
    v->have_head = true;
    v->head = *m;
    if (next) {
        struct vault_head *slot = &v->ring[v->ring_next++ % VAULT_HEADS];
        slot->number = m->head.number;
        slot->time = m->head.time;
        memcpy(slot->hash, m->head.hash, sizeof slot->hash);
    }
    return PC_OK;
}

/* ---- signing heads for others ---- */

static struct bytes head_message(uint8_t buf[static 256], const struct vault *v,
                                 const struct wire_head *h, const uint8_t *nonce)
{
    struct writer w = writer_of(buf, 256);
    struct bytes out;
    write_bytes32(&w, nonce == NULL ? PC_BYTES_STR(PC_LABEL_HEAD) : PC_BYTES_STR(PC_LABEL_LEASE));
    write_bytes(&w, v->env.policy.network_id, 32);
    if (nonce != NULL)
        write_bytes(&w, nonce, 32);
    write_u64(&w, h->number);
    write_bytes(&w, h->hash, 32);
    if (nonce == NULL)
        write_bytes(&w, h->state_root, 32);
    if (writer_end(&w, &out) != PC_OK)
        pc_bug("a head does not fit");
    return out;
}

/* The seat in the present epoch, 0 without a share in it. */
static uint16_t own_index(struct vault *v)
{
    const struct vault_key *k = v->have_head ? vault_key_of(v, v->head.epoch) : NULL;
    return k == NULL ? 0 : k->key->index;
}

VAULT_HANDLER(vp_head_sign)
{
    struct vault *v = ctx;
    struct ipc_vp_head_signed answer = {.id = m->id, .index = own_index(v)};
    uint8_t buf[256];
    if (!v->have_head) {
        answer.error = PC_E_RETRY;
    } else if (!vault_rate_take(&v->head_signs, v->now_ms, VAULT_SIGN_HEAD_RATE,
                                VAULT_SIGN_HEAD_RATE)) {
        answer.error = PC_E_FULL;
    } else {
        struct ed25519_sig sig;
        answer.head = v->head.head;
        ed25519_sign(&sig, &v->secrets->identity,
                     head_message(buf, v, &answer.head, m->has_nonce ? m->nonce : NULL));
        memcpy(answer.signature, sig.b, sizeof answer.signature);
    }
    VAULT_SEND(v, IPC_PROC_PEER, vp_head_signed, &answer);
    return PC_OK;
}

/* ---- the own lease ---- */

bool vault_lease_held(const struct vault *v)
{
    return v->lease.held && v->now_ms < v->lease.until_ms && v->lease.answers_left > 0;
}

/* Members of a new epoch have not signed anything yet. */
void vault_lease_reset(struct vault *v)
{
    v->lease = (struct vault_lease){0};
}

static void begin_round(struct vault *v)
{
    if (v->lease.round && v->now_ms - v->lease.round_ms < VAULT_ROUND_MS)
        return;
    rng_fill(v->env.rng, v->lease.nonce, sizeof v->lease.nonce);
    v->lease.have = (struct dkg_bitmap){{0}};
    v->lease.round = true;
    v->lease.round_ms = v->now_ms;
}

VAULT_HANDLER(vp_lease_get)
{
    struct vault *v = ctx;
    struct ipc_vp_lease_nonce answer = {0};
    (void)m;
    begin_round(v);
    memcpy(answer.nonce, v->lease.nonce, sizeof answer.nonce);
    if (vault_lease_held(v)) {
        uint64_t left = (v->lease.until_ms - v->now_ms + 999) / 1000;
        answer.expires_in = left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
    }
    VAULT_SEND(v, IPC_PROC_PEER, vp_lease_nonce, &answer);
    return PC_OK;
}

/* Does this signature say what renews the lease? Heads far above the own one show that this node is
 * being held back; heads not above the last renewal show nothing new. */
static bool lease_sig_counts(struct vault *v, const struct vault_key *k,
                             const struct ipc_vp_lease_sig *m)
{
    uint64_t own = v->head.head.number;
    const struct vault_head *known = vault_head_find(v, m->head.number);
    struct wire_head h = {.number = m->head.number};
    struct ed25519_pk pk;
    struct ed25519_sig sig;
    uint8_t buf[256];
    if (!v->lease.round || m->index > k->key->pub.n || m->index == k->key->index ||
        m->head.number > own + VAULT_WINDOW || m->head.number <= v->lease.renewed_at ||
        own <= v->lease.renewed_at || (known != NULL && !vault_same32(known->hash, m->head.hash)))
        return false;
    memcpy(h.hash, m->head.hash, sizeof h.hash);
    memcpy(pk.b, k->identity[m->index], sizeof pk.b);
    memcpy(sig.b, m->signature, sizeof sig.b);
    return ed25519_verify_var(&pk, head_message(buf, v, &h, v->lease.nonce), &sig) == PC_OK;
}

VAULT_HANDLER(vp_lease_sig)
{
    struct vault *v = ctx;
    struct vault_lease *l = &v->lease;
    const struct vault_key *k = v->have_head ? vault_key_of(v, v->head.epoch) : NULL;
    if (k == NULL || !lease_sig_counts(v, k, m))
        return PC_OK;
    dkg_bitmap_set(&l->have, m->index);
    /* q members, itself counted */
    if (dkg_bitmap_count(&l->have) + 1u < k->key->pub.n / 2u + 1u)
        return PC_OK;
    l->held = true;
    l->until_ms = v->now_ms + v->env.policy.head_age * 1000;
    l->answers_left = VAULT_LEASE_ANSWERS;
    l->renewed_at = v->head.head.number;
    l->round = false;
    return PC_OK;
}
