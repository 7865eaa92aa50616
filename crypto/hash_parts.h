/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash_parts.h - HMAC-SHA256 over a message in several parts, for hash.c and hpke.c.
 */
#ifndef PC_CRYPTO_HASH_PARTS_H
#define PC_CRYPTO_HASH_PARTS_H

#include "base/bytes.h"

void hmac_sha256_parts(uint8_t out[static 32], struct bytes key, const struct bytes *part,
                       size_t n);

#endif
