/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkg_blob.h - a dealer's blob: its one byte form, and the same as fixed-width records.
 *
 *   blob = I2OSP(17,4) "polyclave/blob/v1" ‖ sid 32 ‖ u16 dealer ‖ u16 n ‖ u8 keys = 1
 *          ‖ A_0 .. A_n ‖ E ‖ ct_1 .. ct_n ‖ PoK_A (R, s) ‖ PoK_E (R, s)
 *
 * After the header everything is 32-byte records: 2n+6 of them, in this order. h = SHA-256(blob) is
 * what the dealer commits on chain with the length; the blob without its PoKs (the last four
 * records) is hashed into them. n is the number of receivers.
 *
 * The vault parses nothing of variable length (SPEC 2): it makes the header itself from its own
 * sid, dealer and n, takes the records one by one and hashes again. dkg_blob_decode is for the
 * processes outside that hold whole blobs.
 *
 * Public data, variable time. Nothing here checks points: dkg_check.h does.
 */
#ifndef PC_DKG_BLOB_H
#define PC_DKG_BLOB_H

#include "dkg/dkg_msg.h"

#define DKG_RECORD_BYTES    32
#define DKG_BLOB_HEADER     (4 + 17 + 32 + 2 + 2 + 1)
#define DKG_BLOB_RECORDS(n) (2u * (n) + 6u)
#define DKG_BLOB_BYTES(n)   (DKG_BLOB_HEADER + DKG_RECORD_BYTES * DKG_BLOB_RECORDS(n))
#define DKG_BLOB_MAX        DKG_BLOB_BYTES(DKG_MAX_N)

/* A blob's records in their places; only the first n+1 and n entries count. Undecoded bytes. */
struct dkg_blob {
    uint8_t a[DKG_MAX_N + 1][32];
    uint8_t e[32];
    uint8_t ct[DKG_MAX_N][32]; /* ct[j-1] is receiver j's; all zero where there is none */
    struct pok pok_a;
    struct pok pok_e;
};

/* The header's bytes. */
void dkg_blob_header(uint8_t out[static DKG_BLOB_HEADER], const uint8_t sid[static 32],
                     party_index dealer, uint16_t n);

/* Record k of DKG_BLOB_RECORDS(n), in blob order (the place to read or to fill); k beyond is a bug.
 */
uint8_t *dkg_blob_record(struct dkg_blob *b, uint16_t n, size_t k);

/* SHA-256 of the whole blob and, if without_poks is not NULL, of the blob without its PoKs. */
void dkg_blob_hash(uint8_t whole[static 32], uint8_t *without_poks, const struct dkg_blob *b,
                   const uint8_t sid[static 32], party_index dealer, uint16_t n);

/* Exactly DKG_BLOB_BYTES(n) bytes into out. */
void dkg_blob_encode(uint8_t *out, const struct dkg_blob *b, const uint8_t sid[static 32],
                     party_index dealer, uint16_t n);

/* Strict: PC_E_TRUNCATED or PC_E_TRAILING unless exactly that length, PC_E_MISMATCH unless the
 * header is the one for (sid, dealer, n). *b is zeroed on error. */
PC_MUST_USE enum err_code dkg_blob_decode(struct dkg_blob *b, struct bytes in,
                                          const uint8_t sid[static 32], party_index dealer,
                                          uint16_t n);

#endif
