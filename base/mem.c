/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Blocks lie one after the other, each with this header; neighbours that are free are merged when
 * memory is looked for, so the walk is the only bookkeeping. */
struct block {
    size_t size; /* of the payload */
    uint64_t state;
};
#define BLOCK_FREE UINT64_C(0x66726565626c6f63)
#define BLOCK_USED UINT64_C(0x75736564626c6f63)
#define ALIGNMENT  16u
_Static_assert(sizeof(struct block) % ALIGNMENT == 0, "payloads stay aligned");

struct arena {
    uint8_t *map; /* guard page, data, guard page */
    size_t map_size;
    uint8_t *data;
    size_t size;
    size_t used;
};

void pc_wipe(void *p, size_t n)
{
    if (n != 0)
        sodium_memzero(p, n);
}

bool pc_memeq(const void *a, const void *b, size_t n)
{
    /* 0 or -1; no branch on it here, it is for the caller to say that the verdict is public */
    return (bool)(sodium_memcmp(a, b, n) + 1);
}

static enum err_code arena_map(struct arena *a, size_t page)
{
    a->map = mmap(NULL, a->map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (a->map == MAP_FAILED) {
        a->map = NULL;
        return PC_E_MEMORY;
    }
    a->data = a->map + page;
    if (mprotect(a->data, a->size, PROT_READ | PROT_WRITE) != 0 ||
        madvise(a->data, a->size, MADV_DONTDUMP) != 0 ||
        madvise(a->data, a->size, MADV_WIPEONFORK) != 0 || mlock(a->data, a->size) != 0)
        return PC_E_MEMORY;
    return PC_OK;
}

enum err_code arena_open(struct arena **out, size_t size)
{
    *out = NULL;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (size == 0 || size > SIZE_MAX / 4)
        return PC_E_TOO_LARGE;
    struct arena *a = calloc(1, sizeof *a);
    if (a == NULL)
        return PC_E_MEMORY;
    a->size = (size + page - 1) / page * page;
    a->map_size = a->size + 2 * page;
    enum err_code e = arena_map(a, page);
    if (e != PC_OK) {
        if (a->map != NULL)
            munmap(a->map, a->map_size);
        free(a);
        return e;
    }
    struct block *first = (struct block *)a->data;
    first->size = a->size - sizeof *first;
    first->state = BLOCK_FREE;
    *out = a;
    return PC_OK;
}

void arena_close(struct arena *a)
{
    if (a == NULL)
        return;
    pc_wipe(a->data, a->size);
    munlock(a->data, a->size);
    munmap(a->map, a->map_size);
    free(a);
}

static struct block *block_next(const struct arena *a, struct block *b)
{
    uint8_t *next = (uint8_t *)(b + 1) + b->size;
    return next < a->data + a->size ? (struct block *)next : NULL;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n == 0 || n > a->size)
        return NULL;
    n = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    for (struct block *b = (struct block *)a->data; b != NULL; b = block_next(a, b)) {
        if (b->state != BLOCK_FREE)
            continue;
        for (struct block *next = block_next(a, b); next != NULL && next->state == BLOCK_FREE;
             next = block_next(a, b)) {
            b->size += sizeof *next + next->size;
            pc_wipe(next, sizeof *next);
        }
        if (b->size < n)
            continue;
        if (b->size - n > sizeof *b) {
            struct block *rest = (struct block *)((uint8_t *)(b + 1) + n);
            rest->size = b->size - n - sizeof *rest;
            rest->state = BLOCK_FREE;
            b->size = n;
        }
        b->state = BLOCK_USED;
        a->used += b->size;
        return b + 1;
    }
    return NULL;
}

void arena_free(struct arena *a, void *p)
{
    if (p == NULL)
        return;
    struct block *b = (struct block *)p - 1;
    PC_ASSERT((uint8_t *)b >= a->data && (uint8_t *)b < a->data + a->size);
    PC_ASSERT(b->state == BLOCK_USED);
    pc_wipe(p, b->size);
    a->used -= b->size;
    b->state = BLOCK_FREE;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
