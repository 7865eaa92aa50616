/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prepare.c - what the vault's join needs to know of each receiver (SPEC 2): its record, proved;
 * the collateral in force for its product, proved; and the hash of the block that its evidence
 * binds.
 *
 * That hash needs no proof: the vault computes D from it, and D is in the evidence or it is not.
 */
#include "base/log.h"
#include "chain/view_slot.h"
#include "node/chain/attempt.h"

static void seat_done(struct chain *c)
{
    struct attempt_log *l = c->attempts;
    l->current.seats[l->preparing].prepared = true;
    l->preparing = 0;
    attempt_tell(c);
}

static void on_header(void *ctx, enum err_code e, unsigned endpoint, struct bytes data)
{
    struct chain *c = ctx;
    struct attempt_log *l = c->attempts;
    struct block_header h;
    struct reader r = reader_of(data);
    (void)endpoint;
    l->header_asked = false;
    if (l->preparing == 0)
        return;
    struct seat *s = &l->current.seats[l->preparing];
    struct bytes rlp = read_bytes(&r, read_u16(&r));
    if (e == PC_OK)
        e = header_decode(&h, rlp);
    if (e == PC_OK && h.number != s->record.bound_block)
        e = PC_E_MISMATCH;
    if (e != PC_OK) {
        l->preparing = 0; /* again at the next head */
        return;
    }
    s->bound_hash = h.hash;
    seat_done(c);
}

static void on_proved(struct prove *p, enum err_code e)
{
    struct chain *c = p->ctx;
    struct attempt_log *l = c->attempts;
    struct view_record v;
    if (l->preparing == 0)
        return;
    struct seat *s = &l->current.seats[l->preparing];
    if (e == PC_OK)
        e = view_record(&v, p->set[0].word);
    if (e == PC_E_NOT_FOUND) {
        /* No record: the vault is told zeros and refuses this receiver by name. */
        seat_done(c);
        return;
    }
    if (e != PC_OK) {
        l->preparing = 0;
        return;
    }
    s->record.claims = v.claims;
    s->record.bound_block = v.bound_block;
    s->attested_at = v.attested_at;
    s->valid_until = v.valid_until;
    s->collateral_epoch = v.collateral_epoch;
    memcpy(s->in_force, p->set[1].word, sizeof s->in_force);
    struct ipc_cr_ask ask = {.what = IPC_RPC_WHAT_HEADERS, .from = v.bound_block, .to = 1};
    l->header_asked = ask_send(c, &ask, on_header, c) == PC_OK;
    if (!l->header_asked)
        l->preparing = 0;
}

bool attempt_prepare(struct chain *c, struct one_attempt *a)
{
    struct attempt_log *l = c->attempts;
    uint16_t next = 0;
    if (a != &l->current)
        return true; /* over: nobody deals any more */
    for (uint16_t i = 1; i <= a->opening.n && next == 0; i++)
        if (a->seats[i].id != 0 && !a->seats[i].prepared)
            next = i;
    if (next == 0 || l->preparing != 0)
        return next == 0;
    l->preparing = next;
    prove_begin(&l->prove, c, on_proved, c);
    struct proof_set *records = prove_account(&l->prove, c->d.policy.attestations);
    for (unsigned w = 0; w < PC_WORDS_RECORD; w++)
        (void)prove_slot(records, slot_record(&a->seats[next].node.record, w));
    struct proof_set *force = prove_account(&l->prove, c->d.policy.tdx.verifier);
    (void)force_slots(force, a->seats[next].record.product);
    prove_run(&l->prove);
    return false;
}

void attempt_drop(struct chain *c)
{
    c->attempts->preparing = 0;
}
