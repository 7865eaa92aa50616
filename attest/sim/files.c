/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/hex.h"

#define PATH_CAP 4096

bool sim_complain(const char *what, const char *dir, const char *name)
{
    (void)fprintf(stderr, "polyclave-quote-sim: %s %s/%s: %s\n", what, dir, name,
                  errno != 0 ? strerror(errno) : "not in the expected form");
    return false;
}

bool sim_save(const char *dir, const char *name, const void *p, size_t n, mode_t mode)
{
    char path[PATH_CAP];
    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return sim_complain("cannot write", dir, name);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return sim_complain("cannot write", dir, name);
    ssize_t done = write(fd, p, n);
    if (close(fd) != 0 || done != (ssize_t)n)
        return sim_complain("cannot write", dir, name);
    return true;
}

bool sim_load(void *p, size_t cap, size_t *n, const char *dir, const char *name)
{
    char path[PATH_CAP];
    errno = ENAMETOOLONG;
    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
        return sim_complain("cannot read", dir, name);
    FILE *f = fopen(path, "rbe");
    if (f == NULL)
        return sim_complain("cannot read", dir, name);
    *n = fread(p, 1, cap, f);
    (void)fclose(f);
    errno = 0;
    return *n < cap || sim_complain("too large:", dir, name);
}

bool sim_conf_hex(uint8_t *out, size_t n, const char *conf, const char *key)
{
    char want[64];
    int len = snprintf(want, sizeof(want), "%s = ", key);
    for (const char *line = conf; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, want, (size_t)len) != 0)
            continue;
        const char *value = line + len;
        return hex_decode(out, n, value, strcspn(value, "\n")) == PC_OK;
    }
    return false;
}

size_t sim_conf_put(char *out, size_t cap, size_t at, const char *key, struct bytes value)
{
    char hex[129];
    hex_encode(hex, value);
    int n = snprintf(out + at, cap - at, "%s = %s\n", key, hex);
    if (n < 0 || (size_t)n >= cap - at)
        pc_bug("configuration does not fit");
    return at + (size_t)n;
}
