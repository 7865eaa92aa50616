/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_read.h - what the certificate readers of the vendors' profiles have in common (cert.c).
 *
 * A profile of another algorithm reads its own AlgorithmIdentifier and key; serials, names, basic
 * constraints, key usage, extensions and CRL entries have one grammar. Each fails its cursor.
 */
#ifndef PC_ATTEST_CERT_READ_H
#define PC_ATTEST_CERT_READ_H

#include "attest/cert.h"
#include "attest/der.h"

void cert_take_serial(struct der *d, struct cert_serial *out);
/* A Name with its header: form only. */
struct bytes cert_take_name(struct der *d);
/* The next extension of a list. False if it does not follow the form. */
bool cert_take_extension(struct der *list, struct bytes *oid, bool *critical, struct bytes *value);
/* Values of extensions into is_ca, has_path_len and path_len, or usage. False if malformed. */
bool cert_basic_constraints(struct cert *out, struct bytes value);
bool cert_key_usage(struct cert *out, struct bytes value);
/* Entries (may be absent) and extensions of a tbsCertList, up to its end. */
bool crl_take_entries(struct der *tbs, struct bytes *entries, size_t *count);
bool crl_entries_have(struct bytes entries, const struct cert_serial *serial);

#endif
