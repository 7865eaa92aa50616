/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pin.c - the pin file: four lines, each once, nothing else but comments and blanks.
 */
#include "client/lib/pin.h"

#include <errno.h>
#include <stdio.h>

#include "base/hex.h"
#include "crypto/group.h"

#define FIELDS 4

static const char *const names[FIELDS] = {"network_id", "key_id", "pk", "app_id"};

static struct bytes trim(struct bytes b)
{
    while (b.n > 0 && (b.p[0] == ' ' || b.p[0] == '\t'))
        b = bytes_of(b.p + 1, b.n - 1);
    while (b.n > 0 && (b.p[b.n - 1] == ' ' || b.p[b.n - 1] == '\t' || b.p[b.n - 1] == '\r'))
        b.n--;
    return b;
}

/* The field of `name`, FIELDS if there is none. */
static size_t field_of(struct bytes name)
{
    size_t i = 0;
    while (i < FIELDS && !bytes_equal_var(name, bytes_of(names[i], strlen(names[i]))))
        i++;
    return i;
}

static bool take_line(uint8_t *const out[FIELDS], unsigned *seen, struct bytes line)
{
    line = trim(line);
    if (line.n == 0 || line.p[0] == '#')
        return true;
    const uint8_t *eq = memchr(line.p, '=', line.n);
    if (eq == NULL)
        return false;
    size_t left = (size_t)(eq - line.p);
    size_t i = field_of(trim(bytes_of(line.p, left)));
    struct bytes value = trim(bytes_of(eq + 1, line.n - left - 1));
    if (i == FIELDS || (*seen & 1u << i) != 0 || value.n != 66 || memcmp(value.p, "0x", 2) != 0)
        return false;
    *seen |= 1u << i;
    return hex_decode(out[i], 32, (const char *)value.p, value.n) == PC_OK;
}

enum err_code pin_parse(struct polyclave_pin *out, unsigned *bad_line, struct bytes text)
{
    struct polyclave_pin pin = {0};
    uint8_t *const fields[FIELDS] = {pin.network_id, pin.key_id, pin.pk, pin.app_id};
    struct point pk;
    unsigned seen = 0;
    memset(out, 0, sizeof *out);
    *bad_line = 0;
    for (size_t at = 0; at < text.n;) {
        const uint8_t *end = memchr(text.p + at, '\n', text.n - at);
        size_t n = end != NULL ? (size_t)(end - text.p) - at : text.n - at;
        ++*bad_line;
        if (!take_line(fields, &seen, bytes_of(text.p + at, n)))
            return PC_E_MALFORMED;
        at += n + 1;
    }
    *bad_line = 0;
    if (seen != (1u << FIELDS) - 1)
        return PC_E_TRUNCATED;
    PC_TRY(group_point_decode(&group_ristretto255, &pk, pin.pk));
    *out = pin;
    return PC_OK;
}

enum err_code pin_text(char *out, size_t cap, const struct polyclave_pin *pin)
{
    const uint8_t *const fields[FIELDS] = {pin->network_id, pin->key_id, pin->pk, pin->app_id};
    size_t n = 0;
    for (size_t i = 0; i < FIELDS; i++) {
        char hex[65];
        hex_encode(hex, bytes_of(fields[i], 32));
        int m = snprintf(out + n, cap - n, "%s = 0x%s\n", names[i], hex);
        if (m < 0 || (size_t)m >= cap - n)
            return PC_E_TOO_LARGE;
        n += (size_t)m;
    }
    return PC_OK;
}

enum err_code pin_read(struct polyclave_pin *out, unsigned *bad_line, const char *path)
{
    uint8_t text[PC_PIN_FILE_MAX + 1];
    memset(out, 0, sizeof *out);
    *bad_line = 0;
    FILE *f = fopen(path, "rbe");
    if (f == NULL)
        return errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO;
    size_t n = fread(text, 1, sizeof text, f);
    bool failed = ferror(f) != 0;
    (void)fclose(f);
    if (failed)
        return PC_E_IO;
    return n > PC_PIN_FILE_MAX ? PC_E_TOO_LARGE : pin_parse(out, bad_line, bytes_of(text, n));
}
