/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/ncall.h"

#include "chain/abi.h"
#include "crypto/abihash.h"
#include "crypto/labels.h"

static const uint8_t *type_hash(enum ncall_kind kind)
{
    switch (kind) {
    case PC_NCALL_ENROL:
        return pc_typehash_enrol;
    case PC_NCALL_COMMIT:
        return pc_typehash_commit;
    case PC_NCALL_VOTE:
        return pc_typehash_vote;
    case PC_NCALL_READY:
        return pc_typehash_ready;
    case PC_NCALL_COMPLAIN:
        return pc_typehash_complain;
    case PC_NCALL_SET_ENDPOINT:
        return pc_typehash_set_endpoint;
    }
    pc_bug("kind of N call");
}

/* In a struct hash a bytes field is its keccak256. */
static void add_bytes(struct abi_args *a, struct bytes b)
{
    struct evm_word h;
    evm_keccak(&h, b);
    abi_b32(a, h.b);
}

static void add_fields(struct abi_args *a, const struct ncall *c)
{
    switch (c->kind) {
    case PC_NCALL_ENROL:
        abi_b32(a, c->a.b);
        add_bytes(a, c->bytes);
        return;
    case PC_NCALL_COMMIT:
        abi_b32(a, c->a.b);
        abi_uint(a, c->length);
        return;
    case PC_NCALL_VOTE:
        abi_b32(a, c->a.b);
        abi_b32(a, c->b.b);
        return;
    case PC_NCALL_READY:
    case PC_NCALL_SET_ENDPOINT:
        abi_b32(a, c->a.b);
        return;
    case PC_NCALL_COMPLAIN:
        abi_uint(a, c->dealer);
        abi_b32(a, c->a.b);
        add_bytes(a, c->bytes);
        return;
    }
    pc_bug("kind of N call");
}

void ncall_struct_hash(struct evm_word *out, const struct ncall *c)
{
    struct abi_args a = abi_args_init();
    abi_b32(&a, type_hash(c->kind));
    abi_uint(&a, c->id);
    if (c->kind != PC_NCALL_SET_ENDPOINT) {
        abi_uint(&a, c->epoch);
        abi_uint(&a, c->attempt);
    }
    add_fields(&a, c);
    abi_uint(&a, c->seq);
    abi_keccak256(out->b, &a);
}

static uint64_t read_number(struct reader *r, unsigned bits)
{
    struct evm_word w;
    uint64_t v;
    read_copy(r, w.b, 32);
    enum err_code e = evm_word_to_u64(&v, &w, bits);
    if (e != PC_OK)
        reader_fail(r, e);
    return v;
}

enum err_code ncall_body_read(struct ncall *c, struct bytes body)
{
    struct reader r = reader_of(body);
    memset(&c->a, 0, sizeof c->a);
    memset(&c->b, 0, sizeof c->b);
    c->length = c->dealer = 0;
    c->bytes = (struct bytes){NULL, 0};
    if (c->kind == PC_NCALL_COMPLAIN)
        c->dealer = (uint16_t)read_number(&r, 16);
    read_copy(&r, c->a.b, 32);
    switch (c->kind) {
    case PC_NCALL_ENROL:
        c->bytes = read_bytes(&r, 64);
        break;
    case PC_NCALL_COMMIT:
        c->length = (uint32_t)read_number(&r, 32);
        break;
    case PC_NCALL_VOTE:
        read_copy(&r, c->b.b, 32);
        break;
    case PC_NCALL_COMPLAIN:
        if (r.left > PC_NCALL_BYTES_MAX)
            reader_fail(&r, PC_E_TOO_LARGE);
        c->bytes = read_bytes(&r, r.left);
        break;
    case PC_NCALL_READY:
    case PC_NCALL_SET_ENDPOINT:
        break;
    }
    return reader_end(&r);
}

static void write_number(struct writer *w, uint64_t v)
{
    struct evm_word word = evm_word_u64(v);
    write_bytes(w, word.b, 32);
}

enum err_code ncall_body_write(struct writer *w, const struct ncall *c)
{
    if (c->bytes.n > PC_NCALL_BYTES_MAX)
        return PC_E_TOO_LARGE;
    if (c->kind == PC_NCALL_COMPLAIN)
        write_number(w, c->dealer);
    write_bytes(w, c->a.b, 32);
    if (c->kind == PC_NCALL_COMMIT)
        write_number(w, c->length);
    if (c->kind == PC_NCALL_VOTE)
        write_bytes(w, c->b.b, 32);
    if (c->kind == PC_NCALL_ENROL || c->kind == PC_NCALL_COMPLAIN)
        write_bytes(w, c->bytes.p, c->bytes.n);
    return w->err;
}

