/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/view.h"

#include "chain/word.h"
#include "crypto/abihash.h"
#include "crypto/labels.h"

/* On a bad word nothing is told: the caller sees zeros. */
static enum err_code done(void *out, size_t n, enum err_code e)
{
    if (e != PC_OK)
        memset(out, 0, n);
    return e;
}

enum err_code view_now(struct view_now *out, const struct evm_word *w)
{
    struct word_in r = word_in_of(w);
    out->epoch = word_in_u64(&r, 64);
    out->attempt = (uint32_t)word_in_u64(&r, 32);
    out->n = (uint16_t)word_in_u64(&r, 16);
    out->t = (uint16_t)word_in_u64(&r, 16);
    out->degraded = word_in_bool(&r);
    out->demanded = word_in_bool(&r);
    out->opened_at = word_in_u64(&r, 40);
    out->activated_at = word_in_u64(&r, 40);
    out->new_seats = (uint16_t)word_in_u64(&r, 16);
    out->full_n = (uint16_t)word_in_u64(&r, 16);
    return done(out, sizeof *out, word_in_end(&r));
}

enum err_code view_attempt(struct view_attempt *out, const struct evm_word *w)
{
    struct word_in r = word_in_of(w);
    out->epoch = word_in_u64(&r, 64);
    out->attempt = (uint32_t)word_in_u64(&r, 32);
    out->tag = (uint32_t)word_in_u64(&r, 32);
    uint64_t state = word_in_u64(&r, 8);
    out->n = (uint16_t)word_in_u64(&r, 16);
    out->t = (uint16_t)word_in_u64(&r, 16);
    uint64_t flags = word_in_u64(&r, 8);
    out->start = word_in_u64(&r, 40);
    out->b1 = word_in_u64(&r, 40);
    r.bad |= state > PC_ATTEMPT_OPEN || flags > 3;
    out->state = (enum attempt_state)state;
    out->complaint = flags & 1;
    out->degraded = flags & 2;
    return done(out, sizeof *out, word_in_end(&r));
}

enum err_code view_opening(struct view_opening *out, const struct evm_word *w)
{
    struct word_in r = word_in_of(w);
    out->protocol = (uint32_t)word_in_u64(&r, 32);
    out->new_seats = (uint16_t)word_in_u64(&r, 16);
    out->reasons = (uint8_t)word_in_u64(&r, 8);
    out->opened_at = word_in_u64(&r, 40);
    out->announced_at = word_in_u64(&r, 40);
    out->dealers = (uint16_t)word_in_u64(&r, 16);
    return done(out, sizeof *out, word_in_end(&r));
}

enum err_code view_epoch(struct view_epoch *out,
                         const struct evm_word w[static PC_VIEW_EPOCH_WORDS])
{
    out->member_root = w[0];
    out->transcript = w[1];
    out->y_hash = w[2];
    out->ready = w[3];
    struct word_in r = word_in_of(&w[4]);
    out->attempt = (uint32_t)word_in_u64(&r, 32);
    out->n = (uint16_t)word_in_u64(&r, 16);
    out->t = (uint16_t)word_in_u64(&r, 16);
    out->degraded = word_in_bool(&r);
    out->opened_at = word_in_u64(&r, 40);
    out->activated_at = word_in_u64(&r, 40);
    out->new_seats = (uint16_t)word_in_u64(&r, 16);
    return done(out, sizeof *out, word_in_end(&r));
}

enum err_code view_seat(struct view_seat *out, const struct evm_word w[static PC_VIEW_SEAT_WORDS])
{
    struct word_in r = word_in_of(&w[0]);
    out->seq = word_in_u64(&r, 64);
    out->tag = (uint32_t)word_in_u64(&r, 32);
    out->flags = (uint8_t)word_in_u64(&r, 8);
    out->index_even = (uint16_t)word_in_u64(&r, 16);
    out->index_odd = (uint16_t)word_in_u64(&r, 16);
    out->enrol_tag = (uint32_t)word_in_u64(&r, 32);
    out->list_tag = (uint32_t)word_in_u64(&r, 32);
    out->vendor = (uint8_t)word_in_u64(&r, 8);
    (void)word_in_u64(&r, 32); /* benched: of no interest to a node */
    out->keys_hash = w[1];
    out->vote = w[2];
    out->ready = w[3];
    out->ek_digest = w[4];
    return done(out, sizeof *out, word_in_end(&r));
}

