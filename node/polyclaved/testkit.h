/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testkit.h - polyclaved's parts in a test: a store in a temporary folder, a relay and an operator
 * at its sockets, and kit.h for vault, chain, peer and attest. For tests only.
 */
#ifndef PC_POLYCLAVED_TESTKIT_H
#define PC_POLYCLAVED_TESTKIT_H

#include "node/polyclaved/polyclaved.h"
#include "node/testkit/kit.h"

#define PD_NODE  7u /* the id under which this node is registered in the tests */
#define PD_EPOCH 1u

struct pd {
    struct kit kit;
    struct daemon_spec spec;
    struct polyclaved *p;
    char dir[64];
    int listener;          /* of the relay */
    struct ipc_end *relay; /* the accepted connection; NULL: none */
    struct kit_frame *asked, *last_asked;
    struct ipc_head_view view; /* what pd_head says */
};

/* What each start has as its configuration, but for paths, endpoint and owner. */
extern struct config pd_config;

/* A node whose vault has keys filled with `keys`, all links up. */
void pd_begin(struct pd *t, uint8_t keys);
void pd_end(struct pd *t);
/* The process dies and starts again, in the same folder; links are new. */
void pd_restart(struct pd *t, uint8_t keys);

void pd_relay_open(struct pd *t);
/* The relay dies; with `listen` a new one takes its place. */
void pd_relay_cut(struct pd *t, bool listen);
/* The first request of that type that was not taken yet. */
struct bytes pd_asked(struct pd *t, uint16_t type);
void pd_done(struct pd *t, uint64_t id, enum relay_outcome outcome);

/* The next head is `number`. */
void pd_head(struct pd *t, uint64_t number);
/* An event of attempt `attempt` of epoch 1. */
void pd_event(struct pd *t, enum ipc_event_kind kind, uint32_t attempt, uint32_t node,
              uint16_t index, uint64_t value);
/* announced, then open with n members of which this node is `own`, at block `at`; phases are 10
 * blocks. */
void pd_open(struct pd *t, uint32_t attempt, uint16_t n, uint16_t own, uint64_t at);

/* The operator's line and its answer (NUL-terminated, until the next call). */
const char *pd_control(struct pd *t, const char *line);
/* The same in steps: send the line; read to the end of the connection, or hang up unread. */
int pd_control_open(struct pd *t, const char *line);
const char *pd_control_read(struct pd *t, int fd);
void pd_control_hang_up(struct pd *t, int fd);

#define PD_ASKED(t, name, TYPE, m)                                                                 \
    __extension__({                                                                                \
        struct bytes pd_f = pd_asked((t), RELAY_MSG_##TYPE);                                       \
        if (pd_f.n != 0)                                                                           \
            assert_int_equal(relay_decode_##name((m), pd_f), PC_OK);                               \
        pd_f.n != 0;                                                                               \
    })

#endif
