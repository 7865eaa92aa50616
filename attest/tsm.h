/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsm.h - a quote from the kernel by configfs-tsm (attestation.md 4).
 *
 * The kernel's interface is files under /sys/kernel/config/tsm/report, a folder per request:
 *   mkdir; read generation; write inblob (64 bytes, one write; it commits at close, whose error is
 *   lost); generation must have grown by one; read provider, outblob (until end, bounded), on
 *   SEV-SNP auxblob, the certificate table; generation must not have moved; rmdir.
 * What the host delivers is untrusted: its length is bounded and the REPORTDATA in it is compared
 * with what was asked for.
 *
 * Evidence of SEV-SNP is the report, and behind it a table of our own with the certificates of the
 * host's, in DER: nothing else of it is passed on, and a table that is malformed, or none, leaves
 * the report alone (the certificates can come from elsewhere).
 *
 * All system calls go through a table, so that tests play every fault that the kernel documents.
 */
#ifndef PC_ATTEST_TSM_H
#define PC_ATTEST_TSM_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_TSM_ROOT     "/sys/kernel/config/tsm/report"
#define PC_TSM_BLOB_MAX ((size_t)256 * 1024) /* of outblob and auxblob, padding included */
#define PC_TSM_TRIES    8

/* As the calls of the same names: -1 and errno on failure. */
struct tsm_io {
    int (*make_dir)(struct tsm_io *io, const char *path);
    int (*remove_dir)(struct tsm_io *io, const char *path);
    int (*open)(struct tsm_io *io, const char *path, bool write);
    long (*read)(struct tsm_io *io, int fd, void *p, size_t n);
    long (*write)(struct tsm_io *io, int fd, const void *p, size_t n);
    int (*close)(struct tsm_io *io, int fd);
    void (*wait_ms)(struct tsm_io *io, unsigned ms); /* back-off */
};

/* What failed, for people: never decides anything. */
struct tsm_fault {
    const char *step; /* "outblob" */
    int err;          /* errno, 0 if none */
};

/*
 * A quote over report_data; *n bytes into out (PC_TSM_BLOB_MAX), without the zeros that buffers of
 * hosts end in. name: the folder's, unique.
 *   PC_E_UNSUPPORTED  no provider (not in a TEE), or one that is neither tdx_guest nor sev_guest
 *   PC_E_RETRY        transient faults outlived PC_TSM_TRIES tries
 *   PC_E_TOO_LARGE    outblob or auxblob is over the bound
 *   PC_E_MISMATCH     the quote is not over this report data, or is no quote of the provider's
 *   PC_E_IO           any other fault of the interface
 * The folder is removed in any case.
 */
PC_MUST_USE enum err_code tsm_quote(uint8_t out[static PC_TSM_BLOB_MAX], size_t *n,
                                    struct tsm_fault *why, struct tsm_io *io, const char *name,
                                    const uint8_t report_data[static 64]);

#endif
