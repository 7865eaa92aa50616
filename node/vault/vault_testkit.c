/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/vault/vault_testkit.h"

#include "base/buf.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/ids.h"
#include "crypto/labels.h"
#include "dkg/dkg_sid.h"

#define OPEN_BLOCK 200u

static void fill(uint8_t *p, size_t n, uint8_t with)
{
    memset(p, with, n);
}

static void collect(void *ctx, enum ipc_process to, struct bytes frame)
{
    struct cell *c = ctx;
    assert_true(c->out_n < WORLD_FRAMES);
    struct sent *s = &c->out[c->out_n++];
    s->to = to;
    s->n = frame.n;
    memcpy(s->bytes, frame.p, frame.n);
}

static void note_drop(void *ctx, enum ipc_process other)
{
    struct cell *c = ctx;
    c->dropped[other]++;
}

enum err_code cell_frame(struct cell *c, enum ipc_process from, struct bytes frame)
{
    struct world *w = c->w;
    if (w->log != NULL && c->index == 1) {
        assert_true(w->log_n < WORLD_LOG);
        struct told *t = &w->log[w->log_n++];
        t->from = from;
        t->n = frame.n;
        memcpy(t->bytes, frame.p, frame.n);
    }
    if (c->v == NULL)
        return c->far.tell(c->far.ctx, from, frame);
    return vault_frame(c->v, from, frame, w->now_ms);
}

void cell_heard(struct cell *c, enum ipc_process to, struct bytes frame)
{
    if (c->out_n < WORLD_FRAMES)
        collect(c, to, frame);
}

const struct wire_node_keys *cell_keys(const struct cell *c)
{
    return c->v == NULL ? &c->far.keys : vault_public_keys(c->v);
}

struct sent *cell_find(struct cell *c, uint16_t type)
{
    for (size_t i = 0; i < c->out_n; i++)
        if (c->out[i].n != 0 && ipc_type_of(bytes_of(c->out[i].bytes, c->out[i].n)) == type)
            return &c->out[i];
    return NULL;
}

void cell_forget(struct cell *c)
{
    c->out_n = 0;
}

struct policy_policy world_policy(void)
{
    struct policy_policy p = {.version = 1,
                              .chain_id = 31337,
                              .kind = POLICY_CHAIN_KIND_DEV,
                              .head_age = 3600,
                              .smallest_n = 3,
                              .margin = 0,
                              .max_bound_age = 300,
                              .phase_blocks = 10,
                              .first_block = 1};
    fill(p.network_id, 32, 0x11);
    fill(p.epochs, 20, 0xe1);
    fill(p.node_registry, 20, 0xe2);
    fill(p.attestations, 20, 0xe3);
    fill(p.apps, 20, 0xe4);
    fill(p.tdx.verifier, 20, 0xe5);
    fill(p.tdx.root, 32, 0xe6);
    fill(p.measurements, 20, 0xe7);
    fill(p.tcb_policy, 20, 0xe8);
    fill(p.verifier_router, 20, 0xe9);
    fill(p.guardian_council, 20, 0xea);
    return p;
}

struct cell *cell_new(struct world *w, uint16_t index, uint64_t seed)
{
    struct cell *c = calloc(1, sizeof *c);
    void *memory = calloc(1, vault_bytes());
    assert_non_null(c);
    assert_non_null(memory);
    c->w = w;
    c->index = index;
    rng_seeded_init(&c->rng, seed * 1000 + index);
    assert_int_equal(arena_open(&c->arena, VAULT_ARENA), PC_OK);
    struct vault_env env = {.arena = c->arena,
                            .rng = &c->rng.rng,
                            .group = w->g,
                            .policy = w->policy,
                            .room = c->room,
                            .room_count = PC_ARRAY_LEN(c->room),
                            .send = collect,
                            .drop = note_drop,
                            .ctx = c};
    assert_int_equal(vault_init(&c->v, memory, &env), PC_OK);
    return c;
}

static struct cell *cell_far(struct world *w, const struct far_vault *far)
{
    struct cell *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->w = w;
    c->index = 1;
    c->far = *far;
    return c;
}

