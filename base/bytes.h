/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes.h - a view of bytes, and integers in both byte orders.
 *
 * A struct bytes borrows: whoever made the memory keeps it. Big-endian is the project's order;
 * little-endian is for the vendors' structures (attestation.md).
 */
#ifndef PC_BASE_BYTES_H
#define PC_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *p; /* may be NULL when n is 0 */
    size_t n;
};

#define PC_BYTES(array)       ((struct bytes){(array), sizeof(array)})
#define PC_BYTES_STR(literal) ((struct bytes){(const uint8_t *)(literal), sizeof(literal) - 1})
#define PC_ARRAY_LEN(a)       (sizeof(a) / sizeof((a)[0]))

static inline struct bytes bytes_of(const void *p, size_t n)
{
    return (struct bytes){p, n};
}

/* Equality of public bytes. For secrets use pc_memeq (mem.h). */
static inline bool bytes_equal_var(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool bytes_all_zero_var(struct bytes a)
{
    for (size_t i = 0; i < a.n; i++)
        if (a.p[i] != 0)
            return false;
    return true;
}

static inline uint16_t load_be16(const uint8_t p[static 2])
{
    return (uint16_t)((uint16_t)p[0] << 8 | p[1]);
}
static inline uint32_t load_be32(const uint8_t p[static 4])
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t load_be64(const uint8_t p[static 8])
{
    return (uint64_t)load_be32(p) << 32 | load_be32(p + 4);
}
static inline uint16_t load_le16(const uint8_t p[static 2])
{
    return (uint16_t)((uint16_t)p[1] << 8 | p[0]);
}
static inline uint32_t load_le32(const uint8_t p[static 4])
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}
static inline uint64_t load_le64(const uint8_t p[static 8])
{
    return (uint64_t)load_le32(p + 4) << 32 | load_le32(p);
}
static inline void store_be16(uint8_t p[static 2], uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static inline void store_be32(uint8_t p[static 4], uint32_t v)
{
    store_be16(p, (uint16_t)(v >> 16));
    store_be16(p + 2, (uint16_t)v);
}
static inline void store_be64(uint8_t p[static 8], uint64_t v)
{
    store_be32(p, (uint32_t)(v >> 32));
    store_be32(p + 4, (uint32_t)v);
}
static inline void store_le16(uint8_t p[static 2], uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}
static inline void store_le32(uint8_t p[static 4], uint32_t v)
{
    store_le16(p, (uint16_t)v);
    store_le16(p + 2, (uint16_t)(v >> 16));
}
static inline void store_le64(uint8_t p[static 8], uint64_t v)
{
    store_le32(p, (uint32_t)v);
    store_le32(p + 4, (uint32_t)(v >> 32));
}

#endif