void view_ids(uint32_t out[static 8], const struct evm_word *w)
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint32_t)slot_field_u64(w, 4 * i, 4);
}

enum err_code view_node(struct view_node *out, const struct evm_word w[static PC_VIEW_NODE_WORDS])
{
    struct word_in r0 = word_in_of(&w[0]), r1 = word_in_of(&w[1]), r2 = word_in_of(&w[2]);
    struct word_in r6 = word_in_of(&w[6]);
    memset(out, 0, sizeof *out);
    out->owner = word_in_addr(&r0);
    out->left_at = word_in_u64(&r0, 40);
    out->strikes = (uint8_t)word_in_u64(&r0, 8);
    out->matured = word_in_bool(&r0);
    slot_field_copy(out->bond.b + 20, &w[1], 0, 12);
    r1.at = 12;
    out->joined_at = word_in_u64(&r1, 40);
    out->eligible_at = word_in_u64(&r1, 40);
    out->vendor = (uint8_t)word_in_u64(&r1, 8);
    uint64_t state = word_in_u64(&r1, 8);
    r1.bad |= state > PC_NODE_WITHDRAWN;
    out->state = (enum node_standing)state;
    out->domain[0] = (uint32_t)word_in_u64(&r1, 32);
    out->domain[1] = (uint32_t)word_in_u64(&r1, 32);
    out->payer = word_in_addr(&r2);
    out->seq = word_in_u64(&r2, 64);
    out->keys_hash = w[3];
    out->measurement = w[4];
    out->platform = w[5];
    out->verifier = word_in_addr(&r6);
    out->unlock_at = word_in_u64(&r6, 40);
    out->product = w[7];
    out->endpoint = w[8];
    out->record = w[9];
    const struct word_in *all[] = {&r0, &r1, &r2, &r6};
    enum err_code e = PC_OK;
    for (size_t i = 0; i < PC_ARRAY_LEN(all) && e == PC_OK; i++)
        e = word_in_end(all[i]);
    return done(out, sizeof *out, e);
}

enum err_code view_record(struct view_record *out,
                          const struct evm_word w[static PC_VIEW_RECORD_WORDS])
{
    struct word_in r = word_in_of(&w[1]);
    memset(out, 0, sizeof *out);
    if (evm_word_is_zero(&w[0]) && evm_word_is_zero(&w[1]))
        return PC_E_NOT_FOUND;
    out->claims = w[0];
    out->vendor = (uint8_t)word_in_u64(&r, 8);
    out->kind = (uint8_t)word_in_u64(&r, 8);
    out->status = (uint8_t)word_in_u64(&r, 8);
    uint64_t standing = word_in_u64(&r, 8);
    r.bad |= standing < PC_RECORD_GOOD || standing > PC_RECORD_LEAF_REVOKED;
    out->standing = (enum record_standing)standing;
    out->verifier_id = (uint16_t)word_in_u64(&r, 16);
    out->collateral_epoch = (uint32_t)word_in_u64(&r, 32);
    out->bound_block = word_in_u64(&r, 40);
    out->attested_at = word_in_u64(&r, 40);
    out->valid_until = word_in_u64(&r, 40);
    out->leaf_tag = word_in_u64(&r, 56);
    return done(out, sizeof *out, word_in_end(&r));
}

enum err_code view_measurement(struct view_measurement *out, const struct evm_word *w)
{
    struct word_in r = word_in_of(w);
    out->index = (uint16_t)word_in_u64(&r, 16);
    out->vendor = (uint8_t)word_in_u64(&r, 8);
    out->revoked = word_in_bool(&r);
    out->active_from = word_in_u64(&r, 40);
    out->sunset_at = word_in_u64(&r, 40);
    return done(out, sizeof *out, word_in_end(&r));
}

enum err_code view_vendor(struct view_vendor *out, const struct evm_word *w)
{
    struct word_in r = word_in_of(w);
    out->epoch = (uint32_t)word_in_u64(&r, 32);
    out->authority_epoch = (uint32_t)word_in_u64(&r, 32);
    out->statuses = (uint16_t)word_in_u64(&r, 16);
    out->out_of_date_until = word_in_u64(&r, 40);
    out->min_evaluation = (uint32_t)word_in_u64(&r, 32);
    uint64_t standing = word_in_u64(&r, 8);
    r.bad |= standing > PC_VENDOR_REVOKED;
    out->standing = (enum vendor_standing)standing;
    return done(out, sizeof *out, word_in_end(&r));
}