struct world *world_new(uint16_t n, const struct group *g, uint64_t seed)
{
    return world_new_far(n, g, seed, NULL);
}

struct world *world_new_far(uint16_t n, const struct group *g, uint64_t seed,
                            const struct far_vault *far)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_true(n <= WORLD_MAX);
    w->n = n;
    w->g = g;
    w->policy = world_policy();
    w->now_ms = 1000000;
    w->head = (struct wire_head){.number = 100, .time = 1700000000};
    for (uint16_t i = 1; i <= n; i++) {
        w->cell[i] = i == 1 && far != NULL ? cell_far(w, far) : cell_new(w, i, seed);
        cell_rebuild_member(w->cell[i]);
    }
    world_head(w, 1);
    return w;
}

void cell_free(struct cell *c)
{
    if (c->v != NULL) {
        vault_wipe(c->v);
        assert_int_equal(arena_used(c->arena), 0); /* nothing was forgotten */
        arena_close(c->arena);
    }
    free(c->v);
    free(c);
}

void world_free(struct world *w)
{
    for (uint16_t i = 1; i <= w->n; i++)
        cell_free(w->cell[i]);
    free(w);
}

/* ---- heads ---- */

void cell_head(struct cell *c, uint64_t epoch)
{
    struct ipc_vc_head m = {.head = c->w->head,
                            .node_id = 100u + c->index,
                            .state = IPC_NODE_STATE_LIVE,
                            .valid_until = c->w->head.time + 100000,
                            .epoch = epoch};
    MUST_TELL(c, IPC_PROC_CHAIN, vc_head, &m);
}

static bool serves(const struct cell *c)
{
    return c->v == NULL ? c->serves : vault_serves(c->v, 1);
}

void world_head(struct world *w, uint64_t blocks)
{
    w->head.number += blocks;
    w->head.time += blocks;
    w->now_ms += blocks * 1000;
    fill(w->head.hash, 32, (uint8_t)w->head.number);
    store_be64(w->head.hash, w->head.number);
    fill(w->head.state_root, 32, (uint8_t)(w->head.number + 7));
    for (uint16_t i = 1; i <= w->n; i++)
        cell_head(w->cell[i], serves(w->cell[i]) ? 1 : 0);
}

/* ---- members ---- */

void verdict_claims(struct ipc_va_verdict *v)
{
    struct claims_fields f = {.vendor = (enum vendor)v->vendor,
                              .report_data = bytes_of(v->report_data, v->report_data_n),
                              .raw_tcb = bytes_of(v->raw_tcb, v->raw_tcb_n)};
    memcpy(f.product, v->product, 32);
    memcpy(f.measurement, v->measurement, 32);
    memcpy(f.platform, v->platform, 32);
    id_claims(v->claims, &f);
}

struct ipc_va_verdict verdict_good(uint8_t platform)
{
    struct ipc_va_verdict v = {.vendor = WIRE_VENDOR_TDX,
                               .has_claims = true,
                               .report_data_n = 64,
                               .raw_tcb_n = 52,
                               .crl_checked = true,
                               .tcb_status = 1,
                               .collateral_epoch = 5};
    fill(v.product, 8, 0x21);
    fill(v.measurement, 32, 0x22);
    fill(v.platform, 32, platform);
    fill(v.raw_tcb, 52, 0x09);
    return v;
}

