/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage.h - real programs of a node, with the measuring program in place of polyclave-init and of
 * every neighbour that is not started: it holds the far ends of their links and speaks in plain
 * blocking packets. Whatever goes wrong here ends the program.
 *
 *     stage_begin(&s);                                  a development policy, in a file
 *     proc_start(&s, &vault, IPC_PROC_VAULT, "polyclave-vault", NULL);
 *     SAY(vault.end[IPC_LINK_VD], vd_keys_get, &get);
 *     HEAR(vault.end[IPC_LINK_VD], VD_KEYS, vd_keys, &keys);
 *     proc_end(&vault);
 *     stage_end(&s);
 */
#ifndef PC_BENCH_STAGE_H
#define PC_BENCH_STAGE_H

#include <sys/types.h>

#include "node/init/links.h"
#include "protocol/ipc_wire.h"
#include "protocol/policy_wire.h"

struct stage {
    char folder[64];
    char policy_path[96];
    struct policy_policy policy;
};

void stage_begin(struct stage *s);
void stage_end(struct stage *s); /* removes the folder and everything in it */

struct proc {
    pid_t pid;
    int ctl;
    int end[LINK_COUNT + 1]; /* far ends, by enum ipc_link; -1: none, or given away */
};

/* Start bin/<program> --policy FILE --uid 0 [--config FILE]. It dies with this program. */
void proc_start(struct stage *s, struct proc *p, enum ipc_process self, const char *program,
                const char *config);
/* A new end for one of its links, as init brings it; fd is closed here. */
void proc_pass(struct proc *p, enum ipc_link link, int fd);
/* Ends it by closing its links; an exit code other than `code` is a bug. */
void proc_end(struct proc *p, int code);

/* Run a program to its end; anything but exit code 0 is a bug. */
void stage_tool(const char *const argv[]);

/* CPU time of a process so far. */
double proc_cpu_us(pid_t pid);
/* Its proportional share of memory in KiB, or its resident memory, which is more, where the kernel
 * does not show that. */
double proc_memory_kib(pid_t pid);

/* Children of a process, at most cap of them; how many. */
size_t proc_children(pid_t parent, pid_t *out, size_t cap);

/* A pair of link ends. */
void stage_pair(int fds[static 2]);

/* ---- messages ---- */

#define STAGE_FRAME_MAX WIRE_FRAME_MAX

extern uint8_t stage_buf[STAGE_FRAME_MAX];

void stage_send(int fd, struct bytes frame);
/* The next frame of one packet, into buf of `cap` bytes; a minute without one is a bug. */
struct bytes stage_receive(int fd, uint8_t *buf, size_t cap);
/* What waits is dropped. */
void stage_drain(int fd);
/* Until the other end has read everything. */
void stage_settle(int fd);

#define SAY(fd, name, m)                                                                           \
    do {                                                                                           \
        struct bytes say_frame;                                                                    \
        if (ipc_encode_##name(&say_frame, stage_buf, sizeof stage_buf, (m)) != PC_OK)              \
            pc_bug("a message does not encode: " #name);                                           \
        stage_send((fd), say_frame);                                                               \
    } while (0)

/* The next message of that type; others before it are dropped. */
#define HEAR(fd, TYPE, name, m)                                                                    \
    do {                                                                                           \
        uint8_t hear_buf[WIRE_RECORD_MAX + 1];                                                     \
        struct bytes hear_frame = stage_receive((fd), hear_buf, sizeof hear_buf);                  \
        while (ipc_type_of(hear_frame) != IPC_MSG_##TYPE)                                          \
            hear_frame = stage_receive((fd), hear_buf, sizeof hear_buf);                           \
        if (ipc_decode_##name((m), hear_frame) != PC_OK)                                           \
            pc_bug("a message does not decode: " #name);                                           \
    } while (0)

#endif
