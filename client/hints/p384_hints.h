/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p384_hints.h - hints with which the contract P384 verifies one ECDSA P-384 signature
 * (contracts/src/evidence/P384.sol draws relation, ladder and encoding).
 *
 * Whoever sends a transaction about SNP or Nitro evidence makes them: libpolyclave, the relay, the
 * command line. All inputs are public, so arithmetic is not constant in time. Nothing rests on
 * hints: the contract constrains each of them, and false ones only fail. Equal statements give
 * equal hints (contracts/test/reference/p384_hints.py is the twin).
 *
 * About 5 ms each; a maker holds the multiples of G, which take 10 ms to compute. Not thread-safe.
 */
#ifndef PC_CLIENT_HINTS_P384_HINTS_H
#define PC_CLIENT_HINTS_P384_HINTS_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_P384_LEN 48
/* 147 bytes of header, at most 255 operations of 3 bytes and 469 slopes of 48. */
#define PC_P384_HINTS_MAX ((size_t)24 * 1024)

/* What is to be verified, as calldata of P384 begins: numbers big-endian. */
struct p384_statement {
    uint8_t hash[PC_P384_LEN]; /* SHA-384 of the message */
    uint8_t r[PC_P384_LEN], s[PC_P384_LEN];
    uint8_t x[PC_P384_LEN], y[PC_P384_LEN];
};

struct p384_maker;

/* PC_E_MEMORY. */
PC_MUST_USE enum err_code p384_maker_new(struct p384_maker **out);
void p384_maker_free(struct p384_maker *m);

/* PC_E_SIGNATURE: the signature does not verify, or its numbers or key are out of range.
 * PC_E_NOT_FOUND: no sequence of operations fits (never seen). PC_E_MEMORY. */
PC_MUST_USE enum err_code p384_hints_make(struct p384_maker *m,
                                          uint8_t out[static PC_P384_HINTS_MAX], size_t *n,
                                          const struct p384_statement *statement);

#endif
