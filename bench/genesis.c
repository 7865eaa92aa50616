/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/genesis.h"

#include <stdlib.h>

#include "base/buf.h"
#include "crypto/abihash.h"
#include "crypto/evmkey.h"
#include "crypto/hash.h"
#include "crypto/keccak.h"
#include "crypto/labels.h"
#include "crypto/transcript.h"
#include "dkg/dkg_deal.h"
#include "dkg/dkg_sid.h"

#define OPEN_BLOCK 200u
#define NODE_ID(i) (100u + (i))

static const uint64_t epoch = 1;
static const uint32_t attempt = 1;

static int link_of(const struct genesis *g, enum ipc_link link)
{
    return g->vault->end[link];
}

static void say_step(struct genesis *g, const char *name)
{
    if (g->step != NULL)
        g->step(g->ctx, name);
}

static void say_head(struct genesis *g, uint64_t blocks, uint64_t in_epoch)
{
    g->head.number += blocks;
    g->head.time += blocks;
    store_be64(g->head.hash, g->head.number);
    store_be64(g->head.state_root, g->head.number);
    struct ipc_vc_head m = {.head = g->head,
                            .node_id = NODE_ID(1),
                            .state = IPC_NODE_STATE_LIVE,
                            .valid_until = g->head.time + 100000,
                            .epoch = in_epoch};
    SAY(link_of(g, IPC_LINK_VC), vc_head, &m);
}

/* ---- members ---- */

/* EIP-712 struct of an enrolment. */
static void enrol_hash(uint8_t out[static 32], const struct ipc_vc_member *m)
{
    struct abi_args a = abi_args_init();
    uint8_t pop[32];
    keccak256(pop, PC_BYTES(m->pop));
    abi_b32(&a, pc_typehash_enrol);
    abi_uint(&a, m->node_id);
    abi_uint(&a, epoch);
    abi_uint(&a, attempt);
    abi_b32(&a, m->ek);
    abi_b32(&a, pop);
    abi_uint(&a, m->enrol_seq);
    abi_keccak256(out, &a);
}

/* Keys and enrolment of a member that is not the vault; its EK goes to *ek. */
static void make_member(struct genesis *g, uint16_t i, struct dkg_ek *ek)
{
    struct ipc_vc_member *m = &g->member[i];
    struct rng *r = &g->rng.rng;
    struct pop_context ctx = {.epoch = epoch, .attempt = attempt, .node_id = m->node_id};
    struct evm_domain domain = {.chain_id = g->stage->policy.chain_id};
    struct ed25519_pk identity;
    struct x25519_pk channel;
    struct evm_sk account_sk;
    struct evm_address account;
    struct evm_sig sig;
    uint8_t hash[32];
    ed25519_generate(&g->identity[i], &identity, r);
    x25519_generate(&g->channel[i], &channel, r);
    evm_generate(&account_sk, &account, r);
    memcpy(m->keys.ed25519, identity.b, 32);
    memcpy(m->keys.x25519, channel.b, 32);
    memcpy(m->keys.account, account.b, 20);
    *ek = (struct dkg_ek){.node_id = m->node_id, .epoch = epoch, .attempt = attempt};
    group_scalar_random(&group_ristretto255, &ek->secret, r);
    group_base_mult(&group_ristretto255, &ek->pub, &ek->secret);
    memcpy(ctx.network_id, g->stage->policy.network_id, 32);
    pop_prove(&ek->pop, &group_ristretto255, &ctx, &ek->secret, &ek->pub, r);
    memcpy(m->ek, ek->pub.b, 32);
    memcpy(m->pop, ek->pop.b, 64);
    m->enrol_seq = 1;
    memcpy(domain.contract.b, g->stage->policy.epochs, 20);
    enrol_hash(hash, m);
    if (evm_sign_typed(&sig, &account_sk, &domain, hash, r) != PC_OK)
        pc_bug("an account key is out of range");
    memcpy(m->enrol_signature, sig.b, 65);
}

