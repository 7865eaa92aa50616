/* SPDX-License-Identifier: Apache-2.0 */
#include "node/polyclaved/testkit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct config pd_config = {.vendor = WIRE_VENDOR_TDX,
                           .mirror_evidence_mib = CONFIG_MIRROR_EVIDENCE_MIB,
                           .mirror_collateral_mib = CONFIG_MIRROR_COLLATERAL_MIB};

static enum err_code relay_frame(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    struct pd *t = ctx;
    struct kit_frame *m = malloc(sizeof *m + frame.n);
    (void)end;
    (void)fd;
    assert_non_null(m);
    *m = (struct kit_frame){.n = frame.n};
    memcpy(m->bytes, frame.p, frame.n);
    if (t->last_asked != NULL)
        t->last_asked->next = m;
    else
        t->asked = m;
    t->last_asked = m;
    return PC_OK;
}

static void relay_gone(void *ctx, struct ipc_end *end, enum err_code why)
{
    struct pd *t = ctx;
    (void)why;
    ipc_end_free(end);
    t->relay = NULL;
}

static const struct ipc_events relay_events = {relay_frame, relay_gone};

static void on_accept(void *ctx, int fd, unsigned events)
{
    struct pd *t = ctx;
    struct ipc_limits limits = IPC_LIMITS_FRAMES;
    (void)events;
    int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    assert_true(got >= 0);
    assert_null(t->relay);
    assert_int_equal(ipc_end_new(&t->relay, &t->p->d.loop, got, &limits, &relay_events, t), PC_OK);
}

void pd_relay_open(struct pd *t)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s/relay", t->dir);
    (void)unlink(at.sun_path);
    t->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(t->listener >= 0);
    assert_int_equal(bind(t->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(t->listener, 4), 0);
    assert_int_equal(loop_fd_add(&t->p->d.loop, t->listener, LOOP_READ, on_accept, t), PC_OK);
}

static void relay_close_all(struct pd *t)
{
    ipc_end_free(t->relay);
    t->relay = NULL;
    if (t->listener >= 0) {
        loop_fd_remove(&t->p->d.loop, t->listener);
        close(t->listener);
    }
    t->listener = -1;
}

void pd_relay_cut(struct pd *t, bool listen_again)
{
    relay_close_all(t);
    kit_settle(&t->kit);
    if (listen_again)
        pd_relay_open(t);
}

struct bytes pd_asked(struct pd *t, uint16_t type)
{
    for (struct kit_frame *m = t->asked; m != NULL; m = m->next) {
        if (m->taken || relay_type_of(bytes_of(m->bytes, m->n)) != type)
            continue;
        m->taken = true;
        return bytes_of(m->bytes, m->n);
    }
    return bytes_of(NULL, 0);
}

void pd_done(struct pd *t, uint64_t id, enum relay_outcome outcome)
{
    struct relay_relay_done m = {.id = id, .outcome = outcome, .text = PC_BYTES_STR("because")};
    uint8_t buf[RELAY_RELAY_DONE_BYTES];
    struct bytes frame;
    assert_int_equal(relay_encode_relay_done(&frame, buf, sizeof buf, &m), PC_OK);
    assert_non_null(t->relay);
    assert_int_equal(ipc_end_send(t->relay, frame), PC_OK);
    kit_settle(&t->kit);
}

static void start(struct pd *t, uint8_t keys)
{
    struct polyclaved *p = calloc(1, sizeof *p);
    assert_non_null(p);
    t->p = p;
    polyclaved_spec(&t->spec, p);
    kit_begin(&t->kit, &p->d, &t->spec);
    p->config = pd_config;
    snprintf(p->config.data_dir, sizeof p->config.data_dir, "%s/store", t->dir);
    snprintf(p->config.control_socket, sizeof p->config.control_socket, "%s/control", t->dir);
    snprintf(p->config.relay_socket, sizeof p->config.relay_socket, "%s/relay", t->dir);
    snprintf(p->config.endpoint, sizeof p->config.endpoint, "127.0.0.1:1:2");
    snprintf(p->config.rpc[0], sizeof p->config.rpc[0], "http://127.0.0.1:1");
    p->config.rpc_count = 1;
    p->config.rpc_agree = 1;
    memset(p->config.owner, 0x0e, sizeof p->config.owner);
    assert_int_equal(polyclaved_start(p), PC_OK);
    pd_relay_open(t);
    kit_connect_all(&t->kit);
    if (keys != 0) {
        struct ipc_vd_keys m;
        memset(&m, keys, sizeof m);
        KIT_SAY(&t->kit, IPC_LINK_VD, vd_keys, &m);
    }
}

