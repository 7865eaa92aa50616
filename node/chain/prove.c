/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prove.c - storage words, proved at one head: an eth_getProof per account, each checked against
 * the head's state root. A false proof names its endpoint and is asked of the others.
 */
#include "base/log.h"
#include "node/chain/chain.h"

void prove_begin(struct prove *p, struct chain *c, void (*done)(struct prove *, enum err_code),
                 void *ctx)
{
    const struct head *head = head_verifier_head(&c->verifier);
    PC_ASSERT(head != NULL && !p->active);
    p->c = c;
    p->head = *head;
    p->n_sets = 0;
    p->at = 0;
    p->avoid = 0;
    p->done = done;
    p->ctx = ctx;
}

struct proof_set *prove_account(struct prove *p, const uint8_t address[static 20])
{
    PC_ASSERT(p->n_sets < PROVE_SETS);
    struct proof_set *s = &p->set[p->n_sets++];
    memset(s, 0, sizeof *s);
    memcpy(s->account.b, address, 20);
    return s;
}

unsigned prove_slot(struct proof_set *s, struct evm_word slot)
{
    PC_ASSERT(s->n < PROVE_SLOTS);
    s->slot[s->n] = slot;
    return s->n++;
}

static void finish(struct prove *p, enum err_code e)
{
    p->active = false;
    p->done(p, e);
}

/* (u16 length, node list) of the account, then of each slot. */
static enum err_code check(const struct head *head, struct proof_set *s, struct bytes data)
{
    struct reader r = reader_of(data);
    struct evm_account account;
    struct bytes list = read_bytes(&r, read_u16(&r));
    PC_TRY(r.err);
    PC_TRY(mpt_account(&account, &head->state_root, &s->account, list));
    for (unsigned i = 0; i < s->n; i++) {
        list = read_bytes(&r, read_u16(&r));
        PC_TRY(r.err);
        PC_TRY(mpt_storage(&s->word[i], &account.storage_root, &s->slot[i], list));
    }
    return reader_end(&r);
}

static void step(struct prove *p);

static void on_answer(void *ctx, enum err_code e, unsigned endpoint, struct bytes data)
{
    struct prove *p = ctx;
    if (e != PC_OK) {
        finish(p, PC_E_RETRY);
        return;
    }
    e = check(&p->head, &p->set[p->at], data);
    if (e == PC_OK) {
        p->at++;
        p->avoid = 0;
        step(p);
        return;
    }
    ask_blame(p->c, endpoint, e);
    if (p->avoid >> (endpoint & 7) & 1) { /* rpc asked it all the same: no others are there */
        finish(p, PC_E_RETRY);
        return;
    }
    p->avoid |= (uint8_t)(1u << (endpoint & 7));
    step(p);
}

static void step(struct prove *p)
{
    while (p->at < p->n_sets && p->set[p->at].n == 0)
        p->at++;
    if (p->at == p->n_sets) {
        finish(p, PC_OK);
        return;
    }
    struct proof_set *s = &p->set[p->at];
    struct ipc_cr_ask ask = {.what = IPC_RPC_WHAT_PROOF, .from = p->head.number, .avoid = p->avoid};
    memcpy(ask.address, s->account.b, sizeof ask.address);
    ask.words.v = (const uint8_t(*)[32])s->slot;
    ask.words.n = s->n;
    if (ask_send(p->c, &ask, on_answer, p) != PC_OK)
        finish(p, PC_E_RETRY);
}

void prove_run(struct prove *p)
{
    p->active = true;
    step(p);
}
