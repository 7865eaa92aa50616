/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/min_tcb.h"

#include "client/lib/logs.h"

/* OpenZeppelin's TimelockController: OperationState */
enum { OPERATION_WAITING = 1, OPERATION_READY = 2 };
#define CALL_MAX 4096u /* calldata of one action of an operation; setMinTcb has 196 at most */

bool min_tcb_met(const struct min_tcb *m, struct bytes raw_tcb)
{
    return m->n == 0 || raw_tcb_at_least_var(m->of.vendor, raw_tcb, bytes_of(m->least, m->n));
}

static bool take(struct min_tcb *out, struct bytes minimum)
{
    if (minimum.n != 0 && minimum.n != raw_tcb_len(out->of.vendor))
        return false;
    if (minimum.n != 0)
        memcpy(out->least, minimum.p, minimum.n);
    out->n = minimum.n;
    return true;
}

enum err_code min_tcb_now(struct min_tcb *out, struct cli_net *n, const struct vendor_product *of)
{
    const struct evm_word args[2] = {evm_word_u64(of->vendor), of->product};
    uint8_t answer[32 * 4];
    size_t len;
    *out = (struct min_tcb){.of = *of};
    PC_TRY(net_view(n, PC_NET_TCB_POLICY, "minTcb(uint8,bytes32)", args, 2, answer, sizeof answer,
                    &len));
    struct abi_in r = abi_in_of(bytes_of(answer, len), 1);
    struct bytes minimum = abi_in_bytes(&r, PC_MIN_TCB_BYTES);
    PC_TRY(abi_in_end(&r));
    return take(out, minimum) ? PC_OK : PC_E_MALFORMED;
}

bool min_tcb_of_call(struct min_tcb *out, struct bytes calldata)
{
    struct abi_selector s = abi_selector("setMinTcb(uint8,bytes32,bytes)");
    memset(out, 0, sizeof *out);
    if (calldata.n < sizeof s.b || memcmp(calldata.p, s.b, sizeof s.b) != 0)
        return false;
    struct abi_in r = abi_in_of(bytes_of(calldata.p + sizeof s.b, calldata.n - sizeof s.b), 3);
    struct min_tcb m = {.n = 0};
    m.of.vendor = (enum vendor)abi_in_u64(&r, 8);
    m.of.product = abi_in_word(&r);
    struct bytes minimum = abi_in_bytes(&r, PC_MIN_TCB_BYTES);
    /* TcbPolicy takes a length that is not the vendor's for none. */
    if (abi_in_end(&r) != PC_OK || !take(&m, minimum))
        return false;
    *out = m;
    return true;
}

bool min_tcb_of_scheduled(struct min_tcb *out, const struct evm_address *policy, struct bytes data)
{
    struct abi_in r = abi_in_of(data, 5);
    memset(out, 0, sizeof *out);
    struct evm_address target = abi_in_addr(&r);
    (void)abi_in_word(&r); /* value */
    struct bytes call = abi_in_bytes(&r, CALL_MAX);
    (void)abi_in_word(&r); /* predecessor */
    (void)abi_in_word(&r); /* delay */
    return abi_in_end(&r) == PC_OK && memcmp(target.b, policy->b, sizeof target.b) == 0 &&
           min_tcb_of_call(out, call);
}

struct search {
    struct evm_word topic;
    const struct evm_address *policy;
    struct min_tcb_waiting *out;
};

static enum err_code take_scheduled(void *ctx, const struct log_record *l, bool *enough)
{
    struct search *s = ctx;
    struct min_tcb_waiting *w = s->out;
    if (l->n_topics != 3 || !evm_word_equal(&l->topics[0], &s->topic) ||
        !min_tcb_of_scheduled(&w->op[w->n].min, s->policy, l->data))
        return PC_OK;
    w->op[w->n++].id = l->topics[1];
    *enough = w->n == PC_MIN_TCB_WAITING;
    return PC_OK;
}

enum err_code min_tcb_waiting(struct min_tcb_waiting *out, struct cli_net *n)
{
    struct search s = {.policy = net_at(n, PC_NET_TCB_POLICY), .out = out};
    size_t kept = 0;
    memset(out, 0, sizeof *out);
    s.topic = abi_topic("CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)");
    net_now(n);
    PC_TRY(logs_back(&n->chain, net_at(n, PC_NET_TIMELOCK), n->net.from_block, take_scheduled, &s));
    for (size_t i = 0; i < out->n; i++) {
        uint64_t state, at;
        PC_TRY(
            net_u64(n, PC_NET_TIMELOCK, "getOperationState(bytes32)", &out->op[i].id, 1, &state));
        if (state != OPERATION_WAITING && state != OPERATION_READY)
            continue;
        PC_TRY(net_u64(n, PC_NET_TIMELOCK, "getTimestamp(bytes32)", &out->op[i].id, 1, &at));
        out->op[kept] = out->op[i];
        out->op[kept++].at = at;
    }
    out->n = kept;
    return PC_OK;
}

uint64_t min_tcb_refused_at(const struct min_tcb_waiting *w, const struct vendor_product *of,
                            struct bytes raw_tcb, uint64_t now)
{
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < w->n; i++) {
        const struct min_tcb *m = &w->op[i].min;
        uint64_t at = w->op[i].at > now ? w->op[i].at : now;
        if (m->of.vendor == of->vendor && evm_word_equal(&m->of.product, &of->product) &&
            !min_tcb_met(m, raw_tcb) && at < first)
            first = at;
    }
    return first;
}
