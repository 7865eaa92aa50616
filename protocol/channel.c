/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/channel.h"

#include "base/mem.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

/*
 *   <- s
 *   ...
 *   -> e, es, s, ss
 *   <- e, ee, se
 *
 * es = DH(initiator's e, responder's s), and so on. Each side's own static takes part in two of the
 * four, which are the two states that wait for a DH.
 */
enum state {
    DEAD,
    I_DH_SS, /* initiator: DH(s, rs), to write message 1 */
    I_WRITE1,
    I_READ2,
    I_DH_SE, /* DH(s, re), to finish message 2 */
    R_READ1,
    R_DH_ES, /* responder: DH(s, re), to open who calls */
    R_DH_SS, /* DH(s, rs), to finish message 1 */
    R_WRITE2,
    OPEN,
};

static const char protocol_name[] =
    "Noise_IK_25519_ChaChaPoly_SHA256"; /* 32 bytes: is h as it is */

static enum err_code die(struct channel *c, enum err_code e)
{
    channel_wipe(c);
    return e;
}

/* --- Noise's symmetric state ----------------------------------------------------------------- */

static void mix_hash(struct channel *c, struct bytes b)
{
    struct sha256 s;
    sha256_init(&s);
    sha256_update(&s, c->h, sizeof c->h);
    sha256_update(&s, b.p, b.n);
    sha256_final(&s, c->h);
}

/* HKDF with two outputs: that of RFC 5869 with the chaining key as salt and no info. */
static void hkdf2(uint8_t out[static 64], const uint8_t ck[static 32], struct bytes ikm)
{
    uint8_t prk[32];
    hkdf_sha256_extract(prk, bytes_of(ck, 32), ikm);
    if (hkdf_sha256_expand(out, 64, prk, (struct bytes){NULL, 0}) != PC_OK)
        pc_bug("HKDF of 64 bytes");
    pc_wipe(prk, sizeof prk);
}

static void mix_key(struct channel *c, const uint8_t dh[static 32])
{
    uint8_t out[64];
    hkdf2(out, c->ck, bytes_of(dh, 32));
    memcpy(c->ck, out, 32);
    memcpy(c->k, out + 32, 32);
    c->n = 0;
    pc_wipe(out, sizeof out);
}

static void nonce_of(uint8_t out[static 12], uint64_t n)
{
    memset(out, 0, 4);
    store_le64(out + 4, n);
}

static void encrypt_and_hash(struct channel *c, uint8_t *out, struct bytes pt)
{
    uint8_t nonce[12];
    nonce_of(nonce, c->n++);
    aead_seal(out, c->k, nonce, PC_BYTES(c->h), pt);
    mix_hash(c, bytes_of(out, pt.n + CHANNEL_TAG_BYTES));
}

static enum err_code decrypt_and_hash(struct channel *c, uint8_t *out, struct bytes ct)
{
    uint8_t nonce[12];
    nonce_of(nonce, c->n++);
    PC_TRY(aead_open(out, c->k, nonce, PC_BYTES(c->h), ct));
    mix_hash(c, ct);
    return PC_OK;
}

/* DH with our ephemeral, mixed in. */
static enum err_code mix_ephemeral_dh(struct channel *c, const struct x25519_pk *point)
{
    uint8_t dh[32];
    enum err_code e = x25519_dh(dh, &c->e, point);
    if (e == PC_OK)
        mix_key(c, dh);
    pc_wipe(dh, sizeof dh);
    return e;
}

static void split(struct channel *c)
{
    uint8_t out[64];
    hkdf2(out, c->ck, (struct bytes){NULL, 0});
    memcpy(c->initiator ? c->tx.k : c->rx.k, out, 32);
    memcpy(c->initiator ? c->rx.k : c->tx.k, out + 32, 32);
    pc_wipe(out, sizeof out);
    pc_wipe(&c->e, sizeof c->e);
    pc_wipe(c->ck, sizeof c->ck);
    pc_wipe(c->k, sizeof c->k);
    pc_wipe(c->pending, sizeof c->pending);
    c->state = OPEN;
}

/* --- handshake ------------------------------------------------------------------------------- */

static void start(struct channel *c, struct bytes prologue, const struct x25519_pk *own,
                  const struct x25519_pk *responder, struct rng *r)
{
    c->s = *own;
    x25519_generate(&c->e, &c->e_pub, r);
    _Static_assert(sizeof protocol_name - 1 == sizeof c->h, "a name of 32 bytes is not hashed");
    memcpy(c->h, protocol_name, sizeof c->h);
    memcpy(c->ck, c->h, sizeof c->ck);
    mix_hash(c, prologue);
    mix_hash(c, PC_BYTES(responder->b));
}

