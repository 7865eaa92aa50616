/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/pki_parts.h - what the simulated PKIs have in common (pki.c): names, key usage, constraints.
 */
#ifndef PC_ATTEST_SIM_PKI_PARTS_H
#define PC_ATTEST_SIM_PKI_PARTS_H

#include "attest/cert.h"
#include "attest/sim/derw.h"

void simp_oid(struct derw *w, const uint8_t *oid, size_t n);
/* Attribute 2.5.4.id of a Name, in a SET of its own. */
void simp_attribute(struct derw *w, uint8_t id, uint8_t tag, const char *value);
/* An extension left open for its value: close what it gives, then *seq. */
size_t simp_extension(struct derw *w, size_t *seq, const uint8_t *oid, size_t n, bool critical);
void simp_usage(struct derw *w, uint8_t usage, bool critical); /* first octet of keyUsage */
/* path_len < 0: none. */
void simp_constraints(struct derw *w, bool is_ca, int path_len);

/* subjectPublicKeyInfo of x||y: n 64 for P-256, 96 for P-384. */
void simp_ec_key(struct derw *w, const uint8_t *xy, size_t n);

#endif
