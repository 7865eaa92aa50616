/* SPDX-License-Identifier: Apache-2.0 */
#include "node/polyclaved/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"

#define ENDPOINT_MAX 128

static enum err_code refuse(struct config_problem *why, unsigned line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    why->line = line;
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return PC_E_USAGE;
}

/* One row per key: where a text goes, or which setter reads it. */
struct key {
    const char *name;
    size_t offset; /* of a char[CONFIG_MAX_TEXT] in struct config */
    size_t max;    /* longest text */
    bool required;
    bool repeats;
    enum err_code (*set)(struct config *, const char *value);
};

static enum err_code set_rpc(struct config *c, const char *value)
{
    if (c->rpc_count == CONFIG_MAX_RPC)
        return PC_E_FULL;
    if (strncmp(value, "http://", 7) != 0 && strncmp(value, "https://", 8) != 0)
        return PC_E_MALFORMED;
    memcpy(c->rpc[c->rpc_count++], value, strlen(value) + 1);
    return PC_OK;
}

static enum err_code set_vendor_root(struct config *c, const char *value)
{
    if (c->n_vendor_roots == CONFIG_MAX_ROOTS)
        return PC_E_FULL;
    memcpy(c->vendor_root[c->n_vendor_roots++], value, strlen(value) + 1);
    return PC_OK;
}

static enum err_code set_vendor(struct config *c, const char *value)
{
    for (int v = WIRE_VENDOR_TDX; v <= WIRE_VENDOR_NITRO; v++)
        if (strcmp(value, wire_vendor_name((enum wire_vendor)v)) == 0) {
            c->vendor = (enum wire_vendor)v;
            return PC_OK;
        }
    return PC_E_MALFORMED;
}

/* A decimal number from 1 to most. */
static enum err_code set_number(uint32_t *out, const char *value, unsigned long most)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(value, &end, 10);
    if (errno != 0 || *end != '\0' || value[0] < '0' || value[0] > '9' || n == 0 || n > most)
        return PC_E_MALFORMED;
    *out = (uint32_t)n;
    return PC_OK;
}

static enum err_code set_rpc_agree(struct config *c, const char *value)
{
    return set_number(&c->rpc_agree, value, CONFIG_MAX_RPC);
}

static enum err_code set_mirror_evidence(struct config *c, const char *value)
{
    return set_number(&c->mirror_evidence_mib, value, 384);
}

static enum err_code set_mirror_collateral(struct config *c, const char *value)
{
    return set_number(&c->mirror_collateral_mib, value, 128);
}

static enum err_code set_mirror_days(struct config *c, const char *value)
{
    return set_number(&c->mirror_days, value, 36500);
}

static enum err_code set_owner(struct config *c, const char *value)
{
    return hex_decode(c->owner, sizeof c->owner, value, strlen(value));
}

static enum err_code set_log_level(struct config *c, const char *value)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (size_t i = 0; i < PC_ARRAY_LEN(names); i++)
        if (strcmp(value, names[i]) == 0) {
            c->log_level = (enum log_level)i;
            return PC_OK;
        }
    return PC_E_MALFORMED;
}

#define TEXT_KEY(field, longest)                                                                   \
    {                                                                                              \
#field, offsetof(struct config, field), (longest), true, false, NULL                       \
    }
static const struct key keys[] = {
    {"rpc", 0, CONFIG_MAX_TEXT - 1, true, true, set_rpc},
    {"rpc_agree", 0, 8, false, false, set_rpc_agree},
    TEXT_KEY(peer_listen, CONFIG_MAX_TEXT - 1),
    TEXT_KEY(http_listen, CONFIG_MAX_TEXT - 1),
    TEXT_KEY(endpoint, ENDPOINT_MAX),
    TEXT_KEY(relay_socket, 107), /* sizeof sun_path - 1 */
    TEXT_KEY(data_dir, CONFIG_MAX_TEXT - 1),
    TEXT_KEY(control_socket, 107),
    {"vendor", 0, 8, false, false, set_vendor},
    {"vendor_root", 0, CONFIG_MAX_TEXT - 1, true, true, set_vendor_root},
    {"owner", 0, 42, true, false, set_owner},
    {"log_level", 0, 8, false, false, set_log_level},
    {"mirror_evidence_mib", 0, 8, false, false, set_mirror_evidence},
    {"mirror_collateral_mib", 0, 8, false, false, set_mirror_collateral},
    {"mirror_days", 0, 8, false, false, set_mirror_days},
};

/* Drop blanks at both ends of [*from, to). */
static size_t trim(const char **from, size_t n)
{
    while (n != 0 && (**from == ' ' || **from == '\t')) {
        (*from)++;
        n--;
    }
    while (n != 0 && ((*from)[n - 1] == ' ' || (*from)[n - 1] == '\t' || (*from)[n - 1] == '\r'))
        n--;
    return n;
}

