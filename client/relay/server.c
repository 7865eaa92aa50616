/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "client/lib/vendor_calls.h"
#include "client/relay/build.h"

/* An attest under way: certificates that the contract lacks, one after the other, then evidence. */
struct attest_job {
    bool busy, posting, again;
    bool refused; /* a certificate was: whether the evidence needs it is for its contract to say */
    struct relay_result refusal;
    unsigned certificates;
    struct relay_relay_attest m;
    uint8_t *evidence; /* owned; what m borrows */
};

struct client {
    struct relay_server *server;
    struct ipc_end *end; /* NULL: free */
    struct attest_job job;
};

struct relay_server {
    struct loop *loop;
    struct relay *relay;
    struct sockaddr_un at;
    int fd;
    struct client client[PC_RELAY_CLIENTS];
    struct client *current; /* whose frame is being handled */
    struct loop_timer next; /* the next step of jobs: never within an answer of the relay */
    uint8_t calldata[PC_QUEUE_DATA_MAX];
};

struct relay_clock relay_clock_now(const struct loop *loop)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (struct relay_clock){(uint64_t)ts.tv_sec, loop_now(loop)};
}

static void send_result(struct client *c, uint64_t id, const struct relay_result *res)
{
    struct relay_relay_done m = {.id = id,
                                 .outcome = (enum relay_outcome)res->kind,
                                 .block = res->block,
                                 .gas_used = res->gas_used,
                                 .text = bytes_of(res->text, strlen(res->text))};
    uint8_t buf[RELAY_RELAY_DONE_BYTES];
    struct bytes frame;
    memcpy(m.tx_hash, res->tx_hash.b, 32);
    if (c->end == NULL)
        return;
    enum err_code e = relay_encode_relay_done(&frame, buf, sizeof buf, &m);
    if (e == PC_OK)
        e = ipc_end_send(c->end, frame);
    if (e != PC_OK)
        log_warn("relay_answer_lost", LOG_STR("error", pc_err_name(e)));
}

static void job_end(struct client *c)
{
    free(c->job.evidence);
    memset(&c->job, 0, sizeof c->job);
}

static void take_answer(struct client *c, uint64_t id, const struct relay_result *res)
{
    struct attest_job *j = &c->job;
    bool ours = j->busy && j->m.id == id;
    if (ours && j->posting && (res->kind == PC_RELAY_MINED || res->kind == PC_RELAY_KNOWN)) {
        j->again = true;
        loop_timer_set(c->server->loop, &c->server->next, 0);
        return;
    }
    if (ours && j->posting && res->kind == PC_RELAY_REVERTS) {
        j->refused = true;
        j->refusal = *res;
        j->again = true;
        loop_timer_set(c->server->loop, &c->server->next, 0);
        return;
    }
    struct relay_result told = ours && j->refused && res->kind == PC_RELAY_REVERTS
                                   ? j->refusal /* the cause */
                                   : *res;
    if (ours)
        job_end(c);
    send_result(c, id, &told);
}

static void on_answer(void *ctx, const void *who, uint64_t id, const struct relay_result *res)
{
    struct relay_server *s = ctx;
    for (size_t i = 0; i < PC_RELAY_CLIENTS; i++)
        if (who == &s->client[i])
            take_answer(&s->client[i], id, res);
}

/* What a request that made no call is answered. */
static struct relay_result no_call(enum err_code built)
{
    const char *name = pc_err_name(built);
    if (pc_err_class(built) == PC_ERR_CLASS_ENV)
        return relay_result_of(PC_RELAY_RETRY, "endpoints_unusable", name);
    if (built == PC_E_NOT_FOUND)
        return relay_result_of(PC_RELAY_RETRY, "not_posted", "post collateral or issuer first");
    if (built == PC_E_EXISTS)
        return relay_result_of(PC_RELAY_KNOWN, "in_force", "");
    return relay_result_of(PC_RELAY_REFUSED, "no_such_call", name);
}

static enum err_code submit(struct relay_server *s, uint64_t id, enum err_code built,
                            const struct relay_built *call)
{
    struct relay_clock now = relay_clock_now(s->loop);
    if (built == PC_OK) {
        relay_submit(s->relay, &now, s->current, id, &call->to, call->data);
        return PC_OK;
    }
    struct relay_result res = no_call(built);
    send_result(s->current, id, &res);
    return PC_OK;
}

