/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.h - what a verifier says about one piece of evidence: a fixed-size value, no pointers.
 *
 * Two kinds of field stand side by side (SPEC 4, attestation.md C7). The fields of `claims` follow
 * from the evidence alone: no time and no collateral changes them, Solidity and C agree on every
 * byte. Beside them stands what depends on time and collateral: status, dates, advisories, reasons.
 *
 * A verdict accepts if and only if it has no reason (verdict_accepts). A zeroed verdict does not:
 * it carries no vendor, and verdict_accepts asks for one. Everything in here is public.
 */
#ifndef PC_ATTEST_VERDICT_H
#define PC_ATTEST_VERDICT_H

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/ids.h"

/* uint8 of the chain's record: never renumbered. X(constant, value, Intel's spelling) */
#define PC_TCB_STATUS_LIST(X)                                                                      \
    X(PC_TCB_NONE, 0, "none") /* not computed: see the reasons */                                  \
    X(PC_TCB_UP_TO_DATE, 1, "UpToDate")                                                            \
    X(PC_TCB_SW_HARDENING, 2, "SWHardeningNeeded")                                                 \
    X(PC_TCB_CONFIGURATION, 3, "ConfigurationNeeded")                                              \
    X(PC_TCB_CONFIGURATION_SW_HARDENING, 4, "ConfigurationAndSWHardeningNeeded")                   \
    X(PC_TCB_OUT_OF_DATE, 5, "OutOfDate")                                                          \
    X(PC_TCB_OUT_OF_DATE_CONFIGURATION, 6, "OutOfDateConfigurationNeeded")                         \
    X(PC_TCB_REVOKED, 7, "Revoked")                                                                \
    X(PC_TCB_NOT_SUPPORTED, 8, "NotSupported") /* no level matches: not the same as OutOfDate */   \
    X(PC_TCB_RELAUNCH, 9, "TDRelaunchAdvised")                                                     \
    X(PC_TCB_RELAUNCH_CONFIGURATION, 10, "TDRelaunchAdvisedConfigurationNeeded")

enum tcb_status {
#define PC_TCB_ENUM(id, value, name) id = value,
    PC_TCB_STATUS_LIST(PC_TCB_ENUM)
#undef PC_TCB_ENUM
};

/*
 * Reasons for a refusal. Values are bit numbers of verdict.reasons; values and names are stable.
 * "ends" marks those after which nothing more is computed: the evidence cannot be taken apart, or
 * nothing in it is authentic. docs/EVIDENCE.md explains each. X(constant, bit, name, sentence)
 */
