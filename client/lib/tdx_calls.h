/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx_calls.h - Intel TDX in vendor_calls.h (contracts/src/interfaces/ITdxVerifier.sol).
 *
 * Hints of a quote are its leaf record, found in it, and the two tables of the collateral in force,
 * found in the calldata of the posts that the contract's events name, each compared with the tag
 * that the contract holds. A machine's certificates are the PCK CA and the PCK certificate; the
 * root CRL comes before them, by vendor_calls_post.
 */
#ifndef PC_CLIENT_LIB_TDX_CALLS_H
#define PC_CLIENT_LIB_TDX_CALLS_H

/* Objects of ITdxVerifier: product of a TCB info, or a small number. */
enum { PC_TDX_OBJECT_QE = 1, PC_TDX_OBJECT_ROOT_CRL = 2 };

#endif
