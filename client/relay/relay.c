/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/relay.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "chain/contract_errors.h"
#include "crypto/evmtx.h"

struct relay_result relay_result_of(enum relay_result_kind kind, const char *code, const char *more)
{
    struct relay_result r = {.kind = kind};
    (void)snprintf(r.text, sizeof r.text, "%s%s%s", code, more[0] != '\0' ? " " : "", more);
    return r;
}

static void answer_waiters(struct relay *r, uint64_t nonce, const struct relay_result *res)
{
    for (size_t i = 0; i < PC_RELAY_WAITERS; i++) {
        struct relay_waiter w = r->waiter[i];
        if (w.who == NULL || w.nonce != nonce)
            continue;
        r->waiter[i].who = NULL;
        r->answer(r->answer_ctx, w.who, w.id, res);
    }
}

static bool add_waiter(struct relay *r, const void *who, uint64_t id, uint64_t nonce)
{
    for (size_t i = 0; i < PC_RELAY_WAITERS; i++)
        if (r->waiter[i].who == NULL) {
            r->waiter[i] = (struct relay_waiter){who, id, nonce};
            return true;
        }
    return false;
}

void relay_forget(struct relay *r, const void *who)
{
    for (size_t i = 0; i < PC_RELAY_WAITERS; i++)
        if (r->waiter[i].who == who)
            r->waiter[i].who = NULL;
}

/* Reverts that say: this is done already. */
static bool is_done_already(const char *error)
{
    static const char *const done[] = {"CommittedBefore", "MaturedBefore", "CrlNotNewer",
                                       "CollateralNotNewer"};
    for (size_t i = 0; i < PC_ARRAY_LEN(done); i++)
        if (strcmp(error, done[i]) == 0)
            return true;
    return false;
}

/* Sign the pending call as it stands: raw transaction into *raw (allocated). */
static enum err_code sign(struct relay *r, struct relay_pending *p, uint8_t **buf,
                          struct bytes *raw)
{
    size_t cap = p->data_len + PC_TX_OVERHEAD;
    struct tx1559 t = {.chain_id = r->chain_id,
                       .nonce = p->nonce,
                       .max_priority_fee = p->tip,
                       .max_fee = p->max_fee,
                       .gas = p->gas,
                       .to = p->to,
                       .data = bytes_of(p->data, p->data_len)};
    struct bytes unsigned_tx;
    struct evm_sig sig;
    struct tx_signature ts;
    struct evm_word hash;
    *buf = malloc(cap);
    if (*buf == NULL)
        return PC_E_MEMORY;
    enum err_code e = tx_unsigned(&unsigned_tx, *buf, cap, &t);
    if (e == PC_OK)
        e = evm_sign_transaction(&sig, &r->sk, unsigned_tx, r->rng);
    if (e == PC_OK) {
        ts = (struct tx_signature){evm_word_of(sig.b), evm_word_of(sig.b + 32),
                                   (uint8_t)(sig.b[64] - 27)};
        e = tx_encode(raw, &hash, *buf, cap, &t, &ts);
    }
    if (e == PC_OK)
        relay_pending_add_hash(p, &hash);
    return e;
}

/* Sign, write down, send; in this order. *tried: it was written down and may have been sent. */
static enum err_code launch(struct relay *r, struct relay_pending *p, const struct relay_clock *now,
                            char text[static PC_JSONRPC_TEXT], bool *tried)
{
    uint8_t *buf = NULL;
    struct bytes raw = {NULL, 0};
    text[0] = '\0';
    *tried = false;
    p->last_sent = now->unix_s;
    enum err_code e = sign(r, p, &buf, &raw);
    if (e == PC_OK)
        e = relay_queue_save(&r->queue);
    if (e == PC_OK) {
        *tried = true;
        e = relay_chain_send(&r->chain, raw, text);
    }
    free(buf);
    return e;
}

struct plan {
    enum relay_kind kind;
    struct relay_account account;
    uint64_t gas, max_fee;
};

/* Simulation and its consequences: PC_RELAY_MINED stands for "go on". */
static struct relay_result simulate(struct relay *r, struct plan *plan,
                                    const struct evm_address *to, struct bytes data)
{
    struct relay_simulation sim;
    enum err_code e = relay_chain_simulate(&r->chain, &sim, to, data);
    if (e == PC_E_REFUSED)
        return relay_result_of(PC_RELAY_RETRY, "payer_cannot_pay", sim.text);
    if (e != PC_OK)
        return relay_result_of(PC_RELAY_RETRY, "endpoints_unusable", pc_err_name(e));
    if (sim.reverts) {
        const char *name = contract_error_name(bytes_of(sim.revert, sim.revert_len));
        bool known = is_done_already(name);
        return relay_result_of(known ? PC_RELAY_KNOWN : PC_RELAY_REVERTS, name,
                               sim.revert_len == 0 ? sim.text : "");
    }
    /* The state may differ in the block that takes it: a quarter more, and something for cold
     * slots. */
    if (sim.gas > PC_TX_GAS_MAX)
        return relay_result_of(PC_RELAY_REFUSED, "gas_over_cap", "");
    plan->gas = sim.gas + sim.gas / 4 + 20000;
    if (plan->gas > PC_TX_GAS_MAX)
        plan->gas = PC_TX_GAS_MAX;
    return relay_result_of(PC_RELAY_MINED, "", "");
}