#define PC_REASON_LIST(X)                                                                          \
    /* the evidence as bytes: these end the verification */                                        \
    X(PC_R_VENDOR, 0, "vendor_unsupported", "no verifier for this vendor, or no root pinned")      \
    X(PC_R_QUOTE_TRUNCATED, 1, "quote_truncated", "the quote ends early")                          \
    X(PC_R_QUOTE_LENGTH, 2, "quote_length", "lengths inside the quote do not nest exactly")        \
    X(PC_R_QUOTE_TOO_LARGE, 3, "quote_too_large", "the quote is over its maximum size")            \
    X(PC_R_VERSION, 4, "unsupported_version", "a quote or report of another version")              \
    X(PC_R_KEY_TYPE, 5, "unsupported_key_type", "the attestation key is not ECDSA P-256")          \
    X(PC_R_TEE_TYPE, 6, "unsupported_tee_type", "the TEE type is not TDX")                         \
    X(PC_R_QE_VENDOR, 7, "qe_vendor_id", "the quoting enclave is not Intel's")                     \
    X(PC_R_BODY_TYPE, 8, "body_type", "the body type is not TDX's or its size is not the type's")  \
    X(PC_R_CERT_DATA_TYPE, 9, "cert_data_type", "the certification data is of another type")       \
    X(PC_R_CERT_DATA_PEM, 10, "cert_data_not_pem", "the certificate chain is not clean PEM")       \
    /* the certificate chain of the evidence: these end it too, except the dates */                \
    X(PC_R_CHAIN_LENGTH, 11, "chain_length", "the chain is not leaf, intermediate, root")          \
    X(PC_R_CERT_MALFORMED, 12, "certificate_malformed", "a certificate is not strict DER")         \
    X(PC_R_UNTRUSTED_ROOT, 13, "untrusted_root", "the chain ends in a root that is not pinned")    \
    X(PC_R_CHAIN_INVALID, 14, "chain_invalid", "a signature, CA flag, usage or name is wrong")     \
    X(PC_R_PCK_EXTENSION, 15, "pck_extension", "the leaf's SGX extension is missing or malformed") \
    X(PC_R_CHAIN_EXPIRED, 16, "chain_expired", "a certificate of the chain has expired")           \
    X(PC_R_CHAIN_EARLY, 17, "chain_not_yet_valid", "a certificate of the chain is not valid yet")  \
    /* bytes after the quote */                                                                    \
    X(PC_R_TRAILING, 18, "nonzero_trailing_data", "other bytes than zeros follow the quote")       \
    /* revocation lists */                                                                         \
    X(PC_R_ROOT_CRL_MISSING, 19, "root_crl_missing", "the root CRL is required and missing")       \
    X(PC_R_ROOT_CRL_MALFORMED, 20, "root_crl_malformed", "the root CRL is not a strict DER CRL")   \
    X(PC_R_ROOT_CRL_ISSUER, 21, "root_crl_wrong_issuer", "the root CRL is of another issuer")      \
    X(PC_R_ROOT_CRL_SIGNATURE, 22, "root_crl_signature", "the root CRL's signature is wrong")      \
    X(PC_R_ROOT_CRL_EXPIRED, 23, "root_crl_expired", "the root CRL has expired")                   \
    X(PC_R_ROOT_CRL_EARLY, 24, "root_crl_not_yet_valid", "the root CRL is not valid yet")          \
    X(PC_R_PCK_CRL_MISSING, 25, "pck_crl_missing", "the PCK CRL is required and missing")          \
    X(PC_R_PCK_CRL_MALFORMED, 26, "pck_crl_malformed", "the PCK CRL is not a strict DER CRL")      \
    X(PC_R_PCK_CRL_ISSUER, 27, "pck_crl_wrong_issuer", "the PCK CRL is not of the leaf's issuer")  \
    X(PC_R_PCK_CRL_SIGNATURE, 28, "pck_crl_signature", "the PCK CRL's signature is wrong")         \
    X(PC_R_PCK_CRL_EXPIRED, 29, "pck_crl_expired", "the PCK CRL has expired")                      \
    X(PC_R_PCK_CRL_EARLY, 30, "pck_crl_not_yet_valid", "the PCK CRL is not valid yet")             \
    X(PC_R_PCK_REVOKED, 31, "pck_revoked", "the PCK certificate is revoked")                       \
    X(PC_R_PCK_CA_REVOKED, 32, "pck_ca_revoked", "the PCK CA certificate is revoked")              \
    X(PC_R_SIGNER_REVOKED, 33, "tcb_signer_revoked", "the TCB signing certificate is revoked")     \
    /* TCB info and its signer */                                                                  \
    X(PC_R_SIGNER_EXPIRED, 34, "tcb_signer_expired", "the TCB signing certificate has expired")    \
    X(PC_R_SIGNER_EARLY, 35, "tcb_signer_not_yet_valid", "the TCB signer is not valid yet")        \
    X(PC_R_TCB_MISSING, 36, "tcb_info_missing", "there is no TCB info")                            \
    X(PC_R_TCB_MALFORMED, 37, "tcb_info_malformed", "the TCB info does not follow its format")     \
    X(PC_R_TCB_CHAIN, 38, "tcb_info_chain", "the TCB info's signer does not lead to the root")     \
    X(PC_R_TCB_SIGNATURE, 39, "tcb_info_signature", "the TCB info's signature is wrong")           \
    X(PC_R_TCB_ID, 40, "tcb_info_id_not_TDX", "the TCB info is not for TDX")                       \
    X(PC_R_TCB_VERSION, 41, "tcb_info_version", "the TCB info's version or type is unknown")       \
    X(PC_R_TCB_EXPIRED, 42, "tcb_info_expired", "the TCB info has expired")                        \
    X(PC_R_TCB_EARLY, 43, "tcb_info_not_yet_valid", "the TCB info is not valid yet")               \
    X(PC_R_TCB_NUMBER, 44, "tcb_info_evaluation_number", "below the lowest evaluation number")     \
    X(PC_R_FMSPC, 45, "fmspc_mismatch", "the TCB info is for another FMSPC")                       \
    X(PC_R_PCEID, 46, "pceid_mismatch", "the TCB info is for another PCEID")                       \
    /* QE identity */                                                                              \
    X(PC_R_QEID_MISSING, 47, "qe_identity_missing", "there is no QE identity")                     \
    X(PC_R_QEID_MALFORMED, 48, "qe_identity_malformed", "the QE identity is not in its format")    \
    X(PC_R_QEID_CHAIN, 49, "qe_identity_chain", "the QE identity's signer is not under the root")  \
    X(PC_R_QEID_SIGNATURE, 50, "qe_identity_signature", "the QE identity's signature is wrong")    \
    X(PC_R_QEID_ID, 51, "qe_identity_id_not_TD_QE", "the QE identity is not the TD QE's")          \
    X(PC_R_QEID_VERSION, 52, "qe_identity_version", "the QE identity's version is unknown")        \
    X(PC_R_QEID_EXPIRED, 53, "qe_identity_expired", "the QE identity has expired")                 \
    X(PC_R_QEID_EARLY, 54, "qe_identity_not_yet_valid", "the QE identity is not valid yet")        \
    X(PC_R_QEID_NUMBER, 55, "qe_identity_evaluation_number", "below the lowest number")            \
    /* the quoting enclave and the quote */                                                        \
    X(PC_R_QE_SIGNATURE, 56, "qe_report_signature", "the QE report is not signed by the PCK key")  \
    X(PC_R_QE_BINDING, 57, "qe_report_binding", "the QE report does not bind the key")             \
    X(PC_R_QE_MISCSELECT, 58, "qe_identity_mismatch:miscselect", "MISCSELECT under mask differs")  \
    X(PC_R_QE_ATTRIBUTES, 59, "qe_identity_mismatch:attributes", "ATTRIBUTES under mask differ")   \
    X(PC_R_QE_MRSIGNER, 60, "qe_identity_mismatch:mrsigner", "the QE's MRSIGNER differs")          \
    X(PC_R_QE_PRODID, 61, "qe_identity_mismatch:isvprodid", "the QE's ISVPRODID differs")          \
    X(PC_R_QE_DEBUG, 62, "qe_debug", "the quoting enclave is in debug mode")                       \
    X(PC_R_ATTEST_KEY, 63, "attestation_key", "the attestation key is not a point of P-256")       \
    X(PC_R_QUOTE_SIGNATURE, 64, "quote_signature", "the quote's signature is wrong")               \
    X(PC_R_MODULE_UNKNOWN, 65, "tdx_module_unknown", "the TCB info has no such TDX module")        \
    X(PC_R_MODULE_SIGNER, 66, "tdx_module_mrsigner", "the TDX module's signer differs")            \
    X(PC_R_MODULE_ATTRIBUTES, 67, "tdx_module_attributes", "SEAMATTRIBUTES are not allowed")       \
    /* rules: policy, state of the chain, expectations of the caller */                            \
    X(PC_R_TCB_STATUS, 68, "tcb_status", "this TCB status is not accepted")                        \
    X(PC_R_TD_DEBUG, 69, "td_debug", "the TD can be debugged")                                     \
    X(PC_R_TD_MIGRATABLE, 70, "td_migratable", "the TD can be migrated")                           \
    X(PC_R_TD_ATTR_FORBIDDEN, 71, "td_attributes_forbidden", "an attribute bit is not allowed")    \
    X(PC_R_TD_ATTR_MISSING, 72, "td_attributes_missing", "a required attribute bit is not set")    \
    X(PC_R_XFAM, 73, "xfam", "XFAM lacks a required bit or has one that is not allowed")           \
    X(PC_R_SERVICE_TD, 74, "service_td", "a service TD is bound")                                  \
    X(PC_R_ADVISORY, 75, "advisory_denied", "an advisory of the denied list applies")              \
    X(PC_R_TCB_DATE, 76, "tcb_date", "the TCB date is older than allowed")                         \
    X(PC_R_MIN_TCB, 77, "min_tcb", "a security version is below the minimum")                      \
    X(PC_R_MEASUREMENT, 78, "measurement", "the measurement or a register is not the expected")    \
    X(PC_R_MRSEAM, 79, "mrseam", "the TDX module is not on the list")                              \
    X(PC_R_REPORT_DATA, 80, "report_data", "the report data is not the expected")                  \
    X(PC_R_PLATFORM, 81, "platform_unplaced", "the platform has no id")                            \
    X(PC_R_NOT_IN_FORCE, 82, "collateral_not_in_force", "an object is not the one in force")       \
    X(PC_R_RESOURCES, 83, "resources", "memory ran out before the evidence was judged")            \
    /* SEV-SNP: length .. vek_missing, issuer_name and vek_extension end the verification */       \
    X(PC_R_SNP_LENGTH, 84, "length", "the report has fewer than 1184 bytes")                       \
    X(PC_R_SNP_RESERVED, 85, "reserved_not_zero", "a reserved field of the report is not zero")    \
    X(PC_R_SNP_ALGORITHM, 86, "signature_algorithm", "the report is not signed by ECDSA P-384")    \
    X(PC_R_SNP_TABLE, 87, "cert_table", "the certificate table is malformed")                      \
    X(PC_R_SNP_VEK_MISSING, 88, "vek_missing", "there is no VCEK or VLEK certificate")             \
    X(PC_R_SNP_ISSUER, 89, "issuer_name", "the VCEK or VLEK is not of this issuer or kind")        \
    X(PC_R_SNP_VEK_SIGNATURE, 90, "vek_signature", "the issuer did not sign the VCEK or VLEK")     \
    X(PC_R_SNP_VEK_EXTENSION, 91, "vek_extension", "AMD extensions are missing or malformed")      \
    X(PC_R_SNP_SIGNING_KEY, 92, "signing_key", "KEY_INFO names another kind of key")               \
    X(PC_R_SNP_MASKED, 93, "chip_key_masked", "the chip key is masked")                            \
    X(PC_R_SNP_PRODUCT, 94, "product_mismatch", "the CPU is not of the product of the chain")      \
    X(PC_R_SNP_REPORTED_TCB, 95, "reported_tcb_vs_cert_extensions",                                \
      "REPORTED_TCB is not the key's")                                                             \
    X(PC_R_SNP_CHIP_ID, 96, "chip_id_vs_hwid", "the report is of another chip")                    \
    X(PC_R_SNP_SIGNATURE, 97, "report_signature", "the report's signature is wrong")               \
    X(PC_R_SNP_ASK_REVOKED, 98, "ask_revoked", "a certificate of the chain is revoked")            \
    X(PC_R_SNP_TCB_ORDER, 99, "tcb_order", "CURRENT, COMMITTED, REPORTED do not descend")          \
    X(PC_R_SNP_DEBUG, 100, "policy_debug", "the guest can be debugged")                            \
    X(PC_R_SNP_MIGRATE, 101, "policy_migrate_ma", "a migration agent may move the guest")          \
    X(PC_R_SNP_POLICY, 102, "policy_bits", "a bit of the guest policy is not as demanded")         \
    X(PC_R_SNP_VMPL, 103, "vmpl", "the VMPL is over the allowed")                                  \
    X(PC_R_SNP_VLEK, 104, "vlek_not_allowed", "a VLEK is not accepted")                            \
    X(PC_R_SNP_CSP, 105, "csp_id", "the VLEK is of another provider")                              \
    X(PC_R_SNP_PLATFORM_INFO, 106, "platform_info", "a required PLATFORM_INFO bit is not set")     \
    X(PC_R_SNP_MITIGATIONS, 107, "mit_vector", "a required mitigation is not there")               \
    X(PC_R_SNP_FIRMWARE, 108, "firmware_version", "firmware or ABI is older than allowed")         \
    X(PC_R_SNP_GUEST, 109, "guest_identity",                                                       \
      "GUEST_SVN, FAMILY_ID or IMAGE_ID is not as demanded")                                       \
    X(PC_R_SNP_PRODUCT_DENIED, 110, "product_denied", "this product is not accepted")              \
    /* a Nitro document as bytes: these end the verification */                                    \
    X(PC_R_COSE_FORM, 111, "cose_malformed", "this is not exactly one COSE_Sign1 of strict CBOR")  \
    X(PC_R_COSE_HEADER, 112, "cose_header", "the headers are not ES384 alone and empty")           \
    X(PC_R_DOC_PAYLOAD, 113, "payload_malformed", "the payload is not one strict CBOR map")        \
    X(PC_R_DOC_FIELD, 114, "payload_field",                                                        \
      "a field is missing, of another type or out of bounds")                                      \
    X(PC_R_DOC_DIGEST, 115, "digest_not_SHA384", "the digest is not SHA384")                       \
    X(PC_R_PCR_MISSING, 116, "pcr_missing", "PCR 0, 1, 2 or 8 is not in the document")             \
    /* and what it says */                                                                         \
    X(PC_R_DOC_SIGNATURE, 117, "document_signature", "the document's signature is wrong")          \
    X(PC_R_NITRO_DEBUG, 118, "debug_mode_zero_pcrs", "PCR 0, 1 and 2 are zero: debug mode")        \
    X(PC_R_PCR_ZERO, 119, "pcr_zero", "PCR 0, 1 or 2, or a PCR that the policy fixes, is zero")    \
    X(PC_R_TIMESTAMP_OLD, 120, "timestamp_too_old", "the document is older than allowed")          \
    X(PC_R_TIMESTAMP_EARLY, 121, "timestamp_in_future", "the document is from the future")         \
    X(PC_R_EXTRA_FIELD, 122, "public_key_or_nonce", "public_key or nonce stands beside user_data")

