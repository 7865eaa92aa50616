/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - between the files of node/sandbox. */
#ifndef PC_NODE_SANDBOX_INTERNAL_H
#define PC_NODE_SANDBOX_INTERNAL_H

#include "node/sandbox/sandbox.h"

/* AddressSanitizer and its relatives need a few more system calls and no limit on address space.
 * Known at compile time only: a release build has no such door. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PC_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PC_SANITIZED 1
#endif
#endif

/* Log which step the kernel refused; PC_E_IO. */
PC_MUST_USE enum err_code sandbox_refused(const char *step, int error);

PC_MUST_USE enum err_code sandbox_limit_paths(const struct sandbox_path *paths, size_t n);
PC_MUST_USE enum err_code sandbox_filter(enum sandbox_role role);

#endif
