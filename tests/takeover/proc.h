/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc.h - one genuine process of a node, with this program in place of init and of the neighbours.
 *
 *     proc_start(&p, IPC_PROC_VAULT, policy)     exec, socketpairs at the descriptors of links.h
 *     proc_frame(&p, IPC_LINK_VP, frame)         a frame as a neighbour sends it
 *     proc_pump(&p, 1000)                        what it sends goes to p.heard
 *     proc_renew(&p, IPC_LINK_VP)                a new end over ctl, as init brings it
 *     proc_stop(&p)                              the end of ctl; it must exit in peace
 */
#ifndef PC_TAKEOVER_PROC_H
#define PC_TAKEOVER_PROC_H

#include <sys/types.h>

#include "node/init/links.h"
#include "protocol/ipc_wire.h"

struct proc {
    enum ipc_process self;
    pid_t pid; /* 0: not running */
    int ctl;
    int fd[LINK_COUNT + 1]; /* by link; -1: down */
    uint8_t *part[LINK_COUNT + 1];
    size_t part_n[LINK_COUNT + 1];
    void (*heard)(void *ctx, enum ipc_link link, struct bytes frame);
    void *ctx;
    size_t frames; /* sent to it */
    size_t dropped[LINK_COUNT + 1];
};

/* Where the programs are. */
extern const char *proc_bin;
/* Logs and, under a sanitizer, what that says go to <this>-<process>.log, new at each start. */
extern char proc_log[64];

void proc_start(struct proc *p, enum ipc_process self, const char *policy);
/* Ends it as init would, by the end of ctl. Fails the run unless it then exits by itself,
 * the vault with 0. */
void proc_stop(struct proc *p);
/* False: the link is down (it closed it), now or before. */
bool proc_frame(struct proc *p, enum ipc_link link, struct bytes frame);
/* One packet as it is, flags included. */
bool proc_packet(struct proc *p, enum ipc_link link, struct bytes packet);
/* Waits up to ms for something to come, takes what is there. Fails the run if it died. */
void proc_pump(struct proc *p, int ms);
/* A new pair; the old end is closed first. */
void proc_renew(struct proc *p, enum ipc_link link);
bool proc_up(const struct proc *p, enum ipc_link link);

/* Prints what is wrong, role, seed, sequence and step, and ends the run with 1. */
_Noreturn void broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
