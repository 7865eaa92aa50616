/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/keystore.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/keccak.h"

#define FILE_MAX     65536
#define PASSWORD_MAX 1024
#define SALT_MAX     64
#define SCRYPT_MEM   (1u << 30)
#define LOG_N        17

struct sealed {
    bool scrypt;
    uint64_t n, r, p; /* scrypt */
    uint64_t c;       /* pbkdf2 */
    uint8_t salt[SALT_MAX];
    size_t salt_len;
    uint8_t iv[16];
    uint8_t text[32];
    uint8_t mac[32];
    bool has_address;
    uint8_t address[20];
};

static bool text_is(const struct json_value *v, const char *key, const char *want)
{
    struct bytes s;
    return json_get_str(v, key, &s) == PC_OK && bytes_equal_var(s, bytes_of(want, strlen(want)));
}

static enum err_code parse_kdf(struct sealed *out, const struct json_value *crypto)
{
    struct json_value params;
    uint64_t dklen;
    PC_TRY(json_get_object(crypto, "kdfparams", &params));
    PC_TRY(json_get_hex_var(&params, "salt", out->salt, sizeof out->salt, &out->salt_len));
    PC_TRY(json_get_u64(&params, "dklen", 1024, &dklen));
    if (dklen != 32)
        return PC_E_UNSUPPORTED;
    out->scrypt = text_is(crypto, "kdf", "scrypt");
    if (out->scrypt) {
        PC_TRY(json_get_u64(&params, "n", 1u << 26, &out->n));
        PC_TRY(json_get_u64(&params, "r", 1u << 10, &out->r));
        PC_TRY(json_get_u64(&params, "p", 1u << 10, &out->p));
        return PC_OK;
    }
    if (!text_is(crypto, "kdf", "pbkdf2") || !text_is(&params, "prf", "hmac-sha256"))
        return PC_E_UNSUPPORTED;
    return json_get_u64(&params, "c", 10000000, &out->c);
}

static enum err_code parse_root(struct sealed *out, const struct json_value *root)
{
    struct json_value crypto, params;
    uint64_t version;
    PC_TRY(json_get_u64(root, "version", 1000, &version));
    if (version != 3)
        return PC_E_UNSUPPORTED;
    PC_TRY(json_get_object(root, json_has(root, "crypto") ? "crypto" : "Crypto", &crypto));
    if (!text_is(&crypto, "cipher", "aes-128-ctr"))
        return PC_E_UNSUPPORTED;
    PC_TRY(json_get_object(&crypto, "cipherparams", &params));
    PC_TRY(json_get_hex(&params, "iv", out->iv, sizeof out->iv));
    PC_TRY(json_get_hex(&crypto, "ciphertext", out->text, sizeof out->text));
    PC_TRY(json_get_hex(&crypto, "mac", out->mac, sizeof out->mac));
    out->has_address = json_has(root, "address");
    if (out->has_address)
        PC_TRY(json_get_hex(root, "address", out->address, sizeof out->address));
    return parse_kdf(out, &crypto);
}

static enum err_code parse(struct sealed *out, struct bytes text)
{
    struct json_doc *doc;
    memset(out, 0, sizeof *out);
    enum err_code e = json_parse(&doc, text, FILE_MAX, 8);
    if (e == PC_OK) {
        struct json_value root = json_root(doc);
        e = parse_root(out, &root);
    }
    json_free(doc);
    return e;
}

static enum err_code derive(uint8_t out[static 32], const struct sealed *s, struct bytes password)
{
    const char *pass = (const char *)password.p;
    if (!s->scrypt) {
        int ok = s->c != 0 && PKCS5_PBKDF2_HMAC(pass, (int)password.n, s->salt, (int)s->salt_len,
                                                (int)s->c, EVP_sha256(), 32, out) == 1;
        return ok ? PC_OK : PC_E_MALFORMED;
    }
    if (s->n < 2 || (s->n & (s->n - 1)) != 0 || s->r == 0 || s->p == 0)
        return PC_E_MALFORMED;
    if (s->r > SCRYPT_MEM / 128 / s->n || s->p > SCRYPT_MEM / 128 / s->r)
        return PC_E_TOO_LARGE;
    if (s->r < 4 && s->n >= 1ull << (16 * s->r))
        return PC_E_UNSUPPORTED; /* RFC 7914 forbids it */
    int ok = EVP_PBE_scrypt(pass, password.n, s->salt, s->salt_len, s->n, s->r, s->p,
                            (uint64_t)SCRYPT_MEM + (64u << 20), out, 32);
    return ok == 1 ? PC_OK : PC_E_MEMORY;
}

