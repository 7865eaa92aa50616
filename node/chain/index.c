/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.c - what the logs said. Tables of fixed size; where one is full the oldest goes (records,
 * leaves), the one that was not used for longest (policies), or the newest is not taken
 * (authorities): a node that many strangers flood forgets old records, which their owners make
 * anew, and never grows.
 */
#include <stdlib.h>

#include "base/log.h"
#include "node/chain/chain.h"

void index_clear(struct index *x)
{
    for (size_t i = 0; i < RECORDS_MAX; i++)
        free(x->records[i].evidence);
    for (size_t i = 0; i < POLICIES_MAX; i++)
        free(x->policies[i].bytes);
    memset(x, 0, sizeof *x);
}

struct node_entry *index_node(struct index *x, uint32_t id)
{
    struct node_entry *n = &x->nodes[id % NODES_MAX];
    return id != 0 && n->id == id ? n : NULL;
}

struct node_entry *index_node_new(struct index *x, uint32_t id)
{
    struct node_entry *n = &x->nodes[id % NODES_MAX];
    if (n->id != 0 && n->id != id)
        log_warn("node_index_full", LOG_U64("node", id), LOG_U64("dropped", n->id));
    memset(n, 0, sizeof *n);
    n->id = id;
    return n;
}

struct node_entry *index_node_by_keys(struct index *x, const struct evm_word *keys_hash)
{
    for (size_t i = 0; i < NODES_MAX; i++)
        if (x->nodes[i].id != 0 && evm_word_equal(&x->nodes[i].keys_hash, keys_hash))
            return &x->nodes[i];
    return NULL;
}

struct record_entry *index_record(struct index *x, const struct evm_word *record)
{
    for (size_t i = 0; i < RECORDS_MAX; i++)
        if (x->records[i].used && evm_word_equal(&x->records[i].record, record))
            return &x->records[i];
    return NULL;
}

struct record_entry *index_record_new(struct index *x, const struct evm_word *record)
{
    struct record_entry *r = index_record(x, record);
    if (r != NULL)
        return r;
    r = &x->records[x->next_record++ % RECORDS_MAX];
    free(r->evidence);
    memset(r, 0, sizeof *r);
    r->used = true;
    r->record = *record;
    return r;
}

enum err_code record_take_leaf(struct record_entry *r, struct bytes hints)
{
    struct record_entry next = {.vendor = r->vendor};
    size_t n = vendor_record_len(r->vendor);
    if (n == 0 || hints.n < n)
        return PC_E_MALFORMED;
    memcpy(next.leaf, hints.p, n);
    PC_TRY(vendor_read_record(&next));
    memcpy(r->leaf, next.leaf, sizeof r->leaf);
    memcpy(r->product, next.product, sizeof r->product);
    r->leaf_issuer = next.leaf_issuer;
    r->parsed = true;
    return PC_OK;
}

enum err_code record_take_evidence(struct record_entry *r, struct bytes evidence)
{
    free(r->evidence);
    r->evidence = NULL;
    r->evidence_n = 0;
    if (evidence.n == 0)
        return PC_OK;
    r->evidence = malloc(evidence.n);
    if (r->evidence == NULL)
        return PC_E_MEMORY;
    r->evidence_n = evidence.n;
    memcpy(r->evidence, evidence.p, evidence.n);
    return PC_OK;
}

struct leaf_entry *index_leaf(struct index *x, const uint8_t record[static LEAF_RECORD])
{
    for (size_t i = 0; i < LEAVES_MAX; i++)
        if (x->leaves[i].used && memcmp(x->leaves[i].record, record, LEAF_RECORD) == 0)
            return &x->leaves[i];
    return NULL;
}

struct leaf_entry *index_leaf_new(struct index *x)
{
    struct leaf_entry *l = &x->leaves[x->next_leaf++ % LEAVES_MAX];
    memset(l, 0, sizeof *l);
    l->used = true;
    return l;
}

struct authority_entry *index_authority(struct index *x, const struct evm_word *id)
{
    for (size_t i = 0; i < AUTHORITIES_MAX; i++)
        if (x->authorities[i].used && evm_word_equal(&x->authorities[i].id, id))
            return &x->authorities[i];
    return NULL;
}

struct authority_entry *index_authority_new(struct index *x, const struct evm_word *id)
{
    struct authority_entry *a = index_authority(x, id);
    for (size_t i = 0; a == NULL && i < AUTHORITIES_MAX; i++)
        if (!x->authorities[i].used)
            a = &x->authorities[i];
    if (a == NULL)
        return NULL; /* all of them are the vendor's: there are a handful */
    memset(a, 0, sizeof *a);
    a->used = true;
    a->id = *id;
    return a;
}

bool index_certificates(struct index *x, struct bytes *leaf, struct bytes *ca,
                        const struct record_entry *r)
{
    *leaf = *ca = bytes_of(NULL, 0);
    if (!vendor_has_leaf(r->vendor))
        return r->vendor == PC_VENDOR_NITRO;
    const struct leaf_entry *l = index_leaf(x, r->leaf);
    const struct authority_entry *a = l != NULL ? index_authority(x, &l->authority) : NULL;
    if (a == NULL)
        return false;
    *leaf = bytes_of(l->der, l->n);
    *ca = bytes_of(a->der, a->n);
    return true;
}

void index_policy_add(struct index *x, struct bytes policy)
{
    struct evm_word hash;
    evm_keccak(&hash, policy);
    if (policy.n == 0 || index_policy(x, &hash).n != 0)
        return;
    uint8_t *copy = malloc(policy.n);
    if (copy == NULL)
        return; /* asked for again after a restart */
    memcpy(copy, policy.p, policy.n);
    struct policy_entry *e = &x->policies[0];
    for (size_t i = 1; i < POLICIES_MAX && e->used; i++)
        if (!x->policies[i].used || x->policies[i].stamp < e->stamp)
            e = &x->policies[i];
    free(e->bytes);
    *e = (struct policy_entry){true, ++x->policy_stamp, hash, policy.n, copy};
}

struct bytes index_policy(struct index *x, const struct evm_word *hash)
{
    for (size_t i = 0; i < POLICIES_MAX; i++) {
        struct policy_entry *e = &x->policies[i];
        if (!e->used || !evm_word_equal(&e->hash, hash))
            continue;
        e->stamp = ++x->policy_stamp;
        return bytes_of(e->bytes, e->n);
    }
    return bytes_of(NULL, 0);
}

void index_signer_add(struct index *x, const uint8_t digest[static 32],
                      const struct evm_word *authority)
{
    if (index_signer(x, digest) != NULL)
        return;
    struct signer_entry *s = &x->signers[x->next_signer++ % SIGNERS_MAX];
    s->used = true;
    memcpy(s->digest, digest, sizeof s->digest);
    s->authority = *authority;
}

const struct signer_entry *index_signer(const struct index *x, const uint8_t digest[static 32])
{
    for (size_t i = 0; i < SIGNERS_MAX; i++)
        if (x->signers[i].used && memcmp(x->signers[i].digest, digest, 32) == 0)
            return &x->signers[i];
    return NULL;
}