static void set_time(struct relay_server *s)
{
    s->relay->chain.now_ms = loop_now(s->loop);
}

static enum err_code on_ncall(void *ctx, const struct relay_relay_ncall *m)
{
    struct relay_server *s = ctx;
    struct relay_built call = {0};
    set_time(s);
    enum err_code e = relay_build_ncall(&call, s->calldata, sizeof s->calldata, s->relay, m);
    return submit(s, m->id, e, &call);
}

static enum err_code on_plain(void *ctx, const struct relay_relay_plain *m)
{
    struct relay_server *s = ctx;
    struct relay_built call = {0};
    enum err_code e = relay_build_plain(&call, s->calldata, sizeof s->calldata, s->relay, m);
    return submit(s, m->id, e, &call);
}

static enum err_code on_activate(void *ctx, const struct relay_relay_activate *m)
{
    struct relay_server *s = ctx;
    struct relay_built call = {0};
    enum err_code e = relay_build_activate(&call, s->calldata, sizeof s->calldata, s->relay, m);
    return submit(s, m->id, e, &call);
}

static enum err_code on_call(void *ctx, const struct relay_relay_call *m)
{
    struct relay_server *s = ctx;
    struct relay_built call = {.data = m->data};
    memcpy(call.to.b, m->to, 20);
    return submit(s, m->id, PC_OK, &call);
}

/* A certificate, or the evidence when the contract has them all. */
static void job_step(struct client *c)
{
    struct relay_server *s = c->server;
    struct attest_job *j = &c->job;
    struct relay_clock now = relay_clock_now(s->loop);
    struct relay_built call = {0};
    uint64_t id = j->m.id;
    set_time(s);
    enum err_code e = j->refused ? PC_E_EXISTS
                                 : relay_build_certificate(&call, s->calldata, sizeof s->calldata,
                                                           s->relay, &j->m);
    j->posting = e == PC_OK;
    if (e == PC_OK && j->certificates++ == PC_VENDOR_CERTS)
        e = PC_E_RETRY; /* they do not stay */
    else if (e == PC_E_EXISTS)
        e = relay_build_attest(&call, s->calldata, sizeof s->calldata, s->relay, &j->m);
    if (e == PC_OK) {
        relay_submit(s->relay, &now, c, id, &call.to, call.data);
        return;
    }
    struct relay_result res = no_call(e);
    job_end(c);
    send_result(c, id, &res);
}

static void on_next(void *ctx)
{
    struct relay_server *s = ctx;
    for (size_t i = 0; i < PC_RELAY_CLIENTS; i++) {
        struct client *c = &s->client[i];
        if (!c->job.again)
            continue;
        c->job.again = false;
        job_step(c);
    }
}

static enum err_code on_attest(void *ctx, const struct relay_relay_attest *m)
{
    struct relay_server *s = ctx;
    struct client *c = s->current;
    struct relay_result busy = relay_result_of(PC_RELAY_RETRY, "attest_under_way", "");
    uint8_t *evidence = c->job.busy ? NULL : malloc(m->evidence.n + 1);
    if (evidence == NULL) {
        send_result(c, m->id, &busy);
        return PC_OK;
    }
    if (m->evidence.n != 0)
        memcpy(evidence, m->evidence.p, m->evidence.n);
    c->job = (struct attest_job){.busy = true, .m = *m, .evidence = evidence};
    c->job.m.evidence = bytes_of(evidence, m->evidence.n);
    job_step(c);
    return PC_OK;
}

static enum err_code on_reattest(void *ctx, const struct relay_relay_reattest *m)
{
    struct relay_server *s = ctx;
    struct relay_built call = {0};
    enum err_code e = relay_build_reattest(&call, s->calldata, sizeof s->calldata, s->relay, m);
    return submit(s, m->id, e, &call);
}

static enum err_code on_post(void *ctx, const struct relay_relay_post *m)
{
    struct relay_server *s = ctx;
    struct relay_built call = {0};
    set_time(s);
    enum err_code e = relay_build_post(&call, s->calldata, sizeof s->calldata, s->relay, m);
    return submit(s, m->id, e, &call);
}

