/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_out.h - values of evidence in the spelling of the vectors, for evidence_*json.c. */
#ifndef PC_CLI_EVIDENCE_OUT_H
#define PC_CLI_EVIDENCE_OUT_H

#include "base/json.h"

#define PC_EVIDENCE_OUT_MAX ((size_t)1024) /* bytes of one value */

/* Lower case, no prefix. */
void evidence_out_hex(struct json_out *o, const char *key, struct bytes b);
/* Text that nobody has checked: what is not printable becomes '?', over 255 bytes it is cut. */
void evidence_out_text(struct json_out *o, const char *key, struct bytes b);
/* 2025-06-25T00:00:00+00:00, as the vectors write dates of certificates. */
void evidence_out_date(struct json_out *o, const char *key, uint64_t unix_s);

#endif
