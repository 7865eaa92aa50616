/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h - the event loop of every process: poll(2), timers on the monotonic clock, one thread.
 *
 * A struct loop is plain memory of fixed size; nothing here allocates. After loop_init it makes
 * only the system calls poll and clock_gettime, so it runs inside the vault's sandbox.
 *
 * Callbacks may add, change and remove any descriptor or timer, their own included. A descriptor
 * that was removed is not called any more, even if it was ready in the same turn.
 */
#ifndef PC_PROTOCOL_LOOP_H
#define PC_PROTOCOL_LOOP_H

#include "base/bytes.h"
#include "base/err.h"

#include <poll.h>

#define LOOP_FDS_MAX 128

/* What a descriptor is watched for and called with. HUP (the other end is gone, or an error) is
 * always watched. */
enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HUP = 4 };

typedef void (*loop_fd_fn)(void *ctx, int fd, unsigned events);
typedef void (*loop_timer_fn)(void *ctx);

/* Owned by whoever embeds it; must be stopped before its memory goes. */
struct loop_timer {
    loop_timer_fn fn;
    void *ctx;
    uint64_t at;
    uint64_t pass; /* when it was set */
    bool armed;
    struct loop_timer *next;
};

struct loop_slot {
    int fd; /* -1: free */
    unsigned want;
    uint64_t serial; /* tells a reused slot from the one that poll saw */
    loop_fd_fn fn;
    void *ctx;
};

struct loop {
    struct loop_slot slots[LOOP_FDS_MAX];
    struct pollfd polled[LOOP_FDS_MAX];
    size_t polled_slot[LOOP_FDS_MAX];
    uint64_t polled_serial[LOOP_FDS_MAX];
    uint64_t serial;
    uint64_t now;
    struct loop_timer *timers; /* ascending */
    uint64_t pass;             /* turns of the timers: what is set in one waits for the next */
    bool stop;
};

void loop_init(struct loop *l);

/* PC_E_FULL without a free slot; PC_E_EXISTS if the descriptor is watched already. The descriptor
 * stays the caller's, who removes it before closing it. */
PC_MUST_USE enum err_code loop_fd_add(struct loop *l, int fd, unsigned want, loop_fd_fn fn,
                                      void *ctx);
/* Both do nothing for a descriptor that is not watched. */
void loop_fd_want(struct loop *l, int fd, unsigned want);
void loop_fd_remove(struct loop *l, int fd);

void loop_timer_init(struct loop_timer *t, loop_timer_fn fn, void *ctx);
/* Fires once, at least `ms` after now; 0: after the descriptors of this turn, or in the next turn
 * if this one is at its timers already. Setting an armed timer moves it. */
void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t ms);
void loop_timer_stop(struct loop *l, struct loop_timer *t);

/* Milliseconds of the monotonic clock, as read at the start of this turn. */
uint64_t loop_now(const struct loop *l);

/* One turn: wait at most `ms` (-1: without end) for the next descriptor or timer, call what is due.
 * PC_E_IO if poll fails other than by a signal. */
PC_MUST_USE enum err_code loop_turn(struct loop *l, int ms);

/* Turns until loop_stop. */
PC_MUST_USE enum err_code loop_run(struct loop *l);
void loop_stop(struct loop *l);

#endif
