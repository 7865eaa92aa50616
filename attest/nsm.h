/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nsm.h - a document from the Nitro Secure Module by /dev/nsm (attestation.md 3.4; Linux
 * include/uapi/linux/nsm.h, drivers/misc/nsm.c).
 *
 * One ioctl carries a CBOR request (at most 4 KiB, else EMSGSIZE) and its answer (at most 12 KiB;
 * the driver cuts silently what does not fit, and says how much it gave):
 *
 *     {"Attestation": {"user_data": bstr, "nonce": null, "public_key": null}}
 *     {"Attestation": {"document": bstr}}   or   {"Error": "InternalError"}
 *
 * Nothing that comes back is believed: it is strict CBOR, whole, and the document in it is one over
 * the report data that was asked for, with null beside it. All system calls go through a table, so
 * that tests play every fault that driver and module document.
 */
#ifndef PC_ATTEST_NSM_H
#define PC_ATTEST_NSM_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_NSM_DEVICE       "/dev/nsm"
#define PC_NSM_REQUEST_MAX  ((size_t)0x1000)
#define PC_NSM_RESPONSE_MAX ((size_t)0x3000)
#define PC_NSM_TRIES        8

/* struct nsm_raw of the kernel: addresses and lengths of the two buffers. */
struct nsm_raw {
    uint64_t request_addr;
    uint64_t request_len;
    uint64_t response_addr;
    uint64_t response_len; /* room, then what was given */
};
#define PC_NSM_IOCTL_RAW 0xc0200a00UL /* _IOWR(0x0a, 0, struct nsm_raw) */

/* As the calls of the same names: -1 and errno on failure. */
struct nsm_io {
    int (*open)(struct nsm_io *io, const char *path);
    int (*ioctl)(struct nsm_io *io, int fd, struct nsm_raw *raw);
    int (*close)(struct nsm_io *io, int fd);
    void (*wait_ms)(struct nsm_io *io, unsigned ms); /* back-off */
};

/* What failed, for people: never decides anything. */
struct nsm_fault {
    const char *step; /* "ioctl", "answer", an error that the module named */
    int err;          /* errno, 0 if none */
};

/*
 * A document over report_data; *n bytes into out.
 *   PC_E_UNSUPPORTED  there is no /dev/nsm, or nobody behind it: not a Nitro enclave
 *   PC_E_RETRY        transient faults outlived PC_NSM_TRIES tries
 *   PC_E_TRUNCATED    the answer was cut
 *   PC_E_MISMATCH     what came back is no answer of this form, no document, or not over this data
 *   PC_E_REFUSED      the module names an error that trying again does not mend
 *   PC_E_IO           any other fault of the interface
 */
PC_MUST_USE enum err_code nsm_document(uint8_t out[static PC_NSM_RESPONSE_MAX], size_t *n,
                                       struct nsm_fault *why, struct nsm_io *io,
                                       const uint8_t report_data[static 64]);

/* The answer to an Attestation request taken apart: the document in it. PC_E_TRUNCATED,
 * PC_E_MISMATCH, PC_E_REFUSED, PC_E_RETRY as above. */
PC_MUST_USE enum err_code nsm_answer(struct bytes *document, struct nsm_fault *why,
                                     struct bytes answer);

#endif