static struct relay_result afford(struct relay *r, struct plan *plan, uint64_t now_s)
{
    const struct relay_account *a = &plan->account;
    if (a->base_fee > r->fee_cap || a->tip > r->fee_cap - a->base_fee)
        return relay_result_of(PC_RELAY_RETRY, "fee_over_cap", "");
    uint64_t twice =
        a->base_fee > (r->fee_cap - a->tip) / 2 ? r->fee_cap : 2 * a->base_fee + a->tip;
    plan->max_fee = twice;
    if (!relay_budget_affords(&r->queue.budget, plan->kind, &a->balance, plan->gas, plan->max_fee))
        return relay_result_of(PC_RELAY_BUDGET, "payer_low", relay_kind_name(plan->kind));
    if (relay_budget_take(&r->queue.budget, plan->kind, plan->gas, now_s) != PC_OK)
        return relay_result_of(PC_RELAY_BUDGET, "gas_budget_used_up", relay_kind_name(plan->kind));
    return relay_result_of(PC_RELAY_MINED, "", "");
}

/* A new transaction for the call; the answer comes with its receipt. */
static struct relay_result start(struct relay *r, const struct plan *plan,
                                 const struct relay_clock *now, const void *who, uint64_t id,
                                 const struct evm_address *to, struct bytes data)
{
    char text[PC_JSONRPC_TEXT];
    uint64_t nonce = relay_queue_next_nonce(&r->queue, plan->account.nonce);
    struct relay_pending *p = relay_queue_add(&r->queue, to, data);
    if (p == NULL) { /* room was looked for before: memory is out */
        relay_budget_return(&r->queue.budget, plan->kind, plan->gas, now->unix_s);
        return relay_result_of(PC_RELAY_RETRY, "memory", "");
    }
    p->nonce = nonce;
    p->kind = plan->kind;
    p->gas = plan->gas;
    p->max_fee = plan->max_fee;
    p->tip = plan->account.tip;
    p->first_sent = now->unix_s;
    bool tried;
    enum err_code e = launch(r, p, now, text, &tried);
    if (!tried || e == PC_E_REFUSED) {
        relay_budget_return(&r->queue.budget, plan->kind, plan->gas, now->unix_s);
        relay_queue_remove(&r->queue, p);
        if (relay_queue_save(&r->queue) != PC_OK)
            log_error("relay_state_not_written", LOG_STR("path", r->queue.path));
        return relay_result_of(PC_RELAY_RETRY, "not_sent", text[0] ? text : pc_err_name(e));
    }
    /* Written down: whatever the endpoints said, it is watched and sent again. */
    log_info("relay_sent", LOG_U64("nonce", nonce), LOG_STR("kind", relay_kind_name(plan->kind)),
             LOG_U64("gas", plan->gas), LOG_HEX("tx", PC_BYTES(p->hash[p->versions - 1].b)));
    if (!add_waiter(r, who, id, nonce))
        return relay_result_of(PC_RELAY_RETRY, "too_many_requests", "");
    return relay_result_of(PC_RELAY_MINED, "", "");
}

static struct relay_result consider(struct relay *r, const struct relay_clock *now, const void *who,
                                    uint64_t id, const struct evm_address *to, struct bytes data)
{
    struct plan plan = {0};
    const char *why;
    if (relay_rules_judge(&plan.kind, &why, &r->rules, to, data) != PC_OK) {
        log_warn("relay_refused", LOG_STR("code", why), LOG_HEX("to", PC_BYTES(to->b)),
                 LOG_HEX("selector", bytes_of(data.p, data.n < 4 ? data.n : 4)));
        return relay_result_of(PC_RELAY_REFUSED, why, "");
    }
    struct relay_pending *same = relay_queue_find(&r->queue, to, data);
    if (same != NULL)
        return add_waiter(r, who, id, same->nonce)
                   ? relay_result_of(PC_RELAY_MINED, "", "")
                   : relay_result_of(PC_RELAY_RETRY, "too_many_requests", "");
    if (r->queue.n == PC_QUEUE_MAX || data.n > PC_QUEUE_DATA_MAX)
        return relay_result_of(PC_RELAY_RETRY, "queue_full", "");
    enum err_code e = relay_chain_account(&r->chain, &plan.account);
    if (e != PC_OK)
        return relay_result_of(PC_RELAY_RETRY, "endpoints_unusable", pc_err_name(e));
    struct relay_result res = simulate(r, &plan, to, data);
    if (res.kind == PC_RELAY_MINED)
        res = afford(r, &plan, now->unix_s);
    if (res.kind == PC_RELAY_MINED)
        res = start(r, &plan, now, who, id, to, data);
    return res;
}

