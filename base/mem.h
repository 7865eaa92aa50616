/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.h - memory for secrets: one guarded, locked arena per process.
 *
 * libsodium's sodium_malloc hides a failed mlock and takes four mappings per object, so the vault
 * has one arena instead: one mapping with a guard page on each side, MADV_DONTDUMP and
 * MADV_WIPEONFORK, and an mlock whose result is checked (arena_open refuses otherwise).
 * RLIMIT_MEMLOCK is 8 MiB on a stock kernel, even for root: size the arena for it.
 *
 * The arena serves objects of any size with a free list; freed memory is wiped. It is not
 * thread-safe: only the vault's single thread uses it. Every object must be freed or the arena
 * closed, which wipes all of it.
 */
#ifndef PC_BASE_MEM_H
#define PC_BASE_MEM_H

#include "base/bytes.h"
#include "base/err.h"

/* Overwrite with zeros; never optimised away. NULL with n = 0 is fine. */
void pc_wipe(void *p, size_t n);

/* Equality in time independent of the contents. */
PC_MUST_USE bool pc_memeq(const void *a, const void *b, size_t n);

struct arena;

/* Map, guard and lock `size` bytes (rounded up to pages). PC_E_MEMORY if any step fails: a caller
 * that needs secrets must then refuse to start, there is no unlocked mode. */
PC_MUST_USE enum err_code arena_open(struct arena **out, size_t size);

/* Wipe everything, unlock, unmap. NULL is fine. */
void arena_close(struct arena *a);

/* n zeroed bytes, 16-byte aligned; NULL when the arena is full. */
PC_MUST_USE void *arena_alloc(struct arena *a, size_t n);

/* Wipe and give back; NULL is fine. A pointer that arena_alloc did not give is a bug (aborts). */
void arena_free(struct arena *a, void *p);

/* Bytes in use, for metrics and for tests that nothing is left. */
size_t arena_used(const struct arena *a);

#endif
