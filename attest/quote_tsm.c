/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote_tsm.c - polyclave-quote-tsm: evidence from the kernel, a TDX quote or an SEV-SNP report
 * with its certificates: 64 bytes of report data on stdin, evidence on stdout.
 *
 * This file holds the real system calls; tsm.c has the protocol and its faults.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/quote_helper.h"
#include "attest/quote_io.h"
#include "attest/tsm.h"

static const char help[] =
    "polyclave-quote-tsm asks this guest's kernel for evidence over 64 bytes of report data: a "
    "TDX\n"
    "quote, or an SEV-SNP report with the host's certificates behind it.\n"
    "\n"
    "  polyclave-quote-tsm < report_data > quote\n"
    "\n"
    "Needs " PC_TSM_ROOT " (Linux 6.7 or newer, a TDX or SEV-SNP guest) and the right to write\n"
    "there.\n"
    "Exit codes: 0 a quote, 1 this is no such guest or the quote is not over the data, 2 usage,\n"
    "3 the kernel or the host did not deliver: try again.\n";

static int io_make_dir(struct tsm_io *io, const char *path)
{
    (void)io;
    return mkdir(path, 0700);
}

static int io_remove_dir(struct tsm_io *io, const char *path)
{
    (void)io;
    return rmdir(path);
}

static int io_open(struct tsm_io *io, const char *path, bool write)
{
    (void)io;
    return open(path, (write ? O_WRONLY : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
}

static long io_read(struct tsm_io *io, int fd, void *p, size_t n)
{
    (void)io;
    return read(fd, p, n);
}

static long io_write(struct tsm_io *io, int fd, const void *p, size_t n)
{
    (void)io;
    return write(fd, p, n);
}

static int io_close(struct tsm_io *io, int fd)
{
    (void)io;
    return close(fd);
}

static void io_wait_ms(struct tsm_io *io, unsigned ms)
{
    (void)io;
    (void)poll(NULL, 0, (int)ms);
}

static struct tsm_io system_io = {io_make_dir, io_remove_dir, io_open,   io_read,
                                  io_write,    io_close,      io_wait_ms};

/* A folder of our own per request, named after the process. */
static enum err_code ask(uint8_t out[static PC_TSM_BLOB_MAX], size_t *n, struct tsm_fault *why,
                         const uint8_t report_data[static 64])
{
    char name[64];
    (void)snprintf(name, sizeof(name), "polyclave-%ld", (long)getpid());
    return tsm_quote(out, n, why, &system_io, name, report_data);
}

enum err_code quote_tsm_make(uint8_t out[static PC_QUOTE_MAX], size_t *n,
                             const uint8_t report_data[static 64])
{
    struct tsm_fault why;
    return ask(out, n, &why, report_data);
}

static int fail(int code, const char *what, const struct tsm_fault *why)
{
    (void)fprintf(stderr, "polyclave-quote-tsm: %s (%s%s%s)\n", what, why->step,
                  why->err != 0 ? ": " : "", why->err != 0 ? strerror(why->err) : "");
    return code;
}

int quote_tsm_main(int argc, char **argv)
{
    static uint8_t quote[PC_TSM_BLOB_MAX];
    uint8_t report_data[64];
    struct tsm_fault why = {"", 0};
    size_t n;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(help, stdout) >= 0 ? 0 : 2;
    if (argc != 1 || quote_read_data(report_data, STDIN_FILENO) != PC_OK) {
        (void)fprintf(stderr, "polyclave-quote-tsm: stdin must be exactly 64 bytes of report data; "
                              "--help shows the form\n");
        return 2;
    }
    switch (ask(quote, &n, &why, report_data)) {
    case PC_OK:
        break;
    case PC_E_UNSUPPORTED:
        return fail(
            1, "no TDX or SEV-SNP provider: this is no such guest, or its kernel has no tsm", &why);
    case PC_E_MISMATCH:
        return fail(1, "what came back is no quote over this report data", &why);
    case PC_E_TOO_LARGE:
        return fail(1, "what the host gave is over 256 KiB", &why);
    default:
        return fail(3, "the kernel did not deliver a quote; try again", &why);
    }
    if (quote_write(STDOUT_FILENO, bytes_of(quote, n)) != PC_OK)
        return fail(3, "cannot write the quote", &(struct tsm_fault){"stdout", errno});
    return 0;
}
