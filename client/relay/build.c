/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/build.h"

#include "chain/abi.h"
#include "chain/ncall.h"

#define LIST_MAX 4096 /* candidates of one vendor that are walked */

/* Words that nodeOf (INodeRegistry.Node) and listed return; what comes after them does not matter.
 */
enum { NODE_BOND = 4, NODE_VENDOR = 7, NODE_WORDS = 8, ANSWER_MAX = 64 };
enum { LISTED_NEXT = 0, LISTED_BOND = 1, LISTED_WORDS = 2 };

static enum err_code start_call(struct bytes *args_area, void *buf, size_t cap, const char *sig)
{
    if (cap < 4)
        return PC_E_TOO_LARGE;
    struct abi_selector s = abi_selector(sig);
    memcpy(buf, s.b, sizeof s.b);
    *args_area = bytes_of((uint8_t *)buf + 4, cap - 4);
    return PC_OK;
}

/* sig(uint) at `to`: the first `words` words of the answer. */
static enum err_code view(struct relay *r, struct evm_word *out, size_t words,
                          const struct evm_address *to, const char *sig, uint64_t arg)
{
    uint8_t call[36], answer[32 * ANSWER_MAX];
    struct abi_selector s = abi_selector(sig);
    struct evm_word w = evm_word_u64(arg);
    size_t n;
    memcpy(call, s.b, 4);
    memcpy(call + 4, w.b, 32);
    PC_TRY(relay_chain_call(&r->chain, answer, sizeof answer, &n, to, PC_BYTES(call)));
    if (n < 32 * words)
        return PC_E_MALFORMED;
    for (size_t i = 0; i < words; i++)
        out[i] = evm_word_of(answer + 32 * i);
    return PC_OK;
}

/* Does (bond, id) come before (our bond, our id) in a vendor's list: bond descending, then id? */
static bool before(const struct evm_word *bond, uint64_t id, const struct evm_word *our_bond,
                   uint64_t our_id)
{
    int c = memcmp(bond->b, our_bond->b, 32);
    return c > 0 || (c == 0 && id < our_id);
}

/* The candidate that stands before this node in its vendor's list; 0: none. */
static enum err_code enrol_hint(struct relay *r, uint32_t *hint, uint32_t id)
{
    struct evm_word node[NODE_WORDS], listed[LISTED_WORDS], head[1];
    uint64_t vendor, at;
    *hint = 0;
    PC_TRY(view(r, node, NODE_WORDS, &r->rules.node_registry, "nodeOf(uint32)", id));
    PC_TRY(evm_word_to_u64(&vendor, &node[NODE_VENDOR], 8));
    PC_TRY(view(r, head, 1, &r->rules.epochs, "listHead(uint8)", vendor));
    PC_TRY(evm_word_to_u64(&at, &head[0], 32));
    for (unsigned i = 0; i < LIST_MAX && at != 0; i++) {
        PC_TRY(view(r, listed, LISTED_WORDS, &r->rules.epochs, "listed(uint32)", at));
        if (at != id && !before(&listed[LISTED_BOND], at, &node[NODE_BOND], id))
            return PC_OK;
        if (at != id)
            *hint = (uint32_t)at;
        PC_TRY(evm_word_to_u64(&at, &listed[LISTED_NEXT], 32));
    }
    return PC_OK;
}

enum err_code relay_build_ncall(struct relay_built *out, void *buf, size_t cap, struct relay *r,
                                const struct relay_relay_ncall *m)
{
    struct ncall c = {.kind = (enum ncall_kind)m->kind,
                      .id = m->node_id,
                      .epoch = m->epoch,
                      .attempt = m->attempt,
                      .seq = m->seq};
    struct ncall_sender s = {.endpoint = m->endpoint};
    memcpy(s.ed25519, m->keys.ed25519, 32);
    memcpy(s.x25519, m->keys.x25519, 32);
    memcpy(s.sig.b, m->signature, 65);
    memset(out, 0, sizeof *out);
    PC_TRY(ncall_body_read(&c, bytes_of(m->body, m->body_n)));
    if (m->kind != RELAY_NCALL_KIND_SET_ENDPOINT && m->endpoint.n != 0)
        return PC_E_MALFORMED;
    if (m->kind == RELAY_NCALL_KIND_ENROL)
        PC_TRY(enrol_hint(r, &s.hint, m->node_id));
    out->to = m->kind == RELAY_NCALL_KIND_SET_ENDPOINT ? r->rules.node_registry : r->rules.epochs;
    return ncall_calldata(&out->data, buf, cap, &c, &s);
}

enum err_code relay_build_plain(struct relay_built *out, void *buf, size_t cap,
                                const struct relay *r, const struct relay_relay_plain *m)
{
    static const char *const sigs[] = {[RELAY_PLAIN_CALL_ANNOUNCE] = "announce()",
                                       [RELAY_PLAIN_CALL_OPEN] = "open()",
                                       [RELAY_PLAIN_CALL_FAIL] = "fail()",
                                       [RELAY_PLAIN_CALL_MATURE] = "mature(uint32)"};
    bool mature = m->call == RELAY_PLAIN_CALL_MATURE;
    struct bytes area, args;
    memset(out, 0, sizeof *out);
    if (!mature && m->arg != 0)
        return PC_E_MALFORMED;
    PC_TRY(start_call(&area, buf, cap, sigs[m->call]));
    struct abi_out w = abi_out_of((uint8_t *)buf + 4, area.n, mature);
    if (mature)
        abi_out_u64(&w, m->arg);
    PC_TRY(abi_out_end(&w, &args));
    out->to = mature ? r->rules.node_registry : r->rules.epochs;
    out->data = bytes_of(buf, args.n + 4);
    return PC_OK;
}

enum err_code relay_build_activate(struct relay_built *out, void *buf, size_t cap,
                                   const struct relay *r, const struct relay_relay_activate *m)
{
    struct bytes area, args;
    memset(out, 0, sizeof *out);
    PC_TRY(start_call(&area, buf, cap, "activate(bytes)"));
    struct abi_out w = abi_out_of((uint8_t *)buf + 4, area.n, 1);
    abi_out_bytes(&w, m->preimage);
    PC_TRY(abi_out_end(&w, &args));
    out->to = r->rules.epochs;
    out->data = bytes_of(buf, args.n + 4);
    return PC_OK;
}
