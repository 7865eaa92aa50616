/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p384_hints.h - what a caller of contracts/src/evidence/P384.sol brings beside a signature, so
 * that the contract needs neither a division nor a search: integers, additions, slopes.
 *
 *     lift u8 | power u8 | count u8 | y of R 48 | k1 + 2^220 32 | k2 + 2^400 64
 *     | count operations {doublings u8, code u16} | slopes 48 each, times the contract's R modulo p
 *
 * Nothing here is trusted by anybody: the contract checks every value, and false hints only fail.
 * Bytes are those of contracts/test/reference/p384_hints.py. Public data, variable time: some 30
 * ms.
 */
#ifndef PC_CLIENT_LIB_P384_HINTS_H
#define PC_CLIENT_LIB_P384_HINTS_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_P384_HINTS_MAX ((size_t)24 * 1024) /* 15 KiB are usual */

/* Hints of the signature r||s over a digest by the key x||y, all big-endian. PC_E_SIGNATURE: it is
 * not one (also r or s out of range, or a key that is no point of the curve): no hints exist then.
 * PC_E_NOT_FOUND: a good one, but none of the ways that were tried avoids an exceptional addition
 * (happens only for keys made for it). PC_E_MEMORY. *n is 0 on error. */
PC_MUST_USE enum err_code p384_hints(uint8_t out[static PC_P384_HINTS_MAX], size_t *n,
                                     const uint8_t key[static 96], const uint8_t digest[static 48],
                                     const uint8_t sig[static 96]);

#endif