static const struct relay_handlers handlers = {.relay_ncall = on_ncall,
                                               .relay_plain = on_plain,
                                               .relay_activate = on_activate,
                                               .relay_call = on_call,
                                               .relay_attest = on_attest,
                                               .relay_reattest = on_reattest,
                                               .relay_post = on_post};

static enum err_code on_frame(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    struct client *c = ctx;
    (void)end;
    (void)fd;
    c->server->current = c;
    enum err_code e =
        relay_dispatch(&handlers, c->server, RELAY_PROC_NODE, RELAY_PROC_RELAY, frame);
    c->server->current = NULL;
    return e;
}

static void on_gone(void *ctx, struct ipc_end *end, enum err_code why)
{
    struct client *c = ctx;
    if (why != PC_E_CLOSED)
        log_warn("relay_client_dropped", LOG_STR("error", pc_err_name(why)));
    relay_forget(c->server->relay, c);
    job_end(c);
    c->end = NULL;
    ipc_end_free(end);
}

static const struct ipc_events events = {on_frame, on_gone};

static void on_connect(void *ctx, int fd, unsigned what)
{
    struct relay_server *s = ctx;
    struct ipc_limits limits = IPC_LIMITS_FRAMES;
    (void)what;
    int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (conn < 0)
        return;
    for (size_t i = 0; i < PC_RELAY_CLIENTS; i++) {
        struct client *c = &s->client[i];
        if (c->end != NULL)
            continue;
        c->server = s;
        enum err_code e = ipc_end_new(&c->end, s->loop, conn, &limits, &events, c);
        if (e != PC_OK) {
            c->end = NULL;
            log_warn("relay_client_dropped", LOG_STR("error", pc_err_name(e)));
        }
        return;
    }
    log_warn("relay_clients_full", LOG_U64("most", PC_RELAY_CLIENTS));
    close(conn);
}

/* A socket that a dead process left behind is removed; anything else stays. */
static enum err_code clear_path(const struct sockaddr_un *at)
{
    struct stat st;
    if (lstat(at->sun_path, &st) != 0)
        return errno == ENOENT ? PC_OK : PC_E_IO;
    if (!S_ISSOCK(st.st_mode))
        return PC_E_EXISTS;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return PC_E_IO;
    bool served = connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 || errno == EAGAIN;
    close(fd);
    if (served)
        return PC_E_EXISTS;
    return unlink(at->sun_path) == 0 ? PC_OK : PC_E_IO;
}

static enum err_code start_listening(struct relay_server *s)
{
    PC_TRY(clear_path(&s->at));
    s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0)
        return PC_E_IO;
    mode_t before = umask(0177);
    bool ok = bind(s->fd, (const struct sockaddr *)&s->at, sizeof s->at) == 0;
    umask(before);
    if (!ok || listen(s->fd, 8) != 0)
        return PC_E_IO;
    return loop_fd_add(s->loop, s->fd, LOOP_READ, on_connect, s);
}

enum err_code relay_server_open(struct relay_server **out, struct loop *loop, struct relay *relay,
                                const char *path)
{
    *out = NULL;
    struct relay_server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return PC_E_MEMORY;
    s->loop = loop;
    s->relay = relay;
    s->fd = -1;
    s->at.sun_family = AF_UNIX;
    size_t n = strlen(path);
    enum err_code e = n != 0 && n < sizeof s->at.sun_path ? PC_OK : PC_E_USAGE;
    if (e == PC_OK) {
        memcpy(s->at.sun_path, path, n + 1);
        e = start_listening(s);
    }
    if (e != PC_OK) {
        if (s->fd >= 0)
            close(s->fd);
        free(s);
        return e;
    }
    loop_timer_init(&s->next, on_next, s);
    relay->answer = on_answer;
    relay->answer_ctx = s;
    *out = s;
    return PC_OK;
}

void relay_server_close(struct relay_server *s)
{
    if (s == NULL)
        return;
    loop_timer_stop(s->loop, &s->next);
    for (size_t i = 0; i < PC_RELAY_CLIENTS; i++) {
        ipc_end_free(s->client[i].end);
        job_end(&s->client[i]);
    }
    loop_fd_remove(s->loop, s->fd);
    close(s->fd);
    unlink(s->at.sun_path);
    free(s);
}
