/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore.h - the paying account's key in a standard encrypted file (Web3 Secret Storage, version
 * 3), as geth, foundry and wallets read and write it.
 *
 * Reads scrypt and pbkdf2 (HMAC-SHA256) with AES-128-CTR; writes scrypt (n 2^17, r 8, p 1).
 * Bounded: a file of at most 64 KiB, scrypt memory of at most 1 GiB. The key is wiped by the
 * caller.
 */
#ifndef PC_CLIENT_RELAY_KEYSTORE_H
#define PC_CLIENT_RELAY_KEYSTORE_H

#include "base/rng.h"
#include "crypto/evmkey.h"

/* The text of a keystore file. PC_E_MALFORMED, PC_E_TOO_LARGE; PC_E_UNSUPPORTED: another version,
 * cipher or derivation; PC_E_AUTH: wrong password or damaged file; PC_E_MISMATCH: the key is not
 * that of the address in the file. sk is zero on error. */
PC_MUST_USE enum err_code keystore_open(struct evm_sk *sk, struct evm_address *address,
                                        struct bytes text, struct bytes password);

/* A new file's text into out (NUL-terminated, *n without it). `log_n`: scrypt cost, 10..20; 17 for
 * real files. */
PC_MUST_USE enum err_code keystore_seal(char *out, size_t cap, size_t *n, const struct evm_sk *sk,
                                        struct bytes password, unsigned log_n, struct rng *r);

/* Read a file and a password file (one line, without its line end; must not be empty). PC_E_IO,
 * PC_E_NOT_FOUND; PC_E_REFUSED: others may read the file. */
PC_MUST_USE enum err_code keystore_load(struct evm_sk *sk, struct evm_address *address,
                                        const char *path, const char *password_path);

/* Make a key and write it to a new file of mode 0600. PC_E_EXISTS if there is one. */
PC_MUST_USE enum err_code keystore_create(struct evm_address *address, const char *path,
                                          const char *password_path, struct rng *r);

#endif
