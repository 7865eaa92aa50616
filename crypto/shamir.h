/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shamir.h - polynomials over the scalars of a group: sharing, interpolation, and the degree test
 * of crypto.md 1.3.
 *
 * A polynomial of threshold T is an array of T coefficients, constant term first. Shares are its
 * values at 1..n; index 0 is the secret. An index set is refused with PC_E_USAGE when it is empty,
 * has more than PC_SHAMIR_MAX members, contains 0, a duplicate, or an index above the group's
 * max_index: no two indices are ever equal modulo the order.
 *
 * Time: constant in coefficients and shares, variable in indices and lengths.
 */
#ifndef PC_CRYPTO_SHAMIR_H
#define PC_CRYPTO_SHAMIR_H

#include "crypto/group.h"
#include "crypto/transcript.h"

#define PC_SHAMIR_MAX 256 /* largest n, and largest T */

/* T random coefficients: the constant term nonzero, the others uniform. t is 1..PC_SHAMIR_MAX (else
 * a bug). */
void shamir_poly_random(const struct group *g, struct scalar *coeffs, size_t t, struct rng *r);

/* Value at an index 0..max_index (PC_E_USAGE beyond). */
PC_MUST_USE enum err_code shamir_eval(const struct group *g, struct scalar *out,
                                      const struct scalar *coeffs, size_t t, uint32_t index);

/* Lagrange coefficients: sum of lambda[i]*f(index[i]) is f(at) for every f of degree below k.
 * `at` may be 0, a foreign index, or a member of the set. One inversion in all. */
PC_MUST_USE enum err_code shamir_lagrange(const struct group *g, struct scalar *lambda,
                                          const uint16_t *index, size_t k, uint16_t at);

/* f(at) from k shares. */
PC_MUST_USE enum err_code shamir_combine(const struct group *g, struct scalar *out,
                                         const uint16_t *index, const struct scalar *share,
                                         size_t k, uint16_t at);
/* The same in the exponent: sum of lambda[i]*p[i]. Public points. */
PC_MUST_USE enum err_code shamir_combine_points_var(const struct group *g, struct point *out,
                                                    const uint16_t *index, const struct point *p,
                                                    size_t k, uint16_t at);

/*
 * Degree test. Points A_0..A_n (n+1 of them, indices 0..n) lie on a polynomial of degree below t in
 * the exponent iff they are orthogonal to the dual code; shamir_degree_weights draws one random
 * word w of it: w_j = v_j * m(j), m random of degree <= n-t, v_j = prod_{k != j} (j-k)^-1. A vector
 * of higher degree passes with probability 1/order per draw. The xof fixes the draw; 1.3 seeds it
 * with the set of (dealer, blob hash), a client with local randomness (shamir_degree_xof_local).
 */
/* n+1 weights; 1 <= t <= n <= PC_SHAMIR_MAX and n <= max_index, else PC_E_USAGE. */
PC_MUST_USE enum err_code shamir_degree_weights(const struct group *g, struct scalar *w, size_t n,
                                                size_t t, struct xof *x);
/* PC_OK if sum w_j*A_j is the identity, PC_E_DEGREE if not. */
PC_MUST_USE enum err_code shamir_degree_check_var(const struct group *g, const struct scalar *w,
                                                  const struct point *a, size_t n);
/* A stream seeded from the rng, for a verifier that nobody needs to agree with. */
void shamir_degree_xof_local(struct xof *x, struct rng *r);

#endif
