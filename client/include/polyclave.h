/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polyclave.h - libpolyclave: an enclave gets its keys from a Polyclave network.
 *
 * The one public header; it is the manual. Link with `pkg-config --libs polyclave`.
 *
 *     struct polyclave_pin pin;                        // from the measured image, nowhere else
 *     polyclave_pin_read(&pin, "/etc/polyclave/pin");
 *     struct polyclave *pc;
 *     polyclave_open(&pc, &config, &pin);              // boot keys are made here
 *     polyclave_attest(pc);                            // evidence goes on chain, through the relay
 *     struct polyclave_root *root;
 *     polyclave_root_get(pc, "db", 1, &root);          // T partials, each proved, combined here
 *     polyclave_derive(root, POLYCLAVE_SYMMETRIC, path, path_len, 0, key, sizeof key);
 *     polyclave_root_free(root);
 *     polyclave_close(pc);
 *
 * What a caller relies on:
 *   - A key comes only from an epoch whose public shares lie on one polynomial through the pinned
 *     PK (dual-code test), and only from partials that prove themselves against these shares. No
 * false view of the chain, no node and no host can make the library return another key; they can
 *     withhold.
 *   - Without a pin nothing works. There is no switch for that.
 *   - No node and no host sees a key, a path or the combined secret.
 *
 * Conventions. Integers are in host order in structs, big-endian in every encoding. Functions
 * return POLYCLAVE_OK or another status; on error every output is zeroed or untouched.
 * polyclave_error() tells in words what happened, to what, and what to do next. An object belongs
 * to one thread at a time; a root outlives the handle that it came from. Secrets (boot keys, roots)
 * live in locked, guarded memory and are wiped by the _free and _close functions; opening fails if
 * memory cannot be locked.
 */
#ifndef POLYCLAVE_H
#define POLYCLAVE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum polyclave_status {
    POLYCLAVE_OK = 0,
    POLYCLAVE_REFUSED = 1,   /* a clean no: measurement, vendor, platform, TCB, freeze, ... */
    POLYCLAVE_USAGE = 2,     /* an argument or a file is wrong */
    POLYCLAVE_RETRY = 3,     /* unreachable, behind, epoch change, quota: try again */
    POLYCLAVE_UNTRUSTED = 4, /* what the network showed does not fit the pin */
    POLYCLAVE_BUG = 70
};

#define POLYCLAVE_MAX_SCOPE    255
#define POLYCLAVE_MAX_EVIDENCE 32768

/* What the measured image says about its network (SPEC 12). app_id is in it because a stranger
 * could register the same measurement under an app of his own and start the image there. */
struct polyclave_pin {
    uint8_t network_id[32];
    uint8_t key_id[32];
    uint8_t pk[32]; /* ristretto255, canonical */
    uint8_t app_id[32];
};

/* Read a pin file: lines `network_id`, `key_id`, `pk`, `app_id` = 0x and 64 digits, each once;
 * blank lines and # comments are skipped, anything else is refused. The caller makes sure that the
 * file is part of the measured image. */
int polyclave_pin_read(struct polyclave_pin *pin, const char *path);

enum polyclave_vendor { POLYCLAVE_TDX = 1, POLYCLAVE_SNP = 2, POLYCLAVE_NITRO = 3 };

/* Make evidence over report_data, certificates included (a quote of TDX; a report of SNP with the
 * host's certificate table behind it; a document of Nitro): write at most cap bytes, set *len.
 * Return 0, or anything else to fail (reported as RETRY). Called once per polyclave_attest. */
typedef int polyclave_quote_fn(void *user, const uint8_t report_data[64], uint8_t *evidence,
                               size_t cap, size_t *len);

/* Everything here is hostile input: it can cost liveness, never safety. Borrowed until
 * polyclave_open returns, except quote_user. */
struct polyclave_config {
    enum polyclave_vendor vendor;
    const char *network_file; /* network.json: chain id, contract addresses, RPC and node seeds */
    const char *relay_socket; /* polyclave-relay --app: posts and pays the attestation */
    polyclave_quote_fn *quote;
    void *quote_user;
    unsigned timeout_ms;        /* for a whole polyclave_root_get; 0: 30,000 */
    unsigned attest_timeout_ms; /* until the record is final; 0: 1,200,000 */
    /* Not 0: ask every member, though T suffice: names all liars, and tells what each says. Who
     * says "not now" is asked again for at most 10 s. */
    int ask_all;
    /* For an app with a list of platforms: the siblings from this machine's leaf to the root
     * (`polyclave app platforms`); NULL when the app takes any. At most 16. */
    const uint8_t (*platform_proof)[32];
    size_t platform_proof_len;
};

