/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/remote.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/transport.h"

#define WAIT_MS 180000 /* the vault answers a bounded number of handshakes per second */

struct remote_shared {
    unsigned n;
    _Atomic unsigned open;
    _Atomic uint16_t port[DKG_MAX_N + 1];
};

/* One member in a child. */
struct end {
    struct transport *transport;
    const struct x25519_sk *sk;
    struct remote_shared *shared;
};

static uint32_t host_of(uint16_t index)
{
    return UINT32_C(127) << 24 | (1u + index / 200u) << 8 | (1u + index % 200u);
}

static void need_dh(void *ctx, transport_conn c, const struct x25519_pk *point)
{
    struct end *e = ctx;
    uint8_t shared[32];
    if (x25519_dh(shared, e->sk, point) != PC_OK ||
        transport_dh_result(e->transport, c, shared) != PC_OK)
        transport_dh_fail(e->transport, c);
}

static bool allow(void *ctx, transport_conn c, const struct x25519_pk *remote)
{
    (void)ctx, (void)c, (void)remote;
    return true;
}

static void on_open(void *ctx, transport_conn c, const struct x25519_pk *remote, bool dialled)
{
    struct end *e = ctx;
    (void)c, (void)remote, (void)dialled;
    atomic_fetch_add(&e->shared->open, 1);
}

static enum err_code on_frame(void *ctx, transport_conn c, struct bytes frame)
{
    (void)ctx, (void)c, (void)frame;
    return PC_OK;
}

static void on_closed(void *ctx, transport_conn c, enum err_code why)
{
    struct end *e = ctx;
    (void)c, (void)why;
    atomic_fetch_sub(&e->shared->open, 1);
}

static void listen_as(struct end *e, struct loop *loop, const struct genesis *g, uint16_t index)
{
    static const struct transport_events events = {need_dh, allow, on_open, on_frame, on_closed};
    struct transport_config config = {TRANSPORT_DEFAULTS, .rng = rng_system()};
    struct sockaddr_storage at = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&at;
    uint16_t port = 0;
    memcpy(config.network_id, g->stage->policy.network_id, 32);
    memcpy(config.own.b, g->member[index].keys.x25519, 32);
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(host_of(index));
    e->sk = &g->channel[index];
    if (transport_new(&e->transport, loop, &config, &events, e) != PC_OK ||
        transport_listen(e->transport, &at, &port) != PC_OK)
        pc_bug("a member cannot listen");
    atomic_store(&e->shared->port[index], port);
}

static _Noreturn void child_run(struct remote_shared *shared, const struct genesis *g, size_t which)
{
    static struct end ends[DKG_MAX_N + 1];
    static struct loop loop;
    loop_init(&loop);
    for (size_t i = 2 + which; i <= g->n; i += REMOTE_CHILDREN) {
        ends[i].shared = shared;
        listen_as(&ends[i], &loop, g, (uint16_t)i);
    }
    _exit(loop_run(&loop) == PC_OK ? 0 : 1);
}

/* Until a counter that children write has a value. */
static void wait_for(const _Atomic unsigned *open, const _Atomic uint16_t *port, unsigned want)
{
    for (int i = 0; open != NULL ? atomic_load(open) != want : atomic_load(port) == 0; i++) {
        if (i >= WAIT_MS)
            pc_bug("the members' channels do not open");
        (void)poll(NULL, 0, 1);
    }
}

void remote_start(struct remote *r, const struct genesis *g)
{
    r->shared =
        mmap(NULL, sizeof *r->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (r->shared == MAP_FAILED)
        pc_bug("no memory");
    r->shared->n = g->n;
    for (size_t k = 0; k < REMOTE_CHILDREN; k++) {
        r->child[k] = fork();
        if (r->child[k] < 0)
            pc_bug("no child");
        if (r->child[k] == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            child_run(r->shared, g, k);
        }
    }
    for (size_t i = 2; i <= g->n; i++)
        wait_for(NULL, &r->shared->port[i], 0);
}

void remote_endpoint(const struct remote *r, char out[static 32], uint16_t index)
{
    struct in_addr host = {htonl(host_of(index))};
    unsigned port = atomic_load(&r->shared->port[index]);
    (void)snprintf(out, 32, "%s:%u:1", inet_ntoa(host), port);
}

void remote_wait(const struct remote *r)
{
    wait_for(&r->shared->open, NULL, r->shared->n - 1);
}

void remote_end(struct remote *r)
{
    int status;
    for (size_t k = 0; k < REMOTE_CHILDREN; k++)
        if (kill(r->child[k], SIGKILL) != 0 || waitpid(r->child[k], &status, 0) != r->child[k])
            pc_bug("a child is gone");
    (void)munmap(r->shared, sizeof *r->shared);
}
