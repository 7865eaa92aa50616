/* SPDX-License-Identifier: Apache-2.0 */
/* flood_testkit.h - what a flood costs: for the tests that count descriptors and resident memory.
 */
#ifndef PC_PROTOCOL_FLOOD_TESTKIT_H
#define PC_PROTOCOL_FLOOD_TESTKIT_H

#include "base/err.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* Under a sanitizer memory says nothing. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PC_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PC_SANITIZED 1
#endif

static inline size_t resident(void)
{
    unsigned long size, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    PC_ASSERT(f != NULL && fscanf(f, "%lu %lu", &size, &pages) == 2);
    (void)fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Whether this process may have so many descriptors; raises the soft limit if it can. */
static inline _Bool descriptors(rlim_t n)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 0;
    if (files.rlim_cur >= n)
        return 1;
    if (files.rlim_max < n)
        return 0;
    files.rlim_cur = n;
    return setrlimit(RLIMIT_NOFILE, &files) == 0;
}

#endif
