/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/evidence_out.h"

#include "base/hex.h"
#include "client/cli/cli.h"

void evidence_out_hex(struct json_out *o, const char *key, struct bytes b)
{
    char text[2 * PC_EVIDENCE_OUT_MAX + 1];
    PC_ASSERT(b.n <= PC_EVIDENCE_OUT_MAX);
    hex_encode(text, b);
    json_out_str(o, key, text);
}

void evidence_out_text(struct json_out *o, const char *key, struct bytes b)
{
    char text[256];
    size_t n = b.n < sizeof(text) - 1 ? b.n : sizeof(text) - 1;
    for (size_t i = 0; i < n; i++)
        text[i] = b.p[i] >= 0x20 && b.p[i] < 0x7f ? (char)b.p[i] : '?';
    text[n] = '\0';
    json_out_str(o, key, text);
}

void evidence_out_date(struct json_out *o, const char *key, uint64_t unix_s)
{
    char text[32];
    cli_time_text(text, unix_s);
    memcpy(text + 19, "+00:00", 7);
    json_out_str(o, key, text);
}
