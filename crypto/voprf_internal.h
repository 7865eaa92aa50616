/* SPDX-License-Identifier: Apache-2.0 */
/*
 * voprf_internal.h - the parts of RFC 9497 that only its vectors need from outside: a proof with a
 * given nonce. For voprf.c and its tests.
 */
#ifndef PC_CRYPTO_VOPRF_INTERNAL_H
#define PC_CRYPTO_VOPRF_INTERNAL_H

#include "crypto/voprf.h"

/* GenerateProof with nonce r. */
PC_MUST_USE enum err_code voprf_prove_with_nonce(const struct group *g, struct voprf_proof *out,
                                                 const struct scalar *share, const struct point *y,
                                                 const struct point *p, const struct point *d,
                                                 size_t m, const struct scalar *r);

#endif
