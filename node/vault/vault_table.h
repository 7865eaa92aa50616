/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_table.h - bounded memory: a set-associative table of fixed entries under 32-byte keys.
 *
 * A full set gives up the entry that was touched longest ago. Sets are chosen by a hash under a
 * secret of this run, so nobody outside can aim at an entry. Public data.
 */
#ifndef PC_NODE_VAULT_TABLE_H
#define PC_NODE_VAULT_TABLE_H

#include "base/bytes.h"

#define VAULT_TABLE_WAYS 8u

/* First member of every entry. */
struct vault_entry {
    uint8_t key[32];
    uint64_t touched; /* 0: free */
};

struct vault_table {
    uint8_t *entries; /* sets * VAULT_TABLE_WAYS of them */
    size_t entry_bytes;
    size_t sets;
    uint64_t clock;
    uint8_t secret[32];
};

void vault_table_init(struct vault_table *t, void *entries, size_t entry_bytes, size_t sets,
                      const uint8_t secret[static 32]);
/* NULL if absent. */
void *vault_table_find(struct vault_table *t, const uint8_t key[static 32]);
/* The entry of this key; a new one is zero but for the head. Never NULL. */
void *vault_table_put(struct vault_table *t, const uint8_t key[static 32]);
void vault_table_remove(struct vault_table *t, const uint8_t key[static 32]);
void vault_table_clear(struct vault_table *t);

#endif