void cell_rebuild_member(struct cell *c)
{
    struct report_binding b = {.kind = PC_SUBJECT_NODE, .chain_id = c->w->policy.chain_id};
    struct ipc_vc_member *m = &c->member;
    *m = (struct ipc_vc_member){.index = c->index,
                                .node_id = 100u + c->index,
                                .keys = *cell_keys(c),
                                .domains_n = 2,
                                .collateral_epoch = 5,
                                .state = IPC_NODE_STATE_LIVE};
    fill(m->domains[0], 32, (uint8_t)(0x40 + c->index));
    fill(m->domains[1], 32, (uint8_t)(0x50 + c->index));
    fill(m->owner, 20, (uint8_t)(0x60 + c->index));
    m->bound = (struct wire_block){.number = 90};
    fill(m->bound.hash, 32, 0x90);
    memcpy(m->verifier, c->w->policy.tdx.verifier, 20);
    c->verdict = verdict_good((uint8_t)(0x70 + c->index));
    memcpy(b.attestations, c->w->policy.attestations, 20);
    id_keys_node(b.keys_hash, m->keys.ed25519, m->keys.x25519, m->keys.account);
    context_of_owner(b.context, m->owner);
    b.bound_block = m->bound.number;
    memcpy(b.bound_hash, m->bound.hash, 32);
    id_report_data(c->verdict.report_data, &b);
    verdict_claims(&c->verdict);
    memcpy(m->claims, c->verdict.claims, 32);
}

void world_enrol(struct world *w)
{
    for (uint16_t i = 1; i <= w->n; i++) {
        struct cell *c = w->cell[i];
        struct ipc_vc_announced an = {1, 1, 150};
        struct ipc_vd_enrol en = {100u + i, 1, 1, ++c->seq};
        struct ipc_vd_ncall call;
        MUST_TELL(c, IPC_PROC_CHAIN, vc_announced, &an);
        MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_enrol, &en);
        MUST_HEAR(c, IPC_MSG_VD_NCALL, vd_ncall, &call);
        assert_int_equal(call.kind, IPC_NCALL_KIND_ENROL);
        assert_int_equal(call.body_n, 96);
        memcpy(c->member.ek, call.body, 32);
        memcpy(c->member.pop, call.body + 32, 64);
        memcpy(c->member.enrol_signature, call.signature, 65);
        c->member.enrol_seq = call.seq;
    }
}

void world_prepare_open(struct world *w)
{
    struct dkg_member seat[WORLD_MAX] = {{0}};
    struct ipc_vc_open *o = &w->open;
    *o = (struct ipc_vc_open){.epoch = 1,
                              .attempt = 1,
                              .n = w->n,
                              .t = (uint16_t)(w->n / 2 + 1),
                              .keys_n = 1,
                              .protocol = DKG_PROTOCOL,
                              .b1 = OPEN_BLOCK + 10,
                              .b2 = OPEN_BLOCK + 20,
                              .b2c = OPEN_BLOCK + 30,
                              .b3 = OPEN_BLOCK + 50};
    memcpy(o->network_id, w->policy.network_id, 32);
    o->opened.number = OPEN_BLOCK;
    fill(o->opened.hash, 32, 0xc1);
    for (uint16_t i = 1; i <= w->n; i++) {
        const struct ipc_vc_member *m = &w->cell[i]->member;
        struct dkg_member *s = &seat[i - 1];
        if (m->node_id == 0)
            continue;
        s->node_id = m->node_id;
        id_keys_node(s->keys_hash, m->keys.ed25519, m->keys.x25519, m->keys.account);
        memcpy(s->ek, m->ek, 32);
        memcpy(s->pop.b, m->pop, 64);
        s->domains = m->domains_n;
        memcpy(s->domain, m->domains, sizeof s->domain);
    }
    assert_int_equal(dkg_member_root(o->root, seat, w->n), PC_OK);
}

void cell_open(struct cell *c)
{
    struct ipc_vc_open o = c->w->open;
    o.own_index = c->index;
    MUST_TELL(c, IPC_PROC_CHAIN, vc_open, &o);
    for (uint16_t i = 1; i <= c->w->n; i++) {
        struct ipc_vc_member m = c->w->cell[i]->member;
        m.epoch = o.epoch;
        m.attempt = o.attempt;
        MUST_TELL(c, IPC_PROC_CHAIN, vc_member, &m);
    }
}