static void stop(struct pd *t)
{
    relay_close_all(t);
    polyclaved_end(t->p);
    kit_end(&t->kit);
    free(t->p);
    while (t->asked != NULL) {
        struct kit_frame *next = t->asked->next;
        free(t->asked);
        t->asked = next;
    }
    t->last_asked = NULL;
}

void pd_begin(struct pd *t, uint8_t keys)
{
    char store[96];
    memset(t, 0, sizeof *t);
    t->listener = -1;
    snprintf(t->dir, sizeof t->dir, "/tmp/polyclaved-test-XXXXXX");
    assert_non_null(mkdtemp(t->dir));
    snprintf(store, sizeof store, "%s/store", t->dir);
    assert_int_equal(mkdir(store, 0700), 0);
    t->view = (struct ipc_head_view){
        .health = IPC_HEALTH_OK, .node_id = PD_NODE, .state = IPC_NODE_STATE_LIVE};
    t->view.valid_until = 1000000;
    t->view.head.time = 1000;
    start(t, keys);
}

static void remove_all(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    char path[512];
    while (d != NULL && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (unlink(path) != 0)
            remove_all(path);
    }
    if (d != NULL)
        closedir(d);
    (void)rmdir(dir);
}

void pd_end(struct pd *t)
{
    stop(t);
    remove_all(t->dir);
}

void pd_restart(struct pd *t, uint8_t keys)
{
    stop(t);
    start(t, keys);
}

void pd_head(struct pd *t, uint64_t number)
{
    struct ipc_dc_head m;
    t->view.head.number = number;
    m.view = t->view;
    KIT_SAY(&t->kit, IPC_LINK_DC, dc_head, &m);
}

void pd_event(struct pd *t, enum ipc_event_kind kind, uint32_t attempt, uint32_t node,
              uint16_t index, uint64_t value)
{
    struct ipc_dc_event m = {.kind = kind,
                             .epoch = PD_EPOCH,
                             .attempt = attempt,
                             .node_id = node,
                             .index = index,
                             .value = value};
    KIT_SAY(&t->kit, IPC_LINK_DC, dc_event, &m);
}

void pd_open(struct pd *t, uint32_t attempt, uint16_t n, uint16_t own, uint64_t at)
{
    struct ipc_member_view views[WIRE_MEMBERS_MAX];
    struct ipc_dc_members m = {.members = {.epoch = PD_EPOCH, .attempt = attempt, .n = n, .t = n}};
    pd_event(t, IPC_EVENT_KIND_ANNOUNCED, attempt, 0, 0, at - 5);
    pd_event(t, IPC_EVENT_KIND_OPENED, attempt, 0, own, n);
    for (uint16_t p = IPC_PHASE_END_B1; p <= IPC_PHASE_END_B3; p++)
        pd_event(t, IPC_EVENT_KIND_PHASE, attempt, 0, p, at + 10u * p);
    for (uint16_t i = 0; i < n; i++)
        views[i] = (struct ipc_member_view){.index = (uint16_t)(i + 1),
                                            .node_id = i + 1 == own ? PD_NODE : 100u + i};
    m.members.members.v = views;
    m.members.members.n = n;
    KIT_SAY(&t->kit, IPC_LINK_DC, dc_members, &m);
}

int pd_control_open(struct pd *t, const char *line)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s/control", t->dir);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    /* A crowd: the server may have closed it already. */
    kit_settle(&t->kit);
    (void)send(fd, line, strlen(line), MSG_NOSIGNAL);
    kit_settle(&t->kit);
    return fd;
}

const char *pd_control_read(struct pd *t, int fd)
{
    static char answer[2 * EVIDENCE_MAX + 8192];
    size_t n = 0;
    for (int turn = 0; turn < 20; turn++) {
        kit_settle(&t->kit);
        ssize_t got = recv(fd, answer + n, sizeof answer - 1 - n, MSG_DONTWAIT);
        if (got == 0)
            break;
        n += got > 0 ? (size_t)got : 0;
    }
    pd_control_hang_up(t, fd);
    answer[n] = '\0';
    return answer;
}

void pd_control_hang_up(struct pd *t, int fd)
{
    close(fd);
    kit_settle(&t->kit);
}

const char *pd_control(struct pd *t, const char *line)
{
    return pd_control_read(t, pd_control_open(t, line));
}
