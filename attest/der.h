/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der.h - a strict, bounded reader of DER: just enough of ASN.1 for certificates and lists.
 *
 * A cursor fails stickily, like base/buf.h: after the first fault everything it gives is empty, and
 * der_end tells. Refused everywhere: indefinite lengths, lengths that are not minimal, over 65,535
 * or reach over the enclosing element, tags of more than one byte. Borrows its memory; public data,
 * variable time.
 */
#ifndef PC_ATTEST_DER_H
#define PC_ATTEST_DER_H

#include "base/bytes.h"
#include "base/err.h"

enum der_tag {
    PC_DER_BOOLEAN = 0x01,
    PC_DER_INTEGER = 0x02,
    PC_DER_BIT_STRING = 0x03,
    PC_DER_OCTET_STRING = 0x04,
    PC_DER_NULL = 0x05,
    PC_DER_OID = 0x06,
    PC_DER_ENUMERATED = 0x0a,
    PC_DER_UTF8 = 0x0c,
    PC_DER_PRINTABLE = 0x13,
    PC_DER_IA5 = 0x16,
    PC_DER_UTC_TIME = 0x17,
    PC_DER_GENERALIZED_TIME = 0x18,
    PC_DER_SEQUENCE = 0x30,
    PC_DER_SET = 0x31,
    PC_DER_CONTEXT_0 = 0xa0,
    PC_DER_CONTEXT_3 = 0xa3,
};

struct der {
    const uint8_t *p;
    size_t left;
    bool bad;
};

struct der der_of(struct bytes b);
void der_fail(struct der *d);

/* The tag of the next element; 0 at the end or after a fault. */
uint8_t der_peek(const struct der *d);
/* Contents of the next element, which must have this tag. */
struct bytes der_take(struct der *d, uint8_t tag);
/* The same, header included: what was signed, or a Name to compare. */
struct bytes der_take_whole(struct der *d, uint8_t tag);
/* Cursor over the contents of the next element; bad if d is. */
struct der der_enter(struct der *d, uint8_t tag);
/* Next element of any tag, header included. */
struct bytes der_take_any(struct der *d);

/* INTEGER that is not negative and in its shortest form: its bytes big-endian without the sign
 * octet, at most max of them (zero is one byte 00). */
struct bytes der_take_uint(struct der *d, size_t max);
/* INTEGER or ENUMERATED (tag) below 2^32. */
uint32_t der_take_u32(struct der *d, uint8_t tag);
/* BOOLEAN, 00 or ff. */
bool der_take_bool(struct der *d);
/* BIT STRING of whole octets. */
struct bytes der_take_bits(struct der *d);
/* UTCTime before 2050, GeneralizedTime after (RFC 5280 4.1.2.5), with seconds and Z: Unix seconds.
 */
uint64_t der_take_time(struct der *d);
/* ECDSA-Sig-Value as r||s, `half` octets each. */
void der_ecdsa_sig(uint8_t *rs, size_t half, bool *ok, struct bytes sig);

/* True when nothing failed and nothing is left. */
bool der_end(const struct der *d);

/* Seconds since 1970 of a civil UTC time; false if there is no such date (year 1970..9999). */
bool time_of_civil(uint64_t *out, unsigned year, unsigned month, unsigned day, unsigned hour,
                   unsigned min, unsigned sec);

#endif
