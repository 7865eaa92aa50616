/* SPDX-License-Identifier: Apache-2.0 */
#include "node/vault/vault_table.h"

#include "crypto/hash.h"

static struct vault_entry *at(struct vault_table *t, size_t i)
{
    return (struct vault_entry *)(void *)(t->entries + i * t->entry_bytes);
}

void vault_table_init(struct vault_table *t, void *entries, size_t entry_bytes, size_t sets,
                      const uint8_t secret[static 32])
{
    *t = (struct vault_table){.entries = entries, .entry_bytes = entry_bytes, .sets = sets};
    memcpy(t->secret, secret, sizeof t->secret);
}

static size_t set_of(const struct vault_table *t, const uint8_t key[static 32])
{
    struct sha256 h;
    uint8_t digest[32];
    sha256_init(&h);
    sha256_update(&h, t->secret, sizeof t->secret);
    sha256_update(&h, key, 32);
    sha256_final(&h, digest);
    return (size_t)(load_be64(digest) % t->sets);
}

void *vault_table_find(struct vault_table *t, const uint8_t key[static 32])
{
    size_t first = set_of(t, key) * VAULT_TABLE_WAYS;
    for (size_t i = first; i < first + VAULT_TABLE_WAYS; i++) {
        struct vault_entry *e = at(t, i);
        if (e->touched != 0 && bytes_equal_var(PC_BYTES(e->key), bytes_of(key, 32))) {
            e->touched = ++t->clock;
            return e;
        }
    }
    return NULL;
}

void *vault_table_put(struct vault_table *t, const uint8_t key[static 32])
{
    void *there = vault_table_find(t, key);
    if (there != NULL)
        return there;
    size_t first = set_of(t, key) * VAULT_TABLE_WAYS, oldest = first;
    for (size_t i = first; i < first + VAULT_TABLE_WAYS; i++)
        if (at(t, i)->touched < at(t, oldest)->touched)
            oldest = i;
    struct vault_entry *e = at(t, oldest);
    memset(e, 0, t->entry_bytes);
    memcpy(e->key, key, 32);
    e->touched = ++t->clock;
    return e;
}

void vault_table_remove(struct vault_table *t, const uint8_t key[static 32])
{
    struct vault_entry *e = vault_table_find(t, key);
    if (e != NULL)
        memset(e, 0, t->entry_bytes);
}

void vault_table_clear(struct vault_table *t)
{
    memset(t->entries, 0, t->sets * VAULT_TABLE_WAYS * t->entry_bytes);
}