void relay_submit(struct relay *r, const struct relay_clock *now, const void *who, uint64_t id,
                  const struct evm_address *to, struct bytes data)
{
    r->chain.now_ms = now->monotonic_ms;
    struct relay_result res = consider(r, now, who, id, to, data);
    if (res.kind != PC_RELAY_MINED) /* else the receipt answers */
        r->answer(r->answer_ctx, who, id, &res);
}

static void finish(struct relay *r, struct relay_pending *p, const struct relay_clock *now,
                   const struct relay_receipt *receipt, size_t which)
{
    struct relay_result res = receipt->success
                                  ? relay_result_of(PC_RELAY_MINED, "", "")
                                  : relay_result_of(PC_RELAY_REVERTS, "reverted_when_mined", "");
    res.tx_hash = p->hash[which];
    res.block = receipt->block;
    res.gas_used = receipt->gas_used;
    if (receipt->gas_used < p->gas)
        relay_budget_return(&r->queue.budget, p->kind, p->gas - receipt->gas_used, now->unix_s);
    log_info("relay_mined", LOG_U64("nonce", p->nonce), LOG_U64("block", receipt->block),
             LOG_U64("gas_used", receipt->gas_used),
             LOG_STR("status", receipt->success ? "success" : "reverted"));
    uint64_t nonce = p->nonce;
    relay_queue_remove(&r->queue, p);
    if (relay_queue_save(&r->queue) != PC_OK)
        log_error("relay_state_not_written", LOG_STR("path", r->queue.path));
    answer_waiters(r, nonce, &res);
}

/* The nonce was used by a transaction that is none of our versions. */
static void lost(struct relay *r, struct relay_pending *p)
{
    struct relay_result res = relay_result_of(PC_RELAY_RETRY, "nonce_used_elsewhere", "");
    uint64_t nonce = p->nonce;
    log_warn("relay_nonce_used_elsewhere", LOG_U64("nonce", nonce));
    relay_queue_remove(&r->queue, p);
    if (relay_queue_save(&r->queue) != PC_OK)
        log_error("relay_state_not_written", LOG_STR("path", r->queue.path));
    answer_waiters(r, nonce, &res);
}

static void replace(struct relay *r, struct relay_pending *p, const struct relay_account *a,
                    const struct relay_clock *now)
{
    char text[PC_JSONRPC_TEXT];
    uint64_t room = a->base_fee < r->fee_cap ? r->fee_cap - a->base_fee : 0;
    uint64_t tip = a->tip < room ? a->tip : room;
    uint64_t fee = a->base_fee > (r->fee_cap - tip) / 2 ? r->fee_cap : 2 * a->base_fee + tip;
    bool raised = relay_pending_bump(p, fee, tip, r->fee_cap);
    bool tried;
    enum err_code e = launch(r, p, now, text, &tried);
    log_warn("relay_stuck", LOG_U64("nonce", p->nonce),
             LOG_STR("fee", raised ? "raised" : "at cap"), LOG_STR("sent", pc_err_name(e)),
             LOG_STR("text", text));
}

/* True if *p was taken from the queue. */
static bool look_after(struct relay *r, struct relay_pending *p, const struct relay_account *a,
                       const struct relay_clock *now)
{
    struct relay_receipt receipt = {0};
    size_t which;
    if (relay_chain_receipt(&r->chain, &receipt, &which, p->hash, p->versions) != PC_OK)
        return false;
    if (receipt.mined) {
        finish(r, p, now, &receipt, which);
        return true;
    }
    bool due = now->unix_s >= p->last_sent + r->stuck_s || now->unix_s < p->last_sent;
    if (a->nonce > p->nonce) {
        /* Receipts may come a little later than the nonce. */
        if (due)
            lost(r, p);
        return due;
    }
    if (due)
        replace(r, p, a, now);
    return false;
}

void relay_tick(struct relay *r, const struct relay_clock *now)
{
    struct relay_account a;
    r->chain.now_ms = now->monotonic_ms;
    if (r->queue.n == 0 || relay_chain_account(&r->chain, &a) != PC_OK)
        return;
    for (size_t i = 0; i < r->queue.n;)
        if (!look_after(r, &r->queue.at[i], &a, now))
            i++;
}

void relay_resume(struct relay *r, const struct relay_clock *now)
{
    for (size_t i = 0; i < r->queue.n; i++)
        r->queue.at[i].last_sent = now->unix_s > r->stuck_s ? now->unix_s - r->stuck_s : 0;
    if (r->queue.n != 0)
        log_info("relay_resumes", LOG_U64("pending", r->queue.n));
    relay_tick(r, now);
}
