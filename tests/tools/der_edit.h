/* SPDX-License-Identifier: Apache-2.0 */
/* der_edit.h - changes of the structure of DER, for evidence that is signed again afterwards. */
#ifndef PC_TESTS_TOOLS_DER_EDIT_H
#define PC_TESTS_TOOLS_DER_EDIT_H

#include "base/bytes.h"
#include "base/rng_seeded.h"

#define PC_DER_EDIT_MAX ((size_t)4096)

/* One element below the outermost one is left out, doubled, swapped with its neighbour, renamed,
 * lengthened, emptied, written with a longer length or the like; lengths around it are right again.
 * Strings that hold DER are entered too. *n bytes into out; what it was. The whole is `der` itself
 * if it is no DER or the change does not fit. */
const char *der_edit(uint8_t out[static PC_DER_EDIT_MAX], size_t *n, struct bytes der,
                     struct rng_seeded *rng);

/* Every element whose content is `old` gets the content `with`, another one. *n bytes into out. */
void der_replace(uint8_t out[static PC_DER_EDIT_MAX], size_t *n, struct bytes der, struct bytes old,
                 struct bytes with);

/* SEQUENCE { tbs, algorithm, BIT STRING } with this tbs and signature, the algorithm that of a
 * genuine one. *n bytes into out. */
void der_seal(uint8_t out[static PC_DER_EDIT_MAX], size_t *n, struct bytes tbs,
              struct bytes genuine, struct bytes signature);
/* The first element in the outermost one, with its header; empty if there is none. */
struct bytes der_tbs(struct bytes der);

#endif