void world_node_digest(uint8_t out[static 32], const struct world *w, uint16_t index)
{
    struct writer wr;
    uint8_t buf[128];
    struct bytes b;
    wr = writer_of(buf, sizeof buf);
    write_bytes32(&wr, PC_BYTES_STR(PC_LABEL_NODE_JOIN));
    write_bytes(&wr, w->policy.network_id, 32);
    write_u64(&wr, w->open.epoch);
    write_u32(&wr, w->open.attempt);
    write_u16(&wr, index);
    assert_int_equal(writer_end(&wr, &b), PC_OK);
    sha256(out, b);
}

void world_judge(struct world *w)
{
    for (uint16_t i = 1; i <= w->n; i++)
        for (uint16_t j = 1; j <= w->n; j++) {
            struct ipc_va_verdict verdict = w->cell[j]->verdict;
            world_node_digest(verdict.digest, w, j);
            MUST_TELL(w->cell[i], IPC_PROC_ATTEST, va_verdict, &verdict);
        }
}

/* ---- the attempt ---- */

void world_deal(struct world *w)
{
    for (uint16_t i = 1; i <= w->n; i++) {
        struct cell *c = w->cell[i];
        struct ipc_vd_deal m = {1, 1, ++c->seq};
        MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_deal, &m);
        MUST_HEAR(c, IPC_MSG_VD_NCALL, vd_ncall, &c->commit);
        assert_int_equal(c->commit.kind, IPC_NCALL_KIND_COMMIT);
    }
}

static void tell_phase(struct world *w, enum ipc_phase_end what, uint64_t at,
                       const uint8_t *transcript)
{
    struct ipc_vc_phase m = {.epoch = 1, .attempt = 1, .what = what, .at = at};
    if (transcript != NULL)
        memcpy(m.transcript, transcript, 32);
    for (uint16_t i = 1; i <= w->n; i++)
        MUST_TELL(w->cell[i], IPC_PROC_CHAIN, vc_phase, &m);
}

static void keep_blob(struct cell *c)
{
    struct ipc_vd_blob_head head;
    struct ipc_vd_blob_rec rec;
    uint8_t hash[32];
    c->blob_n = 0;
    MUST_HEAR(c, IPC_MSG_VD_BLOB_HEAD, vd_blob_head, &head);
    while (HEARD(c, IPC_MSG_VD_BLOB_REC, vd_blob_rec, &rec)) {
        assert_int_equal(rec.offset, c->blob_n);
        memcpy(c->blob + c->blob_n, rec.data, rec.data_n);
        c->blob_n += rec.data_n;
    }
    assert_int_equal(c->blob_n, head.length);
    sha256(hash, bytes_of(c->blob, c->blob_n));
    assert_memory_equal(hash, head.hash, 32);
    assert_memory_equal(hash, c->commit.body, 32);
}

void world_commit(struct world *w)
{
    for (uint16_t i = 1; i <= w->n; i++)
        for (uint16_t j = 1; j <= w->n; j++) {
            struct ipc_vc_commit m = {.epoch = 1, .attempt = 1, .index = j, .at = OPEN_BLOCK + j};
            memcpy(m.hash, w->cell[j]->commit.body, 32);
            m.length = load_be32(w->cell[j]->commit.body + 60);
            MUST_TELL(w->cell[i], IPC_PROC_CHAIN, vc_commit, &m);
        }
    tell_phase(w, IPC_PHASE_END_B1, w->open.b1, NULL);
    for (uint16_t i = 1; i <= w->n; i++)
        keep_blob(w->cell[i]);
}

void world_feed(struct world *w, struct cell *to, uint16_t dealer)
{
    const struct cell *from = w->cell[dealer];
    struct ipc_vd_blob_head head = {.epoch = 1, .attempt = 1, .dealer = dealer};
    head.length = (uint32_t)from->blob_n;
    memcpy(head.hash, from->commit.body, 32);
    MUST_TELL(to, IPC_PROC_POLYCLAVED, vd_blob_head, &head);
    for (size_t at = 0; at < from->blob_n;) {
        struct ipc_vd_blob_rec rec = {.dealer = dealer, .offset = (uint32_t)at};
        size_t left = from->blob_n - at, piece = 1 + at % 701; /* cut anywhere */
        rec.data_n = (uint16_t)(left < piece ? left : piece);
        memcpy(rec.data, from->blob + at, rec.data_n);
        MUST_TELL(to, IPC_PROC_POLYCLAVED, vd_blob_rec, &rec);
        at += rec.data_n;
    }
}

