/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hex.h - hexadecimal text of public bytes (variable time). Lower case out, both cases in.
 */
#ifndef PC_BASE_HEX_H
#define PC_BASE_HEX_H

#include "base/bytes.h"
#include "base/err.h"

/* 2n characters and a NUL into out. */
void hex_encode(char *out, struct bytes b);

/* Exactly n bytes from text, an optional 0x in front; PC_E_MALFORMED for any other length or
 * character, out is then zeroed. */
PC_MUST_USE enum err_code hex_decode(uint8_t *out, size_t n, const char *text, size_t text_len);

#endif
