/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/kdf.h"

#include "base/buf.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/labels.h"

#define WIDE_BYTES 48 /* what an EC key is reduced from */

void kdf_extract(struct kdf_prk *prk, const uint8_t y[static 64])
{
    hkdf_sha512_extract(prk->b, PC_BYTES_STR(PC_LABEL_KDF), bytes_of(y, 64));
}

void kdf_extract2(struct kdf_prk *prk, const uint8_t y_class0[static 64],
                  const uint8_t y_class[static 64])
{
    uint8_t both[128];
    memcpy(both, y_class0, 64);
    memcpy(both + 64, y_class, 64);
    hkdf_sha512_extract(prk->b, PC_BYTES_STR(PC_LABEL_KDF), PC_BYTES(both));
    pc_wipe(both, sizeof both);
}

void kdf_wipe(struct kdf_prk *prk)
{
    pc_wipe(prk, sizeof *prk);
}

size_t kdf_key_bytes(enum kdf_type type)
{
    switch (type) {
    case PC_KDF_SYMMETRIC:
    case PC_KDF_X25519:
    case PC_KDF_ED25519:
    case PC_KDF_SECP256K1:
    case PC_KDF_P256:
    case PC_KDF_MLDSA:
        return 32;
    case PC_KDF_MLKEM:
        return 64;
    }
    return 0;
}

/* Orders of the two curves less one, as eight words of 32 bits, lowest first. */
static const uint32_t secp256k1_n_minus_1[8] = {0xd0364140, 0xbfd25e8c, 0xaf48a03b, 0xbaaedce6,
                                                0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff};
static const uint32_t p256_n_minus_1[8] = {0xfc632550, 0xf3b9cac2, 0xa7179e84, 0xbce6faad,
                                           0xffffffff, 0xffffffff, 0x00000000, 0xffffffff};

/* r := 2r + bit mod m, for r < m < 2^256: shift, then subtract m if it fits, by mask. */
static void double_add_mod(uint32_t r[8], uint32_t bit, const uint32_t m[8])
{
    uint32_t carry = bit, borrow = 0, difference[8];
    for (size_t i = 0; i < 8; i++) {
        uint32_t top = r[i] >> 31;
        r[i] = r[i] << 1 | carry;
        carry = top;
    }
    for (size_t i = 0; i < 8; i++) {
        uint64_t d = (uint64_t)r[i] - m[i] - borrow;
        difference[i] = (uint32_t)d;
        borrow = (uint32_t)(d >> 32) & 1;
    }
    /* r >= m iff the shift carried out or the subtraction did not borrow */
    uint32_t take = 0 - (carry | (borrow ^ 1));
    for (size_t i = 0; i < 8; i++)
        r[i] = (difference[i] & take) | (r[i] & ~take);
    pc_wipe(difference, sizeof difference);
}

/* out = (OS2IP(wide) mod (n - 1)) + 1, big-endian. */
static void ec_scalar(uint8_t out[static 32], const uint8_t wide[static WIDE_BYTES],
                      const uint32_t n_minus_1[8])
{
    uint32_t r[8] = {0};
    for (size_t i = 0; i < 8 * WIDE_BYTES; i++)
        double_add_mod(r, wide[i / 8] >> (7 - i % 8) & 1, n_minus_1);
    uint64_t carry = 1;
    for (size_t i = 0; i < 8; i++) {
        carry += r[i];
        store_be32(out + 28 - 4 * i, (uint32_t)carry);
        carry >>= 32;
    }
    pc_wipe(r, sizeof r);
}

enum err_code kdf_expand(uint8_t *out, size_t n, const struct kdf_prk *prk, enum kdf_type type,
                         struct bytes path, uint32_t index)
{
    uint8_t info_buf[1 + 4 + PC_KDF_MAX_PATH + 4], wide[64] = {0};
    struct writer w = writer_of(info_buf, sizeof info_buf);
    struct bytes info;
    size_t want = kdf_key_bytes(type);
    bool ec = type == PC_KDF_SECP256K1 || type == PC_KDF_P256;
    if (n != 0)
        memset(out, 0, n);
    if (want == 0)
        return PC_E_UNSUPPORTED;
    if (n != want)
        return PC_E_USAGE;
    if (path.n > PC_KDF_MAX_PATH)
        return PC_E_TOO_LARGE;
    write_u8(&w, (uint8_t)type);
    write_bytes32(&w, path);
    write_u32(&w, index);
    PC_TRY(writer_end(&w, &info));
    PC_TRY(hkdf_sha512_expand(wide, ec ? WIDE_BYTES : want, prk->b, info));
    if (ec)
        ec_scalar(out, wide, type == PC_KDF_P256 ? p256_n_minus_1 : secp256k1_n_minus_1);
    else
        memcpy(out, wide, want);
    pc_wipe(wide, sizeof wide);
    return PC_OK;
}
