/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prepare.c - what the vault needs to know of an attempt beyond its events: the hash of the block
 * of open(), which enters sid; and, for the join of each receiver (SPEC 2), its record, proved; the
 * collateral in force for its product, proved; and the hash of the block that its evidence binds
 * (blocks.c).
 */
#include "base/log.h"
#include "chain/view_slot.h"
#include "node/chain/attempt.h"

static void seat_done(struct chain *c)
{
    struct attempt_log *l = c->attempts;
    struct one_attempt *a = l->preparing;
    a->seats[l->seat].prepared = true;
    l->preparing = NULL;
    /* Events that are not checked yet may be here: they are told at the end of the round. */
    if (sync_settled(c))
        attempt_tell(c);
    else
        (void)attempt_prepare(c, a);
}

/* Again at the next head. */
static void give_up(struct chain *c)
{
    c->attempts->preparing = NULL;
}

/* ---- the hash of a block ---- */

static void block_known(struct chain *c, const struct evm_word *hash)
{
    struct attempt_log *l = c->attempts;
    struct one_attempt *a = l->preparing;
    if (l->seat != 0) {
        a->seats[l->seat].bound_hash = *hash;
        seat_done(c);
        return;
    }
    l->preparing = NULL;
    a->open_agreed = memcmp(hash->b, a->opening.opened.hash, 32) == 0;
    if (!a->open_agreed) {
        log_warn("open_block_refuted", LOG_U64("block", a->opening.opened.number));
        kept_doubt(c, "the block of an open was false");
        c->sync.misread = true;
    } else if (sync_settled(c)) {
        attempt_tell(c);
    }
}

static void on_block(struct block_poll *p, enum err_code e, const struct evm_word *hash)
{
    struct chain *c = p->c;
    if (c->attempts->preparing == NULL)
        return;
    if (e == PC_OK)
        block_known(c, hash);
    else
        give_up(c);
}

/* ---- one seat ---- */

static void on_proved(struct prove *p, enum err_code e)
{
    struct chain *c = p->ctx;
    struct attempt_log *l = c->attempts;
    struct view_record v;
    if (l->preparing == NULL)
        return;
    struct seat *s = &l->preparing->seats[l->seat];
    if (e == PC_OK)
        e = view_record(&v, p->set[0].word);
    if (e == PC_E_NOT_FOUND) {
        /* No record: the vault is told zeros and refuses this receiver by name. */
        seat_done(c);
        return;
    }
    if (e != PC_OK) {
        give_up(c);
        return;
    }
    s->record.claims = v.claims;
    s->record.bound_block = v.bound_block;
    s->attested_at = v.attested_at;
    s->valid_until = v.valid_until;
    s->collateral_epoch = v.collateral_epoch;
    vendor_take_force(s->in_force, p, 1, &s->record);
    block_poll_run(&l->poll, c, v.bound_block, on_block);
}

static void prepare_seat(struct chain *c, struct one_attempt *a, uint16_t index)
{
    struct attempt_log *l = c->attempts;
    struct seat *s = &a->seats[index];
    /* What its posting said may have come after open(). */
    const struct record_entry *r = index_record(c->index, &s->node.record);
    if (r != NULL) {
        s->record = *r;
        s->record.evidence = NULL;
    }
    /* Its product, hence which collateral is in force for it, is in calldata that still comes. */
    if (!s->record.parsed && c->posted_n != 0) {
        give_up(c);
        return;
    }
    prove_begin(&l->prove, c, on_proved, c);
    struct proof_set *records = prove_account(&l->prove, c->d.policy.attestations);
    for (unsigned w = 0; w < PC_WORDS_RECORD; w++)
        (void)prove_slot(records, slot_record(&s->node.record, w));
    vendor_prove_force(&l->prove, &s->record);
    prove_run(&l->prove);
}

bool attempt_prepare(struct chain *c, struct one_attempt *a)
{
    struct attempt_log *l = c->attempts;
    bool seats = a == &l->current; /* over: nobody deals any more */
    uint16_t next = 0;
    for (uint16_t i = 1; seats && i <= a->opening.n && next == 0; i++)
        if (a->seats[i].id != 0 && !a->seats[i].prepared)
            next = i;
    if (a->open_agreed && next == 0)
        return true;
    /* One at a time; what was asked for an attempt that is gone must have ended first. */
    if (l->preparing != NULL || l->prove.active || l->poll.asked)
        return false;
    l->preparing = a;
    l->seat = a->open_agreed ? next : 0;
    if (l->seat == 0)
        block_poll_run(&l->poll, c, a->opening.opened.number, on_block);
    else
        prepare_seat(c, a, next);
    return false;
}

void attempt_drop(struct chain *c)
{
    attempt_abandon(c);
}