enum verdict_reason {
#define PC_REASON_ENUM(id, bit, name, text) id = bit,
    PC_REASON_LIST(PC_REASON_ENUM)
#undef PC_REASON_ENUM
        PC_R_COUNT = 123 /* one past the last */
};

#define PC_RAW_TCB_MAX     64 /* TDX 52, SNP 56, Nitro 0 */
#define PC_REPORT_DATA_LEN 64
#define PC_ADVISORIES_MAX  32 /* of one verdict */
#define PC_ADVISORY_LEN    20 /* text, zero-padded: "INTEL-SA-01192" */

/* Collateral objects by which a verdict was reached: SHA-256 of the bytes that the vendor signed
 * (inner JSON object, tbsCertList), zero where there was none. What the chain holds in force. SNP:
 * PC_OBJ_ROOT_CRL alone, the ARK's. */
enum collateral_object {
    PC_OBJ_TCB_INFO,
    PC_OBJ_QE_IDENTITY,
    PC_OBJ_ROOT_CRL,
    PC_OBJ_PCK_CRL,
    PC_OBJ_COUNT
};

struct verdict {
    /* -- fields of claims: zero unless has_claims -- */
    uint8_t vendor;          /* enum vendor */
    uint8_t has_claims;      /* 1: the evidence could be taken apart and the fields below are set.
                              * Alone that says nothing: only an accepting verdict is authentic */
    uint8_t raw_tcb_len;     /* TDX 52, SNP 56, Nitro 0 */
    uint8_t report_data_len; /* 64; Nitro: as user_data, 0 if that is absent or over 64 bytes
                              * (claims is then over all of it, docs/decisions/0131) */
    uint8_t product[32];     /* left-aligned. TDX: FMSPC 6, PCEID 2; SNP: "Milan" "Genoa" "Turin" */
    uint8_t measurement[32];
    uint8_t report_data[PC_REPORT_DATA_LEN];
    uint8_t platform[32]; /* zero: the platform has no id */
    uint8_t raw_tcb[PC_RAW_TCB_MAX];
    uint8_t claims[32]; /* digest of the above, SPEC 4 */

