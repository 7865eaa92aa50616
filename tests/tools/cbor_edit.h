/* SPDX-License-Identifier: Apache-2.0 */
/* cbor_edit.h - changes of the structure of CBOR, for documents that are signed again afterwards.
 */
#ifndef PC_TESTS_TOOLS_CBOR_EDIT_H
#define PC_TESTS_TOOLS_CBOR_EDIT_H

#include "attest/sim/cborw.h"
#include "base/rng_seeded.h"

/* One item is left out, doubled, swapped with the next, written with a longer head, chunked,
 * tagged, renamed, shortened or the like, or a map or array changes its form. Counts of definite
 * maps and arrays follow, mostly. What it was. */
const char *cbor_edit(struct cborw *io, struct rng_seeded *rng);

#endif
