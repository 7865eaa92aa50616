/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon.h - what the processes of a node, the vault apart, have in common: arguments, policy.bin,
 * sandbox, event loop and links that come and go.
 *
 *     int main(int argc, char **argv)
 *     {
 *         struct daemon d;
 *         if (daemon_begin(&d, &spec, argc, argv) != PC_OK)   // sandbox step 1, policy read
 *             return DAEMON_EXIT_USAGE;
 *         ... open what must be opened ...
 *         if (daemon_seal(&d, NULL, 0) != PC_OK)              // sandbox step 2
 *             return DAEMON_EXIT_FAULT;
 *         return daemon_run(&d);
 *     }
 *
 * Arguments, the same for each: --policy FILE --uid N [--config FILE]. Links are at the descriptors
 * of links.h. When a link ends, link_down is called and init brings a new end over ctl; then
 * link_up is called: a new conversation, nothing of the old one holds. A process whose link is not
 * renewed for DAEMON_RENEW_MS ends itself, so that init starts it with fresh links. When ctl ends,
 * the process ends.
 */
#ifndef PC_NODE_DAEMON_H
#define PC_NODE_DAEMON_H

#include "node/init/links.h"
#include "node/sandbox/sandbox.h"
#include "protocol/ipc.h"
#include "protocol/ipc_wire.h"
#include "protocol/policy_wire.h"

#define DAEMON_EXIT_USED_UP 0 /* attest: start me afresh, at once */
#define DAEMON_EXIT_USAGE   2
#define DAEMON_EXIT_FAULT   3

#define DAEMON_RENEW_MS 30000u

struct daemon_spec {
    enum ipc_process self;
    enum sandbox_role role;
    const char *name; /* in logs */
    const struct ipc_handlers *handlers;
    void *ctx;                                        /* for handlers and the two below */
    void (*link_up)(void *ctx, enum ipc_link link);   /* may be NULL */
    void (*link_down)(void *ctx, enum ipc_link link); /* may be NULL */
};

struct daemon_link {
    struct ipc_end *end; /* NULL: down, or not a link of this process */
    enum ipc_link link;
    enum ipc_process other;
    bool mine;
    uint64_t down_since; /* loop_now, while down */
    struct daemon *d;
};

struct daemon {
    const struct daemon_spec *spec;
    struct loop loop;
    struct policy_policy policy;
    uint8_t policy_hash[32]; /* SHA-256 of policy.bin, for logs */
    const char *config_path; /* NULL if not given; borrowed from argv */
    struct ipc_end *ctl;
    struct daemon_link links[LINK_COUNT + 1]; /* by enum ipc_link */
    struct loop_timer renew;
    uint64_t renew_ms; /* DAEMON_RENEW_MS */
    int exit_code;
};

/* Arguments, sandbox_begin, policy.bin, links. Logs what is wrong. */
PC_MUST_USE enum err_code daemon_begin(struct daemon *d, const struct daemon_spec *spec, int argc,
                                       char **argv);

/* The steps of daemon_begin that need neither arguments nor sandbox; a test's kit calls them.
 * Prepare: empty, loop ready, all links down. Control: takes over fd, the end towards init.
 * Attach: takes over fd, the new end of a link, and calls link_up; an old end is gone first, with
 * link_down. Close: every end is freed, nobody is told. */
void daemon_prepare(struct daemon *d, const struct daemon_spec *spec);
PC_MUST_USE enum err_code daemon_control(struct daemon *d, int fd);
PC_MUST_USE enum err_code daemon_attach(struct daemon *d, enum ipc_link link, int fd);
void daemon_close(struct daemon *d);

/* sandbox_seal, then link_up for each link. */
PC_MUST_USE enum err_code daemon_seal(struct daemon *d, const struct sandbox_path *paths, size_t n);

/* Serve until daemon_stop or the end of ctl; gives the exit code. */
int daemon_run(struct daemon *d);
void daemon_stop(struct daemon *d, int exit_code);

/* The end of a link, NULL while it is down. */
struct ipc_end *daemon_end(struct daemon *d, enum ipc_link link);

/* Close a link from this side (its other end misbehaved); link_down follows at once. */
void daemon_drop(struct daemon *d, enum ipc_link link);

/* DAEMON_SEND(d, IPC_LINK_DP, dp_want, &m): PC_E_CLOSED while the link is down. */
#define DAEMON_SEND(d, link, name, m)                                                              \
    __extension__({                                                                                \
        struct ipc_end *pc_daemon_end = daemon_end((d), (link));                                   \
        pc_daemon_end != NULL ? IPC_SEND(pc_daemon_end, name, (m)) : PC_E_CLOSED;                  \
    })

#endif
