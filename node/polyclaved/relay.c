/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.c - the socket of polyclave-relay (docs/INTERNALS.md 9). The relay is on the host: it can
 * drop what it is asked, and that is all it can do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/polyclaved/polyclaved.h"

#define RECONNECT_MS 1000u

struct relay {
    struct polyclaved *p;
    struct ipc_end *end;
    uint64_t tried_at; /* loop_now; a dead socket is not hammered */
    bool tried;
};

static enum err_code on_frame(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    struct relay *r = ctx;
    struct relay_relay_done m;
    (void)end;
    (void)fd;
    PC_TRY(relay_decode_relay_done(&m, frame));
    if (!calls_on_done(r->p, &m) && !evidence_on_done(r->p, &m))
        log_warn("relay_answer_unasked", LOG_U64("id", m.id));
    return PC_OK;
}

static void on_gone(void *ctx, struct ipc_end *end, enum err_code why)
{
    struct relay *r = ctx;
    (void)end;
    log_warn("relay_gone", LOG_STR("error", pc_err_name(why)));
    ipc_end_free(r->end);
    r->end = NULL;
    calls_relay_gone(r->p);
    if (r->p->evidence.request != 0)
        evidence_fail(r->p, "the relay went away");
}

static const struct ipc_events events = {on_frame, on_gone};

enum err_code relay_open(struct polyclaved *p)
{
    p->relay = calloc(1, sizeof *p->relay);
    if (p->relay == NULL)
        return PC_E_MEMORY;
    p->relay->p = p;
    return PC_OK;
}

void relay_close(struct polyclaved *p)
{
    if (p->relay == NULL)
        return;
    ipc_end_free(p->relay->end);
    free(p->relay);
    p->relay = NULL;
}

static enum err_code dial(struct relay *r)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    enum err_code e = PC_E_CLOSED;
    size_t n = strlen(r->p->config.relay_socket);
    if (n >= sizeof to.sun_path)
        return PC_E_TOO_LARGE;
    memcpy(to.sun_path, r->p->config.relay_socket, n);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return PC_E_IO;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return e;
    }
    struct ipc_limits limits = IPC_LIMITS_FRAMES;
    return ipc_end_new(&r->end, &r->p->d.loop, fd, &limits, &events, r);
}

struct ipc_end *relay_end(struct polyclaved *p)
{
    struct relay *r = p->relay;
    uint64_t now = loop_now(&p->d.loop);
    if (r->end != NULL || (r->tried && now - r->tried_at < RECONNECT_MS))
        return r->end;
    r->tried = true;
    r->tried_at = now;
    enum err_code e = dial(r);
    if (e != PC_OK)
        log_warn("relay_unreachable", LOG_STR("socket", p->config.relay_socket),
                 LOG_STR("error", pc_err_name(e)),
                 LOG_STR("hint", "is polyclave-relay running with this socket?"));
    else
        log_info("relay_connected", LOG_STR("socket", p->config.relay_socket));
    return r->end;
}