void channel_call(struct channel *c, struct bytes prologue, const struct x25519_pk *own,
                  const struct x25519_pk *remote, struct rng *r)
{
    *c = (struct channel){.state = I_DH_SS, .initiator = true, .remote_known = true, .rs = *remote};
    start(c, prologue, own, remote, r);
}

void channel_answer(struct channel *c, struct bytes prologue, const struct x25519_pk *own,
                    struct rng *r)
{
    *c = (struct channel){.state = R_READ1};
    start(c, prologue, own, own, r);
}

void channel_wipe(struct channel *c)
{
    pc_wipe(c, sizeof *c); /* zero is DEAD */
}

enum channel_want channel_next(const struct channel *c)
{
    switch ((enum state)c->state) {
    case DEAD:
        return CHANNEL_IS_DEAD;
    case I_DH_SS:
    case I_DH_SE:
    case R_DH_ES:
    case R_DH_SS:
        return CHANNEL_WANTS_DH;
    case I_WRITE1:
    case R_WRITE2:
        return CHANNEL_WANTS_SEND;
    case I_READ2:
    case R_READ1:
        return CHANNEL_WANTS_RECV;
    case OPEN:
        return CHANNEL_IS_OPEN;
    }
    pc_bug("state of a channel");
}

const struct x25519_pk *channel_dh_point(const struct channel *c)
{
    switch ((enum state)c->state) {
    case I_DH_SS:
    case R_DH_SS:
        return &c->rs;
    case I_DH_SE:
    case R_DH_ES:
        return &c->re;
    case DEAD:
    case I_WRITE1:
    case I_READ2:
    case R_READ1:
    case R_WRITE2:
    case OPEN:
        return NULL;
    }
    return NULL;
}

/* Message 1 is written when its last DH is there: the result of ss waits in `pending`. */
static enum err_code initiator_has_ss(struct channel *c, const uint8_t ss[static 32])
{
    memcpy(c->pending, ss, 32);
    c->state = I_WRITE1;
    return PC_OK;
}

static enum err_code initiator_has_se(struct channel *c, const uint8_t se[static 32])
{
    uint8_t nothing[1];
    mix_key(c, se);
    PC_TRY(decrypt_and_hash(c, nothing, bytes_of(c->pending, CHANNEL_TAG_BYTES)));
    split(c);
    return PC_OK;
}

static enum err_code responder_has_es(struct channel *c, const uint8_t es[static 32])
{
    mix_key(c, es);
    PC_TRY(decrypt_and_hash(c, c->rs.b, bytes_of(c->pending, 48)));
    c->remote_known = true;
    c->state = R_DH_SS;
    return PC_OK;
}

static enum err_code responder_has_ss(struct channel *c, const uint8_t ss[static 32])
{
    uint8_t nothing[1];
    mix_key(c, ss);
    PC_TRY(decrypt_and_hash(c, nothing, bytes_of(c->pending + 48, CHANNEL_TAG_BYTES)));
    c->state = R_WRITE2;
    return PC_OK;
}

enum err_code channel_dh_give(struct channel *c, const uint8_t shared[static 32])
{
    static const uint8_t zero[32];
    if (channel_dh_point(c) == NULL)
        return die(c, PC_E_SEQUENCE);
    if (pc_memeq(shared, zero, sizeof zero))
        return die(c, PC_E_IDENTITY);
    enum err_code e = PC_E_SEQUENCE;
    if (c->state == I_DH_SS)
        e = initiator_has_ss(c, shared);
    else if (c->state == I_DH_SE)
        e = initiator_has_se(c, shared);
    else if (c->state == R_DH_ES)
        e = responder_has_es(c, shared);
    else if (c->state == R_DH_SS)
        e = responder_has_ss(c, shared);
    return e == PC_OK ? PC_OK : die(c, e);
}

static enum err_code write1(struct channel *c, uint8_t *out)
{
    memcpy(out, c->e_pub.b, 32);
    mix_hash(c, PC_BYTES(c->e_pub.b));
    PC_TRY(mix_ephemeral_dh(c, &c->rs)); /* es */
    encrypt_and_hash(c, out + 32, PC_BYTES(c->s.b));
    mix_key(c, c->pending); /* ss */
    pc_wipe(c->pending, sizeof c->pending);
    encrypt_and_hash(c, out + 80, (struct bytes){NULL, 0});
    c->state = I_READ2;
    return PC_OK;
}

