/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_mem.h - an engine in memory, for tests only; no program links it.
 */
#ifndef PC_STORAGE_STORE_MEM_H
#define PC_STORAGE_STORE_MEM_H

#include "storage/store_engine.h"

/* Fail the call number fail_at (from 1; 0: none) with `with`; `calls` counts all of them. */
struct store_mem_faults {
    size_t calls;
    size_t fail_at;
    enum err_code with;
    size_t grown;
};

/* Never NULL. `faults` (may be NULL) is borrowed for the engine's life. */
struct store_engine *store_mem_new(struct store_mem_faults *faults);

/* The committed bytes of a value, for damage; NULL: no such record. */
uint8_t *store_mem_value(struct store_engine *e, int table, struct bytes key, size_t *n);

#endif
