/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/hex.h"
#include "base/mem.h"
#include "crypto/keccak.h"

void out_begin(struct cli_out *o, const struct cli_args *a)
{
    *o = (struct cli_out){.json = a->json};
    if (!o->json)
        return;
    o->buf = malloc(PC_CLI_OUT_CAP);
    if (o->buf == NULL)
        pc_bug("no memory for a result");
    json_out_init(&o->j, o->buf, PC_CLI_OUT_CAP);
    json_out_object(&o->j, NULL);
}

static bool people(const struct cli_out *o)
{
    return !o->json && o->depth == 0;
}

void out_str(struct cli_out *o, const char *key, const char *v)
{
    char text[4200];
    if (o->json) {
        json_out_str(&o->j, key, v);
        return;
    }
    if (!people(o))
        return;
    cli_printable(text, sizeof text, v);
    (void)printf("%-16s %s\n", key, text);
}

void out_u64(struct cli_out *o, const char *key, uint64_t v)
{
    if (o->json)
        json_out_u64(&o->j, key, v);
    else if (people(o))
        (void)printf("%-16s %llu\n", key, (unsigned long long)v);
}

void out_bool(struct cli_out *o, const char *key, bool v)
{
    if (o->json)
        json_out_bool(&o->j, key, v);
    else if (people(o))
        (void)printf("%-16s %s\n", key, v ? "yes" : "no");
}

void out_hex(struct cli_out *o, const char *key, struct bytes b)
{
    if (o->json) {
        json_out_hex(&o->j, key, b);
        return;
    }
    if (!people(o))
        return;
    struct evm_address a;
    char text[2 * 128 + 1];
    if (b.n == 20) {
        memcpy(a.b, b.p, 20);
        address_text(text, &a);
        (void)printf("%-16s %s\n", key, text);
        return;
    }
    hex_encode(text, bytes_of(b.p, b.n < 128 ? b.n : 128));
    (void)printf("%-16s 0x%s\n", key, text);
}

void time_text(char out[static 64], uint64_t t, uint64_t now)
{
    char at[32];
    struct tm tm;
    time_t tt = (time_t)t;
    if (t == 0) {
        (void)snprintf(out, 64, "never");
        return;
    }
    if (gmtime_r(&tt, &tm) == NULL || strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
        (void)snprintf(at, sizeof at, "after 9999");
    uint64_t d = t > now ? t - now : now - t;
    const char *in = t > now ? "in " : "", *ago = t > now ? "" : " ago";
    if (d >= 86400)
        (void)snprintf(out, 64, "%s, %s%u d %u h%s", at, in, (unsigned)(d / 86400),
                       (unsigned)(d % 86400 / 3600), ago);
    else if (d >= 3600)
        (void)snprintf(out, 64, "%s, %s%u h %u min%s", at, in, (unsigned)(d / 3600),
                       (unsigned)(d % 3600 / 60), ago);
    else
        (void)snprintf(out, 64, "%s, %s%u s%s", at, in, (unsigned)d, ago);
}

void out_time(struct cli_out *o, const char *key, uint64_t t)
{
    char text[64];
    if (o->json) {
        json_out_u64(&o->j, key, t);
        return;
    }
    time_text(text, t, (uint64_t)time(NULL));
    out_str(o, key, text);
}

void word_decimal(char out[static 80], const struct evm_word *w)
{
    uint8_t v[32];
    char digits[80];
    size_t n = 0;
    memcpy(v, w->b, 32);
    do {
        unsigned rest = 0;
        for (size_t i = 0; i < 32; i++) {
            unsigned x = rest << 8 | v[i];
            v[i] = (uint8_t)(x / 10);
            rest = x % 10;
        }
        digits[n++] = (char)('0' + rest);
    } while (!bytes_all_zero_var(PC_BYTES(v)));
    for (size_t i = 0; i < n; i++)
        out[i] = digits[n - 1 - i];
    out[n] = '\0';
}

void wei_text(char out[static 96], const struct evm_word *w, bool all)
{
    char digits[80], padded[100];
    word_decimal(digits, w);
    size_t n = strlen(digits), pad = n < 19 ? 19 - n : 0;
    memset(padded, '0', pad);
    memcpy(padded + pad, digits, n + 1);
    n += pad;
    size_t decimals = all ? 18 : 6;
    while (decimals > 0 && padded[n - 18 + decimals - 1] == '0')
        decimals--;
    memcpy(out, padded, n - 18);
    out[n - 18] = '\0';
    if (decimals != 0) {
        out[n - 18] = '.';
        memcpy(out + n - 17, padded + n - 18, decimals);
        out[n - 17 + decimals] = '\0';
    }
}

void out_wei(struct cli_out *o, const char *key, const struct evm_word *w)
{
    char text[96], line[104];
    if (o->json) {
        word_decimal(text, w);
        json_out_str(&o->j, key, text);
        return;
    }
    wei_text(text, w, false);
    (void)snprintf(line, sizeof line, "%s ETH", text);
    out_str(o, key, line);
}

void address_text(char out[static 43], const struct evm_address *a)
{
    uint8_t h[32];
    out[0] = '0';
    out[1] = 'x';
    hex_encode(out + 2, bytes_of(a->b, 20));
    keccak256(h, bytes_of(out + 2, 40));
    for (size_t i = 0; i < 40; i++) {
        unsigned nibble = i % 2 == 0 ? h[i / 2] >> 4 : h[i / 2] & 15;
        if (out[2 + i] >= 'a' && nibble >= 8)
            out[2 + i] = (char)(out[2 + i] - 'a' + 'A');
    }
}

void out_list(struct cli_out *o, const char *key)
{
    o->depth++;
    if (o->json)
        json_out_array(&o->j, key);
}

void out_row(struct cli_out *o)
{
    out_row_named(o, NULL);
}

void out_row_named(struct cli_out *o, const char *key)
{
    o->depth++;
    if (o->json)
        json_out_object(&o->j, key);
}

void out_up(struct cli_out *o)
{
    o->depth--;
    if (o->json)
        json_out_end(&o->j);
}

void out_line(struct cli_out *o, const char *format, ...)
{
    va_list args;
    if (o->json)
        return;
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)putchar('\n');
}

int out_end(struct cli_out *o, int code)
{
    size_t n;
    bool ok = true;
    if (o->json) {
        json_out_end(&o->j);
        if (json_out_finish(&o->j, &n) != PC_OK)
            pc_bug("a result does not fit its buffer");
        ok = puts(o->buf) >= 0;
        pc_wipe(o->buf, PC_CLI_OUT_CAP); /* `key get --show` */
        free(o->buf);
    }
    return ok && fflush(stdout) == 0
               ? code
               : cli_fail(PC_CLI_USAGE, "cannot write", "stdout", "check where it leads");
}
