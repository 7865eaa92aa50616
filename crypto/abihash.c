/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/abihash.h"

#include "base/err.h"
#include "crypto/hash.h"
#include "crypto/keccak.h"

struct abi_args abi_args_init(void)
{
    return (struct abi_args){.n = 0};
}

static struct abi_arg *next(struct abi_args *a)
{
    PC_ASSERT(a->n < PC_ABI_MAX_ARGS);
    struct abi_arg *arg = &a->arg[a->n++];
    *arg = (struct abi_arg){.kind = PC_ABI_WORD};
    return arg;
}

void abi_uint(struct abi_args *a, uint64_t v)
{
    store_be64(next(a)->word + 24, v);
}

void abi_b32(struct abi_args *a, const uint8_t v[static 32])
{
    memcpy(next(a)->word, v, 32);
}

void abi_address(struct abi_args *a, const uint8_t v[static 20])
{
    memcpy(next(a)->word + 12, v, 20);
}

void abi_left(struct abi_args *a, struct bytes v)
{
    PC_ASSERT(v.n <= 32);
    struct abi_arg *arg = next(a);
    if (v.n != 0)
        memcpy(arg->word, v.p, v.n);
}

void abi_bytes(struct abi_args *a, struct bytes v)
{
    struct abi_arg *arg = next(a);
    arg->kind = PC_ABI_BYTES;
    arg->dyn = v;
}

void abi_b32_array(struct abi_args *a, const uint8_t *v, size_t n)
{
    struct abi_arg *arg = next(a);
    PC_ASSERT(n <= SIZE_MAX / 32);
    arg->kind = PC_ABI_WORDS;
    arg->dyn = bytes_of(v, 32 * n);
}

static size_t padded(size_t n)
{
    return (n + 31) / 32 * 32;
}

/* The encoding goes to one sink, piece by piece. */
typedef void sink_fn(void *ctx, const void *p, size_t n);

static void emit_number(sink_fn *sink, void *ctx, uint64_t v)
{
    uint8_t word[32] = {0};
    store_be64(word + 24, v);
    sink(ctx, word, sizeof word);
}

static void emit(sink_fn *sink, void *ctx, const struct abi_args *a)
{
    static const uint8_t zero[32];
    uint64_t offset = 32 * a->n;
    for (size_t i = 0; i < a->n; i++) {
        const struct abi_arg *arg = &a->arg[i];
        if (arg->kind == PC_ABI_WORD) {
            sink(ctx, arg->word, 32);
        } else {
            emit_number(sink, ctx, offset);
            offset += 32 + padded(arg->dyn.n);
        }
    }
    for (size_t i = 0; i < a->n; i++) {
        const struct abi_arg *arg = &a->arg[i];
        if (arg->kind == PC_ABI_WORD)
            continue;
        emit_number(sink, ctx, arg->kind == PC_ABI_WORDS ? arg->dyn.n / 32 : arg->dyn.n);
        sink(ctx, arg->dyn.p, arg->dyn.n);
        sink(ctx, zero, padded(arg->dyn.n) - arg->dyn.n);
    }
}

static void to_keccak(void *ctx, const void *p, size_t n)
{
    keccak256_update(ctx, p, n);
}

static void to_sha256(void *ctx, const void *p, size_t n)
{
    sha256_update(ctx, p, n);
}

static void to_length(void *ctx, const void *p, size_t n)
{
    (void)p;
    *(size_t *)ctx += n;
}

static void to_memory(void *ctx, const void *p, size_t n)
{
    uint8_t **at = ctx;
    if (n != 0)
        memcpy(*at, p, n);
    *at += n;
}

void abi_keccak256(uint8_t out[static 32], const struct abi_args *a)
{
    struct keccak256 k;
    keccak256_init(&k);
    emit(to_keccak, &k, a);
    keccak256_final(&k, out);
}

void abi_sha256(uint8_t out[static 32], const struct abi_args *a)
{
    struct sha256 s;
    sha256_init(&s);
    emit(to_sha256, &s, a);
    sha256_final(&s, out);
}

size_t abi_length(const struct abi_args *a)
{
    size_t n = 0;
    emit(to_length, &n, a);
    return n;
}

void abi_write(uint8_t *out, const struct abi_args *a)
{
    emit(to_memory, &out, a);
}
