/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nitro_doc.h - a Nitro attestation document taken apart (attestation.md 3.1; Amazon's
 * attestation_process.md): COSE_Sign1 around a CBOR map.
 *
 *     [18]( [ bstr {1: -35}, {}, bstr payload, bstr signature 96 ] )
 *
 * Strict: the tag once or not at all, ES384 alone in the protected header and nothing in the other
 * one, nothing behind the array, nothing behind the payload's map. The map may have a definite or
 * an indefinite length; unknown text keys are skipped and never stand for a known one. Views borrow
 * the document. Nothing here is authenticated.
 */
#ifndef PC_ATTEST_NITRO_DOC_H
#define PC_ATTEST_NITRO_DOC_H

#include "attest/verdict.h"

#define PC_NITRO_DOC_MAX    ((size_t)16 * 1024)
#define PC_NITRO_PCRS       32 /* indices 0..31 */
#define PC_NITRO_PCR_LEN    48
#define PC_NITRO_CHAIN_MAX  8    /* certificates of cabundle, root included; four are seen */
#define PC_NITRO_CERT_MAX   1024 /* bytes of each */
#define PC_NITRO_KEY_MAX    1024 /* public_key */
#define PC_NITRO_DATA_MAX   512  /* user_data, nonce */
#define PC_NITRO_PREFIX_MAX 24   /* of the bytes that are signed, before the payload */

/* null and a string of no bytes are different. */
struct nitro_optional {
    bool present;
    struct bytes data;
};

struct nitro_doc {
    struct bytes payload;
    const uint8_t *signature; /* 96, r||s */
    /* What is signed: these bytes, then the payload (Sig_structure of RFC 9052 4.4). */
    uint8_t signed_prefix[PC_NITRO_PREFIX_MAX];
    size_t signed_prefix_n;

    struct bytes module_id;
    uint64_t timestamp_ms;
    const uint8_t *pcr[PC_NITRO_PCRS]; /* NULL: not there */
    struct bytes certificate;          /* of the key that signed */
    size_t ca_count;
    struct bytes ca[PC_NITRO_CHAIN_MAX]; /* root first */
    struct nitro_optional public_key, user_data, nonce;
};

/* True if the document could be taken apart; otherwise one reason is added to v and *out is zero.
 */
bool nitro_doc_parse(struct nitro_doc *out, struct verdict *v, struct bytes document);

/* The part of a module_id that names the host: before its one "-enc". Empty if there is none, more
 * than one, or nothing before it (docs/decisions/0131). */
struct bytes nitro_host_of(struct bytes module_id);

#endif