static void mac_of(uint8_t out[static 32], const uint8_t key[static 32],
                   const uint8_t text[static 32])
{
    struct keccak256 k;
    keccak256_init(&k);
    keccak256_update(&k, key + 16, 16);
    keccak256_update(&k, text, 32);
    keccak256_final(&k, out);
    pc_wipe(&k, sizeof k);
}

/* AES-128-CTR both ways, over exactly 32 bytes. */
static enum err_code stream(uint8_t out[static 32], const uint8_t in[static 32],
                            const uint8_t key[static 16], const uint8_t iv[static 16])
{
    int n = 0, m = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx != NULL && EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, key, iv) == 1 &&
              EVP_EncryptUpdate(ctx, out, &n, in, 32) == 1 &&
              EVP_EncryptFinal_ex(ctx, out + n, &m) == 1 && n + m == 32;
    EVP_CIPHER_CTX_free(ctx);
    return ok ? PC_OK : PC_E_MEMORY;
}

enum err_code keystore_open(struct evm_sk *sk, struct evm_address *address, struct bytes text,
                            struct bytes password)
{
    struct sealed s;
    uint8_t key[32] = {0}, mac[32];
    memset(sk, 0, sizeof *sk);
    memset(address, 0, sizeof *address);
    enum err_code e = parse(&s, text);
    if (e == PC_OK)
        e = derive(key, &s, password);
    if (e == PC_OK) {
        mac_of(mac, key, s.text);
        e = pc_memeq(mac, s.mac, sizeof mac) ? stream(sk->b, s.text, key, s.iv) : PC_E_AUTH;
    }
    if (e == PC_OK)
        e = evm_address_of(address, sk);
    if (e == PC_OK && s.has_address && memcmp(s.address, address->b, 20) != 0)
        e = PC_E_MISMATCH;
    if (e != PC_OK) {
        pc_wipe(sk, sizeof *sk);
        memset(address, 0, sizeof *address);
    }
    pc_wipe(key, sizeof key);
    return e;
}

static void uuid_text(char out[static 37], struct rng *r)
{
    uint8_t u[16];
    char hex[33];
    rng_fill(r, u, sizeof u);
    u[6] = (u[6] & 0x0f) | 0x40; /* version 4, variant 1 (RFC 4122) */
    u[8] = (u[8] & 0x3f) | 0x80;
    hex_encode(hex, PC_BYTES(u));
    static const uint8_t cut[] = {8, 12, 16, 20};
    size_t n = 0;
    for (size_t i = 0, c = 0; i < 32; i++) {
        if (c < sizeof cut && i == cut[c]) {
            out[n++] = '-';
            c++;
        }
        out[n++] = hex[i];
    }
    out[n] = '\0';
}

static void hex_member(struct json_out *o, const char *key, const uint8_t *p, size_t n)
{
    char text[2 * SALT_MAX + 1];
    hex_encode(text, bytes_of(p, n));
    json_out_str(o, key, text);
}

static enum err_code print(char *out, size_t cap, size_t *n, const struct sealed *s, struct rng *r)
{
    struct json_out o;
    char id[37];
    uuid_text(id, r);
    json_out_init(&o, out, cap);
    json_out_object(&o, NULL);
    hex_member(&o, "address", s->address, 20);
    json_out_object(&o, "crypto");
    json_out_str(&o, "cipher", "aes-128-ctr");
    json_out_object(&o, "cipherparams");
    hex_member(&o, "iv", s->iv, 16);
    json_out_end(&o);
    hex_member(&o, "ciphertext", s->text, 32);
    json_out_str(&o, "kdf", "scrypt");
    json_out_object(&o, "kdfparams");
    json_out_u64(&o, "dklen", 32);
    json_out_u64(&o, "n", s->n);
    json_out_u64(&o, "p", s->p);
    json_out_u64(&o, "r", s->r);
    hex_member(&o, "salt", s->salt, s->salt_len);
    json_out_end(&o);
    hex_member(&o, "mac", s->mac, 32);
    json_out_end(&o);
    json_out_str(&o, "id", id);
    json_out_u64(&o, "version", 3);
    json_out_end(&o);
    return json_out_finish(&o, n);
}

