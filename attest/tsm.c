/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tsm.h"

#include <errno.h>
#include <stdio.h>

#include "attest/evidence.h"
#include "attest/tdx_quote.h"

struct session {
    struct tsm_io *io;
    struct tsm_fault *why;
    char dir[256];
};

/* Faults that the kernel documents as passing: a request of another guest program or a timed-out
 * one still in flight (EBUSY), a signal (EINTR), no answer of the host in time (ETIMEDOUT, EIO,
 * EAGAIN). */
static bool transient(int err)
{
    return err == EBUSY || err == EINTR || err == ETIMEDOUT || err == EIO || err == EAGAIN;
}

static enum err_code fault(struct session *s, const char *step, int err)
{
    *s->why = (struct tsm_fault){step, err};
    if (transient(err))
        return PC_E_RETRY;
    return err == ENXIO || err == ENODEV ? PC_E_UNSUPPORTED : PC_E_IO;
}

static int open_attribute(struct session *s, const char *name, bool write)
{
    char path[320];
    (void)snprintf(path, sizeof(path), "%s/%s", s->dir, name);
    return s->io->open(s->io, path, write);
}

/* Whole attribute, at most cap bytes: one more is PC_E_TOO_LARGE. */
static enum err_code read_attribute(struct session *s, const char *name, uint8_t *out, size_t cap,
                                    size_t *n)
{
    enum err_code e = PC_OK;
    uint8_t more;
    *n = 0;
    int fd = open_attribute(s, name, false);
    if (fd < 0)
        return fault(s, name, errno);
    for (;;) {
        bool full = *n == cap;
        long got = s->io->read(s->io, fd, full ? &more : out + *n, full ? 1 : cap - *n);
        if (got < 0 && errno == EINTR && *n > 0)
            continue; /* inside the blob: the kernel has it already */
        if (got < 0)
            e = fault(s, name, errno);
        else if (got > 0 && full) {
            *s->why = (struct tsm_fault){name, 0};
            e = PC_E_TOO_LARGE;
        }
        if (got <= 0 || e != PC_OK)
            break;
        *n += (size_t)got;
    }
    (void)s->io->close(s->io, fd);
    return e;
}

/* Decimal number and a line end. */
static enum err_code read_generation(struct session *s, uint64_t *out)
{
    uint8_t text[24];
    size_t n;
    *out = 0;
    PC_TRY(read_attribute(s, "generation", text, sizeof(text) - 1, &n));
    size_t digits = 0;
    while (digits < n && digits < 19 && text[digits] >= '0' && text[digits] <= '9')
        *out = *out * 10 + (uint64_t)(text[digits++] - '0');
    if (digits == 0 || (digits < n && text[digits] != '\n'))
        return fault(s, "generation", 0);
    return PC_OK;
}

/* One write of all 64 bytes. An error at close is lost by the interface: the generation tells. */
static enum err_code write_inblob(struct session *s, const uint8_t report_data[static 64])
{
    int fd = open_attribute(s, "inblob", true);
    if (fd < 0)
        return fault(s, "inblob", errno);
    long done = s->io->write(s->io, fd, report_data, 64);
    int err = done < 0 ? errno : 0;
    if (s->io->close(s->io, fd) != 0 && err == 0)
        err = errno;
    if (err != 0 || done != 64)
        return fault(s, "inblob", err != 0 ? err : EIO);
    return PC_OK;
}

/* The host chose these bytes: is it a TDX quote, over what was asked, and nothing but zeros behind?
 * *n becomes the quote's own length. */
static enum err_code check_quote(struct session *s, const uint8_t *blob, size_t *n,
                                 const uint8_t report_data[static 64])
{
    struct tdx_quote q;
    struct verdict found = {0};
    size_t take = *n < PC_EVIDENCE_MAX ? *n : PC_EVIDENCE_MAX;
    *s->why = (struct tsm_fault){"quote", 0};
    if (!tdx_quote_parse(&q, &found, bytes_of(blob, take)) || verdict_has(&found, PC_R_TRAILING) ||
        !bytes_all_zero_var(bytes_of(blob + take, *n - take)) ||
        memcmp(q.body.p + PC_TD_REPORTDATA, report_data, 64) != 0)
        return PC_E_MISMATCH;
    *n = take - q.rest.n;
    return PC_OK;
}

static enum err_code attempt(struct session *s, uint8_t *out, size_t *n,
                             const uint8_t report_data[static 64])
{
    static const char want[] = "tdx_guest\n";
    uint8_t provider[32];
    uint64_t before, written, after;
    size_t len;
    PC_TRY(read_attribute(s, "provider", provider, sizeof(provider), &len));
    if (!bytes_equal_var(bytes_of(provider, len), PC_BYTES_STR(want))) {
        *s->why = (struct tsm_fault){"provider", 0};
        return PC_E_UNSUPPORTED;
    }
    PC_TRY(read_generation(s, &before));
    PC_TRY(write_inblob(s, report_data));
    PC_TRY(read_generation(s, &written));
    if (written != before + 1)
        return fault(s, "generation", EAGAIN); /* the write was lost, or is not the only one */
    PC_TRY(read_attribute(s, "outblob", out, PC_TSM_BLOB_MAX, n));
    PC_TRY(read_generation(s, &after));
    if (after != written)
        return fault(s, "generation", EAGAIN); /* somebody wrote between */
    return check_quote(s, out, n, report_data);
}

enum err_code tsm_quote(uint8_t out[static PC_TSM_BLOB_MAX], size_t *n, struct tsm_fault *why,
                        struct tsm_io *io, const char *name, const uint8_t report_data[static 64])
{
    struct session s = {.io = io, .why = why};
    enum err_code e = PC_E_RETRY;
    unsigned wait = 50;
    *n = 0;
    *why = (struct tsm_fault){"", 0};
    int len = snprintf(s.dir, sizeof(s.dir), "%s/%s", PC_TSM_ROOT, name);
    if (len < 0 || (size_t)len >= sizeof(s.dir))
        return fault(&s, "name", ENAMETOOLONG);
    int made = io->make_dir(io, s.dir);
    if (made != 0 && errno == EEXIST) { /* left by a process of our number that was killed */
        (void)io->remove_dir(io, s.dir);
        made = io->make_dir(io, s.dir);
    }
    if (made != 0) {
        int err = errno;
        /* no configfs-tsm at all, or nobody behind it */
        return err == ENOENT || err == ENXIO ? fault(&s, "report folder", ENXIO)
                                             : fault(&s, "report folder", err);
    }
    for (unsigned i = 0; i < PC_TSM_TRIES && e == PC_E_RETRY; i++) {
        if (i > 0) {
            io->wait_ms(io, wait);
            wait *= 2;
        }
        e = attempt(&s, out, n, report_data);
    }
    (void)io->remove_dir(io, s.dir);
    if (e != PC_OK) {
        memset(out, 0, PC_TSM_BLOB_MAX);
        *n = 0;
    }
    return e;
}
