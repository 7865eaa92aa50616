/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void cli_printable(char *out, size_t cap, const char *text)
{
    size_t n = 0;
    for (; *text != '\0' && n + 1 < cap; text++) {
        uint8_t c = (uint8_t)*text;
        bool latin = n > 0 && (uint8_t)out[n - 1] == 0xc2 && c >= 0x80 && c < 0xa0;
        out[n++] = c < 0x20 || c == 0x7f || latin ? '?' : (char)c;
    }
    out[n] = '\0';
}

/* Length of the sequence that begins at p (NUL-terminated), 0 if it is none: shortest form, no
 * surrogates, up to U+10FFFF. */
static size_t sequence(const uint8_t *p)
{
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool bad = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
               (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f);
    return bad ? 0 : n;
}

void cli_utf8(char *text)
{
    while (*text != '\0') {
        size_t n = sequence((const uint8_t *)text);
        if (n == 0)
            *text = '?';
        text += n != 0 ? n : 1;
    }
}

int cli_fail(enum cli_exit code, const char *what, const char *which, const char *next)
{
    char text[3][512];
    cli_printable(text[0], sizeof text[0], what);
    cli_printable(text[1], sizeof text[1], which);
    cli_printable(text[2], sizeof text[2], next);
    (void)fprintf(stderr, "polyclave: %s: %s: %s\n", text[0], text[1], text[2]);
    return (int)code;
}

static int print(FILE *to, const char *text)
{
    return fputs(text, to) >= 0 && fflush(to) == 0 ? PC_CLI_YES : PC_CLI_USAGE;
}

int cli_dispatch(const struct cli_command *table, size_t n, const char *help, int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "help") == 0)
        return print(stdout, help);
    for (size_t i = 0; i < n; i++)
        if (strcmp(verb, table[i].name) == 0)
            return table[i].run(argc - 1, argv + 1);
    if (argc > 1)
        (void)cli_fail(PC_CLI_USAGE, "no such command", verb, "these there are:");
    for (size_t i = 0; i < n; i++)
        (void)fprintf(stderr, "  %-12s %s\n", table[i].name, table[i].help);
    return PC_CLI_USAGE;
}

enum err_code cli_read_file(struct bytes *out, const char *path, size_t cap)
{
    *out = (struct bytes){NULL, 0};
    FILE *f = fopen(path, "rbe");
    if (f == NULL)
        return errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO;
    uint8_t *p = malloc(cap > 0 ? cap : 1);
    size_t n = p != NULL ? fread(p, 1, cap, f) : 0;
    bool failed = ferror(f) != 0;
    (void)fclose(f);
    if (p == NULL)
        return PC_E_MEMORY;
    if (failed) {
        free(p);
        return PC_E_IO;
    }
    *out = bytes_of(p, n);
    return PC_OK;
}

void cli_free(struct bytes *b)
{
    free((void *)(uintptr_t)b->p);
    *b = (struct bytes){NULL, 0};
}

bool cli_time(uint64_t *out, const char *text)
{
    struct tm tm = {0};
    char again[21], *end;
    *out = 0;
    if (text[0] >= '0' && text[0] <= '9' && strspn(text, "0123456789") == strlen(text)) {
        errno = 0;
        unsigned long long v = strtoull(text, &end, 10);
        *out = v;
        return errno == 0 && v < UINT64_C(253402300800); /* year 9999 */
    }
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    time_t t = rest != NULL && *rest == '\0' ? timegm(&tm) : -1;
    if (t < 0)
        return false;
    /* One spelling, and no 31 February that slid into March. */
    cli_time_text(again, (uint64_t)t);
    if (strcmp(again, text) != 0)
        return false;
    *out = (uint64_t)t;
    return true;
}

void cli_time_text(char out[static 21], uint64_t t)
{
    struct tm tm;
    time_t tt = (time_t)t;
    if (gmtime_r(&tt, &tm) == NULL || strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm) != 20)
        memcpy(out, "9999-12-31T23:59:59Z", 21);
}
