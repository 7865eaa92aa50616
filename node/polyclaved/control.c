/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.c - the operator's socket: one line in, one JSON object out, then the connection closes.
 *
 *   status       what the node is and knows
 *   join-bundle  keys, owner, bound block and fresh evidence: what `polyclave node join` posts
 *   reattest ID  after the vault died: this node's new keys for node ID of the same owner
 *
 * Nothing here shows a secret or weakens a check; the socket is for the operator's group.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "node/polyclaved/polyclaved.h"

#define CLIENTS_MAX  8
#define LINE_MAX_IN  128
#define IDLE_MS      10000u
#define ANSWER_MAX   (2 * EVIDENCE_MAX + 8192)
#define CONTROL_MODE 0660

struct client {
    struct control *c;
    int fd; /* -1: free */
    char line[LINE_MAX_IN];
    size_t n;
    bool waits; /* for the bundle */
    struct loop_timer idle;
};

struct control {
    struct polyclaved *p;
    int fd;
    struct client clients[CLIENTS_MAX];
    char answer[ANSWER_MAX];
};

static void client_close(struct client *k)
{
    if (k->fd < 0)
        return;
    loop_timer_stop(&k->c->p->d.loop, &k->idle);
    loop_fd_remove(&k->c->p->d.loop, k->fd);
    close(k->fd);
    k->fd = -1;
    k->waits = false;
}

/* The answer is small beside a socket's buffer; a reader that does not keep up loses it. */
static void answer(struct client *k, size_t n)
{
    const char *at = k->c->answer;
    int size = ANSWER_MAX + 1;
    (void)setsockopt(k->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    k->c->answer[n++] = '\n';
    while (n != 0) {
        ssize_t sent = send(k->fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            break;
        at += sent;
        n -= (size_t)sent;
    }
    client_close(k);
}

static void finish(struct client *k, struct json_out *o)
{
    size_t n;
    json_out_end(o);
    if (json_out_finish(o, &n) == PC_OK)
        answer(k, n);
    else
        client_close(k);
}

static void begin(struct client *k, struct json_out *o)
{
    json_out_init(o, k->c->answer, ANSWER_MAX - 1);
    json_out_object(o, NULL);
}

static void answer_error(struct client *k, const char *code, const char *message)
{
    struct json_out o;
    begin(k, &o);
    json_out_str(&o, "code", code);
    json_out_str(&o, "message", message);
    finish(k, &o);
}

static void out_keys(struct json_out *o, const struct polyclaved *p)
{
    json_out_hex(o, "ed25519", PC_BYTES(p->keys.ed25519));
    json_out_hex(o, "x25519", PC_BYTES(p->keys.x25519));
    json_out_hex(o, "account", PC_BYTES(p->keys.account));
    json_out_hex(o, "keys_hash", PC_BYTES(p->keys_hash));
    json_out_hex(o, "owner", PC_BYTES(p->config.owner));
    json_out_str(o, "endpoint", p->config.endpoint);
}

static void answer_status(struct client *k)
{
    const struct polyclaved *p = k->c->p;
    struct json_out o;
    begin(k, &o);
    if (p->have_keys)
        out_keys(&o, p);
    json_out_u64(&o, "node_id", p->node_id);
    json_out_str(&o, "state", ipc_node_state_name(p->state));
    json_out_str(&o, "vendor", wire_vendor_name(p->config.vendor));
    json_out_bool(&o, "recovering", p->recovering);
    json_out_u64(&o, "valid_until", p->evidence.valid_until);
    json_out_u64(&o, "epoch", p->epoch);
    json_out_u64(&o, "index", p->attempt.own_index);
    json_out_object(&o, "attempt");
    json_out_u64(&o, "epoch", p->attempt.epoch);
    json_out_u64(&o, "number", p->attempt.number);
    json_out_bool(&o, "open", p->attempt.open);
    json_out_bool(&o, "over", p->attempt.over);
    json_out_end(&o);
    json_out_str(&o, "health", ipc_health_name(p->health));
    json_out_object(&o, "head");
    json_out_u64(&o, "number", p->head.number);
    json_out_hex(&o, "hash", PC_BYTES(p->head.hash));
    json_out_u64(&o, "time", p->head.time);
    json_out_end(&o);
    json_out_u64(&o, "released", p->released);
    json_out_u64(&o, "replayed", p->replayed);
    json_out_u64(&o, "refused", p->refused);
    finish(k, &o);
}

static void answer_bundle(struct client *k)
{
    const struct polyclaved *p = k->c->p;
    struct json_out o;
    begin(k, &o);
    out_keys(&o, p);
    json_out_u64(&o, "bound_block", p->evidence.bound.number);
    json_out_hex(&o, "bound_hash", PC_BYTES(p->evidence.bound.hash));
    json_out_str(&o, "vendor", wire_vendor_name(p->config.vendor));
    json_out_hex(&o, "evidence", bytes_of(p->evidence.bytes, p->evidence.n));
    finish(k, &o);
}

void control_bundle(struct polyclaved *p, const char *why)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *k = &p->control->clients[i];
        if (k->fd < 0 || !k->waits)
            continue;
        if (why != NULL)
            answer_error(k, "quote_failed", why);
        else
            answer_bundle(k);
    }
}

