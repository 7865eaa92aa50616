/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/nitro_pki.h - certificates in the shape of AWS's Nitro PKI, signed by throw-away keys.
 *
 * The struct says everything that a certificate says, so tests forge by filling it wrongly; the
 * programs only fill it rightly.
 */
#ifndef PC_ATTEST_SIM_NITRO_PKI_H
#define PC_ATTEST_SIM_NITRO_PKI_H

#include "attest/cert.h"
#include "attest/sim/derw.h"
#include "attest/sim/key.h"

/* Which attributes a name has, and in which order: each kind of certificate has its own. */
enum sim_nitro_shape {
    PC_SHAPE_REGIONAL, /* C, O, OU, CN: root and regional */
    PC_SHAPE_ZONAL,    /* CN, OU, O, C, ST, L */
    PC_SHAPE_INSTANCE, /* C, ST, L, O, OU, CN: instance and leaf */
};

struct sim_nitro_name {
    enum sim_nitro_shape shape;
    char cn[128];
};

struct sim_nitro_cert {
    struct sim_nitro_name issuer, subject;
    uint8_t serial[20];
    size_t serial_n; /* 16 or 20 */
    uint64_t not_before;
    uint64_t not_after;
    const uint8_t *key;              /* subject's, 96 */
    const struct sim_key384 *signer; /* issuer's */
    bool is_ca;
    int path_len; /* < 0: none */
    uint8_t usage;
    bool usage_critical;
    bool key_ids;        /* with subjectKeyIdentifier and, unless self-signed, the authority's */
    const char *crl_url; /* NULL: without distribution point */
};

/* DER of the certificate, appended to w; a view of it. */
struct bytes sim_nitro_cert_build(struct derw *w, const struct sim_nitro_cert *c);

#endif
