/* SPDX-License-Identifier: Apache-2.0 */
#include "dkg/dkg_blob.h"

#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/labels.h"

void dkg_blob_header(uint8_t out[static DKG_BLOB_HEADER], const uint8_t sid[static 32],
                     party_index dealer, uint16_t n)
{
    struct writer w = writer_of(out, DKG_BLOB_HEADER);
    struct bytes done;

    write_bytes32(&w, bytes_of(PC_LABEL_BLOB, sizeof PC_LABEL_BLOB - 1));
    write_bytes(&w, sid, 32);
    write_u16(&w, dealer);
    write_u16(&w, n);
    write_u8(&w, DKG_KEYS);
    PC_ASSERT(writer_end(&w, &done) == PC_OK && done.n == DKG_BLOB_HEADER);
}

uint8_t *dkg_blob_record(struct dkg_blob *b, uint16_t n, size_t k)
{
    PC_ASSERT(n <= DKG_MAX_N && k < DKG_BLOB_RECORDS(n));
    if (k <= n)
        return b->a[k];
    k -= n + 1u;
    if (k == 0)
        return b->e;
    k -= 1;
    if (k < n)
        return b->ct[k];
    k -= n;
    return k < 2 ? b->pok_a.b + 32 * k : b->pok_e.b + 32 * (k - 2);
}

void dkg_blob_hash(uint8_t whole[static 32], uint8_t *without_poks, const struct dkg_blob *b,
                   const uint8_t sid[static 32], party_index dealer, uint16_t n)
{
    uint8_t header[DKG_BLOB_HEADER];
    struct sha256 h, fork;

    dkg_blob_header(header, sid, dealer, n);
    sha256_init(&h);
    sha256_update(&h, header, sizeof header);
    sha256_update(&h, b->a, 32u * (n + 1u));
    sha256_update(&h, b->e, 32);
    sha256_update(&h, b->ct, 32u * n);
    fork = h;
    if (without_poks != NULL)
        sha256_final(&fork, without_poks);
    sha256_update(&h, b->pok_a.b, sizeof b->pok_a.b);
    sha256_update(&h, b->pok_e.b, sizeof b->pok_e.b);
    sha256_final(&h, whole);
}

void dkg_blob_encode(uint8_t *out, const struct dkg_blob *b, const uint8_t sid[static 32],
                     party_index dealer, uint16_t n)
{
    struct writer w = writer_of(out, DKG_BLOB_BYTES(n));
    uint8_t header[DKG_BLOB_HEADER];
    struct bytes done;

    dkg_blob_header(header, sid, dealer, n);
    write_bytes(&w, header, sizeof header);
    write_bytes(&w, b->a, 32u * (n + 1u));
    write_bytes(&w, b->e, 32);
    write_bytes(&w, b->ct, 32u * n);
    write_bytes(&w, b->pok_a.b, sizeof b->pok_a.b);
    write_bytes(&w, b->pok_e.b, sizeof b->pok_e.b);
    PC_ASSERT(writer_end(&w, &done) == PC_OK && done.n == DKG_BLOB_BYTES(n));
}

enum err_code dkg_blob_decode(struct dkg_blob *b, struct bytes in, const uint8_t sid[static 32],
                              party_index dealer, uint16_t n)
{
    struct reader r = reader_of(in);
    uint8_t header[DKG_BLOB_HEADER];
    enum err_code e;

    memset(b, 0, sizeof *b);
    if (n == 0 || n > DKG_MAX_N)
        return PC_E_TOO_LARGE;
    dkg_blob_header(header, sid, dealer, n);
    struct bytes got = read_bytes(&r, sizeof header);
    if (r.err == PC_OK && !bytes_equal_var(got, PC_BYTES(header)))
        reader_fail(&r, PC_E_MISMATCH);
    for (size_t k = 0; k < DKG_BLOB_RECORDS(n); k++)
        read_copy(&r, dkg_blob_record(b, n, k), DKG_RECORD_BYTES);
    e = reader_end(&r);
    if (e != PC_OK)
        memset(b, 0, sizeof *b);
    return e;
}