static void enrol_vault(struct genesis *g)
{
    struct ipc_vd_keys_get get = {0};
    struct ipc_vd_keys keys;
    struct ipc_vc_announced an = {epoch, attempt, OPEN_BLOCK - 10};
    struct ipc_vd_enrol en = {NODE_ID(1), epoch, attempt, ++g->seq};
    struct ipc_vd_ncall call;
    struct ipc_vc_member *m = &g->member[1];
    SAY(link_of(g, IPC_LINK_VD), vd_keys_get, &get);
    HEAR(link_of(g, IPC_LINK_VD), VD_KEYS, vd_keys, &keys);
    m->keys = keys.keys;
    say_head(g, 1, 0);
    SAY(link_of(g, IPC_LINK_VC), vc_announced, &an);
    SAY(link_of(g, IPC_LINK_VD), vd_enrol, &en);
    HEAR(link_of(g, IPC_LINK_VD), VD_NCALL, vd_ncall, &call);
    memcpy(m->ek, call.body, 32);
    memcpy(m->pop, call.body + 32, 64);
    memcpy(m->enrol_signature, call.signature, 65);
    m->enrol_seq = call.seq;
}

/* What chain and attest say of a member that has its keys. */
static void describe(struct genesis *g, uint16_t i)
{
    struct ipc_vc_member *m = &g->member[i];
    struct ipc_va_verdict *v = &g->verdict[i];
    struct report_binding b = {
        .kind = PC_SUBJECT_NODE, .chain_id = g->stage->policy.chain_id, .bound_block = 90};
    struct transcript t;
    m->domains_n = 2;
    memset(m->domains[0], 0x40, 32);
    memset(m->domains[1], 0x50, 32);
    store_be16(m->domains[0], i);
    store_be16(m->domains[1], i);
    store_be32(m->owner, i);
    m->bound.number = b.bound_block;
    memset(m->bound.hash, 0x90, 32);
    memcpy(m->verifier, g->stage->policy.tdx.verifier, 20);
    m->collateral_epoch = 5;
    m->state = IPC_NODE_STATE_LIVE;
    *v = (struct ipc_va_verdict){.vendor = WIRE_VENDOR_TDX,
                                 .has_claims = true,
                                 .report_data_n = 64,
                                 .raw_tcb_n = 52,
                                 .crl_checked = true,
                                 .tcb_status = 1,
                                 .collateral_epoch = 5};
    memset(v->product, 0x21, 32);
    memset(v->measurement, 0x22, 32);
    memset(v->platform, 0x70, 32);
    store_be16(v->platform, i);
    memset(v->raw_tcb, 0x09, 52);
    memcpy(b.attestations, g->stage->policy.attestations, 20);
    id_keys_node(b.keys_hash, m->keys.ed25519, m->keys.x25519, m->keys.account);
    context_of_owner(b.context, m->owner);
    memcpy(b.bound_hash, m->bound.hash, 32);
    id_report_data(v->report_data, &b);
    struct claims_fields f = {.vendor = PC_VENDOR_TDX,
                              .report_data = bytes_of(v->report_data, 64),
                              .raw_tcb = bytes_of(v->raw_tcb, 52)};
    memcpy(f.product, v->product, 32);
    memcpy(f.measurement, v->measurement, 32);
    memcpy(f.platform, v->platform, 32);
    id_claims(v->claims, &f);
    memcpy(m->claims, v->claims, 32);
    transcript_init256(&t, PC_LABEL_NODE_JOIN);
    transcript_fixed(&t, g->stage->policy.network_id, 32);
    transcript_u64(&t, epoch);
    transcript_u32(&t, attempt);
    transcript_u16(&t, i);
    transcript_final256(&t, v->digest);
}

/* ---- dealings of the others ---- */

