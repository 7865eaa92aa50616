/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/derw.h - writes DER for the simulated vendor: open, fill, close; lengths are settled on
 * close.
 */
#ifndef PC_ATTEST_SIM_DERW_H
#define PC_ATTEST_SIM_DERW_H

#include "base/bytes.h"

#define PC_DERW_CAP ((size_t)64 * 1024)

struct derw {
    size_t n;
    uint8_t p[PC_DERW_CAP]; /* running over is a bug */
};

/* Begin an element; pass what it gives to derw_close. */
size_t derw_open(struct derw *w, uint8_t tag);
void derw_close(struct derw *w, size_t mark);
void derw_put(struct derw *w, uint8_t tag, const void *p, size_t n);
void derw_raw(struct derw *w, struct bytes b);
/* INTEGER of big-endian bytes: leading zeros dropped, sign octet added. */
void derw_uint(struct derw *w, uint8_t tag, const uint8_t *p, size_t n);
void derw_u32(struct derw *w, uint8_t tag, uint32_t v);
void derw_bits(struct derw *w, struct bytes b); /* BIT STRING of whole octets */
/* UTCTime before 2050, GeneralizedTime after. */
void derw_time(struct derw *w, uint64_t t);
/* SEQUENCE of r and s. */
void derw_ecdsa_sig(struct derw *w, const uint8_t rs[static 64]);

/* "2026-08-13T10:45:38Z" of Unix seconds. */
void sim_time_text(char out[static 21], uint64_t t);

#endif