void world_vote(struct world *w)
{
    for (uint16_t i = 1; i <= w->n; i++) {
        struct cell *c = w->cell[i];
        struct ipc_vd_action a;
        while (HEARD(c, IPC_MSG_VD_ACTION, vd_action, &a)) {
            struct ipc_vd_blob_r r;
            if (a.kind != IPC_ACTION_KIND_FETCH)
                continue;
            world_feed(w, c, a.dealer);
            MUST_HEAR(c, IPC_MSG_VD_BLOB_R, vd_blob_r, &r);
            assert_int_equal(r.error, PC_OK);
            assert_int_equal(r.check, 0);
        }
        struct ipc_vd_vote m = {1, 1, ++c->seq};
        MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_vote, &m);
        MUST_HEAR(c, IPC_MSG_VD_NCALL, vd_ncall, &c->vote);
        assert_int_equal(c->vote.kind, IPC_NCALL_KIND_VOTE);
        assert_false(vault_zero32(c->vote.body + 32));
    }
}

void world_activate(struct world *w)
{
    for (uint16_t i = 1; i <= w->n; i++)
        for (uint16_t j = 1; j <= w->n; j++) {
            struct ipc_vc_vote m = {.epoch = 1, .attempt = 1, .index = j, .at = w->open.b1 + j};
            memcpy(m.bitmap, w->cell[j]->vote.body, 32);
            memcpy(m.transcript, w->cell[j]->vote.body + 32, 32);
            MUST_TELL(w->cell[i], IPC_PROC_CHAIN, vc_vote, &m);
        }
    tell_phase(w, IPC_PHASE_END_ACTIVE, w->open.b1 + 9, w->cell[1]->vote.body + 32);
    for (uint16_t i = 1; i <= w->n; i++) {
        struct cell *c = w->cell[i];
        cell_forget(c);
        c->serves = true;
        if (c->v == NULL)
            continue;
        struct vault_key *k = vault_key_of(c->v, 1);
        assert_non_null(k);
        w->pub = k->key->pub;
    }
    world_head(w, 150);
    for (uint16_t i = 1; i <= w->n; i++)
        if (w->cell[i]->v != NULL)
            cell_lease(w->cell[i]);
}

void world_genesis(struct world *w)
{
    world_enrol(w);
    world_prepare_open(w);
    for (uint16_t i = 1; i <= w->n; i++)
        cell_open(w->cell[i]);
    world_judge(w);
    world_deal(w);
    world_commit(w);
    world_vote(w);
    world_activate(w);
}

void cell_lease(struct cell *c)
{
    struct ipc_vp_lease_get get = {0};
    struct ipc_vp_lease_nonce nonce;
    MUST_TELL(c, IPC_PROC_PEER, vp_lease_get, &get);
    MUST_HEAR(c, IPC_MSG_VP_LEASE_NONCE, vp_lease_nonce, &nonce);
    for (uint16_t j = 1; j <= c->w->n; j++) {
        struct cell *other = c->w->cell[j];
        struct ipc_vp_head_sign ask = {.id = j, .has_nonce = true};
        struct ipc_vp_head_signed s;
        if (j == c->index || other->v == NULL)
            continue;
        memcpy(ask.nonce, nonce.nonce, 32);
        MUST_TELL(other, IPC_PROC_PEER, vp_head_sign, &ask);
        MUST_HEAR(other, IPC_MSG_VP_HEAD_SIGNED, vp_head_signed, &s);
        assert_int_equal(s.error, PC_OK);
        assert_int_equal(s.index, j);
        struct ipc_vp_lease_sig sig = {.index = j, .head = {.number = s.head.number}};
        memcpy(sig.head.hash, s.head.hash, 32);
        memcpy(sig.signature, s.signature, 64);
        MUST_TELL(c, IPC_PROC_PEER, vp_lease_sig, &sig);
    }
}
