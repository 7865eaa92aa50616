/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/mpt.h"

#include "chain/records.h"
#include "chain/rlp.h"

#define KEY_NIBBLES 64

/* What a parent names as its child. */
struct ref {
    enum { REF_NONE, REF_HASH, REF_EMBEDDED } kind;
    struct evm_word hash;
    struct bytes node; /* of an embedded child: its encoding */
};

struct walk {
    struct reader list; /* nodes not yet used */
    unsigned left;      /* how many the list still has */
    struct evm_word key;
    unsigned at; /* nibbles of the key consumed */
    struct ref next;
    struct bytes value;
    enum { WALKING, FOUND, ABSENT } state;
};

static unsigned key_nibble(const struct evm_word *key, unsigned i)
{
    return i % 2 == 0 ? key->b[i / 2] >> 4 : key->b[i / 2] & 15;
}

/* A child slot of a branch, or the second item of an extension. */
static enum err_code ref_of(struct ref *out, const struct rlp_item *item)
{
    memset(out, 0, sizeof *out);
    if (item->is_list) {
        if (item->raw.n >= 32)
            return PC_E_NOT_CANONICAL; /* must be named by hash */
        out->kind = REF_EMBEDDED;
        out->node = item->raw;
        return PC_OK;
    }
    if (item->payload.n == 0)
        return PC_OK;
    if (item->payload.n != 32)
        return PC_E_MALFORMED;
    out->kind = REF_HASH;
    memcpy(out->hash.b, item->payload.p, 32);
    return PC_OK;
}

static enum err_code branch(struct walk *w, const struct rlp_item item[static 17])
{
    /* Keys are 32-byte hashes, so no key ends in a branch. */
    if (item[16].is_list || item[16].payload.n != 0)
        return PC_E_MALFORMED;
    unsigned children = 0;
    struct ref taken = {0};
    unsigned want = w->at < KEY_NIBBLES ? key_nibble(&w->key, w->at) : 16;
    for (unsigned i = 0; i < 16; i++) {
        struct ref r;
        PC_TRY(ref_of(&r, &item[i]));
        children += r.kind != REF_NONE;
        if (i == want)
            taken = r;
    }
    if (children < 2 || want == 16)
        return PC_E_MALFORMED;
    w->at++;
    w->next = taken;
    if (taken.kind == REF_NONE)
        w->state = ABSENT;
    return PC_OK;
}

/* Leaf or extension: a compact path (yellow paper, appendix C) and a value or child. */
static enum err_code short_node(struct walk *w, const struct rlp_item item[static 2])
{
    struct bytes path = item[0].payload;
    if (item[0].is_list || path.n == 0 || path.n > 33 || path.p[0] > 0x3f)
        return PC_E_MALFORMED;
    bool leaf = (path.p[0] & 0x20) != 0;
    bool odd = (path.p[0] & 0x10) != 0;
    if (!odd && (path.p[0] & 15) != 0)
        return PC_E_NOT_CANONICAL;
    unsigned n = (unsigned)(path.n - 1) * 2 + odd;
    bool fits = leaf ? n == KEY_NIBBLES - w->at : n != 0 && n < KEY_NIBBLES - w->at;
    if (!fits)
        return PC_E_MALFORMED;
    bool same = true;
    for (unsigned i = 0; i < n; i++) {
        unsigned j = i + 1 + !odd; /* nibble of the encoding */
        unsigned have = j % 2 == 0 ? path.p[j / 2] >> 4 : path.p[j / 2] & 15;
        same &= have == key_nibble(&w->key, w->at + i);
    }
    if (leaf) {
        if (item[1].is_list || item[1].payload.n == 0)
            return PC_E_MALFORMED;
        w->state = same ? FOUND : ABSENT;
        w->value = same ? item[1].payload : (struct bytes){NULL, 0};
        return PC_OK;
    }
    struct ref child;
    PC_TRY(ref_of(&child, &item[1]));
    if (child.kind == REF_NONE)
        return PC_E_MALFORMED;
    w->next = child;
    w->at += n;
    if (!same)
        w->state = ABSENT;
    return PC_OK;
}