struct polyclave;
struct polyclave_root;

/* Make boot keys (Ed25519 to sign, X25519 to receive), fetch the current epoch and check it against
 * the pin. RETRY when no node or endpoint can be reached; UNTRUSTED when an epoch does not fit. */
int polyclave_open(struct polyclave **out, const struct polyclave_config *config,
                   const struct polyclave_pin *pin);

/* Wipe and free; NULL is fine. */
void polyclave_close(struct polyclave *pc);

/* Bind the boot keys and a recent block into evidence, post it, wait until the record is final.
 * Call again before polyclave_valid_until. REFUSED: the contract does not accept this machine (the
 * text names its error); RETRY: quote, relay or chain did not deliver in time. A former record
 * stays in use when a renewal fails. Blocks for minutes. */
int polyclave_attest(struct polyclave *pc);

/* Unix time until which the record on chain holds, as the endpoints tell it (they can cost liveness
 * only); 0 before polyclave_attest. */
uint64_t polyclave_valid_until(const struct polyclave *pc);

/* The root secret of (app, scope, version): asks the members, verifies each partial as it comes,
 * combines the first T. scope: text of at most POLYCLAVE_MAX_SCOPE bytes. Blocks for timeout_ms and
 * a few seconds at most. REFUSED: more members than n - T said a clean no, the code says which;
 * RETRY: too few answered in time; UNTRUSTED: the epoch that was shown does not fit the pin. The
 * members' reports tell the rest. Free the root with polyclave_root_free; it outlives the handle.
 */
int polyclave_root_get(struct polyclave *pc, const char *scope, uint32_t version,
                       struct polyclave_root **out);

void polyclave_root_free(struct polyclave_root *root);

/* What a derived key is for; the type is part of the derivation, so one path gives unrelated keys
 * for two types. Values as in the key derivation of the network's cryptography page. */
enum polyclave_key_type {
    POLYCLAVE_SYMMETRIC = 1, /* 32 bytes */
    POLYCLAVE_X25519 = 2,    /* 32 bytes, clamped at use (RFC 7748) */
    POLYCLAVE_ED25519 = 3,   /* 32 bytes, an RFC 8032 seed */
    POLYCLAVE_SECP256K1 = 4, /* 32 bytes big-endian, 1..n-1 */
    POLYCLAVE_P256 = 5,      /* 32 bytes big-endian, 1..n-1 */
    POLYCLAVE_MLKEM = 6,     /* 64 bytes, seed */
    POLYCLAVE_MLDSA = 7      /* 32 bytes, seed */
};

/* Derive inside the enclave: no network, constant time in the secret. len must be the type's size,
 * path at most 1,024 bytes: USAGE otherwise, and key is then zeroed. One path and index give the
 * same key for ever, here and in every enclave of the application. */
int polyclave_derive(const struct polyclave_root *root, enum polyclave_key_type type,
                     const void *path, size_t path_len, uint32_t index, uint8_t *key, size_t len);

/* Who answered the last polyclave_root_get, for operators. */
enum polyclave_member_state {
    POLYCLAVE_MEMBER_UNASKED,
    POLYCLAVE_MEMBER_GOOD,
    POLYCLAVE_MEMBER_UNREACHABLE,
    POLYCLAVE_MEMBER_REFUSED, /* code says why */
    POLYCLAVE_MEMBER_LIED     /* signed an answer whose proof is wrong */
};

struct polyclave_member_report {
    uint16_t index;
    uint32_t node_id;
    enum polyclave_member_state state;
    char code[32]; /* the node's stable code when it refused, else empty */
};

/* Copies at most cap reports, one per seat that is not empty; returns how many there are. */
size_t polyclave_members(const struct polyclave *pc, struct polyclave_member_report *out,
                         size_t cap);

/* The epoch in use, its size and threshold. Zeros when none fitted the pin yet. */
struct polyclave_epoch {
    uint64_t number;
    uint16_t n, t;
};
void polyclave_epoch_of(const struct polyclave *pc, struct polyclave_epoch *out);

/* The last error in words; never NULL, valid until the next call. With NULL: the last error of
 * polyclave_open or polyclave_pin_read in this thread. */
const char *polyclave_error(const struct polyclave *pc);

/* Stable code of the last error ("measurement_not_active", "chain_behind", ...); "ok" if none. */
const char *polyclave_error_code(const struct polyclave *pc);

#ifdef __cplusplus
}
#endif
#endif
