/* SPDX-License-Identifier: Apache-2.0 */
/* One tick after the other. */
#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define AFTER_ACTIVE 40

unsigned roll(struct world *w, unsigned n)
{
    return (unsigned)rng_seeded_below(&w->rng, n);
}

bool chance(struct world *w, unsigned percent)
{
    return roll(w, 100) < percent;
}

void say(const struct world *w, const char *format, ...)
{
    va_list args;

    if (!w->verbose)
        return;
    va_start(args, format);
    printf("  %4u ", w->tick);
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

void broken(struct world *w, const char *format, ...)
{
    va_list args;

    if (w->failure[0] != 0)
        return;
    va_start(args, format);
    vsnprintf(w->failure, sizeof w->failure, format, args);
    va_end(args);
}

int blob_find(const struct world *w, const uint8_t hash[static 32])
{
    for (int i = w->blobs - 1; i >= 0; i--)
        if (memcmp(w->blob[i].hash, hash, 32) == 0)
            return i;
    return -1;
}

int blob_add(struct world *w, const struct dkg_blob *b, const uint8_t hash[static 32],
             unsigned dealer, const struct truth *t)
{
    PC_ASSERT(w->blobs < SIM_BLOBS);
    struct sim_blob *s = &w->blob[w->blobs];
    s->b = *b;
    memcpy(s->hash, hash, 32);
    s->dealer = dealer;
    s->truth = *t;
    return w->blobs++;
}

void net_send(struct world *w, const struct packet *p)
{
    uint8_t *lost = &w->lost_packet[p->from][p->to];

    bool apart = w->tick >= w->s.split_from && w->tick < w->s.split_to &&
                 (w->s.split >> p->from & 1) != (w->s.split >> p->to & 1);

    if (w->member[p->from].cut || apart || w->packets + 2 > SIM_PACKETS)
        return;
    if (*lost < w->s.in_a_row && chance(w, w->s.loss)) {
        ++*lost;
        return;
    }
    *lost = 0;
    struct packet *q = &w->packet[w->packets++];
    *q = *p;
    q->due = w->tick + 1 + roll(w, w->s.delay);
    if (chance(w, 5)) { /* twice, the second one late */
        w->packet[w->packets] = *q;
        w->packet[w->packets++].due += roll(w, 10);
    }
}

/* Packets that are due, in an order of their own. */
static void deliver(struct world *w)
{
    unsigned n = w->packets, left = 0;
    static struct packet due[SIM_PACKETS];
    unsigned due_n = 0;

    for (unsigned i = 0; i < n; i++)
        if (w->packet[i].due <= w->tick)
            due[due_n++] = w->packet[i];
        else
            w->packet[left++] = w->packet[i];
    w->packets = left;
    for (unsigned i = 0; i < due_n; i++) {
        unsigned k = i + roll(w, due_n - i);
        struct packet p = due[k];
        due[k] = due[i];
        member_receive(w, &w->member[p.to], &p);
    }
}

static void faults(struct world *w)
{
    for (unsigned i = 0; i < w->nodes; i++) {
        struct member *m = &w->member[i];
        if (w->s.crash_at[i] == w->tick && m->up) {
            say(w, "node %u dies", i);
            member_stop(m);
            if (arena_used(m->arena) != 0)
                broken(w, "node %u left %zu bytes in its arena", i, arena_used(m->arena));
        }
        if (w->s.revive_at[i] == w->tick && !m->up)
            member_start(w, m);
        m->cut = w->s.cut_from[i] != 0 && w->tick >= w->s.cut_from[i] && w->tick < w->s.cut_to[i];
    }
}

static bool over(const struct world *w)
{
    const struct contract *c = chain_final(w);

    if (w->failure[0] != 0 || w->head + 2 >= SIM_BLOCKS || c->attempt > SIM_ATTEMPTS)
        return true;
    return c->stage == STAGE_ACTIVE && w->final >= c->activated + AFTER_ACTIVE;
}

static void world_reset(struct world *w, uint64_t seed, bool real, bool verbose)
{
    w->failure[0] = 0;
    w->verbose = verbose;
    w->g = real ? &group_ristretto255 : &group_tiny61;
    rng_seeded_init(&w->rng, seed);
    scenario_of(&w->s, seed, real);
    w->nodes = 2 * w->s.n;
    w->tick = 1;
    w->packets = w->seen_n = 0;
    w->blobs = 0;
    w->commit_reorged = false;
    memset(w->lost_tx, 0, sizeof w->lost_tx);
    memset(w->lost_packet, 0, sizeof w->lost_packet);
    memset(w->record, 0, sizeof w->record);
    rng_fill(&w->rng.rng, w->bogus, 32);
    group_scalar_random(w->g, &w->shared_e, &w->rng.rng);
    group_scalar_random(w->g, &w->shared_excess, &w->rng.rng);
    chain_init(w);
    for (unsigned i = 0; i < w->nodes; i++) {
        struct member *m = &w->member[i];
        struct arena *arena = m->arena;
        memset(m, 0, sizeof *m);
        m->arena = arena;
        m->id = i;
        member_start(w, m);
    }
    scenario_coalition(w);
    oracle_sizes(w);
}

bool world_run(struct world *w, uint64_t seed, bool real, bool verbose)
{
    world_reset(w, seed, real, verbose);
    say(w, "%s n %u t %u byzantine %x absent %x lag %u loss %u delay %u", scenario_name(w->s.class),
        w->s.n, w->s.t, w->s.byzantine, w->s.absent, w->s.lag, w->s.loss, w->s.delay);
    if (w->s.old_n != 0)
        say(w, "DEGRADED from n %u t %u, slack %u%s", w->s.old_n, w->s.old_t, w->s.slack,
            w->s.vendor_cheats ? ", a vendor cheats" : "");
    while (!over(w)) {
        faults(w);
        deliver(w);
        for (unsigned i = 0; i < w->nodes && w->failure[0] == 0; i++) {
            member_step(w, &w->member[i]);
            oracle_member(w, &w->member[i]);
        }
        chain_step(w);
        w->tick++;
    }
    if (w->failure[0] == 0)
        oracle_end(w);
    for (unsigned i = 0; i < w->nodes; i++) {
        member_stop(&w->member[i]);
        if (arena_used(w->member[i].arena) != 0)
            broken(w, "node %u left %zu bytes in its arena", i, arena_used(w->member[i].arena));
    }
    return w->failure[0] == 0;
}

bool world_new(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->block = calloc(SIM_BLOCKS, sizeof *w->block);
    w->mempool = calloc(SIM_MEMPOOL, sizeof *w->mempool);
    w->packet = calloc(SIM_PACKETS, sizeof *w->packet);
    w->blob = calloc(SIM_BLOBS, sizeof *w->blob);
    w->member = calloc(SIM_NODES, sizeof *w->member);
    w->seen = calloc(SIM_NODES * 4 * (SIM_ATTEMPTS + 2), sizeof *w->seen);
    if (w->block == NULL || w->mempool == NULL || w->packet == NULL || w->blob == NULL ||
        w->member == NULL || w->seen == NULL)
        return false;
    for (unsigned i = 0; i < SIM_NODES; i++)
        if (arena_open(&w->member[i].arena, SIM_ARENA) != PC_OK)
            return false;
    return true;
}

void world_free(struct world *w)
{
    for (unsigned i = 0; w->member != NULL && i < SIM_NODES; i++)
        arena_close(w->member[i].arena);
    free(w->block);
    free(w->mempool);
    free(w->packet);
    free(w->blob);
    free(w->member);
    free(w->seen);
}