    /* -- what depends on time and collateral -- */
    uint8_t tcb_status;      /* enum tcb_status; SNP: none, AMD states no such thing */
    uint8_t crl_checked;     /* 1: both CRLs (SNP: the ARK's) were there and authentic */
    uint8_t leaf_len;        /* length of leaf_serial */
    uint8_t leaf_issuer;     /* TDX: 1 PCK Platform CA, 2 PCK Processor CA; SNP: 16 + product;
                              * Nitro: 1 */
    uint8_t leaf_serial[20]; /* big-endian, of the certificate that vouches for the platform; SNP:
                              * of the ASK or ASVK, for each VCEK and VLEK has serial 0 */
    uint32_t vmpl;           /* SNP */
    uint16_t advisory_count; /* all of them; at most PC_ADVISORIES_MAX are listed */
    uint32_t tcb_number;     /* evaluation numbers of TCB info and QE identity */
    uint32_t qe_number;
    uint64_t tcb_date; /* Unix seconds; oldest of the components; 0 without status */
    char advisories[PC_ADVISORIES_MAX][PC_ADVISORY_LEN]; /* ascending */
    uint8_t objects[PC_OBJ_COUNT][32];

    uint64_t reasons[2]; /* bit set of enum verdict_reason; empty = accepted */
};