#define NODE_CALL       "(uint32,uint64,uint32,uint64,bytes32,bytes32,uint8,bytes32,bytes32)"
#define NODE_CALL_WORDS 9

/* Signature text and number of head words. */
static const char *function_of(enum ncall_kind kind, size_t *words)
{
    switch (kind) {
    case PC_NCALL_ENROL:
        *words = NODE_CALL_WORDS + 3;
        return "enrol(" NODE_CALL ",bytes32,bytes,uint32)";
    case PC_NCALL_COMMIT:
        *words = NODE_CALL_WORDS + 2;
        return "commit(" NODE_CALL ",bytes32,uint32)";
    case PC_NCALL_VOTE:
        *words = NODE_CALL_WORDS + 2;
        return "vote(" NODE_CALL ",uint256,bytes32)";
    case PC_NCALL_READY:
        *words = NODE_CALL_WORDS + 1;
        return "ready(" NODE_CALL ",bytes32)";
    case PC_NCALL_COMPLAIN:
        *words = NODE_CALL_WORDS + 3;
        return "complain(" NODE_CALL ",uint16,bytes32,bytes)";
    case PC_NCALL_SET_ENDPOINT:
        *words = 6;
        return "setEndpoint(uint32,uint64,string,bytes32,bytes32,bytes)";
    }
    pc_bug("kind of N call");
}

static void put_node_call(struct abi_out *w, const struct ncall *c, const struct ncall_sender *s)
{
    abi_out_u64(w, c->id);
    abi_out_u64(w, c->epoch);
    abi_out_u64(w, c->attempt);
    abi_out_u64(w, c->seq);
    abi_out_fixed(w, s->ed25519, 32);
    abi_out_fixed(w, s->x25519, 32);
    abi_out_u64(w, s->sig.b[64]);
    abi_out_fixed(w, s->sig.b, 32);
    abi_out_fixed(w, s->sig.b + 32, 32);
}

static void put_arguments(struct abi_out *w, const struct ncall *c, const struct ncall_sender *s)
{
    switch (c->kind) {
    case PC_NCALL_ENROL:
        abi_out_word(w, &c->a);
        abi_out_bytes(w, c->bytes);
        abi_out_u64(w, s->hint);
        return;
    case PC_NCALL_COMMIT:
        abi_out_word(w, &c->a);
        abi_out_u64(w, c->length);
        return;
    case PC_NCALL_VOTE:
        abi_out_word(w, &c->a);
        abi_out_word(w, &c->b);
        return;
    case PC_NCALL_READY:
        abi_out_word(w, &c->a);
        return;
    case PC_NCALL_COMPLAIN:
        abi_out_u64(w, c->dealer);
        abi_out_word(w, &c->a);
        abi_out_bytes(w, c->bytes);
        return;
    case PC_NCALL_SET_ENDPOINT:
        break;
    }
    pc_bug("kind of N call");
}

enum err_code ncall_calldata(struct bytes *out, void *buf, size_t cap, const struct ncall *c,
                             const struct ncall_sender *s)
{
    *out = (struct bytes){NULL, 0};
    size_t words;
    struct abi_selector sel = abi_selector(function_of(c->kind, &words));
    if (cap < sizeof sel.b)
        return PC_E_TOO_LARGE;
    memcpy(buf, sel.b, sizeof sel.b);
    struct abi_out w = abi_out_of((uint8_t *)buf + 4, cap - 4, words);
    if (c->kind == PC_NCALL_SET_ENDPOINT) {
        struct evm_word h;
        evm_keccak(&h, s->endpoint);
        if (!evm_word_equal(&h, &c->a))
            return PC_E_MISMATCH;
        abi_out_u64(&w, c->id);
        abi_out_u64(&w, c->seq);
        abi_out_bytes(&w, s->endpoint);
        abi_out_fixed(&w, s->ed25519, 32);
        abi_out_fixed(&w, s->x25519, 32);
        abi_out_bytes(&w, bytes_of(s->sig.b, 65));
    } else {
        put_node_call(&w, c, s);
        put_arguments(&w, c, s);
    }
    struct bytes args;
    PC_TRY(abi_out_end(&w, &args));
    *out = bytes_of(buf, args.n + 4);
    return PC_OK;
}
