/* SPDX-License-Identifier: Apache-2.0 */
#include "node/testkit/kit.h"

#include <stdlib.h>

#define SETTLE_TURNS 40 /* more than any chain of messages in a test has steps */

static enum err_code on_frame(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    struct kit_far *f = ctx;
    struct kit_frame *m = malloc(sizeof *m + frame.n);
    (void)end;
    (void)fd;
    assert_non_null(m);
    m->next = NULL;
    m->taken = false;
    m->n = frame.n;
    memcpy(m->bytes, frame.p, frame.n);
    if (f->last != NULL)
        f->last->next = m;
    else
        f->first = m;
    f->last = m;
    return PC_OK;
}

static void on_gone(void *ctx, struct ipc_end *end, enum err_code why)
{
    struct kit_far *f = ctx;
    f->gone = why;
    f->end = NULL;
    ipc_end_free(end);
}

static const struct ipc_events events = {on_frame, on_gone};

static void test_policy(struct policy_policy *p)
{
    uint8_t *const addresses[] = {p->epochs,          p->node_registry,    p->attestations,
                                  p->measurements,    p->tcb_policy,       p->apps,
                                  p->verifier_router, p->guardian_council, p->tdx.verifier};
    memset(p, 0, sizeof *p);
    p->chain_id = 31337;
    p->kind = POLICY_CHAIN_KIND_DEV;
    for (size_t i = 0; i < PC_ARRAY_LEN(addresses); i++)
        memset(addresses[i], (int)(0x11 * (i + 1)), 20);
    memset(p->network_id, 0x77, sizeof p->network_id);
    p->phase_blocks = 10;
    p->first_block = 1;
    p->head_age = 3600;
}

void kit_begin(struct kit *k, struct daemon *d, const struct daemon_spec *spec)
{
    memset(k, 0, sizeof *k);
    k->d = d;
    daemon_prepare(d, spec);
    test_policy(&d->policy);
    for (size_t i = 1; i <= LINK_COUNT; i++)
        k->far[i] = (struct kit_far){.k = k, .link = (enum ipc_link)i};
}

static void forget(struct kit_far *f)
{
    while (f->first != NULL) {
        struct kit_frame *next = f->first->next;
        free(f->first);
        f->first = next;
    }
    f->last = NULL;
}

void kit_end(struct kit *k)
{
    daemon_close(k->d);
    for (size_t i = 1; i <= LINK_COUNT; i++) {
        ipc_end_free(k->far[i].end);
        forget(&k->far[i]);
    }
}

void kit_connect(struct kit *k, enum ipc_link link)
{
    struct kit_far *f = &k->far[link];
    int fds[2];
    assert_true(k->d->links[link].mine);
    ipc_end_free(f->end);
    f->end = NULL;
    f->gone = PC_OK;
    /* As at the real far end: it may send what is large where the vault may not. */
    struct ipc_limits limits = IPC_LIMITS_FRAMES;
    assert_int_equal(ipc_pair(fds), PC_OK);
    assert_int_equal(ipc_end_new(&f->end, &k->d->loop, fds[0], &limits, &events, f), PC_OK);
    assert_int_equal(daemon_attach(k->d, link, fds[1]), PC_OK);
    kit_settle(k);
}

void kit_connect_all(struct kit *k)
{
    for (size_t i = 1; i <= LINK_COUNT; i++)
        if (k->d->links[i].mine)
            kit_connect(k, (enum ipc_link)i);
}

void kit_cut(struct kit *k, enum ipc_link link)
{
    ipc_end_free(k->far[link].end);
    k->far[link].end = NULL;
    kit_settle(k);
    assert_false(kit_up(k, link));
}

bool kit_up(const struct kit *k, enum ipc_link link)
{
    return k->d->links[link].end != NULL;
}

void kit_settle(struct kit *k)
{
    for (int i = 0; i < SETTLE_TURNS; i++)
        assert_int_equal(loop_turn(&k->d->loop, 0), PC_OK);
}

void kit_run(struct kit *k, uint64_t ms)
{
    kit_settle(k);
    uint64_t until = loop_now(&k->d->loop) + ms;
    while (loop_now(&k->d->loop) < until)
        assert_int_equal(loop_turn(&k->d->loop, 5), PC_OK);
    kit_settle(k);
}

static bool is(const struct kit_frame *m, uint16_t type)
{
    return !m->taken && (type == 0 || ipc_type_of(bytes_of(m->bytes, m->n)) == type);
}

struct bytes kit_take(struct kit *k, enum ipc_link link, uint16_t type)
{
    for (struct kit_frame *m = k->far[link].first; m != NULL; m = m->next) {
        if (!is(m, type))
            continue;
        m->taken = true;
        return bytes_of(m->bytes, m->n);
    }
    return bytes_of(NULL, 0);
}

size_t kit_count(const struct kit *k, enum ipc_link link, uint16_t type)
{
    size_t n = 0;
    for (const struct kit_frame *m = k->far[link].first; m != NULL; m = m->next)
        n += is(m, type);
    return n;
}

void kit_forget(struct kit *k)
{
    for (size_t i = 1; i <= LINK_COUNT; i++)
        for (struct kit_frame *m = k->far[i].first; m != NULL; m = m->next)
            m->taken = true;
}
