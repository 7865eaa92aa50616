/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct probe {
    struct loop *loop;
    unsigned calls;
    unsigned events;
    int remove; /* this descriptor, when called; -1: none */
    int add;    /* and watch this one instead */
    struct probe *for_added;
    struct loop_timer *stop;
    char order[8];
};

static struct loop loop;

static void on_fd(void *ctx, int fd, unsigned events)
{
    struct probe *p = ctx;
    char c;
    p->calls++;
    p->events = events;
    if (events & LOOP_READ)
        (void)!read(fd, &c, 1);
    if (p->remove >= 0)
        loop_fd_remove(p->loop, p->remove);
    if (p->add >= 0)
        assert_int_equal(loop_fd_add(p->loop, p->add, LOOP_READ, on_fd, p->for_added), PC_OK);
}

static void test_read_write_hup(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    loop_init(&loop);
    struct probe r = {&loop, .remove = -1, .add = -1}, w = {&loop, .remove = -1, .add = -1};
    assert_int_equal(loop_fd_add(&loop, fds[0], LOOP_READ, on_fd, &r), PC_OK);
    assert_int_equal(loop_fd_add(&loop, fds[0], LOOP_READ, on_fd, &r), PC_E_EXISTS);
    assert_int_equal(loop_fd_add(&loop, fds[1], 0, on_fd, &w), PC_OK);
    assert_int_equal(loop_turn(&loop, 0), PC_OK);
    assert_int_equal(r.calls + w.calls, 0);
    loop_fd_want(&loop, fds[1], LOOP_WRITE);
    assert_int_equal(loop_turn(&loop, -1), PC_OK);
    assert_int_equal(w.events, LOOP_WRITE);
    loop_fd_remove(&loop, fds[1]);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(loop_turn(&loop, -1), PC_OK);
    assert_int_equal(r.events, LOOP_READ);
    (void)close(fds[1]);
    assert_int_equal(loop_turn(&loop, -1), PC_OK);
    assert_int_equal(r.events, LOOP_HUP);
    loop_fd_remove(&loop, fds[0]);
    (void)close(fds[0]);
}

/* A callback removes a descriptor that is ready in the same turn and reuses its slot: the stale
 * readiness must reach neither the removed nor the new one. */
static void test_removed_in_turn(void **state)
{
    (void)state;
    int a[2], b[2], c[2];
    assert_int_equal(pipe(a) | pipe(b) | pipe(c), 0);
    loop_init(&loop);
    struct probe pc = {&loop, .remove = -1, .add = -1};
    struct probe pb = {&loop, .remove = -1, .add = -1};
    struct probe pa = {&loop, .remove = b[0], .add = c[0], .for_added = &pc};
    assert_int_equal(loop_fd_add(&loop, a[0], LOOP_READ, on_fd, &pa), PC_OK);
    assert_int_equal(loop_fd_add(&loop, b[0], LOOP_READ, on_fd, &pb), PC_OK);
    assert_int_equal(write(a[1], "x", 1) + write(b[1], "x", 1), 2);
    assert_int_equal(loop_turn(&loop, -1), PC_OK);
    assert_int_equal(pa.calls, 1);
    assert_int_equal(pb.calls, 0);
    assert_int_equal(pc.calls, 0);
    for (int i = 0; i < 2; i++)
        (void)(close(a[i]) | close(b[i]) | close(c[i]));
}

static void test_full(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    loop_init(&loop);
    /* Numbers of descriptors that need not be open: they are never polled here. */
    for (int i = 0; i < LOOP_FDS_MAX; i++)
        assert_int_equal(loop_fd_add(&loop, 1000 + i, LOOP_READ, on_fd, NULL), PC_OK);
    assert_int_equal(loop_fd_add(&loop, fds[0], LOOP_READ, on_fd, NULL), PC_E_FULL);
    loop_fd_remove(&loop, 1003);
    assert_int_equal(loop_fd_add(&loop, fds[0], LOOP_READ, on_fd, NULL), PC_OK);
    assert_int_equal(loop_fd_add(&loop, -1, LOOP_READ, on_fd, NULL), PC_E_USAGE);
    (void)(close(fds[0]) | close(fds[1]));
}

static struct probe timers;
static struct loop_timer t1, t2, t3;

static void fire(char c)
{
    timers.order[timers.calls++] = c;
}
static void on_t1(void *ctx)
{
    (void)ctx;
    fire('1');
    loop_timer_stop(&loop, &t2);
    if (timers.calls == 1)
        loop_timer_set(&loop, &t1, 0); /* not in this turn again */
}
static void on_t2(void *ctx)
{
    (void)ctx;
    fire('2');
}
static void on_t3(void *ctx)
{
    (void)ctx;
    fire('3');
    loop_stop(&loop);
}

static void test_timers(void **state)
{
    (void)state;
    loop_init(&loop);
    timers = (struct probe){.loop = &loop};
    loop_timer_init(&t1, on_t1, NULL);
    loop_timer_init(&t2, on_t2, NULL);
    loop_timer_init(&t3, on_t3, NULL);
    loop_timer_set(&loop, &t3, 30);
    loop_timer_set(&loop, &t2, 4);
    loop_timer_set(&loop, &t1, 500);
    loop_timer_set(&loop, &t1, 2); /* moved to the front */
    assert_ptr_equal(loop.timers, &t1);
    assert_int_equal(loop_run(&loop), PC_OK);
    /* t2 was stopped by t1 unless both came due in one turn before t1 ran: never, t1 is first. */
    assert_string_equal(timers.order, "113");
    assert_null(loop.timers);
    loop_timer_set(&loop, &t1, UINT64_MAX);
    assert_int_equal(t1.at, UINT64_MAX);
    loop_timer_stop(&loop, &t1);
    loop_timer_stop(&loop, &t1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_write_hup),
        cmocka_unit_test(test_removed_in_turn),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_timers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
