/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx_quote.h - the bytes of a TDX quote, version 4 or 5, taken apart (attestation.md 1.1).
 *
 * Strict: every length nests exactly, and behind the declared end stand zeros only. Views borrow
 * the quote. Integers of the vendor are little-endian; keys and signatures are big-endian halves.
 */
#ifndef PC_ATTEST_TDX_QUOTE_H
#define PC_ATTEST_TDX_QUOTE_H

#include "attest/verdict.h"

#define PC_TDX_HEADER_LEN    48
#define PC_TDX_BODY_10       584 /* TD report 1.0 */
#define PC_TDX_BODY_15       648
#define PC_TDX_BODY_15_EX    885
#define PC_TDX_QE_REPORT_LEN 384
#define PC_TDX_STRIPPED_MAX                                                                        \
    8192 /* signed part, signatures, key, QE report, authentication data                           \
          */

/* Offsets in the TD report body. */
enum tdx_body {
    PC_TD_TCB_SVN = 0,
    PC_TD_MRSEAM = 16,
    PC_TD_MRSIGNERSEAM = 64,
    PC_TD_SEAMATTRIBUTES = 112,
    PC_TD_ATTRIBUTES = 120,
    PC_TD_XFAM = 128,
    PC_TD_MRTD = 136,
    PC_TD_MRCONFIGID = 184,
    PC_TD_MROWNER = 232,
    PC_TD_MROWNERCONFIG = 280,
    PC_TD_RTMR0 = 328,
    PC_TD_RTMR1 = 376,
    PC_TD_RTMR2 = 424,
    PC_TD_RTMR3 = 472,
    PC_TD_REPORTDATA = 520,
    PC_TD_TCB_SVN2 = 584, /* 1.5 */
    PC_TD_MRSERVICETD = 600,
};

/* The TD report body's fields by the names that people know them by, in the body's order. The last
 * two stand in bodies of 1.5 only: a reader compares `at + n` with the body's length. */
#define PC_TDX_BODY_FIELDS 17
struct tdx_field {
    const char *name;
    uint16_t at, n; /* bytes */
};
extern const struct tdx_field tdx_body_fields[PC_TDX_BODY_FIELDS];

/* Offsets in the QE report (an SGX report body). */
enum tdx_qe_report {
    PC_QE_CPUSVN = 0,
    PC_QE_MISCSELECT = 16,
    PC_QE_ATTRIBUTES = 48,
    PC_QE_MRENCLAVE = 64,
    PC_QE_MRSIGNER = 128,
    PC_QE_ISVPRODID = 256,
    PC_QE_ISVSVN = 258,
    PC_QE_REPORTDATA = 320,
};

/* Offsets in the quote's header. */
enum tdx_header {
    PC_QH_VERSION = 0,
    PC_QH_KEY_TYPE = 2,
    PC_QH_TEE_TYPE = 4,
    PC_QH_QE_VENDOR = 12,
    PC_QH_USER_DATA = 28,
};

extern const uint8_t tdx_intel_qe_vendor[16];

struct tdx_quote {
    uint16_t version;
    struct bytes header; /* 48 */
    struct bytes body;   /* 584, 648 or 885 */
    struct bytes signed_part;
    const uint8_t *signature; /* 64 */
    const uint8_t *key;       /* 64, attestation key */
    struct bytes qe_report;   /* 384 */
    const uint8_t *qe_signature;
    struct bytes auth; /* QE authentication data */
    struct bytes pem;  /* certificate chain as it stands there */
    struct bytes rest; /* behind the declared end */
};

/* True if the quote could be taken apart; otherwise at least one reason is added to v. A foreign QE
 * vendor and bytes behind the end add a reason too, and do not end it. */
bool tdx_quote_parse(struct tdx_quote *out, struct verdict *v, struct bytes quote);

#endif
