/* SPDX-License-Identifier: Apache-2.0 */
/* Links that come and go, and what ends a process, over real socketpairs. */
#include <stdio.h>
#include <unistd.h>

#include "node/testkit/kit.h"

/* The daemon of these tests is a peer: it has links with vault, polyclaved, chain and attest. */
struct subject {
    struct daemon d;
    struct kit kit;
    struct daemon_spec spec;
    struct ipc_end *init; /* the end of ctl that init holds */
    unsigned ups[LINK_COUNT + 1], downs[LINK_COUNT + 1];
    unsigned heads;
    bool drop_on_head; /* the handler itself closes the link that it is called on */
    bool init_saw_end;
};

static enum err_code on_head(void *ctx, const struct ipc_pc_head *m)
{
    struct subject *s = ctx;
    (void)m;
    s->heads++;
    if (s->drop_on_head)
        daemon_drop(&s->d, IPC_LINK_PC);
    return PC_OK;
}

static void on_up(void *ctx, enum ipc_link link)
{
    struct subject *s = ctx;
    s->ups[link]++;
}

static void on_down(void *ctx, enum ipc_link link)
{
    struct subject *s = ctx;
    struct ipc_pc_lookup m = {.digest = {1}};
    s->downs[link]++;
    /* What a part does when its neighbour is gone may well be to send to it. */
    assert_int_equal(DAEMON_SEND(&s->d, link, pc_lookup, &m), PC_E_CLOSED);
}

static const struct ipc_handlers handlers = {.pc_head = on_head};

static enum err_code init_frame(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    (void)ctx;
    (void)end;
    (void)frame;
    if (fd >= 0)
        close(fd);
    return PC_OK;
}

static void init_gone(void *ctx, struct ipc_end *end, enum err_code why)
{
    struct subject *s = ctx;
    (void)why;
    s->init_saw_end = true;
    ipc_end_free(end);
    s->init = NULL;
}

static int setup(void **state)
{
    static struct subject s;
    static const struct ipc_events events = {init_frame, init_gone};
    static const struct ipc_limits limits = {64, 4096, true};
    int fds[2];
    memset(&s, 0, sizeof s);
    s.spec = (struct daemon_spec){.self = IPC_PROC_PEER,
                                  .role = SANDBOX_PEER,
                                  .name = "subject",
                                  .handlers = &handlers,
                                  .ctx = &s,
                                  .link_up = on_up,
                                  .link_down = on_down};
    kit_begin(&s.kit, &s.d, &s.spec);
    s.d.exit_code = -1;
    assert_int_equal(ipc_pair(fds), PC_OK);
    assert_int_equal(ipc_end_new(&s.init, &s.d.loop, fds[0], &limits, &events, &s), PC_OK);
    assert_int_equal(daemon_control(&s.d, fds[1]), PC_OK);
    kit_connect_all(&s.kit);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct subject *s = *state;
    kit_end(&s->kit);
    ipc_end_free(s->init);
    return 0;
}

static void say_head(struct subject *s)
{
    struct ipc_pc_head m = {.view = {.node_id = 7}};
    KIT_SAY(&s->kit, IPC_LINK_PC, pc_head, &m);
}

static void good_frame(void **state)
{
    struct subject *s = *state;
    say_head(s);
    assert_int_equal(s->heads, 1);
    assert_true(kit_up(&s->kit, IPC_LINK_PC));
    assert_int_equal(s->ups[IPC_LINK_PC], 1);
    assert_int_equal(s->downs[IPC_LINK_PC], 0);
    assert_int_equal(s->ups[IPC_LINK_CR], 0); /* not a link of this process */
}

/* Each of these ends that link and no other, and the process goes on. */
static void bad_frames(void **state)
{
    struct subject *s = *state;
    static const uint8_t unknown[] = {0x7f, 0x7f, 1, 2, 3}, cut[] = {0x0b, 0x01};
    uint8_t buf[512];
    struct bytes wrong_sender, head;
    struct ipc_dp_drop drop = {1, 1};
    struct ipc_pc_head m = {.view = {.node_id = 7}};
    /* A message that exists and that polyclaved may send, sent by chain. */
    assert_int_equal(ipc_encode_dp_drop(&wrong_sender, buf, sizeof buf, &drop), PC_OK);
    assert_int_equal(ipc_encode_pc_head(&head, buf + 256, 256, &m), PC_OK);
    struct bytes longer = bytes_of(head.p, head.n + 1); /* a trailing byte */
    const struct bytes bad[] = {PC_BYTES(unknown), PC_BYTES(cut), wrong_sender,
                                bytes_of(head.p, head.n - 1), longer};
    for (unsigned i = 0; i < PC_ARRAY_LEN(bad); i++) {
        assert_int_equal(ipc_end_send(s->kit.far[IPC_LINK_PC].end, bad[i]), PC_OK);
        kit_settle(&s->kit);
        assert_false(kit_up(&s->kit, IPC_LINK_PC));
        assert_int_equal(s->downs[IPC_LINK_PC], i + 1);
        assert_null(s->kit.far[IPC_LINK_PC].end);
        assert_true(kit_up(&s->kit, IPC_LINK_VP));
        assert_int_equal(s->heads, 0);
        kit_connect(&s->kit, IPC_LINK_PC);
    }
    assert_int_equal(s->d.exit_code, -1);
}

/* A message in the table of the right sender that this process has no handler for. */
static void no_handler(void **state)
{
    struct subject *s = *state;
    struct ipc_pc_lookup_r m = {.code = WIRE_RELEASE_CODE_OK};
    KIT_SAY(&s->kit, IPC_LINK_PC, pc_lookup_r, &m);
    assert_false(kit_up(&s->kit, IPC_LINK_PC));
}