enum err_code view_product(struct view_product *out, const struct evm_word *w)
{
    struct word_in r = word_in_of(w);
    out->epoch = (uint32_t)word_in_u64(&r, 32);
    uint64_t standing = word_in_u64(&r, 8);
    r.bad |= standing > PC_PRODUCT_REVOKED;
    out->standing = (enum product_standing)standing;
    out->min_tcb_len = (uint8_t)word_in_u64(&r, 8);
    out->statuses = (uint16_t)word_in_u64(&r, 16);
    out->out_of_date_until = word_in_u64(&r, 40);
    return done(out, sizeof *out, word_in_end(&r));
}

enum err_code view_verifier(struct view_verifier *out, const struct evm_word *w)
{
    struct word_in r = word_in_of(w);
    out->id = (uint16_t)word_in_u64(&r, 16);
    out->vendor = (uint8_t)word_in_u64(&r, 8);
    out->state = (uint8_t)word_in_u64(&r, 8);
    r.bad |= out->state > 4;
    out->proposed_at = word_in_u64(&r, 40);
    out->activated_at = word_in_u64(&r, 40);
    return done(out, sizeof *out, word_in_end(&r));
}

enum err_code view_revoked(bool *out, const struct evm_word *w)
{
    struct word_in r = word_in_of(w);
    uint64_t state = word_in_u64(&r, 8);
    (void)word_in_u64(&r, 40); /* when it was listed */
    r.bad |= state > 2;
    enum err_code e = word_in_end(&r);
    *out = e != PC_OK || state == 1; /* a word that nobody understands forbids */
    return e;
}

enum err_code view_app(struct view_app *out, const struct evm_word w[static PC_VIEW_APP_WORDS])
{
    struct word_in r = word_in_of(&w[0]), s = word_in_of(&w[1]);
    out->owner = word_in_addr(&r);
    out->notice = word_in_u64(&r, 40);
    out->registered_at = word_in_u64(&r, 40);
    out->revoke_waits = word_in_bool(&r);
    out->frozen_until = word_in_u64(&s, 40);
    out->freeze_begun = word_in_u64(&s, 40);
    enum err_code e = word_in_end(&r);
    return done(out, sizeof *out, e != PC_OK ? e : word_in_end(&s));
}

enum err_code view_policy(struct view_policy *out,
                          const struct evm_word w[static PC_VIEW_POLICY_WORDS])
{
    struct word_in r = word_in_of(&w[2]);
    out->current = w[0];
    out->next = w[1];
    out->at = word_in_u64(&r, 40);
    uint64_t kind = word_in_u64(&r, 8);
    out->target = word_in_addr(&r);
    r.bad |= kind > PC_CHANGE_MOVE || (kind == 0) != (out->at == 0);
    out->kind = (enum change_kind)kind;
    return done(out, sizeof *out, word_in_end(&r));
}

enum err_code view_policy_in_force(struct evm_word *out, const struct view_policy *p, uint64_t time)
{
    bool ripe = p->kind != PC_CHANGE_NONE && p->at <= time;
    memset(out, 0, sizeof *out);
    switch (p->kind) {
    case PC_CHANGE_END:
    case PC_CHANGE_MOVE:
        if (ripe)
            return PC_E_REFUSED;
        *out = p->current;
        break;
    case PC_CHANGE_POLICY:
        *out = ripe ? p->next : p->current;
        break;
    case PC_CHANGE_NONE:
        *out = p->current;
        break;
    }
    return evm_word_is_zero(out) ? PC_E_NOT_FOUND : PC_OK;
}

struct evm_word object_name(enum object_kind kind, const struct evm_word *id)
{
    struct evm_word out;
    struct abi_args a = abi_args_init();
    abi_b32(&a, pc_tag_object);
    abi_uint(&a, kind);
    abi_b32(&a, id->b);
    abi_keccak256(out.b, &a);
    return out;
}

struct evm_word object_product_id(uint8_t vendor, const struct evm_word *product)
{
    struct evm_word out, v = evm_word_u64(vendor);
    evm_keccak_pair(&out, &v, product);
    return out;
}

struct evm_word object_serial_id(uint8_t vendor, uint8_t issuer, const struct evm_word *serial)
{
    struct evm_word out;
    struct abi_args a = abi_args_init();
    abi_uint(&a, vendor);
    abi_uint(&a, issuer);
    abi_b32(&a, serial->b);
    abi_keccak256(out.b, &a);
    return out;
}
