/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snp_table.h - the certificate table that the host hands out beside a report (GHCB 56421, SNP
 * Extended Guest Request; attestation.md 2.5): hints, which prove nothing by themselves.
 *
 * Entries {GUID 16, offset u32, length u32}, ended by a zero GUID; offsets from the table's start.
 * Refused: no end, more than PC_SNP_TABLE_MAX entries, one GUID twice, entries that reach over the
 * end, into the header or into each other, bytes other than zero outside of all entries. Unknown
 * GUIDs are skipped. A table of nothing is empty. What an entry holds (DER or PEM) is not looked
 * at.
 */
#ifndef PC_ATTEST_SNP_TABLE_H
#define PC_ATTEST_SNP_TABLE_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_SNP_TABLE_MAX ((size_t)16)

enum snp_entry {
    PC_SNP_ENTRY_VCEK,
    PC_SNP_ENTRY_VLEK,
    PC_SNP_ENTRY_ASK, /* or ASVK */
    PC_SNP_ENTRY_ARK,
    PC_SNP_ENTRY_CRL,
    PC_SNP_ENTRY_COUNT
};

struct snp_table {
    struct bytes entry[PC_SNP_ENTRY_COUNT]; /* empty: not there */
};

/* PC_E_MALFORMED, PC_E_TOO_LARGE; *out is then zeroed. */
PC_MUST_USE enum err_code snp_table_parse(struct snp_table *out, struct bytes table);

/* A table with the entries that are not empty; *n bytes into out, zero of them for no entries.
 * PC_E_TOO_LARGE if they do not fit. */
PC_MUST_USE enum err_code snp_table_build(uint8_t *out, size_t cap, size_t *n,
                                          const struct snp_table *t);

#endif
