/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/relay_link.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/ipc.h"

struct relay_link {
    struct loop loop;
    struct loop_timer timer;
    struct ipc_end *end;
    uint64_t next_id;
    uint64_t waiting; /* id that is asked; 0: none */
    struct relay_reply *out;
    enum err_code over; /* why the link ended; PC_OK while it lives */
    bool late;
};

static enum err_code on_frame(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    struct relay_link *l = ctx;
    struct relay_relay_done m;
    (void)end;
    (void)fd;
    PC_TRY(relay_decode_relay_done(&m, frame));
    if (m.id != l->waiting || m.text.n > RELAY_TEXT_MAX)
        return m.id < l->waiting ? PC_OK : PC_E_MALFORMED; /* an answer that came too late */
    l->waiting = 0;
    memset(l->out, 0, sizeof *l->out);
    l->out->outcome = m.outcome;
    memcpy(l->out->tx_hash, m.tx_hash, 32);
    l->out->block = m.block;
    l->out->gas_used = m.gas_used;
    if (m.text.n != 0)
        memcpy(l->out->text, m.text.p, m.text.n);
    return PC_OK;
}

static void on_gone(void *ctx, struct ipc_end *end, enum err_code why)
{
    struct relay_link *l = ctx;
    (void)end;
    l->over = why;
}

static void on_late(void *ctx)
{
    struct relay_link *l = ctx;
    l->late = true;
}

static enum err_code dial(int *fd, const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    *fd = -1;
    if (n == 0 || n >= sizeof to.sun_path)
        return PC_E_USAGE;
    memcpy(to.sun_path, path, n);
    *fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return PC_E_IO;
    if (connect(*fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return PC_OK;
    enum err_code e = errno == ENOENT || errno == ECONNREFUSED ? PC_E_NOT_FOUND : PC_E_IO;
    close(*fd);
    *fd = -1;
    return e;
}

enum err_code relay_link_open(struct relay_link **out, const char *path)
{
    static const struct ipc_events events = {on_frame, on_gone};
    struct ipc_limits limits = IPC_LIMITS_FRAMES;
    int fd;
    *out = NULL;
    struct relay_link *l = calloc(1, sizeof *l);
    if (l == NULL)
        return PC_E_MEMORY;
    loop_init(&l->loop);
    loop_timer_init(&l->timer, on_late, l);
    enum err_code e = dial(&fd, path);
    if (e == PC_OK)
        e = ipc_end_new(&l->end, &l->loop, fd, &limits, &events, l);
    if (e != PC_OK) {
        free(l);
        return e;
    }
    *out = l;
    return PC_OK;
}

void relay_link_close(struct relay_link *l)
{
    if (l == NULL)
        return;
    ipc_end_free(l->end);
    free(l);
}

/* The request is on its way: turn until its answer, the end of the link, or the time is over. */
static enum err_code wait_reply(struct relay_link *l, enum err_code sent, unsigned ms)
{
    if (sent != PC_OK)
        return sent;
    l->late = false;
    loop_timer_set(&l->loop, &l->timer, ms);
    enum err_code e = PC_OK;
    while (e == PC_OK && l->waiting != 0 && l->over == PC_OK && !l->late)
        e = loop_turn(&l->loop, -1);
    loop_timer_stop(&l->loop, &l->timer);
    if (e != PC_OK || l->waiting == 0)
        return e;
    return l->over != PC_OK ? l->over : PC_E_TIMEOUT;
}

static uint64_t begin(struct relay_link *l, struct relay_reply *out)
{
    memset(out, 0, sizeof *out);
    l->out = out;
    l->waiting = ++l->next_id;
    return l->waiting;
}

#define SEND(l, name, m)                                                                           \
    __extension__({                                                                                \
        struct bytes pc_frame;                                                                     \
        enum err_code pc_e = (l)->over != PC_OK                                                    \
                                 ? PC_E_CLOSED                                                     \
                                 : relay_encode_##name(&pc_frame, ipc_end_reserve((l)->end),       \
                                                       ipc_end_room((l)->end), (m));               \
        pc_e == PC_OK ? ipc_end_commit((l)->end, pc_frame.n) : pc_e;                               \
    })

enum err_code relay_link_attest(struct relay_link *l, struct relay_reply *out,
                                struct relay_relay_attest *m, unsigned ms)
{
    m->id = begin(l, out);
    return wait_reply(l, SEND(l, relay_attest, m), ms);
}

enum err_code relay_link_post(struct relay_link *l, struct relay_reply *out,
                              struct relay_relay_post *m, unsigned ms)
{
    m->id = begin(l, out);
    return wait_reply(l, SEND(l, relay_post, m), ms);
}

enum err_code relay_link_call(struct relay_link *l, struct relay_reply *out,
                              struct relay_relay_call *m, unsigned ms)
{
    m->id = begin(l, out);
    return wait_reply(l, SEND(l, relay_call, m), ms);
}
