/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_faults.h - stand in for the writing system calls of this test program.
 *
 * The engine's library calls pwrite, fdatasync and the like through the dynamic linker, so a
 * definition in the program itself is found first. Each call is counted while `armed`; at call
 * number fault_at the process dies or the call fails.
 */
#ifndef PC_STORAGE_STORE_FAULTS_H
#define PC_STORAGE_STORE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

enum fault_what {
    FAULT_NONE,
    FAULT_KILL_BEFORE,
    FAULT_KILL_HALFWAY,
    FAULT_KILL_AFTER,
    FAULT_EIO,
    FAULT_ENOSPC
};

extern bool fault_armed;
extern size_t fault_calls;
extern size_t fault_at; /* from 1 */
extern enum fault_what fault_what;

#endif