static void fill_seats(struct genesis *g, struct dkg_open *open, struct dkg_member *seat)
{
    *open = (struct dkg_open){.epoch = epoch,
                              .attempt = attempt,
                              .n = g->n,
                              .t = (uint16_t)(g->n / 2 + 1),
                              .keys = 1,
                              .protocol = DKG_PROTOCOL};
    memcpy(open->network_id, g->stage->policy.network_id, 32);
    memset(open->open_hash, 0xc1, 32);
    for (uint16_t i = 1; i <= g->n; i++) {
        const struct ipc_vc_member *m = &g->member[i];
        struct dkg_member *s = &seat[i - 1];
        s->node_id = m->node_id;
        id_keys_node(s->keys_hash, m->keys.ed25519, m->keys.x25519, m->keys.account);
        memcpy(s->ek, m->ek, 32);
        memcpy(s->pop.b, m->pop, 64);
        s->domains = m->domains_n;
        memcpy(s->domain, m->domains, sizeof s->domain);
    }
    if (dkg_member_root(open->root, seat, g->n) != PC_OK)
        pc_bug("no member root");
    g->open = (struct ipc_vc_open){.epoch = epoch,
                                   .attempt = attempt,
                                   .n = g->n,
                                   .t = open->t,
                                   .keys_n = 1,
                                   .protocol = DKG_PROTOCOL,
                                   .own_index = 1,
                                   .b1 = OPEN_BLOCK + 300,
                                   .b2 = OPEN_BLOCK + 600,
                                   .b2c = OPEN_BLOCK + 900,
                                   .b3 = OPEN_BLOCK + 1200};
    memcpy(g->open.network_id, open->network_id, 32);
    memcpy(g->open.root, open->root, 32);
    g->open.opened.number = OPEN_BLOCK;
    memcpy(g->open.opened.hash, open->open_hash, 32);
}

/* Member 2's attempt lends its session to all of them. */
static void record_blobs(struct genesis *g, const struct dkg_ek *second)
{
    static struct dkg_member seat[DKG_MAX_N];
    struct arena *arena;
    struct dkg_open open;
    struct dkg_attempt *mirror;
    size_t room_count = (size_t)g->n * g->n;
    struct dkg_complaint_rec *room = calloc(room_count, sizeof *room);
    if (room == NULL || arena_open(&arena, 2 * DKG_ATTEMPT_ARENA) != PC_OK)
        pc_bug("no memory");
    struct dkg_ek *ek = arena_alloc(arena, sizeof *ek);
    struct dkg_env env = {&group_ristretto255, arena, &g->rng.rng, room, room_count};
    *ek = *second;
    fill_seats(g, &open, seat);
    if (dkg_attempt_open(&mirror, &env, &open, seat, 2, &ek) != PC_OK)
        pc_bug("the committee is not one");
    for (uint16_t d = 2; d <= g->n; d++) {
        static struct dkg_blob blob;
        struct recorded *to = g->blob[d] = malloc(sizeof *to);
        if (to == NULL || dkg_deal(&blob, to->hash, &mirror->s, d, arena, &g->rng.rng) != PC_OK)
            pc_bug("no dealing");
        to->length = DKG_BLOB_BYTES(g->n);
        dkg_blob_encode(to->bytes, &blob, mirror->s.sid, d, g->n);
    }
    dkg_attempt_close(&mirror);
    arena_close(arena);
    free(room);
}

/* ---- the attempt, as the vault sees it ---- */

static void open_and_judge(struct genesis *g)
{
    struct ipc_vd_result r;
    SAY(link_of(g, IPC_LINK_VC), vc_open, &g->open);
    for (uint16_t i = 1; i <= g->n; i++) {
        g->member[i].epoch = epoch;
        g->member[i].attempt = attempt;
        SAY(link_of(g, IPC_LINK_VC), vc_member, &g->member[i]);
    }
    HEAR(link_of(g, IPC_LINK_VD), VD_RESULT, vd_result, &r);
    if (r.request != IPC_MSG_VC_OPEN || r.error != PC_OK)
        pc_bug("the vault refuses the open()");
    for (uint16_t i = 1; i <= g->n; i++) {
        SAY(link_of(g, IPC_LINK_VA), va_verdict, &g->verdict[i]);
        HEAR(link_of(g, IPC_LINK_VD), VD_RESULT, vd_result, &r);
        if (r.request != IPC_MSG_VA_VERDICT || r.index != i || r.error != PC_OK)
            pc_bug("the vault does not admit a member");
    }
}

