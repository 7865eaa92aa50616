/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/build.h"

#include <stdlib.h>

#include "chain/abi.h"
#include "chain/ncall.h"

#define LIST_MAX   4096 /* candidates of one vendor that are looked at */
#define ANSWER_MAX (32 * (4 + 2 * LIST_MAX))

/* Words of INodeRegistry.Node as nodeOf returns them; what comes after them does not matter. */
enum { NODE_BOND = 4, NODE_VENDOR = 7, NODE_WORDS = 8 };

static enum err_code start_call(struct bytes *args_area, void *buf, size_t cap, const char *sig)
{
    if (cap < 4)
        return PC_E_TOO_LARGE;
    struct abi_selector s = abi_selector(sig);
    memcpy(buf, s.b, sizeof s.b);
    *args_area = bytes_of((uint8_t *)buf + 4, cap - 4);
    return PC_OK;
}

/* A view of up to two numbers; *n bytes of its answer in `answer` (ANSWER_MAX). */
static enum err_code view(struct relay *r, uint8_t *answer, size_t *n, const struct evm_address *to,
                          const char *sig, const uint64_t *args, size_t n_args)
{
    uint8_t call[4 + 32 * 2];
    struct abi_selector s = abi_selector(sig);
    memcpy(call, s.b, 4);
    for (size_t i = 0; i < n_args; i++) {
        struct evm_word w = evm_word_u64(args[i]);
        memcpy(call + 4 + 32 * i, w.b, 32);
    }
    return relay_chain_call(&r->chain, answer, ANSWER_MAX, n, to, bytes_of(call, 4 + 32 * n_args));
}

uint32_t relay_enrol_hint(struct bytes ids, struct bytes bonds, size_t n,
                          const struct evm_word *our_bond, uint32_t our_id)
{
    uint32_t hint = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t id = load_be32(ids.p + 32 * i + 28);
        int c = memcmp(bonds.p + 32 * i, our_bond->b, 32);
        if (id == our_id)
            continue; /* our own former place */
        if (c < 0 || (c == 0 && id > our_id))
            break;
        hint = id;
    }
    return hint;
}

static enum err_code read_hint(struct relay *r, uint8_t *answer, uint32_t *hint, uint32_t id)
{
    size_t n, n_ids, n_bonds;
    uint64_t args[2] = {id, LIST_MAX};
    PC_TRY(view(r, answer, &n, &r->rules.node_registry, "nodeOf(uint32)", args, 1));
    if (n < 32 * NODE_WORDS)
        return PC_E_MALFORMED;
    struct evm_word bond = evm_word_of(answer + 32 * NODE_BOND);
    struct evm_word vendor = evm_word_of(answer + 32 * NODE_VENDOR);
    PC_TRY(evm_word_to_u64(&args[0], &vendor, 8));
    PC_TRY(view(r, answer, &n, &r->rules.epochs, "waiting(uint8,uint256)", args, 2));
    struct abi_in in = abi_in_of(bytes_of(answer, n), 2);
    struct bytes ids = abi_in_array(&in, 1, LIST_MAX, &n_ids);
    struct bytes bonds = abi_in_array(&in, 1, LIST_MAX, &n_bonds);
    PC_TRY(abi_in_end(&in));
    if (n_ids != n_bonds)
        return PC_E_MALFORMED;
    *hint = relay_enrol_hint(ids, bonds, n_ids, &bond, id);
    return PC_OK;
}

/* The candidate that stands before this node in its vendor's list; 0: none. A wrong one only fails
 * in the simulation. */
static enum err_code enrol_hint(struct relay *r, uint32_t *hint, uint32_t id)
{
    uint8_t *answer = malloc(ANSWER_MAX);
    *hint = 0;
    if (answer == NULL)
        return PC_E_MEMORY;
    enum err_code e = read_hint(r, answer, hint, id);
    free(answer);
    return e;
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
