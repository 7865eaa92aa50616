/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript.h - enc(...) of SPEC 1, hashed as it is written.
 *
 * The label is the first field. Fields of fixed width go in as they are, big-endian; everything of
 * variable length goes through transcript_bytes, which writes I2OSP(len, 4) first: so two different
 * lists of fields never give the same bytes. For an encoding that must lie in memory (an HKDF info,
 * a signed message) use base/buf.h: write_bytes32 writes the same field.
 *
 * A transcript is a plain value: copying one forks it (common prefixes are hashed once). If it
 * holds a secret, end it (_final wipes) or call transcript_wipe. Time depends on lengths alone.
 */
#ifndef PC_CRYPTO_TRANSCRIPT_H
#define PC_CRYPTO_TRANSCRIPT_H

#include "crypto/group.h"
#include "crypto/hash.h"

struct transcript {
    bool wide; /* SHA-512, else SHA-256 */
    union {
        struct sha256 h256;
        struct sha512 h512;
    } u;
};

/* label: a literal of crypto/labels.h. 256: digests that contracts or messages carry.
 * 512: challenges, nonces, XOF seeds. */
void transcript_init256(struct transcript *t, const char *label);
void transcript_init512(struct transcript *t, const char *label);
void transcript_wipe(struct transcript *t);

void transcript_u8(struct transcript *t, uint8_t v);
void transcript_u16(struct transcript *t, uint16_t v);
void transcript_u32(struct transcript *t, uint32_t v);
void transcript_u64(struct transcript *t, uint64_t v);
/* A field whose width the format fixes (hash, id, address, nonce). */
void transcript_fixed(struct transcript *t, const void *p, size_t n);
/* A field of variable length, at most 2^32 - 1 bytes (longer: a bug, aborts). */
void transcript_bytes(struct transcript *t, struct bytes b);
void transcript_point(struct transcript *t, const struct point *p);
void transcript_scalar(struct transcript *t, const struct scalar *s);

/* The digest; each is for its own width (the other one: a bug, aborts). Wipes *t. */
void transcript_final256(struct transcript *t, uint8_t out[static 32]);
void transcript_final512(struct transcript *t, uint8_t out[static 64]);
/* A scalar: the 64-byte digest reduced (bias below 2^-250). Wide transcripts only. Wipes *t. */
void transcript_final_scalar(struct transcript *t, const struct group *g, struct scalar *out);

/*
 * An unbounded stream of bytes from a wide transcript: seed = SHA-512 of the transcript, block i =
 * SHA-512(enc(label xof, seed, u64 i)). Test coefficients come from here.
 */
struct xof {
    struct transcript base; /* label and seed absorbed */
    uint64_t block;
};
/* Ends *t. */
void xof_init(struct xof *x, struct transcript *t);
/* 64 fresh bytes. */
void xof_block(struct xof *x, uint8_t out[static 64]);
/* A scalar, uniform up to 2^-250. */
void xof_scalar(struct xof *x, const struct group *g, struct scalar *out);

#endif
