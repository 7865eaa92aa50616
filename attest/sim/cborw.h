/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/cborw.h - writes CBOR for the simulated Nitro machine, shortest heads. Raw bytes allow tests
 * to write what no reader may take.
 */
#ifndef PC_ATTEST_SIM_CBORW_H
#define PC_ATTEST_SIM_CBORW_H

#include "attest/cbor.h"

#define PC_CBORW_CAP ((size_t)20 * 1024)

struct cborw {
    size_t n;
    uint8_t p[PC_CBORW_CAP]; /* running over is a bug */
};

void cborw_raw(struct cborw *w, struct bytes b);
void cborw_u8(struct cborw *w, uint8_t byte);
/* Head with its argument: an integer, a tag, or a length of what follows. */
void cborw_head(struct cborw *w, enum cbor_kind kind, uint64_t value);
/* A map or array of indefinite length; cborw_break ends it. */
void cborw_open(struct cborw *w, enum cbor_kind kind);
void cborw_break(struct cborw *w);
void cborw_bytes(struct cborw *w, struct bytes b);
void cborw_text(struct cborw *w, const char *s);
void cborw_null(struct cborw *w);

#endif
