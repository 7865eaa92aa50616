/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abihash.h - keccak256 (or SHA-256) over abi.encode(...) as Solidity computes it, without a
 * buffer.
 *
 * Fill a list of arguments in order, then hash. Static arguments are one word; bytes and arrays of
 * bytes32 are dynamic: offset in the head, length and padded data in the tail. Everything is
 * borrowed until the hash is taken; nothing is allocated. Public data, variable time.
 *
 *     struct abi_args a = abi_args_init();
 *     abi_b32(&a, pc_tag_claims);
 *     abi_uint(&a, vendor);
 *     abi_bytes(&a, bytes_of(report_data, 64));
 *     abi_keccak256(out, &a);
 *
 * More than PC_ABI_MAX_ARGS arguments are a bug (aborts).
 */
#ifndef PC_CRYPTO_ABIHASH_H
#define PC_CRYPTO_ABIHASH_H

#include "base/bytes.h"

#define PC_ABI_MAX_ARGS 16

struct abi_arg {
    enum { PC_ABI_WORD, PC_ABI_BYTES, PC_ABI_WORDS } kind;
    uint8_t word[32];
    struct bytes dyn; /* bytes, or 32 x count bytes */
};

struct abi_args {
    struct abi_arg arg[PC_ABI_MAX_ARGS];
    size_t n;
};

struct abi_args abi_args_init(void);
void abi_uint(struct abi_args *a, uint64_t v);                    /* uint8 .. uint256, bool */
void abi_b32(struct abi_args *a, const uint8_t v[static 32]);     /* bytes32, uint256 big-endian */
void abi_address(struct abi_args *a, const uint8_t v[static 20]); /* right-aligned */
void abi_left(struct abi_args *a, struct bytes v);  /* bytesN, N <= 32, left-aligned */
void abi_bytes(struct abi_args *a, struct bytes v); /* bytes or string */
void abi_b32_array(struct abi_args *a, const uint8_t *v, size_t n); /* bytes32[]: n x 32 bytes */

void abi_keccak256(uint8_t out[static 32], const struct abi_args *a);
void abi_sha256(uint8_t out[static 32], const struct abi_args *a);

/* Length of the encoding, and the encoding itself into out (exactly that many bytes). */
size_t abi_length(const struct abi_args *a);
void abi_write(uint8_t *out, const struct abi_args *a);

#endif
