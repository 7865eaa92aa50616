/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snp_report.h - the bytes of SEV-SNP evidence: an attestation report (attestation.md 2.1; AMD
 * 56860), and behind it, if anything, a certificate table (snp_table.h).
 *
 * Little-endian. Versions 2 to 5; 4 has the layout of 3.
 */
#ifndef PC_ATTEST_SNP_REPORT_H
#define PC_ATTEST_SNP_REPORT_H

#include "attest/snp_cert.h"
#include "attest/snp_table.h"
#include "attest/verdict.h"

#define PC_SNP_REPORT_LEN  ((size_t)0x4a0)
#define PC_SNP_SIGNED_LEN  ((size_t)0x2a0)
#define PC_SNP_VERSION_MIN 2
#define PC_SNP_VERSION_MAX 5

enum snp_at {
    PC_SR_VERSION = 0x000,
    PC_SR_GUEST_SVN = 0x004,
    PC_SR_POLICY = 0x008,
    PC_SR_FAMILY_ID = 0x010,
    PC_SR_IMAGE_ID = 0x020,
    PC_SR_VMPL = 0x030,
    PC_SR_SIGNATURE_ALGO = 0x034,
    PC_SR_CURRENT_TCB = 0x038,
    PC_SR_PLATFORM_INFO = 0x040,
    PC_SR_KEY_INFO = 0x048,
    PC_SR_REPORT_DATA = 0x050,
    PC_SR_MEASUREMENT = 0x090,
    PC_SR_HOST_DATA = 0x0c0,
    PC_SR_ID_KEY_DIGEST = 0x0e0,
    PC_SR_AUTHOR_KEY_DIGEST = 0x110,
    PC_SR_REPORT_ID = 0x140,
    PC_SR_REPORT_ID_MA = 0x160,
    PC_SR_REPORTED_TCB = 0x180,
    PC_SR_CPUID = 0x188, /* family, model, stepping; version 2: zero */
    PC_SR_CHIP_ID = 0x1a0,
    PC_SR_COMMITTED_TCB = 0x1e0,
    PC_SR_CURRENT_VERSION = 0x1e8, /* build, minor, major */
    PC_SR_COMMITTED_VERSION = 0x1ec,
    PC_SR_LAUNCH_TCB = 0x1f0,
    PC_SR_LAUNCH_MIT = 0x1f8, /* version 5; before: reserved */
    PC_SR_CURRENT_MIT = 0x200,
    PC_SR_SIGNATURE = 0x2a0, /* R 72, S 72, 368 zeros */
};

/* POLICY of the guest */
#define PC_SNP_POLICY_SMT        (UINT64_C(1) << 16)
#define PC_SNP_POLICY_ONE        (UINT64_C(1) << 17) /* reserved, must be set */
#define PC_SNP_POLICY_MIGRATE_MA (UINT64_C(1) << 18)
#define PC_SNP_POLICY_DEBUG      (UINT64_C(1) << 19)
#define PC_SNP_POLICY_KNOWN      UINT64_C(0x03ffffff)

/* KEY_INFO */
#define PC_SNP_KEY_AUTHOR     UINT32_C(1)
#define PC_SNP_KEY_MASKED     UINT32_C(2)
#define PC_SNP_KEY_SIGNER(k)  ((k) >> 2 & 7) /* enum snp_signer */
#define PC_SNP_KEY_INFO_KNOWN UINT32_C(0x1f)
enum snp_signer { PC_SNP_SIGNED_VCEK = 0, PC_SNP_SIGNED_VLEK = 1, PC_SNP_SIGNED_NONE = 7 };

/* Components of a TCB_VERSION, in the order of a policy. */
enum snp_tcb_part { PC_TCB_FMC, PC_TCB_BL, PC_TCB_TEE, PC_TCB_SNP, PC_TCB_UCODE, PC_TCB_PARTS };
/* Byte of a component in a TCB_VERSION; -1: the product has none. */
int snp_tcb_at(enum snp_product product, enum snp_tcb_part part);

struct snp_report {
    const uint8_t *p;   /* PC_SNP_REPORT_LEN bytes */
    struct bytes table; /* what follows; may be empty */
    uint32_t version;
    bool has_cpuid;       /* version 3 and later */
    enum snp_product cpu; /* of CPUID; PC_SNP_PRODUCTS: none or unknown */
    uint8_t rs[96];       /* signature, big-endian */
};

/* Take evidence apart. False, and reasons in *v, when it is not a report of a known version and
 * algorithm; reserved fields that are not zero are a reason and no end. Views borrow. */
bool snp_report_parse(struct snp_report *out, struct verdict *v, struct bytes evidence);

/* VCEK or VLEK of the table, as KEY_INFO says. */
struct bytes snp_table_vek(const struct snp_report *r, const struct snp_table *t);

/* The fields of claims and their digest (attestation.md C7), of PC_SNP_REPORT_LEN bytes signed by a
 * key of that product; nothing is authenticated, has_claims and the leaf stay the caller's. */
void snp_report_claims(struct verdict *v, const uint8_t *report, enum snp_product product,
                       bool vlek);

/* Reserved bytes of the four TCB_VERSIONs are zero. */
bool snp_tcb_clean(const struct snp_report *r, enum snp_product product);

/* Fields as they are printed: name, place, length. */
struct snp_field {
    const char *name;
    uint16_t at;
    uint16_t n;
};
#define PC_SNP_FIELDS 10
extern const struct snp_field snp_byte_fields[PC_SNP_FIELDS];

#endif
