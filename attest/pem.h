/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pem.h - certificates in PEM, strictly: nothing but blocks, line ends between them, and at the
 * very end line ends and NUL bytes (seen in quotes). No headers, no text between blocks.
 */
#ifndef PC_ATTEST_PEM_H
#define PC_ATTEST_PEM_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_PEM_CERTS_MAX 4
#define PC_PEM_DER_MAX   ((size_t)12 * 1024) /* all certificates together */

struct pem_chain {
    size_t count;
    struct bytes cert[PC_PEM_CERTS_MAX]; /* views into der */
    uint8_t der[PC_PEM_DER_MAX];
};

/* Decode all blocks. PC_E_MALFORMED (also for none at all), PC_E_TOO_LARGE for more than
 * PC_PEM_CERTS_MAX or PC_PEM_DER_MAX; count is then 0. */
PC_MUST_USE enum err_code pem_decode(struct pem_chain *out, struct bytes text);

/* One certificate or list, DER or PEM: its DER. *out borrows `either` or *pem. An empty view stays
 * one. False: PEM that is not clean, or of several. */
PC_MUST_USE bool pem_or_der(struct bytes *out, struct pem_chain *pem, struct bytes either);

#endif
