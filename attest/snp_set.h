/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snp_set.h - one chip's chain (ARK, ASK or ASVK, VCEK or VLEK) and the ARK's list: parsed,
 * signatures checked.
 *
 * Everything in here is independent of time, report and policy, so it may be kept and used again.
 * It owns copies of the bytes that it was made from, and is found again by all of them.
 */
#ifndef PC_ATTEST_SNP_SET_H
#define PC_ATTEST_SNP_SET_H

#include "attest/kept.h"
#include "attest/snp_cert.h"
#include "attest/verdict.h"

enum snp_part {
    PC_SNP_PART_LEAF,
    PC_SNP_PART_ISSUER,
    PC_SNP_PART_ROOT,
    PC_SNP_PART_CRL,
    PC_SNP_PART_COUNT
};

struct snp_set {
    struct bytes part[PC_SNP_PART_COUNT]; /* DER, views into data; the CRL's may be empty */
    uint8_t *data;
    bool kept;        /* freed with the ring */
    bool signed_leaf; /* by the issuer */

    bool usable;         /* false: nothing below is set but reasons, and they end it */
    uint64_t reasons[2]; /* may stand beside usable: a leaf that the issuer did not sign */

    enum snp_product product;
    bool vlek;
    struct snp_cert leaf, issuer, root;
    struct ec384_key *leaf_key;
    struct rsa_key *root_key;

    bool crl_read; /* parsed: dates can be compared */
    bool crl_ok;   /* and authentic */
    struct snp_crl crl;
    uint8_t crl_object[32]; /* SHA-256 of its tbsCertList; zero: none */
};

/* From kept if it is there, else made, and put into kept if that is not NULL and the issuer did
 * sign the leaf. NULL: no memory. Give it back with snp_set_done. */
PC_MUST_USE struct snp_set *snp_set_get(struct evidence_kept *kept,
                                        const struct bytes part[static PC_SNP_PART_COUNT]);
void snp_set_done(struct snp_set *s);

#endif
