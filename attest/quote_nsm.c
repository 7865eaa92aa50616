/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote_nsm.c - polyclave-quote-nsm: an attestation document from the Nitro Secure Module: 64 bytes
 * of report data on stdin, document on stdout.
 *
 * This file holds the real system calls; nsm.c has the protocol and its faults.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "attest/nsm.h"
#include "attest/quote_helper.h"
#include "attest/quote_io.h"

static const char help[] =
    "polyclave-quote-nsm asks this enclave's Nitro Secure Module for a document over 64 bytes of\n"
    "report data: user_data; public_key and nonce stay null.\n"
    "\n"
    "  polyclave-quote-nsm < report_data > document\n"
    "\n"
    "Needs " PC_NSM_DEVICE " (a Nitro enclave; Linux 6.8 or newer, or AWS's driver).\n"
    "Exit codes: 0 a document, 1 this is no Nitro enclave, the module refuses, or the document is\n"
    "not over the data, 2 usage, 3 driver or module did not deliver: try again.\n";

static int io_open(struct nsm_io *io, const char *path)
{
    (void)io;
    return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
}

static int io_ioctl(struct nsm_io *io, int fd, struct nsm_raw *raw)
{
    (void)io;
    return ioctl(fd, PC_NSM_IOCTL_RAW, raw);
}

static int io_close(struct nsm_io *io, int fd)
{
    (void)io;
    return close(fd);
}

static void io_wait_ms(struct nsm_io *io, unsigned ms)
{
    (void)io;
    (void)poll(NULL, 0, (int)ms);
}

static struct nsm_io system_io = {io_open, io_ioctl, io_close, io_wait_ms};

_Static_assert(PC_QUOTE_MAX >= PC_NSM_RESPONSE_MAX, "a maker has room for every answer");

enum err_code quote_nsm_make(uint8_t out[static PC_QUOTE_MAX], size_t *n,
                             const uint8_t report_data[static 64])
{
    struct nsm_fault why;
    return nsm_document(out, n, &why, &system_io, report_data);
}

static int fail(int code, const char *what, const struct nsm_fault *why)
{
    (void)fprintf(stderr, "polyclave-quote-nsm: %s (%s%s%s)\n", what, why->step,
                  why->err != 0 ? ": " : "", why->err != 0 ? strerror(why->err) : "");
    return code;
}

int quote_nsm_main(int argc, char **argv)
{
    static uint8_t document[PC_NSM_RESPONSE_MAX];
    uint8_t report_data[64];
    struct nsm_fault why = {"", 0};
    size_t n;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(help, stdout) >= 0 ? 0 : 2;
    if (argc != 1 || quote_read_data(report_data, STDIN_FILENO) != PC_OK) {
        (void)fprintf(stderr, "polyclave-quote-nsm: stdin must be exactly 64 bytes of report data; "
                              "--help shows the form\n");
        return 2;
    }
    switch (nsm_document(document, &n, &why, &system_io, report_data)) {
    case PC_OK:
        break;
    case PC_E_UNSUPPORTED:
        return fail(1, "no Nitro Secure Module: this is not a Nitro enclave", &why);
    case PC_E_REFUSED:
        return fail(1, "the module refuses", &why);
    case PC_E_MISMATCH:
        return fail(1, "what came back is no document over this report data", &why);
    default:
        return fail(3, "driver or module did not deliver a document; try again", &why);
    }
    if (quote_write(STDOUT_FILENO, bytes_of(document, n)) != PC_OK)
        return fail(3, "cannot write the document", &(struct nsm_fault){"stdout", errno});
    return 0;
}
