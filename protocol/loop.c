/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/loop.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

static uint64_t clock_ms(void)
{
    struct timespec ts;
    if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
        pc_bug("no monotonic clock");
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void loop_init(struct loop *l)
{
    memset(l, 0, sizeof *l);
    for (size_t i = 0; i < LOOP_FDS_MAX; i++)
        l->slots[i].fd = -1;
    l->now = clock_ms();
}

static struct loop_slot *slot_of(struct loop *l, int fd)
{
    for (size_t i = 0; fd >= 0 && i < LOOP_FDS_MAX; i++)
        if (l->slots[i].fd == fd)
            return &l->slots[i];
    return NULL;
}

enum err_code loop_fd_add(struct loop *l, int fd, unsigned want, loop_fd_fn fn, void *ctx)
{
    if (fd < 0 || fn == NULL)
        return PC_E_USAGE;
    if (slot_of(l, fd) != NULL)
        return PC_E_EXISTS;
    for (size_t i = 0; i < LOOP_FDS_MAX; i++)
        if (l->slots[i].fd < 0) {
            l->slots[i] = (struct loop_slot){fd, want, ++l->serial, fn, ctx};
            return PC_OK;
        }
    return PC_E_FULL;
}

void loop_fd_want(struct loop *l, int fd, unsigned want)
{
    struct loop_slot *s = slot_of(l, fd);
    if (s != NULL)
        s->want = want;
}

void loop_fd_remove(struct loop *l, int fd)
{
    struct loop_slot *s = slot_of(l, fd);
    if (s != NULL)
        *s = (struct loop_slot){.fd = -1};
}

void loop_timer_init(struct loop_timer *t, loop_timer_fn fn, void *ctx)
{
    *t = (struct loop_timer){.fn = fn, .ctx = ctx};
}

void loop_timer_stop(struct loop *l, struct loop_timer *t)
{
    if (!t->armed)
        return;
    for (struct loop_timer **at = &l->timers; *at != NULL; at = &(*at)->next)
        if (*at == t) {
            *at = t->next;
            break;
        }
    t->armed = false;
    t->next = NULL;
}

void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t ms)
{
    loop_timer_stop(l, t);
    uint64_t now = clock_ms(); /* a turn may have taken long: count from the real now */
    if (now < l->now)
        now = l->now;
    t->at = ms > UINT64_MAX - now ? UINT64_MAX : ms == 0 ? 0 : now + ms;
    t->pass = l->pass;
    t->armed = true;
    struct loop_timer **at = &l->timers;
    while (*at != NULL && (*at)->at <= t->at)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
}

uint64_t loop_now(const struct loop *l)
{
    return l->now;
}

static size_t gather(struct loop *l)
{
    size_t n = 0;
    for (size_t i = 0; i < LOOP_FDS_MAX; i++) {
        const struct loop_slot *s = &l->slots[i];
        if (s->fd < 0)
            continue;
        short events = 0;
        if (s->want & LOOP_READ)
            events |= POLLIN;
        if (s->want & LOOP_WRITE)
            events |= POLLOUT;
        l->polled[n] = (struct pollfd){.fd = s->fd, .events = events};
        l->polled_slot[n] = i;
        l->polled_serial[n] = s->serial;
        n++;
    }
    return n;
}

static int wait_for(const struct loop *l, int ms)
{
    if (l->timers == NULL)
        return ms;
    uint64_t wait = l->timers->at > l->now ? l->timers->at - l->now : 0;
    if (wait > INT_MAX)
        wait = INT_MAX;
    return ms >= 0 && (uint64_t)ms < wait ? ms : (int)wait;
}

static void call_fds(struct loop *l, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        short r = l->polled[i].revents;
        if (r == 0)
            continue;
        const struct loop_slot *s = &l->slots[l->polled_slot[i]];
        if (s->fd < 0 || s->serial != l->polled_serial[i])
            continue; /* removed in this turn */
        if (r & POLLNVAL)
            pc_bug("a closed descriptor is still watched");
        unsigned events = 0;
        if (r & POLLIN)
            events |= LOOP_READ;
        if (r & POLLOUT)
            events |= LOOP_WRITE;
        if (r & (POLLHUP | POLLERR))
            events |= LOOP_HUP;
        s->fn(s->ctx, s->fd, events);
    }
}

static void call_timers(struct loop *l)
{
    l->pass++;
    while (l->timers != NULL && l->timers->at <= l->now && l->timers->pass != l->pass) {
        struct loop_timer *t = l->timers;
        loop_timer_stop(l, t);
        t->fn(t->ctx);
    }
}

enum err_code loop_turn(struct loop *l, int ms)
{
    l->now = clock_ms();
    size_t n = gather(l);
    int r = poll(l->polled, n, wait_for(l, ms));
    if (r < 0 && errno != EINTR)
        return PC_E_IO;
    l->now = clock_ms();
    if (r > 0)
        call_fds(l, n);
    call_timers(l);
    return PC_OK;
}

enum err_code loop_run(struct loop *l)
{
    l->stop = false;
    while (!l->stop)
        PC_TRY(loop_turn(l, -1));
    return PC_OK;
}

void loop_stop(struct loop *l)
{
    l->stop = true;
}
