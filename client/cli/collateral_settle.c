/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collateral_settle.c - which objects of Intel's are there, and bringing them up to date: what is
 * ripe comes into force, and what a vote has vetoed gives way to the set before it. Evidence does
 * the former by itself and never the latter; both cost whoever calls first, so anybody may.
 */
#include <stdio.h>

#include "client/cli/collateral.h"
#include "client/cli/commands.h"
#include "client/lib/logs.h"
#include "client/lib/tdx_calls.h"

struct search {
    struct evm_word topic;
    struct collateral_objects *out;
};

static enum err_code take_object(void *ctx, const struct log_record *l, bool *enough)
{
    struct search *s = ctx;
    struct collateral_objects *o = s->out;
    if (l->n_topics != 3 || !evm_word_equal(&l->topics[0], &s->topic))
        return PC_OK;
    for (size_t i = 0; i < o->n; i++)
        if (evm_word_equal(&o->id[i], &l->topics[1]))
            return PC_OK;
    if (o->n < PC_ARRAY_LEN(o->id))
        o->id[o->n++] = l->topics[1];
    *enough = o->n == PC_ARRAY_LEN(o->id);
    return PC_OK;
}

enum err_code collateral_tdx_objects(struct cli_net *n, struct collateral_objects *out)
{
    struct search s = {.out = out};
    out->n = 0;
    s.topic = abi_topic("CollateralInForce(bytes32,uint256,bytes32,bytes32,uint256)");
    net_now(n);
    return logs_back(&n->chain, net_at(n, PC_NET_TDX_VERIFIER), n->net.from_block, take_object, &s);
}

void collateral_object_name(char out[static 32], const struct evm_word *id)
{
    struct evm_word qe = evm_word_u64(PC_TDX_OBJECT_QE);
    const uint8_t *b = id->b;
    if (evm_word_equal(id, &qe))
        (void)snprintf(out, 32, "QE identity");
    else
        (void)snprintf(out, 32, "TCB %02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

/* ---- settle */

struct state {
    uint64_t number, ripe;
    struct evm_word digest;
};

static enum err_code state_of(struct cli_net *n, struct state *s, const struct evm_word *id)
{
    struct evm_word w[5];
    PC_TRY(net_words(n, PC_NET_TDX_VERIFIER, "active(bytes32)", id, 1, w, PC_ARRAY_LEN(w)));
    PC_TRY(net_words(n, PC_NET_TDX_VERIFIER, "inForce(bytes32)", id, 1, &s->digest, 1));
    s->number = word_u64(&w[0]);
    s->ripe = word_u64(&w[3]);
    return PC_OK;
}

/* Something waits whose time has come, or what is in force is vetoed. */
static enum err_code is_due(struct cli_net *n, bool *due, const struct state *s)
{
    struct evm_word set[2] = {evm_word_u64(PC_VENDOR_TDX), evm_word_u64(s->number)};
    uint64_t now, vetoed;
    PC_TRY(net_time(n, &now));
    PC_TRY(net_u64(n, PC_NET_TCB_POLICY, "vetoedUntil(uint8,uint32)", set, 2, &vetoed));
    *due = (s->ripe != 0 && s->ripe <= now) || vetoed >= now;
    return PC_OK;
}

static void row(struct cli_out *o, const char *name, const char *state, const struct state *before,
                const struct state *after, const struct sent *s)
{
    out_row(o);
    out_str(o, "object", name);
    out_str(o, "state", state);
    out_u64(o, "number", after->number);
    out_u64(o, "number_before", before->number);
    if (s->block != 0)
        out_sent(o, s);
    out_up(o);
    out_line(o, "%-20s %-10s number %llu", name, state, (unsigned long long)after->number);
}

static int settle_object(struct cli_net *n, struct cli_out *o, const struct evm_word *id,
                         unsigned *settled)
{
    struct state before, after;
    struct sent sent = {0};
    char name[32];
    bool due = false;
    collateral_object_name(name, id);
    enum err_code e = state_of(n, &before, id);
    if (e == PC_OK)
        e = is_due(n, &due, &before);
    after = before;
    int code = PC_CLI_YES;
    if (e == PC_OK && due) {
        struct call c;
        call_begin(&c, "settle(bytes32)", 1);
        abi_out_fixed(&c.w, id->b, 32);
        call_end(&c);
        code = net_send(n, name, net_at(n, PC_NET_TDX_VERIFIER), NULL, c.data, false, &sent);
        call_free(&c);
        if (code == PC_CLI_YES)
            e = state_of(n, &after, id);
    }
    if (e != PC_OK)
        return net_unreachable(n, name, e);
    if (code != PC_CLI_YES)
        return code;
    bool changed = !evm_word_equal(&before.digest, &after.digest);
    *settled += changed;
    row(o, name, !due ? "up to date" : changed ? "settled" : "unchanged", &before, &after, &sent);
    return PC_CLI_YES;
}

int collateral_settle(const struct cli_args *a)
{
    struct collateral_objects objects = {.n = 0};
    struct cli_net n = {0};
    struct cli_out o = {0};
    unsigned settled = 0;
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && !net_can_send(&n))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_list(&o, "objects");
        enum err_code e = collateral_tdx_objects(&n, &objects);
        if (e != PC_OK)
            code = net_unreachable(&n, "collateral settle", e);
        for (size_t i = 0; i < objects.n && code == PC_CLI_YES; i++)
            code = settle_object(&n, &o, &objects.id[i], &settled);
        out_up(&o);
        out_u64(&o, "settled", settled);
        code = out_end(&o, code);
    }
    net_close(&n);
    return code;
}