static enum err_code write2(struct channel *c, uint8_t *out)
{
    memcpy(out, c->e_pub.b, 32);
    mix_hash(c, PC_BYTES(c->e_pub.b));
    PC_TRY(mix_ephemeral_dh(c, &c->re)); /* ee */
    PC_TRY(mix_ephemeral_dh(c, &c->rs)); /* se */
    encrypt_and_hash(c, out + 32, (struct bytes){NULL, 0});
    split(c);
    return PC_OK;
}

enum err_code channel_hs_write(struct channel *c, uint8_t out[static 96], size_t *n)
{
    enum err_code e = PC_E_SEQUENCE;
    *n = 0;
    if (c->state == I_WRITE1) {
        e = write1(c, out);
        *n = CHANNEL_HS1_BYTES;
    } else if (c->state == R_WRITE2) {
        e = write2(c, out);
        *n = CHANNEL_HS2_BYTES;
    }
    if (e != PC_OK) {
        memset(out, 0, *n);
        *n = 0;
        return die(c, e);
    }
    return PC_OK;
}

size_t channel_hs_expects(const struct channel *c)
{
    return c->state == R_READ1 ? CHANNEL_HS1_BYTES : c->state == I_READ2 ? CHANNEL_HS2_BYTES : 0;
}

static enum err_code read1(struct channel *c, struct bytes in)
{
    memcpy(c->re.b, in.p, 32);
    mix_hash(c, bytes_of(in.p, 32));
    memcpy(c->pending, in.p + 32, 64);
    c->state = R_DH_ES;
    return PC_OK;
}

static enum err_code read2(struct channel *c, struct bytes in)
{
    memcpy(c->re.b, in.p, 32);
    mix_hash(c, bytes_of(in.p, 32));
    PC_TRY(mix_ephemeral_dh(c, &c->re)); /* ee */
    memcpy(c->pending, in.p + 32, CHANNEL_TAG_BYTES);
    c->state = I_DH_SE;
    return PC_OK;
}

enum err_code channel_hs_read(struct channel *c, struct bytes in)
{
    size_t want = channel_hs_expects(c);
    if (want == 0)
        return die(c, PC_E_SEQUENCE);
    if (in.n != want)
        return die(c, PC_E_MALFORMED);
    enum err_code e = c->state == R_READ1 ? read1(c, in) : read2(c, in);
    return e == PC_OK ? PC_OK : die(c, e);
}

const struct x25519_pk *channel_remote(const struct channel *c)
{
    return c->remote_known ? &c->rs : NULL;
}

/* --- messages -------------------------------------------------------------------------------- */

/* Noise 11.3: the key moves on, the counter does not start again. */
static void rekey(struct channel_key *k)
{
    static const uint8_t zeros[32];
    uint8_t nonce[12], out[32 + CHANNEL_TAG_BYTES];
    nonce_of(nonce, UINT64_MAX);
    aead_seal(out, k->k, nonce, (struct bytes){NULL, 0}, PC_BYTES(zeros));
    memcpy(k->k, out, 32);
    pc_wipe(out, sizeof out);
}

static void advance(struct channel_key *k)
{
    if (++k->n % CHANNEL_REKEY_EVERY == 0)
        rekey(k);
}

enum err_code channel_seal(struct channel *c, uint8_t *out, struct bytes pt)
{
    if (c->state != OPEN)
        return PC_E_SEQUENCE;
    if (pt.n > CHANNEL_PLAIN_MAX)
        return PC_E_TOO_LARGE;
    if (c->tx.n >= CHANNEL_MESSAGES_MAX)
        return PC_E_FULL;
    uint8_t nonce[12];
    nonce_of(nonce, c->tx.n);
    aead_seal(out, c->tx.k, nonce, (struct bytes){NULL, 0}, pt);
    advance(&c->tx);
    return PC_OK;
}

enum err_code channel_open(struct channel *c, uint8_t *out, struct bytes ct)
{
    if (c->state != OPEN)
        return PC_E_SEQUENCE;
    if (ct.n < CHANNEL_TAG_BYTES)
        return die(c, PC_E_TRUNCATED);
    if (ct.n > CHANNEL_PLAIN_MAX + CHANNEL_TAG_BYTES)
        return die(c, PC_E_TOO_LARGE);
    if (c->rx.n >= CHANNEL_MESSAGES_MAX)
        return die(c, PC_E_FULL);
    uint8_t nonce[12];
    nonce_of(nonce, c->rx.n);
    enum err_code e = aead_open(out, c->rx.k, nonce, (struct bytes){NULL, 0}, ct);
    if (e != PC_OK)
        return die(c, e);
    advance(&c->rx);
    return PC_OK;
}