static enum err_code node(struct walk *w, struct bytes encoded)
{
    struct rlp_reader r = rlp_list_of(encoded);
    struct rlp_item item[17];
    unsigned n = 0;
    while (n < 17 && rlp_more(&r))
        item[n++] = rlp_next(&r);
    PC_TRY(rlp_end(&r));
    if (n == 17)
        return branch(w, item);
    return n == 2 ? short_node(w, item) : PC_E_MALFORMED;
}

/* The encoding that w->next names: embedded, or the next of the list if its hash is right. */
static enum err_code take(struct walk *w, struct bytes *out)
{
    if (w->next.kind == REF_EMBEDDED) {
        *out = w->next.node;
        return PC_OK;
    }
    if (w->left == 0)
        return PC_E_PROOF;
    w->left--;
    size_t n = read_u16(&w->list);
    if (n > PC_PROOF_NODE_MAX)
        return PC_E_TOO_LARGE;
    *out = read_bytes(&w->list, n);
    if (w->list.err != PC_OK)
        return w->list.err;
    struct evm_word hash;
    evm_keccak(&hash, *out);
    return evm_word_equal(&hash, &w->next.hash) ? PC_OK : PC_E_PROOF;
}

static enum err_code walk_down(struct walk *w)
{
    while (w->state == WALKING) {
        struct bytes encoded;
        PC_TRY(take(w, &encoded));
        PC_TRY(node(w, encoded));
    }
    return PC_OK;
}

enum err_code mpt_get(struct bytes *value, bool *present, const struct evm_word *root,
                      const struct evm_word *key, struct bytes proof)
{
    *value = (struct bytes){NULL, 0};
    *present = false;
    struct walk w = {.list = reader_of(proof), .key = *key};
    w.left = read_u8(&w.list);
    if (w.left > PC_PROOF_NODES_MAX)
        return PC_E_TOO_LARGE;
    w.next = (struct ref){.kind = REF_HASH, .hash = *root};
    if (w.left == 0 && evm_word_equal(root, &PC_MPT_EMPTY_ROOT))
        w.state = ABSENT;
    PC_TRY(walk_down(&w));
    if (w.left != 0)
        return PC_E_TRAILING;
    PC_TRY(reader_end(&w.list));
    *value = w.value;
    *present = w.state == FOUND;
    return PC_OK;
}

static enum err_code account_fields(struct evm_account *out, struct bytes value)
{
    struct rlp_reader r = rlp_list_of(value);
    out->nonce = rlp_next_u64(&r);
    rlp_next_uint256(&r, &out->balance);
    rlp_next_fixed(&r, out->storage_root.b, 32);
    rlp_next_fixed(&r, out->code_hash.b, 32);
    out->exists = true;
    return rlp_end(&r);
}

enum err_code mpt_account(struct evm_account *out, const struct evm_word *state_root,
                          const struct evm_address *address, struct bytes proof)
{
    memset(out, 0, sizeof *out);
    struct evm_word key;
    evm_keccak(&key, (struct bytes){address->b, sizeof address->b});
    struct bytes value;
    bool present;
    PC_TRY(mpt_get(&value, &present, state_root, &key, proof));
    if (!present) {
        out->storage_root = PC_MPT_EMPTY_ROOT;
        out->code_hash = PC_EVM_EMPTY_CODE;
        return PC_OK;
    }
    enum err_code e = account_fields(out, value);
    if (e != PC_OK)
        memset(out, 0, sizeof *out);
    return e;
}

enum err_code mpt_storage(struct evm_word *out, const struct evm_word *storage_root,
                          const struct evm_word *slot, struct bytes proof)
{
    memset(out, 0, sizeof *out);
    struct evm_word key;
    evm_keccak(&key, (struct bytes){slot->b, sizeof slot->b});
    struct bytes value;
    bool present;
    PC_TRY(mpt_get(&value, &present, storage_root, &key, proof));
    if (!present)
        return PC_OK;
    struct rlp_reader r = rlp_reader_of(value);
    rlp_next_uint256(&r, out);
    enum err_code e = rlp_end(&r);
    if (e != PC_OK)
        memset(out, 0, sizeof *out);
    return e;
}
