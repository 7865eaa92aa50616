/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor_row.h - internal to vendor_calls: what each vendor brings, and what they share.
 */
#ifndef PC_CLIENT_LIB_VENDOR_ROW_H
#define PC_CLIENT_LIB_VENDOR_ROW_H

#include "attest/nitro_doc.h"
#include "attest/tdx_chain.h"
#include "client/hints/p384_hints.h"
#include "client/lib/vendor_calls.h"

/* Evidence as `verify` takes it: most bytes of both parts, whatever the vendor. */
#define PC_VENDOR_EVIDENCE_MAX PC_NITRO_DOC_MAX
#define PC_VENDOR_HINTS_MAX    (PC_P384_HINTS_MAX + 256)
_Static_assert(PC_VENDOR_EVIDENCE_MAX >= PC_TDX_STRIPPED_MAX, "a stripped quote fits");
_Static_assert(PC_VENDOR_HINTS_MAX >= PC_TDX_HINTS_MAX, "hints of TDX fit");

struct vendor_parts {
    size_t evidence_n, hints_n;
    uint8_t evidence[PC_VENDOR_EVIDENCE_MAX];
    uint8_t hints[PC_VENDOR_HINTS_MAX];
};

/* Errors as in vendor_calls.h. Outputs are zero when called. */
struct vendor_row {
    enum vendor vendor;
    enum err_code (*claims)(struct evidence_claims *out, struct bytes evidence);
    enum err_code (*claims_of_call)(struct evidence_claims *out, struct bytes evidence,
                                    struct bytes hints);
    enum err_code (*parts)(struct vendor_calls *t, struct vendor_parts *out, struct bytes evidence);
    /* Hints of `appraise`, at most PC_VENDOR_HINTS_MAX; NULL: there are none. */
    enum err_code (*appraise)(struct vendor_calls *t, uint8_t *out, size_t *n,
                              const struct evidence_claims *c);
    /* Certificates that are posted for a machine; 0: its evidence cannot be taken apart. */
    size_t (*levels)(struct bytes evidence);
    /* The post of one of them, level 0 being the machine's own, its issuer level 1. PC_E_NOT_FOUND:
     * what it builds upon was not posted. */
    enum err_code (*level)(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                           size_t cap, struct bytes evidence, size_t level);
    enum err_code (*post)(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                          size_t cap, enum vendor_post_kind kind, struct bytes data);
};

extern const struct vendor_row tdx_row, snp_row, nitro_row;

/* ---- what they share */

/* Calldata into buf: arguments go behind the selector. */
struct abi_out vendor_call_begin(void *buf, size_t cap, const char *sig, size_t words);
PC_MUST_USE enum err_code vendor_call_end(struct bytes *out, void *buf, const struct abi_out *w);

/* A view with one argument; `words` (at most 5) words, else PC_E_MALFORMED. */
PC_MUST_USE enum err_code vendor_view(struct vendor_calls *t, const struct evm_address *at,
                                      struct evm_word *out, size_t words, const char *sig,
                                      const struct evm_word *arg);

/* Was `event` of the verifier emitted with topic `at` being `id`, in a later block than the last
 * one in which something above was revoked (after which everything is posted anew)? */
PC_MUST_USE enum err_code vendor_posted(struct vendor_calls *t, bool *yes, const char *event,
                                        size_t at, const struct evm_word *id);
/* The same behind a view that says whether it was ever posted: mostly no log has to be read. */
PC_MUST_USE enum err_code vendor_known(struct vendor_calls *t, bool *yes, const char *view,
                                       const char *event, size_t at, const struct evm_word *id);
/* Is the digest of these signed bytes the verifier's inForce(object)? */
PC_MUST_USE enum err_code vendor_in_force(struct vendor_calls *t, bool *yes,
                                          const struct evm_word *object, struct bytes signed_bytes);

/* Hints of the P-384 signature r||s over a digest by the key x||y; *n bytes. PC_E_SIGNATURE. */
PC_MUST_USE enum err_code vendor_p384_hints(uint8_t out[static PC_P384_HINTS_MAX], size_t *n,
                                            const uint8_t key[static 96],
                                            const uint8_t digest[static 48],
                                            const uint8_t sig[static 96]);

/* Fields of a verdict whose claims are set, and the leaf. PC_E_MALFORMED: its report data has not
 * 64 bytes. */
PC_MUST_USE enum err_code vendor_claims_of(struct evidence_claims *out, const struct verdict *v);

/* 32 bits end in 2106; certificates may be made for longer. */
static inline uint32_t vendor_clamp(uint64_t unix_s)
{
    return unix_s > UINT32_MAX ? UINT32_MAX : (uint32_t)unix_s;
}

#endif
