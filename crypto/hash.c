/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"

#include <sodium.h>

#include "base/mem.h"
#include "crypto/hash_parts.h"

_Static_assert(sizeof(struct sha256) >= sizeof(crypto_hash_sha256_state), "state fits");
_Static_assert(sizeof(struct sha512) >= sizeof(crypto_hash_sha512_state), "state fits");
_Static_assert(_Alignof(struct sha256) >= _Alignof(crypto_hash_sha256_state), "state is aligned");
_Static_assert(_Alignof(struct sha512) >= _Alignof(crypto_hash_sha512_state), "state is aligned");

static crypto_hash_sha256_state *state256(struct sha256 *s)
{
    return (crypto_hash_sha256_state *)(void *)s->opaque;
}

static crypto_hash_sha512_state *state512(struct sha512 *s)
{
    return (crypto_hash_sha512_state *)(void *)s->opaque;
}

void sha256_init(struct sha256 *s)
{
    PC_ASSERT(crypto_hash_sha256_init(state256(s)) == 0);
}

void sha256_update(struct sha256 *s, const void *p, size_t n)
{
    if (n != 0)
        PC_ASSERT(crypto_hash_sha256_update(state256(s), p, n) == 0);
}

void sha256_final(struct sha256 *s, uint8_t out[static 32])
{
    PC_ASSERT(crypto_hash_sha256_final(state256(s), out) == 0);
    pc_wipe(s, sizeof *s);
}

void sha256(uint8_t out[static 32], struct bytes in)
{
    struct sha256 s;
    sha256_init(&s);
    sha256_update(&s, in.p, in.n);
    sha256_final(&s, out);
}

void sha512_init(struct sha512 *s)
{
    PC_ASSERT(crypto_hash_sha512_init(state512(s)) == 0);
}

void sha512_update(struct sha512 *s, const void *p, size_t n)
{
    if (n != 0)
        PC_ASSERT(crypto_hash_sha512_update(state512(s), p, n) == 0);
}

void sha512_final(struct sha512 *s, uint8_t out[static 64])
{
    PC_ASSERT(crypto_hash_sha512_final(state512(s), out) == 0);
    pc_wipe(s, sizeof *s);
}

void sha512(uint8_t out[static 64], struct bytes in)
{
    struct sha512 s;
    sha512_init(&s);
    sha512_update(&s, in.p, in.n);
    sha512_final(&s, out);
}

/* HMAC over a list of parts, so that HKDF needs no buffer. libsodium wants a pointer that is not
 * NULL even for an empty key: any will do. */
void hmac_sha256_parts(uint8_t out[static 32], struct bytes key, const struct bytes *part, size_t n)
{
    crypto_auth_hmacsha256_state s;
    PC_ASSERT(crypto_auth_hmacsha256_init(&s, key.n != 0 ? key.p : out, key.n) == 0);
    for (size_t i = 0; i < n; i++)
        if (part[i].n != 0)
            PC_ASSERT(crypto_auth_hmacsha256_update(&s, part[i].p, part[i].n) == 0);
    PC_ASSERT(crypto_auth_hmacsha256_final(&s, out) == 0);
    pc_wipe(&s, sizeof s);
}

static void hmac512_parts(uint8_t out[static 64], struct bytes key, const struct bytes *part,
                          size_t n)
{
    crypto_auth_hmacsha512_state s;
    PC_ASSERT(crypto_auth_hmacsha512_init(&s, key.n != 0 ? key.p : out, key.n) == 0);
    for (size_t i = 0; i < n; i++)
        if (part[i].n != 0)
            PC_ASSERT(crypto_auth_hmacsha512_update(&s, part[i].p, part[i].n) == 0);
    PC_ASSERT(crypto_auth_hmacsha512_final(&s, out) == 0);
    pc_wipe(&s, sizeof s);
}

void hmac_sha256(uint8_t out[static 32], struct bytes key, struct bytes in)
{
    hmac_sha256_parts(out, key, &in, 1);
}

void hmac_sha512(uint8_t out[static 64], struct bytes key, struct bytes in)
{
    hmac512_parts(out, key, &in, 1);
}

/* RFC 5869 2.2: an absent salt is a string of zeros, which HMAC's padding makes of an empty key. */
void hkdf_sha256_extract(uint8_t prk[static 32], struct bytes salt, struct bytes ikm)
{
    hmac_sha256_parts(prk, salt, &ikm, 1);
}

void hkdf_sha512_extract(uint8_t prk[static 64], struct bytes salt, struct bytes ikm)
{
    hmac512_parts(prk, salt, &ikm, 1);
}

enum err_code hkdf_sha256_expand(uint8_t *out, size_t n, const uint8_t prk[static 32],
                                 struct bytes info)
{
    if (n > 255 * 32)
        return PC_E_TOO_LARGE;
    uint8_t t[32], counter = 1;
    for (size_t done = 0; done < n; counter++) {
        struct bytes part[3] = {{t, counter == 1 ? 0 : sizeof t}, info, {&counter, 1}};
        hmac_sha256_parts(t, bytes_of(prk, 32), part, 3);
        size_t take = n - done < sizeof t ? n - done : sizeof t;
        memcpy(out + done, t, take);
        done += take;
    }
    pc_wipe(t, sizeof t);
    return PC_OK;
}

enum err_code hkdf_sha512_expand(uint8_t *out, size_t n, const uint8_t prk[static 64],
                                 struct bytes info)
{
    if (n > 255 * 64)
        return PC_E_TOO_LARGE;
    uint8_t t[64], counter = 1;
    for (size_t done = 0; done < n; counter++) {
        struct bytes part[3] = {{t, counter == 1 ? 0 : sizeof t}, info, {&counter, 1}};
        hmac512_parts(t, bytes_of(prk, 64), part, 3);
        size_t take = n - done < sizeof t ? n - done : sizeof t;
        memcpy(out + done, t, take);
        done += take;
    }
    pc_wipe(t, sizeof t);
    return PC_OK;
}

enum err_code expand_xmd_sha512(uint8_t *out, size_t n, struct bytes msg, struct bytes msg2,
                                struct bytes dst)
{
    if (dst.n == 0)
        return PC_E_USAGE;
    if (dst.n > 255 || n > 255 * 64)
        return PC_E_TOO_LARGE;
    static const uint8_t z_pad[128];
    uint8_t l_i_b[3] = {(uint8_t)(n >> 8), (uint8_t)n, 0};
    uint8_t dst_len = (uint8_t)dst.n;
    uint8_t b0[64], b[64] = {0};
    struct sha512 s;

    sha512_init(&s);
    sha512_update(&s, z_pad, sizeof z_pad);
    sha512_update(&s, msg.p, msg.n);
    sha512_update(&s, msg2.p, msg2.n);
    sha512_update(&s, l_i_b, sizeof l_i_b);
    sha512_update(&s, dst.p, dst.n);
    sha512_update(&s, &dst_len, 1);
    sha512_final(&s, b0);

    uint8_t counter = 1;
    for (size_t done = 0; done < n; counter++) {
        for (size_t i = 0; i < sizeof b; i++)
            b[i] ^= b0[i];
        sha512_init(&s);
        sha512_update(&s, b, sizeof b);
        sha512_update(&s, &counter, 1);
        sha512_update(&s, dst.p, dst.n);
        sha512_update(&s, &dst_len, 1);
        sha512_final(&s, b);
        size_t take = n - done < sizeof b ? n - done : sizeof b;
        memcpy(out + done, b, take);
        done += take;
    }
    pc_wipe(b0, sizeof b0);
    pc_wipe(b, sizeof b);
    return PC_OK;
}
