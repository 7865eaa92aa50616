/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/rsa.h - throw-away RSA keys of 4096 bits for a simulated AMD, and RSASSA-PSS with them.
 *
 * Keys come from the caller's rng and the salt from key and digest, so that a seed gives the same
 * evidence again. Not constant time: these keys protect nothing.
 */
#ifndef PC_ATTEST_SIM_RSA_H
#define PC_ATTEST_SIM_RSA_H

#include "attest/rsa.h"
#include "base/rng.h"

#define PC_SIM_PRIME_LEN ((size_t)256)

struct sim_rsa {
    uint8_t p[PC_SIM_PRIME_LEN];
    uint8_t q[PC_SIM_PRIME_LEN];
    uint8_t n[PC_RSA_LEN]; /* modulus */
};

/* Seconds of work. */
void sim_rsa_new(struct sim_rsa *out, struct rng *rng);
/* From stored primes; PC_E_MALFORMED if they are no key for exponent 65537. */
PC_MUST_USE enum err_code sim_rsa_of(struct sim_rsa *out, const uint8_t p[static PC_SIM_PRIME_LEN],
                                     const uint8_t q[static PC_SIM_PRIME_LEN]);
/* PSS with SHA-384, MGF1-SHA-384 and a salt of salt_n <= 64 bytes (48 is AMD's). */
void sim_rsa_sign(uint8_t sig[static PC_RSA_LEN], const struct sim_rsa *k, struct bytes msg,
                  size_t salt_n);

#endif
