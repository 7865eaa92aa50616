/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nitro_chain.h - the certificates of a Nitro document: pinned root, then each signed by the one
 * before it (attestation.md 3.2). Signatures, names and roles; dates are read and compared by the
 * caller.
 *
 * Roles: every certificate of cabundle is a CA with keyCertSign and its path length is respected;
 * the target is none, has digitalSignature, and its key signed the document. A certificate in
 * between that was once verified below the same ones is kept with its key (kept.h); only
 * what verified is kept, so nobody but the holder of the root can displace it.
 */
#ifndef PC_ATTEST_NITRO_CHAIN_H
#define PC_ATTEST_NITRO_CHAIN_H

#include "attest/cert.h"
#include "attest/kept.h"
#include "attest/nitro_doc.h"

struct nitro_chain {
    struct cert target;
    uint64_t not_before; /* the latest and */
    uint64_t not_after;  /* the earliest of all certificates, root included */
};

/* True if the chain leads to the root with this SHA-256; else one reason is added to v. kept may be
 * NULL. */
bool nitro_chain_open(struct nitro_chain *out, struct verdict *v, struct nitro_kept *kept,
                      const struct nitro_doc *doc, const uint8_t root_sha256[static 32]);

#endif
