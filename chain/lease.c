/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/lease.h"

void lease_init(struct lease *l, uint64_t head_age_s)
{
    memset(l, 0, sizeof *l);
    l->head_age_ms = head_age_s > UINT64_MAX / 1000 ? UINT64_MAX : head_age_s * 1000;
}

void lease_committee(struct lease *l, uint16_t n, uint16_t own)
{
    PC_ASSERT(n >= 1 && n <= PC_LEASE_MEMBERS && own >= 1 && own <= n);
    l->n = n;
    l->q = n / 2 + 1;
    l->own = own;
    l->round = false;
}

static void renew_if_due(struct lease *l, uint64_t own_head)
{
    if (l->count < l->q || (l->held && own_head <= l->renewed_head))
        return;
    l->held = true;
    l->from = l->nonce_at;
    l->renewed_head = own_head;
    l->answers = 0;
    l->round = false;
}

void lease_begin(struct lease *l, const uint8_t nonce[static 32], uint64_t now)
{
    memcpy(l->nonce, nonce, sizeof l->nonce);
    memset(l->signed_by, 0, sizeof l->signed_by);
    l->nonce_at = now;
    l->count = 1; /* ourselves */
    l->round = l->n != 0;
}

const uint8_t *lease_nonce(const struct lease *l)
{
    return l->round ? l->nonce : NULL;
}

enum err_code lease_signature(struct lease *l, uint16_t index, uint64_t number, uint64_t own_head,
                              uint64_t now)
{
    if (!l->round || now < l->nonce_at || now - l->nonce_at > l->head_age_ms)
        return PC_E_SEQUENCE;
    if (index == 0 || index > l->n || index == l->own)
        return PC_E_MALFORMED;
    if (number > own_head && number - own_head > PC_LEASE_AHEAD)
        return PC_E_BEHIND;
    uint8_t bit = (uint8_t)(1u << ((index - 1) % 8));
    uint8_t *byte = &l->signed_by[(index - 1) / 8];
    if ((*byte & bit) == 0) {
        *byte |= bit;
        l->count++;
    }
    renew_if_due(l, own_head);
    return PC_OK;
}

static bool runs(const struct lease *l, uint64_t now)
{
    return l->held && now >= l->from && now - l->from <= l->head_age_ms &&
           l->answers < PC_LEASE_ANSWERS;
}

enum err_code lease_answer(struct lease *l, uint64_t now)
{
    if (!runs(l, now))
        return PC_E_BEHIND;
    l->answers++;
    return PC_OK;
}

uint32_t lease_left(const struct lease *l, uint64_t now)
{
    if (!runs(l, now))
        return 0;
    uint64_t s = (l->head_age_ms - (now - l->from)) / 1000;
    return s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}