enum err_code keystore_seal(char *out, size_t cap, size_t *n, const struct evm_sk *sk,
                            struct bytes password, unsigned log_n, struct rng *r)
{
    PC_ASSERT(log_n >= 10 && log_n <= 20);
    struct sealed s = {.scrypt = true, .n = 1ull << log_n, .r = 8, .p = 1, .salt_len = 32};
    struct evm_address address;
    uint8_t key[32] = {0};
    *n = 0;
    enum err_code e = evm_address_of(&address, sk);
    memcpy(s.address, address.b, 20);
    rng_fill(r, s.salt, s.salt_len);
    rng_fill(r, s.iv, sizeof s.iv);
    if (e == PC_OK)
        e = derive(key, &s, password);
    if (e == PC_OK)
        e = stream(s.text, sk->b, key, s.iv);
    if (e == PC_OK) {
        mac_of(s.mac, key, s.text);
        e = print(out, cap, n, &s, r);
    }
    pc_wipe(key, sizeof key);
    return e;
}

/* A whole file of at most cap bytes. `secret`: nobody but its owner may read it. */
static enum err_code read_file(uint8_t *buf, size_t cap, size_t *n, const char *path, bool secret)
{
    struct stat st;
    *n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO;
    enum err_code e = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? PC_OK : PC_E_IO;
    if (e == PC_OK && secret && (st.st_mode & 077) != 0)
        e = PC_E_REFUSED;
    while (e == PC_OK) {
        ssize_t got = read(fd, buf + *n, cap - *n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            e = PC_E_IO;
        else if (got == 0)
            break;
        else
            *n += (size_t)got;
        if (e == PC_OK && *n == cap)
            e = PC_E_TOO_LARGE;
    }
    close(fd);
    return e;
}

static enum err_code read_password(uint8_t buf[static PASSWORD_MAX], size_t *n, const char *path)
{
    PC_TRY(read_file(buf, PASSWORD_MAX, n, path, true));
    if (*n != 0 && buf[*n - 1] == '\n')
        (*n)--;
    return *n != 0 && memchr(buf, '\n', *n) == NULL ? PC_OK : PC_E_MALFORMED;
}

enum err_code keystore_load(struct evm_sk *sk, struct evm_address *address, const char *path,
                            const char *password_path)
{
    uint8_t password[PASSWORD_MAX];
    size_t n, m;
    memset(sk, 0, sizeof *sk);
    uint8_t *text = malloc(FILE_MAX + 1);
    enum err_code e = text == NULL ? PC_E_MEMORY : read_file(text, FILE_MAX + 1, &n, path, true);
    if (e == PC_OK)
        e = read_password(password, &m, password_path);
    if (e == PC_OK)
        e = keystore_open(sk, address, bytes_of(text, n), bytes_of(password, m));
    pc_wipe(password, sizeof password);
    free(text);
    return e;
}

static enum err_code write_new(const char *path, const char *text, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? PC_E_EXISTS : PC_E_IO;
    bool ok = true;
    for (size_t at = 0; ok && at < n;) {
        ssize_t put = write(fd, text + at, n - at);
        if (put < 0 && errno == EINTR)
            continue;
        ok = put > 0;
        at += ok ? (size_t)put : 0;
    }
    ok = ok && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    if (!ok)
        unlink(path);
    return ok ? PC_OK : PC_E_IO;
}

enum err_code keystore_create(struct evm_address *address, const char *path,
                              const char *password_path, struct rng *r)
{
    uint8_t password[PASSWORD_MAX];
    char text[2048];
    struct evm_sk sk;
    size_t n = 0, m = 0;
    memset(address, 0, sizeof *address);
    enum err_code e = read_password(password, &m, password_path);
    if (e == PC_OK) {
        evm_generate(&sk, address, r);
        e = keystore_seal(text, sizeof text, &n, &sk, bytes_of(password, m), LOG_N, r);
        pc_wipe(&sk, sizeof sk);
    }
    if (e == PC_OK)
        e = write_new(path, text, n);
    if (e != PC_OK)
        memset(address, 0, sizeof *address);
    pc_wipe(password, sizeof password);
    return e;
}
