/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keccak.h - Keccak-256 with Ethereum's padding (not SHA3-256). Public data; time depends on the
 * length alone. A state is a plain value: copying one forks the computation.
 */
#ifndef PC_CRYPTO_KECCAK_H
#define PC_CRYPTO_KECCAK_H

#include "base/bytes.h"

#define PC_KECCAK256_BYTES 32

struct keccak256 {
    uint64_t lane[25];
    size_t fill; /* bytes absorbed into the current block, below 136 */
};

void keccak256_init(struct keccak256 *k);
void keccak256_update(struct keccak256 *k, const void *p, size_t n);
void keccak256_final(struct keccak256 *k, uint8_t out[static 32]);
void keccak256(uint8_t out[static 32], struct bytes in);

#endif