static void say_phase(struct genesis *g, enum ipc_phase_end what, uint64_t at)
{
    struct ipc_vc_phase m = {.epoch = epoch, .attempt = attempt, .what = what, .at = at};
    if (what == IPC_PHASE_END_ACTIVE)
        memcpy(m.transcript, g->vote.body + 32, 32);
    SAY(link_of(g, IPC_LINK_VC), vc_phase, &m);
}

static void deal_and_commit(struct genesis *g)
{
    struct ipc_vd_deal deal = {epoch, attempt, ++g->seq};
    struct ipc_vd_ncall call;
    SAY(link_of(g, IPC_LINK_VD), vd_deal, &deal);
    HEAR(link_of(g, IPC_LINK_VD), VD_NCALL, vd_ncall, &call);
    for (uint16_t i = 1; i <= g->n; i++) {
        struct ipc_vc_commit m = {
            .epoch = epoch, .attempt = attempt, .index = i, .at = OPEN_BLOCK + i};
        m.length = DKG_BLOB_BYTES(g->n);
        memcpy(m.hash, i == 1 ? call.body : g->blob[i]->hash, 32);
        SAY(link_of(g, IPC_LINK_VC), vc_commit, &m);
    }
    say_phase(g, IPC_PHASE_END_B1, g->open.b1);
}

/* What the vault releases itself. */
static void take_own_blob(struct genesis *g)
{
    struct ipc_vd_blob_head head;
    struct ipc_vd_blob_rec rec;
    struct recorded *to = g->blob[1] = malloc(sizeof *to);
    HEAR(link_of(g, IPC_LINK_VD), VD_BLOB_HEAD, vd_blob_head, &head);
    if (to == NULL || head.length > sizeof to->bytes)
        pc_bug("no room for a blob");
    memcpy(to->hash, head.hash, 32);
    for (to->length = 0; to->length < head.length; to->length += rec.data_n) {
        HEAR(link_of(g, IPC_LINK_VD), VD_BLOB_REC, vd_blob_rec, &rec);
        memcpy(to->bytes + to->length, rec.data, rec.data_n);
    }
}

static void feed(struct genesis *g, uint16_t dealer)
{
    const struct recorded *b = g->blob[dealer];
    struct ipc_vd_blob_r r;
    struct ipc_vd_blob_head head = {
        .epoch = epoch, .attempt = attempt, .dealer = dealer, .length = (uint32_t)b->length};
    memcpy(head.hash, b->hash, 32);
    SAY(link_of(g, IPC_LINK_VD), vd_blob_head, &head);
    for (size_t at = 0; at < b->length;) {
        struct ipc_vd_blob_rec rec = {.dealer = dealer, .offset = (uint32_t)at};
        size_t left = b->length - at;
        rec.data_n = (uint16_t)(left < sizeof rec.data ? left : sizeof rec.data);
        memcpy(rec.data, b->bytes + at, rec.data_n);
        SAY(link_of(g, IPC_LINK_VD), vd_blob_rec, &rec);
        at += rec.data_n;
    }
    HEAR(link_of(g, IPC_LINK_VD), VD_BLOB_R, vd_blob_r, &r);
    if (r.dealer != dealer || r.error != PC_OK || r.check != 0)
        pc_bug("the vault refuses an honest dealing");
}

