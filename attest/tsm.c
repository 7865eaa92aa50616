/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tsm.h"

#include <errno.h>
#include <stdio.h>

#include "attest/der.h"
#include "attest/evidence.h"
#include "attest/pem.h"
#include "attest/snp_report.h"
#include "attest/snp_table.h"
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

/* Is it a report, over what was asked, and nothing but zeros behind? *n becomes its length. */
static enum err_code check_report(struct session *s, const uint8_t *blob, size_t *n,
                                  const uint8_t report_data[static 64])
{
    struct snp_report r;
    struct verdict found = {0};
    size_t take = *n < PC_SNP_REPORT_LEN ? *n : PC_SNP_REPORT_LEN;
    *s->why = (struct tsm_fault){"report", 0};
    if (!snp_report_parse(&r, &found, bytes_of(blob, take)) ||
        !bytes_all_zero_var(bytes_of(blob + take, *n - take)) ||
        memcmp(blob + PC_SR_REPORT_DATA, report_data, 64) != 0)
        return PC_E_MISMATCH;
    *n = PC_SNP_REPORT_LEN;
    return PC_OK;
}

/* One certificate of the host's table in DER; empty for what is none. */
static struct bytes certificate(struct pem_chain *pem, struct bytes b)
{
    if (b.n > 0 && b.p[0] != PC_DER_SEQUENCE)
        b = pem_decode(pem, b) == PC_OK && pem->count == 1 ? pem->cert[0] : bytes_of(NULL, 0);
    return b.n <= PC_CERT_DER_MAX ? b : bytes_of(NULL, 0);
}

/* The host's table at blob + at, aux_n bytes, becomes ours; *n is the whole length. */
static void own_table(uint8_t *blob, size_t at, size_t aux_n, size_t *n)
{
    static const enum snp_entry kept[] = {PC_SNP_ENTRY_VCEK, PC_SNP_ENTRY_VLEK, PC_SNP_ENTRY_ASK,
                                          PC_SNP_ENTRY_ARK};
    static struct pem_chain pem[PC_ARRAY_LEN(kept)];
    uint8_t table[PC_EVIDENCE_MAX - PC_SNP_REPORT_LEN];
    struct snp_table host, own = {.entry = {{NULL, 0}}};
    size_t table_n = 0;
    if (snp_table_parse(&host, bytes_of(blob + at, aux_n)) == PC_OK) {
        for (size_t i = 0; i < PC_ARRAY_LEN(kept); i++)
            own.entry[kept[i]] = certificate(&pem[i], host.entry[kept[i]]);
        if (snp_table_build(table, sizeof(table), &table_n, &own) != PC_OK)
            table_n = 0;
    }
    memset(blob + at, 0, aux_n);
    if (table_n > 0)
        memcpy(blob + at, table, table_n);
    *n = at + table_n;
}

/* auxblob into the space behind the report. A kernel without the attribute has no table. */
static enum err_code read_table(struct session *s, uint8_t *out, size_t at, size_t *aux_n)
{
    enum err_code e = read_attribute(s, "auxblob", out + at, PC_TSM_BLOB_MAX - at, aux_n);
    if (e == PC_E_IO && s->why->err == ENOENT) {
        *aux_n = 0;
        return PC_OK;
    }
    return e;
}

enum provider { PROVIDER_TDX, PROVIDER_SNP };

static enum err_code read_provider(struct session *s, enum provider *out)
{
    uint8_t name[32];
    size_t n;
    PC_TRY(read_attribute(s, "provider", name, sizeof(name), &n));
    *out = PROVIDER_TDX;
    if (bytes_equal_var(bytes_of(name, n), PC_BYTES_STR("tdx_guest\n")))
        return PC_OK;
    *out = PROVIDER_SNP;
    if (bytes_equal_var(bytes_of(name, n), PC_BYTES_STR("sev_guest\n")))
        return PC_OK;
    *s->why = (struct tsm_fault){"provider", 0};
    return PC_E_UNSUPPORTED;
}

static enum err_code attempt(struct session *s, uint8_t *out, size_t *n,
                             const uint8_t report_data[static 64])
{
    enum provider provider;
    uint64_t before, written, after;
    size_t aux_n = 0;
    PC_TRY(read_provider(s, &provider));
    PC_TRY(read_generation(s, &before));
    PC_TRY(write_inblob(s, report_data));
    PC_TRY(read_generation(s, &written));
    if (written != before + 1)
        return fault(s, "generation", EAGAIN); /* the write was lost, or is not the only one */
    PC_TRY(read_attribute(s, "outblob", out, PC_TSM_BLOB_MAX, n));
    if (provider == PROVIDER_SNP) {
        PC_TRY(check_report(s, out, n, report_data));
        PC_TRY(read_table(s, out, *n, &aux_n));
    }
    PC_TRY(read_generation(s, &after));
    if (after != written)
        return fault(s, "generation", EAGAIN); /* somebody wrote between */
    if (provider == PROVIDER_TDX)
        return check_quote(s, out, n, report_data);
    own_table(out, *n, aux_n, n);
    return PC_OK;
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