static void drop_within_handler(void **state)
{
    struct subject *s = *state;
    struct ipc_pc_head m = {.view = {.node_id = 7}};
    s->drop_on_head = true;
    /* Three in one go: the first one's handler drops the link, the others are not delivered. */
    for (int i = 0; i < 3; i++)
        assert_int_equal(IPC_SEND(s->kit.far[IPC_LINK_PC].end, pc_head, &m), PC_OK);
    kit_settle(&s->kit);
    assert_int_equal(s->heads, 1);
    assert_int_equal(s->downs[IPC_LINK_PC], 1);
}

static void send_ctl(struct subject *s, enum ipc_link link, int fd)
{
    uint8_t buf[IPC_CTL_LINK_BYTES];
    struct ipc_ctl_link m = {link};
    struct bytes frame;
    assert_int_equal(ipc_encode_ctl_link(&frame, buf, sizeof buf, &m), PC_OK);
    assert_int_equal(ipc_end_send_fd(s->init, frame, fd), PC_OK);
    kit_settle(&s->kit);
}

/* init's new end replaces one that still lives: down, then up, and only the new one counts. */
static void renewal(void **state)
{
    struct subject *s = *state;
    struct ipc_pc_head m = {.view = {.node_id = 7}};
    static const struct ipc_events events = {init_frame, init_gone};
    struct ipc_limits limits = IPC_LIMITS_FRAMES;
    struct ipc_end *chain;
    int fds[2];
    assert_int_equal(ipc_pair(fds), PC_OK);
    assert_int_equal(ipc_end_new(&chain, &s->d.loop, fds[0], &limits, &events, s), PC_OK);
    send_ctl(s, IPC_LINK_PC, fds[1]);
    close(fds[1]);
    assert_int_equal(s->downs[IPC_LINK_PC], 1);
    assert_int_equal(s->ups[IPC_LINK_PC], 2);
    assert_null(s->kit.far[IPC_LINK_PC].end); /* the old neighbour sees the end */
    assert_int_equal(IPC_SEND(chain, pc_head, &m), PC_OK);
    kit_settle(&s->kit);
    assert_int_equal(s->heads, 1);
    ipc_end_free(chain);
    kit_settle(&s->kit);
    assert_int_equal(s->downs[IPC_LINK_PC], 2);
}

static void foreign_or_empty_renewal(void **state)
{
    struct subject *s = *state;
    send_ctl(s, IPC_LINK_PC, -1); /* without a descriptor */
    assert_int_equal(s->d.exit_code, DAEMON_EXIT_FAULT);
    assert_true(s->init_saw_end);
}

static void renewal_of_anothers_link(void **state)
{
    struct subject *s = *state;
    int fds[2];
    assert_int_equal(ipc_pair(fds), PC_OK);
    send_ctl(s, IPC_LINK_CR, fds[1]);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(s->d.exit_code, DAEMON_EXIT_FAULT);
    assert_int_equal(s->ups[IPC_LINK_CR], 0);
}

static void end_of_ctl(void **state)
{
    struct subject *s = *state;
    ipc_end_free(s->init);
    s->init = NULL;
    assert_int_equal(daemon_run(&s->d), DAEMON_EXIT_FAULT);
}

/* Whoever is not given a new end in time, ends; whoever is, goes on. */
static void not_renewed(void **state)
{
    struct subject *s = *state;
    s->d.renew_ms = 20;
    loop_timer_set(&s->d.loop, &s->d.renew, 1);
    kit_cut(&s->kit, IPC_LINK_VP);
    kit_connect(&s->kit, IPC_LINK_VP);
    kit_run(&s->kit, 60);
    assert_int_equal(s->d.exit_code, -1);
    kit_cut(&s->kit, IPC_LINK_VP);
    assert_int_equal(daemon_run(&s->d), DAEMON_EXIT_FAULT);
}

static enum err_code begin_with(struct subject *s, const char *const *args)
{
    static struct daemon other;
    char text[8][16], *argv[8] = {NULL};
    int n = 0;
    for (; args[n] != NULL; n++) {
        (void)snprintf(text[n], sizeof text[n], "%s", args[n]);
        argv[n] = text[n];
    }
    return daemon_begin(&other, &s->spec, n, argv);
}

static void bad_arguments(void **state)
{
    struct subject *s = *state;
    static const char *const uids[] = {"", "-1", "4294967295", "4294967296", "1x", "0x10", " 1"};
    static const char *const bad[][6] = {{"subject", NULL},
                                         {"subject", "--policy", NULL},
                                         {"subject", "--config", "c", NULL},
                                         {"subject", "--policy", "p", "--verbose", "1", NULL}};
    for (size_t i = 0; i < PC_ARRAY_LEN(uids); i++) {
        const char *const args[] = {"subject", "--policy", "p", "--uid", uids[i], NULL};
        assert_int_equal(begin_with(s, args), PC_E_USAGE);
    }
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++)
        assert_int_equal(begin_with(s, bad[i]), PC_E_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(good_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_frames, setup, teardown),
        cmocka_unit_test_setup_teardown(no_handler, setup, teardown),
        cmocka_unit_test_setup_teardown(drop_within_handler, setup, teardown),
        cmocka_unit_test_setup_teardown(renewal, setup, teardown),
        cmocka_unit_test_setup_teardown(foreign_or_empty_renewal, setup, teardown),
        cmocka_unit_test_setup_teardown(renewal_of_anothers_link, setup, teardown),
        cmocka_unit_test_setup_teardown(end_of_ctl, setup, teardown),
        cmocka_unit_test_setup_teardown(not_renewed, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_arguments, setup, teardown),
    };
    return cmocka_run_group_tests_name("daemon", tests, NULL, NULL);
}