static void vote_and_activate(struct genesis *g)
{
    struct ipc_vd_vote vote = {epoch, attempt, ++g->seq};
    struct ipc_vd_action a = {0};
    SAY(link_of(g, IPC_LINK_VD), vd_vote, &vote);
    HEAR(link_of(g, IPC_LINK_VD), VD_NCALL, vd_ncall, &g->vote);
    for (uint16_t i = 1; i <= g->n; i++) {
        struct ipc_vc_vote m = {
            .epoch = epoch, .attempt = attempt, .index = i, .at = g->open.b1 + i};
        memcpy(m.bitmap, g->vote.body, 32);
        memcpy(m.transcript, g->vote.body + 32, 32);
        SAY(link_of(g, IPC_LINK_VC), vc_vote, &m);
    }
    say_phase(g, IPC_PHASE_END_ACTIVE, g->open.b1 + g->n + 1u);
    while (a.kind != IPC_ACTION_KIND_INSTALL)
        HEAR(link_of(g, IPC_LINK_VD), VD_ACTION, vd_action, &a);
}

/* ---- lease ---- */

static void sign_lease(const struct genesis *g, struct ipc_vp_lease_sig *out, uint16_t i,
                       const uint8_t nonce[static 32])
{
    uint8_t buf[256];
    struct writer w = writer_of(buf, sizeof buf);
    struct bytes msg;
    struct ed25519_sig sig;
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_LEASE));
    write_bytes(&w, g->stage->policy.network_id, 32);
    write_bytes(&w, nonce, 32);
    write_u64(&w, g->head.number);
    write_bytes(&w, g->head.hash, 32);
    if (writer_end(&w, &msg) != PC_OK)
        pc_bug("a lease does not fit");
    ed25519_sign(&sig, &g->identity[i], msg);
    *out = (struct ipc_vp_lease_sig){.index = i, .head = {.number = g->head.number}};
    memcpy(out->head.hash, g->head.hash, 32);
    memcpy(out->signature, sig.b, 64);
}

static void lease(struct genesis *g)
{
    struct ipc_vp_lease_get get = {0};
    struct ipc_vp_lease_nonce nonce;
    say_head(g, 2000, epoch);
    SAY(link_of(g, IPC_LINK_VP), vp_lease_get, &get);
    HEAR(link_of(g, IPC_LINK_VP), VP_LEASE_NONCE, vp_lease_nonce, &nonce);
    for (uint16_t i = 2; i <= g->n / 2 + 1; i++) {
        struct ipc_vp_lease_sig sig;
        sign_lease(g, &sig, i, nonce.nonce);
        SAY(link_of(g, IPC_LINK_VP), vp_lease_sig, &sig);
    }
    SAY(link_of(g, IPC_LINK_VP), vp_lease_get, &get);
    HEAR(link_of(g, IPC_LINK_VP), VP_LEASE_NONCE, vp_lease_nonce, &nonce);
    if (nonce.expires_in == 0)
        pc_bug("the vault has no lease");
}

void genesis_run(struct genesis *g, struct stage *s, struct proc *vault, uint16_t n)
{
    struct dkg_ek second, other;
    g->stage = s;
    g->vault = vault;
    g->n = n;
    g->head = (struct wire_head){.number = 100, .time = 1700000000};
    rng_seeded_init(&g->rng, n);
    for (uint16_t i = 1; i <= n; i++) {
        g->member[i].index = i;
        g->member[i].node_id = NODE_ID(i);
    }
    enrol_vault(g);
    for (uint16_t i = 2; i <= n; i++)
        make_member(g, i, i == 2 ? &second : &other);
    for (uint16_t i = 1; i <= n; i++)
        describe(g, i);
    record_blobs(g, &second);
    say_step(g, "enrolled");
    open_and_judge(g);
    say_step(g, "open");
    deal_and_commit(g);
    take_own_blob(g);
    say_step(g, "committed");
    for (uint16_t d = 2; d <= n; d++)
        feed(g, d);
    say_step(g, "fed");
    vote_and_activate(g);
    say_step(g, "active");
    lease(g);
}

void genesis_free(struct genesis *g)
{
    for (size_t i = 1; i <= g->n; i++)
        free(g->blob[i]);
}
