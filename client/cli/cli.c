/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int cli_fail(enum cli_exit code, const char *what, const char *which, const char *next)
{
    (void)fprintf(stderr, "polyclave: %s: %s: %s\n", what, which, next);
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