static enum err_code set_key(struct config *c, bool seen[static PC_ARRAY_LEN(keys)],
                             struct config_problem *why, unsigned line, const char *name,
                             size_t name_len, const char *value, size_t value_len)
{
    for (size_t i = 0; i < PC_ARRAY_LEN(keys); i++) {
        const struct key *k = &keys[i];
        char text[CONFIG_MAX_TEXT];
        if (strlen(k->name) != name_len || memcmp(k->name, name, name_len) != 0)
            continue;
        if (seen[i] && !k->repeats)
            return refuse(why, line, "'%s' is given twice", k->name);
        if (value_len == 0 || value_len > k->max)
            return refuse(why, line, "'%s' must have 1 to %zu characters", k->name, k->max);
        seen[i] = true;
        memcpy(text, value, value_len);
        text[value_len] = '\0';
        if (k->set == NULL)
            memcpy((char *)c + k->offset, text, value_len + 1);
        else if (k->set(c, text) != PC_OK)
            return refuse(why, line, "'%s' has a value that it cannot take", k->name);
        return PC_OK;
    }
    return refuse(why, line, "unknown key '%.*s'", (int)(name_len < 40 ? name_len : 40), name);
}

static enum err_code parse_line(struct config *c, bool seen[static PC_ARRAY_LEN(keys)],
                                struct config_problem *why, unsigned line, const char *p, size_t n)
{
    n = trim(&p, n);
    if (n == 0 || *p == '#')
        return PC_OK;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)p[i] < ' ' && p[i] != '\t')
            return refuse(why, line, "a control character stands in the line");
    const char *equals = memchr(p, '=', n);
    if (equals == NULL)
        return refuse(why, line, "expected 'key = value'");
    const char *value = equals + 1;
    size_t value_len = n - (size_t)(value - p);
    size_t name_len = trim(&p, (size_t)(equals - p));
    value_len = trim(&value, value_len);
    return set_key(c, seen, why, line, p, name_len, value, value_len);
}

enum err_code config_parse(struct config *out, struct config_problem *why, struct bytes text)
{
    bool seen[PC_ARRAY_LEN(keys)] = {false};
    const char *p = (const char *)text.p;
    size_t left = text.n;
    enum err_code e = PC_OK;

    memset(out, 0, sizeof *out);
    memset(why, 0, sizeof *why);
    out->log_level = PC_LOG_INFO;
    out->vendor = WIRE_VENDOR_TDX;
    out->mirror_evidence_mib = CONFIG_MIRROR_EVIDENCE_MIB;
    out->mirror_collateral_mib = CONFIG_MIRROR_COLLATERAL_MIB;
    for (unsigned line = 1; e == PC_OK && left != 0; line++) {
        const char *end = memchr(p, '\n', left);
        size_t n = end != NULL ? (size_t)(end - p) : left;
        e = parse_line(out, seen, why, line, p, n);
        n += end != NULL;
        p += n;
        left -= n;
    }
    for (size_t i = 0; e == PC_OK && i < PC_ARRAY_LEN(keys); i++)
        if (keys[i].required && !seen[i])
            e = refuse(why, 0, "'%s' is missing", keys[i].name);
    if (e == PC_OK && out->rpc_agree == 0)
        out->rpc_agree = (uint32_t)out->rpc_count / 2 + 1;
    if (e == PC_OK && out->rpc_agree > out->rpc_count)
        e = refuse(why, 0, "'rpc_agree' is more than the %zu endpoints given", out->rpc_count);
    if (e != PC_OK)
        memset(out, 0, sizeof *out);
    return e;
}

/* At most cap bytes of a file; one byte more than that is an error. */
static enum err_code read_file(void *out, size_t cap, size_t *n, struct config_problem *why,
                               const char *path)
{
    *n = 0;
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        (void)refuse(why, 0, "%.80s: %s", path, strerror(errno));
        return PC_E_IO;
    }
    *n = fread(out, 1, cap, f);
    bool more = *n == cap && fgetc(f) != EOF;
    bool bad = ferror(f) != 0;
    fclose(f);
    if (!bad && !more)
        return PC_OK;
    (void)refuse(why, 0, bad ? "%.80s cannot be read" : "%.80s is over %zu bytes", path, cap);
    *n = 0;
    return PC_E_IO;
}

enum err_code config_read(struct config *out, struct config_problem *why, const char *path)
{
    static char text[CONFIG_MAX_FILE];
    size_t n;
    memset(out, 0, sizeof *out);
    memset(why, 0, sizeof *why);
    PC_TRY(read_file(text, sizeof text, &n, why, path));
    return config_parse(out, why, bytes_of(text, n));
}

enum err_code config_read_root(uint8_t out[static CONFIG_MAX_ROOT], size_t *n,
                               struct config_problem *why, const char *path)
{
    memset(why, 0, sizeof *why);
    enum err_code e = read_file(out, CONFIG_MAX_ROOT, n, why, path);
    if (e == PC_OK && *n == 0) {
        (void)refuse(why, 0, "%.80s is empty", path);
        e = PC_E_IO;
    }
    if (e != PC_OK)
        log_error("vendor_root_unusable", LOG_STR("why", why->text));
    return e;
}
