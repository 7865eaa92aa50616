/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx_set.h - a collateral set under one root and one PCK CA: parsed, signatures checked.
 *
 * Everything in here is independent of time, of the leaf and of policy, so it may be kept and used
 * again. It owns copies of all bytes that it was made from, and is found again by these bytes.
 */
#ifndef PC_ATTEST_TDX_SET_H
#define PC_ATTEST_TDX_SET_H

#include "attest/cert.h"
#include "attest/evidence.h"
#include "attest/pem.h"
#include "attest/tdx_collateral.h"

enum tdx_part {
    PC_PART_ROOT,
    PC_PART_CA,
    PC_PART_TCB_INFO,
    PC_PART_TCB_CHAIN,
    PC_PART_QE_IDENTITY,
    PC_PART_QE_CHAIN,
    PC_PART_ROOT_CRL,
    PC_PART_PCK_CRL,
    PC_PART_COUNT
};

/* A TCB signing certificate with the key in it. */
struct tdx_signer {
    bool ok; /* under the root, with the right name and usage */
    struct cert cert;
    struct pem_chain pem; /* cert's bytes */
};

struct tdx_set {
    struct bytes part[PC_PART_COUNT]; /* views into data */
    uint8_t *data;
    uint8_t ca_issuer; /* 1 Platform CA, 2 Processor CA */

    uint64_t chain_reasons[2]; /* root and CA do not form a chain: nothing below is set */
    uint64_t reasons[2];       /* of the objects; they do not end the verification */

    struct cert root;
    struct cert ca;
    struct ec_key *root_key;
    struct ec_key *ca_key;
    struct tdx_signer tcb_signer;
    struct tdx_signer qe_signer;

    bool tcb_read; /* parsed; authentic only if tcb_ok */
    bool tcb_ok;
    struct tdx_tcb_info tcb;
    bool qe_read;
    bool qe_ok;
    struct tdx_qe_identity qe;
    bool root_crl_ok; /* parsed and authentic */
    struct crl root_crl;
    bool pck_crl_ok;
    struct crl pck_crl;
    bool root_crl_read; /* parsed: dates can be compared */
    bool pck_crl_read;
    uint8_t objects[PC_OBJ_COUNT][32]; /* SHA-256 of signed bytes; zero: missing or unreadable */
};

/* From kept if it is there, else made, and put into kept if that is not NULL. NULL: no memory.
 * Give it back with tdx_set_done. */
PC_MUST_USE struct tdx_set *tdx_set_get(struct evidence_kept *kept, struct bytes root,
                                        struct bytes ca, const struct collateral *c);
void tdx_set_done(struct evidence_kept *kept, struct tdx_set *s);

/* May sign certificates and lists. */
bool tdx_may_issue(const struct cert *c);

#endif
