/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw_tcb.h - are a machine's security versions at least some minimum? One rule for the verifiers'
 * policies and for the vault.
 *
 * rawTcb by vendor (SPEC 4, attestation.md C7); a minimum has the layout of what it is compared
 * with, and versions compare by >=, component by component, never as one number:
 *   TDX, 52: TEE_TCB_SVN 16, TEE_TCB_SVN2 16, PCK SVNs 16, PCESVN u16 and QE ISVSVN u16 big-endian
 *   SNP, 56: CURRENT, REPORTED, COMMITTED, LAUNCH TCB_VERSION (8 components of one byte each);
 *            PLATFORM_INFO, LAUNCH and CURRENT MIT_VECTOR (8 each): masks, every bit of the minimum
 *            must be set
 *   Nitro, 0: AWS publishes no version, so whatever is genuine is as good as any other
 */
#ifndef PC_CRYPTO_RAW_TCB_H
#define PC_CRYPTO_RAW_TCB_H

#include "base/bytes.h"
#include "crypto/ids.h"

#define PC_RAW_TCB_TDX   52u
#define PC_RAW_TCB_SNP   56u
#define PC_RAW_TCB_NITRO 0u

/* Length of the vendor's rawTcb; SIZE_MAX for a value that is no vendor. */
size_t raw_tcb_len(enum vendor vendor);

/* False as well if a length is not the vendor's. Public data, variable time. */
bool raw_tcb_at_least_var(enum vendor vendor, struct bytes value, struct bytes least);

#endif
