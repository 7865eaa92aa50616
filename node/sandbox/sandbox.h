/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - how each process of a node gives up what it does not need.
 *
 * Two steps, both before the first byte from anybody is read:
 *
 *   sandbox_begin   first lines of main: only the named descriptors stay open, no core and no
 *                   ptrace (PR_SET_DUMPABLE 0), limits, another user if started as root, no new
 *                   privileges, death with the parent
 *   sandbox_seal    when the files that the process needs are read: landlock where the kernel has
 *                   it, then the seccomp allow-list of the role on every thread (TSYNC)
 *
 * A role's limits and system calls stand in one table each (sandbox.c, sandbox_filter.c). A call
 * outside the list kills the process, except the few that libraries try and can do without, which
 * fail with EACCES, ENOSYS or ENOTTY. There is no switch that turns any of it off; a step that the
 * kernel refuses is an error, except where a line here says that it is optional.
 */
#ifndef PC_NODE_SANDBOX_H
#define PC_NODE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* X(constant, process name); in the order of enum ipc_process, init left out */
#define SANDBOX_ROLES(X)                                                                           \
    X(SANDBOX_POLYCLAVED, "polyclaved")                                                            \
    X(SANDBOX_VAULT, "polyclave-vault")                                                            \
    X(SANDBOX_PEER, "polyclave-peer")                                                              \
    X(SANDBOX_ATTEST, "polyclave-attest")                                                          \
    X(SANDBOX_CHAIN, "polyclave-chain")                                                            \
    X(SANDBOX_RPC, "polyclave-rpc")                                                                \
    X(SANDBOX_QUOTE, "polyclave-quote")

enum sandbox_role {
#define SANDBOX_ENUM(id, name) id,
    SANDBOX_ROLES(SANDBOX_ENUM)
#undef SANDBOX_ENUM
        SANDBOX_ROLE_COUNT
};

const char *sandbox_role_name(enum sandbox_role role);

/* Close every descriptor above stderr but the n in keep (any order); open /dev/null where stdin,
 * stdout or stderr is missing; limits of the role; core dumps and ptrace off; SIGPIPE ignored;
 * SIGKILL when the parent dies (SIGTERM for the vault, which wipes and leaves), PC_E_CLOSED if it
 * has died already.
 *
 * uid: as root, become this user and group with no supplementary groups, for good; 0 leaves the
 * user as it is and, as root, logs `uid_not_dropped`. Not as root, any uid but one's own is
 * PC_E_REFUSED. PC_E_IO: the kernel refused a step; it is logged. Leave the process on any error.
 */
PC_MUST_USE enum err_code sandbox_begin(enum sandbox_role role, const int *keep, size_t n,
                                        uid_t uid);

/* A folder or file that stays reachable for a role that may open files. */
struct sandbox_path {
    const char *path;
    bool writable; /* else read and list only */
};

/* Close the sandbox. paths: what a role with file access still needs; the others pass n = 0. A path
 * that does not exist is left out. Kernels without landlock: logged once (`landlock_absent`), the
 * system call list holds all the same. PC_E_IO: refused by the kernel, logged. */
PC_MUST_USE enum err_code sandbox_seal(enum sandbox_role role, const struct sandbox_path *paths,
                                       size_t n);

#endif