static inline void verdict_add(struct verdict *v, enum verdict_reason r)
{
    v->reasons[(unsigned)r / 64] |= (uint64_t)1 << ((unsigned)r % 64);
}

static inline bool verdict_has(const struct verdict *v, enum verdict_reason r)
{
    return (v->reasons[(unsigned)r / 64] >> ((unsigned)r % 64) & 1) != 0;
}

/* No reason, claims set, a vendor named. */
static inline bool verdict_accepts(const struct verdict *v)
{
    return v->vendor != 0 && v->has_claims == 1 && v->reasons[0] == 0 && v->reasons[1] == 0;
}

/* Stable name and sentence of a reason; NULL for a bit that is not one.
 * "tcb_status" is printed with the status behind it: "tcb_status:OutOfDate". */
const char *verdict_reason_name(unsigned bit);
const char *verdict_reason_text(unsigned bit);

/* Intel's spelling of a status; "none" for a value that is not one. */
const char *verdict_status_name(unsigned status);
/* The status of a spelling, PC_TCB_NONE if unknown. "none" and "NotSupported" are not spellings
 * that collateral may use. */
enum tcb_status verdict_status_of(struct bytes name);

/* digest of the fields of claims (SPEC 4) into v->claims. */
void verdict_set_claims(struct verdict *v);
/* The same with report data that may be longer than the verdict has room for. */
void verdict_set_claims_over(struct verdict *v, struct bytes report_data);

#endif