static void want_bundle(struct client *k)
{
    enum err_code e = evidence_quote(k->c->p, QUOTE_BUNDLE);
    if (e == PC_E_SEQUENCE && k->c->p->evidence.use == QUOTE_BUNDLE)
        e = PC_OK; /* somebody waits for the same */
    if (e != PC_OK)
        answer_error(k, "retry",
                     "the node is not ready to quote (vault or chain link down, or a "
                     "quote under way); try again in some seconds");
    else
        k->waits = true;
}

static void want_reattest(struct client *k, const char *id)
{
    struct polyclaved *p = k->c->p;
    char *end;
    unsigned long n = strtoul(id, &end, 10);
    if (*id < '0' || *id > '9' || *end != '\0' || n == 0 || n > UINT32_MAX) {
        answer_error(k, "usage", "reattest needs a node id");
        return;
    }
    if (p->node_id != 0) {
        answer_error(k, "refused", "this node's keys are registered already");
        return;
    }
    p->registered_id = (uint32_t)n;
    memset(p->registered_keys, 0, sizeof p->registered_keys);
    p->evidence.retry_at = 0;
    p->evidence.failures = 0;
    answer_error(k, "ok", "the node attests anew at the next head");
}

static void run(struct client *k)
{
    if (strcmp(k->line, "status") == 0)
        answer_status(k);
    else if (strcmp(k->line, "join-bundle") == 0)
        want_bundle(k);
    else if (strncmp(k->line, "reattest ", 9) == 0)
        want_reattest(k, k->line + 9);
    else
        answer_error(k, "usage", "commands: status, join-bundle, reattest ID");
}

static void on_client(void *ctx, int fd, unsigned events)
{
    struct client *k = ctx;
    (void)events;
    ssize_t got = recv(fd, k->line + k->n, sizeof k->line - 1 - k->n, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        client_close(k);
        return;
    }
    k->n += (size_t)got;
    k->line[k->n] = '\0';
    char *end = strchr(k->line, '\n');
    if (end == NULL && k->n < sizeof k->line - 1)
        return;
    if (end == NULL || k->waits) {
        client_close(k);
        return;
    }
    *end = '\0';
    run(k);
}

static void on_idle(void *ctx)
{
    struct client *k = ctx;
    if (k->waits) /* a quote may take a minute; evidence.c ends it */
        loop_timer_set(&k->c->p->d.loop, &k->idle, IDLE_MS);
    else
        client_close(k);
}

static void on_listener(void *ctx, int fd, unsigned events)
{
    struct control *c = ctx;
    (void)events;
    int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (got < 0)
        return;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *k = &c->clients[i];
        if (k->fd >= 0)
            continue;
        if (loop_fd_add(&c->p->d.loop, got, LOOP_READ, on_client, k) != PC_OK)
            break;
        k->fd = got;
        k->n = 0;
        k->waits = false;
        loop_timer_set(&c->p->d.loop, &k->idle, IDLE_MS);
        return;
    }
    close(got);
}

void control_close(struct polyclaved *p)
{
    struct control *c = p->control;
    if (c == NULL)
        return;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        client_close(&c->clients[i]);
    if (c->fd >= 0) {
        loop_fd_remove(&p->d.loop, c->fd);
        close(c->fd);
    }
    free(c);
    p->control = NULL;
}

enum err_code control_open(struct polyclaved *p)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct control *c = calloc(1, sizeof *c);
    const char *path = p->config.control_socket;
    if (c == NULL)
        return PC_E_MEMORY;
    p->control = c;
    c->p = p;
    c->fd = -1;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        c->clients[i].c = c;
        c->clients[i].fd = -1;
        loop_timer_init(&c->clients[i].idle, on_idle, &c->clients[i]);
    }
    if (strlen(path) >= sizeof at.sun_path)
        return PC_E_TOO_LARGE;
    memcpy(at.sun_path, path, strlen(path));
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->fd < 0)
        return PC_E_IO;
    /* Left by a process that was killed; the store's lock says that nobody else uses it. */
    (void)unlink(path);
    if (bind(c->fd, (struct sockaddr *)&at, sizeof at) != 0 || chmod(path, CONTROL_MODE) != 0 ||
        listen(c->fd, CLIENTS_MAX) != 0) {
        log_error("control_socket", LOG_STR("path", path), LOG_STR("error", strerror(errno)));
        return PC_E_IO;
    }
    return loop_fd_add(&p->d.loop, c->fd, LOOP_READ, on_listener, c);
}
