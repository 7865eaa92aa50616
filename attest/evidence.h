/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.h - why we believe a machine: one verifier per vendor behind one interface.
 *
 * Start here. A verifier is a pure function: evidence, collateral, times and policy in, a verdict
 * out. It is total (any input gives accept or specific reasons), consults no clock, no file and no
 * network, and remembers nothing unless the caller hands it a `struct evidence_kept`.
 *
 * Two passes (SPEC 5), in one call:
 *   at `evidence_time` (attestedAt): signatures, and the dates of the evidence and its chain;
 *   at `collateral_time` (the accepted head): revocation, identities and TCB status by the objects
 *   given. PC_DATES_FULL checks both ends of their dates (the command line: one time for both);
 *   PC_DATES_LOWER only the lower end: the contract checked the upper one when the object was
 *   posted, and again at attest().
 *
 * Intel TDX, AMD SEV-SNP and AWS Nitro Enclaves are built: tdx.c, snp.c and nitro.c have the order
 * of steps. Evidence of a vendor without a root in the policy is refused with
 * vendor_unsupported.
 */
#ifndef PC_ATTEST_EVIDENCE_H
#define PC_ATTEST_EVIDENCE_H

#include "attest/policy.h"
#include "attest/verdict.h"

/* Evidence larger than this is refused unread; each collateral object has a bound of its own (64
 * KiB of JSON, of CRL), and no one needs to fetch more than this for a whole set. */
#define PC_EVIDENCE_MAX   ((size_t)32 * 1024)
#define PC_COLLATERAL_MAX ((size_t)512 * 1024)

/* The parts of a collateral set, as a vendor serves them; an empty view = missing. Borrowed. */
struct collateral {
    struct bytes tcb_info;    /* tcbinfo.json: {"tcbInfo":{..},"signature":".."} */
    struct bytes tcb_chain;   /* tcb_issuer_chain.pem: signer, root; or the signer's DER alone */
    struct bytes qe_identity; /* qeidentity.json */
    struct bytes qe_chain;    /* qe_issuer_chain.pem; empty: as tcb_chain */
    struct bytes root_crl;    /* rootcrl.der */
    struct bytes pck_crl;     /* pckcrl.der of the CA that issued the leaf */

    /* SEV-SNP; each certificate in DER or PEM. A certificate that is missing is taken from the
     * table behind the report, if there is one. root_crl is the ARK's; the table's is not looked
     * at. */
    struct bytes snp_vek;    /* VCEK or VLEK */
    struct bytes snp_issuer; /* ASK or ASVK */
    struct bytes snp_root;   /* ARK */
};

enum evidence_dates { PC_DATES_FULL, PC_DATES_LOWER };

struct evidence_input {
    struct bytes evidence;
    struct collateral collateral;
    const struct evidence_policy *policy;
    uint64_t evidence_time;   /* Unix seconds */
    uint64_t collateral_time; /* Unix seconds */
    enum evidence_dates dates;
    /* Not NULL: the objects that the chain holds in force, by enum collateral_object (SHA-256 of
     * the signed bytes). An object with another hash is refused; a zero hash accepts none. */
    const uint8_t (*in_force)[32];
};

/* Collateral that was parsed and whose signatures were checked, kept from call to call within one
 * process. Dates, revocation and policy are checked afresh each time: keeping changes speed, never
 * a verdict. Not thread-safe. NULL wherever it is taken: nothing is kept. */
struct evidence_kept;
PC_MUST_USE struct evidence_kept *evidence_kept_new(void); /* NULL: no memory */
void evidence_kept_free(struct evidence_kept *k);

/* One vendor's verifier. */
struct evidence_verifier {
    enum vendor vendor;
    const char *name; /* "tdx" */
    /* *out is zero but for the vendor when called, and has a reason or claims afterwards. */
    void (*verify)(struct verdict *out, struct evidence_kept *kept,
                   const struct evidence_input *in);
};

/* NULL if there is none. */
const struct evidence_verifier *evidence_verifier_of(enum vendor vendor);
const struct evidence_verifier *evidence_verifier_named(const char *name);

/* Verify. Never fails: *out is always a whole verdict. */
void evidence_verify(struct verdict *out, struct evidence_kept *kept, enum vendor vendor,
                     const struct evidence_input *in);

#endif
