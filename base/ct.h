/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ct.h - marks for the constant-time tests (tests/ct).
 *
 * ct_secret says that nothing may branch on these bytes or use them as an index; ct_public takes
 * that back for something the protocol reveals: a verdict, a public key, a signature. Each
 * ct_public is a claim and says why. In programs both are nothing; in tests/ct, which compiles the
 * sources with PC_CT_CHECK, they are requests to valgrind.
 */
#ifndef PC_BASE_CT_H
#define PC_BASE_CT_H

#include <stddef.h>

#ifdef PC_CT_CHECK
#include <valgrind/memcheck.h>
static inline void ct_secret(const void *p, size_t n)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(p, n);
}
static inline void ct_public(const void *p, size_t n)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(p, n);
}
#else
static inline void ct_secret(const void *p, size_t n)
{
    (void)p;
    (void)n;
}
static inline void ct_public(const void *p, size_t n)
{
    (void)p;
    (void)n;
}
#endif

#endif
