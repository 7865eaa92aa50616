/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest.h - polyclave-attest, the process that takes hostile evidence apart.
 *
 * A job is a digest and evidence (from peer or polyclaved); chain has said under the same digest at
 * which times and by which collateral it must be judged (ca_context); the collateral's bytes come
 * from polyclaved by hash. The verdict goes to the vault alone, a code to whoever asked. One job at
 * a time, and nothing is kept from one to the next: after ATTEST_JOBS_MAX jobs, an error, or
 * ATTEST_LIFE_MS the process ends and init starts it afresh. The verifier itself is
 * attest/worker.h, a pure function.
 */
#ifndef PC_NODE_ATTEST_H
#define PC_NODE_ATTEST_H

#include "attest/worker.h"
#include "node/daemon/daemon.h"

#define ATTEST_JOBS_MAX     64
#define ATTEST_LIFE_MS      60000u
#define ATTEST_QUEUE_MAX    16
#define ATTEST_CONTEXTS_MAX 512
#define ATTEST_WAIT_MS      3000u              /* for a context and for collateral */
#define ATTEST_OBJECTS      (PC_OBJ_COUNT + 1) /* and the signer's certificate */
#define ATTEST_OBJECT_SIZE  (128u * 1024)

struct job {
    bool used;
    enum ipc_process from;
    uint8_t digest[32];
    enum vendor vendor;
    uint64_t since;
    /* polyclaved's question how evidence would be judged: its own context, which is no other job's,
     * and an answer to polyclaved alone. */
    bool forecast;
    struct ipc_ca_context own;
    size_t n;
    uint8_t evidence[WIRE_EVIDENCE_MAX];
};

struct object {
    uint8_t name[32];
    bool asked, have;
    size_t n;
    uint8_t data[ATTEST_OBJECT_SIZE];
};

struct attest {
    struct daemon d;
    struct evidence_policy policy;
    struct ipc_ca_context contexts[ATTEST_CONTEXTS_MAX];
    size_t next_context;
    struct job queue[ATTEST_QUEUE_MAX];
    struct job *current;
    struct ipc_ca_context context; /* of the current job */
    struct object objects[ATTEST_OBJECTS];
    unsigned done;
    bool faulty; /* an error happened: end when the current job is answered */
    uint64_t started;
    struct loop_timer tick;
};

void attest_spec(struct daemon_spec *out, struct attest *a);
void attest_start(struct attest *a); /* after daemon_begin */

#endif
