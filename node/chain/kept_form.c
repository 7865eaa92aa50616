/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept_form.c - a checkpoint's bytes (protocol/schema/checkpoint.wire). Writing copies what the
 * logs said. Reading takes a stranger's word: frames are decoded strictly, whatever can be computed
 * is computed again (hashes of keys and policies, fields of a leaf, running hashes from the logs),
 * and the rest is what an endpoint could say too. Nothing of it is told before a head has proved
 * what is proved of logs (attempt_check).
 */
#include <stdlib.h>

#include "crypto/ids.h"
#include "node/chain/attempt.h"
#include "node/chain/take.h"
#include "protocol/checkpoint_wire.h"

static uint8_t frame[CHECKPOINT_FRAME_MAX];

/* ---- writing ---- */

struct out {
    uint8_t *p; /* owned; NULL after a failure */
    size_t n, cap;
    enum err_code err;
};

static void put(struct out *o, enum err_code e, struct bytes f)
{
    size_t need = o->n + 4 + f.n;
    if (o->err == PC_OK)
        o->err = e != PC_OK ? e : need > KEPT_MAX ? PC_E_TOO_LARGE : PC_OK;
    if (o->err == PC_OK && need > o->cap) {
        size_t cap = o->cap;
        while (cap < need)
            cap = cap == 0 ? 65536 : 2 * cap;
        uint8_t *more = realloc(o->p, cap);
        if (more == NULL) {
            o->err = PC_E_MEMORY;
        } else {
            o->p = more;
            o->cap = cap;
        }
    }
    if (o->err != PC_OK)
        return;
    store_be32(o->p + o->n, (uint32_t)f.n);
    memcpy(o->p + o->n + 4, f.p, f.n);
    o->n = need;
}

#define PUT(o, name, m)                                                                            \
    do {                                                                                           \
        struct bytes pc_put_f = bytes_of(NULL, 0);                                                 \
        enum err_code pc_put_e = checkpoint_encode_##name(&pc_put_f, frame, sizeof frame, (m));    \
        put((o), pc_put_e, pc_put_f);                                                              \
    } while (0)

static struct checkpoint_origin origin_of(const struct chain *c)
{
    const struct policy_policy *p = &c->d.policy;
    struct checkpoint_origin o = {.version = CHECKPOINT_VERSION,
                                  .chain_id = p->chain_id,
                                  .first_block = p->first_block,
                                  .phase_blocks = p->phase_blocks};
    memcpy(o.network_id, p->network_id, sizeof o.network_id);
    memcpy(o.epochs, p->epochs, sizeof o.epochs);
    memcpy(o.node_registry, p->node_registry, sizeof o.node_registry);
    memcpy(o.attestations, p->attestations, sizeof o.attestations);
    memcpy(o.measurements, p->measurements, sizeof o.measurements);
    memcpy(o.apps, p->apps, sizeof o.apps);
    memcpy(o.tdx_verifier, p->tdx.verifier, sizeof o.tdx_verifier);
    memcpy(o.snp_verifier, p->snp.verifier, sizeof o.snp_verifier);
    memcpy(o.nitro_verifier, p->nitro.verifier, sizeof o.nitro_verifier);
    return o;
}

static struct checkpoint_node node_of(const struct node_entry *n)
{
    struct checkpoint_node m = {.id = n->id,
                                .vendor = n->vendor,
                                .domains_n = n->n_domains,
                                .endpoint = bytes_of(n->endpoint, strlen(n->endpoint)),
                                .left = n->left,
                                .revoked = n->revoked};
    memcpy(m.keys.ed25519, n->keys.ed25519, sizeof m.keys.ed25519);
    memcpy(m.keys.x25519, n->keys.x25519, sizeof m.keys.x25519);
    memcpy(m.keys.account, n->keys.account.b, sizeof m.keys.account);
    memcpy(m.record, n->record.b, sizeof m.record);
    memcpy(m.measurement, n->measurement.b, sizeof m.measurement);
    memcpy(m.platform, n->platform.b, sizeof m.platform);
    memcpy(m.owner, n->owner.b, sizeof m.owner);
    memcpy(m.verifier, n->verifier.b, sizeof m.verifier);
    for (size_t i = 0; i < n->n_domains; i++)
        memcpy(m.domains[i], n->domain[i].b, 32);
    return m;
}

static void put_record(struct out *o, const struct record_entry *r)
{
    struct checkpoint_record m = {.vendor = r->vendor,
                                  .kind = r->kind,
                                  .bound_block = r->bound_block,
                                  .attested_at = r->attested_at,
                                  .valid_until = r->valid_until,
                                  .block = r->block,
                                  .seq = r->seq,
                                  .mirrored = r->mirrored,
                                  .has_leaf = r->parsed,
                                  .evidence = bytes_of(r->evidence, r->evidence_n)};
    memcpy(m.record, r->record.b, 32);
    memcpy(m.subject, r->subject.b, 32);
    memcpy(m.context, r->context.b, 32);
    memcpy(m.measurement, r->measurement.b, 32);
    memcpy(m.platform, r->platform.b, 32);
    memcpy(m.claims, r->claims.b, 32);
    memcpy(m.verifier, r->verifier.b, 20);
    memcpy(m.tx, r->tx.b, 32);
    memcpy(m.leaf, r->leaf, sizeof m.leaf);
    PUT(o, record, &m);
}

static void put_forces(struct out *o, const struct index *x)
{
    for (size_t i = 0; i < FORCES_MAX; i++) {
        const struct force_entry *f = &x->forces[(x->next_force + i) % FORCES_MAX];
        struct checkpoint_force m = {.until = f->until, .seq = f->seq};
        if (f->seq == 0)
            continue;
        memcpy(m.object, f->object.b, 32);
        memcpy(m.digest, f->digest.b, 32);
        PUT(o, force, &m);
    }
    for (size_t i = 0; i < WAITING_MAX; i++) {
        const struct waiting_entry *e = &x->waiting[i];
        struct checkpoint_waiting m = {.number = e->number, .effect_at = e->effect_at};
        if (e->number == 0)
            continue;
        memcpy(m.object, e->object.b, 32);
        memcpy(m.digest, e->digest.b, 32);
        PUT(o, waiting, &m);
    }
}

/* Rings are written from their oldest entry on, and so come back in the same order. */
static void put_index(struct out *o, const struct index *x)
{
    for (size_t i = 0; i < NODES_MAX; i++)
        if (x->nodes[i].id != 0) {
            struct checkpoint_registered m = {node_of(&x->nodes[i])};
            PUT(o, registered, &m);
        }
    for (size_t i = 0; i < RECORDS_MAX; i++) {
        const struct record_entry *r = &x->records[(x->next_record + i) % RECORDS_MAX];
        if (r->used)
            put_record(o, r);
    }
    for (size_t i = 0; i < LEAVES_MAX; i++) {
        const struct leaf_entry *l = &x->leaves[(x->next_leaf + i) % LEAVES_MAX];
        struct checkpoint_leaf m = {.der = bytes_of(l->der, l->n)};
        if (!l->used)
            continue;
        memcpy(m.record, l->record, sizeof m.record);
        memcpy(m.authority, l->authority.b, 32);
        PUT(o, leaf, &m);
    }
    for (size_t i = 0; i < AUTHORITIES_MAX; i++) {
        const struct authority_entry *a = &x->authorities[i];
        struct checkpoint_authority m = {.role = a->role, .der = bytes_of(a->der, a->n)};
        if (!a->used)
            continue;
        memcpy(m.id, a->id.b, 32);
        PUT(o, authority, &m);
    }
    for (size_t i = 0; i < SIGNERS_MAX; i++) {
        const struct signer_entry *s = &x->signers[(x->next_signer + i) % SIGNERS_MAX];
        struct checkpoint_signer m;
        if (!s->used)
            continue;
        memcpy(m.digest, s->digest, 32);
        memcpy(m.authority, s->authority.b, 32);
        PUT(o, signer, &m);
    }
    for (size_t i = 0; i < POLICIES_MAX; i++) {
        struct checkpoint_app_policy m = {bytes_of(x->policies[i].bytes, x->policies[i].n)};
        if (x->policies[i].used)
            PUT(o, app_policy, &m);
    }
}

static void put_posted(struct out *o, const struct chain *c)
{
    for (size_t i = 0; i < c->posted_n; i++) {
        const struct posted *p = &c->posted[(c->posted_first + i) % POSTED_MAX];
        struct checkpoint_posted m = {.verifier = p->kind == POSTED_VERIFIER,
                                      .tries = (uint8_t)p->tries,
                                      .role = p->role,
                                      .has_leaf = p->leaf};
        memcpy(m.tx, p->tx.b, 32);
        memcpy(m.key, p->key.b, 32);
        memcpy(m.leaf, p->record, sizeof m.leaf);
        PUT(o, posted, &m);
    }
}

static void put_logs(struct out *o, const struct kept_logs *k)
{
    static uint8_t packed[CHECKPOINT_LOGS_MAX];
    size_t n = 0;
    for (size_t i = 0; i <= k->n; i++) {
        if (n != 0 && (i == k->n || n + k->v[i].n > sizeof packed)) {
            struct checkpoint_logs m = {bytes_of(packed, n)};
            PUT(o, logs, &m);
            n = 0;
        }
        if (i == k->n)
            break;
        memcpy(packed + n, k->v[i].packed, k->v[i].n);
        n += k->v[i].n;
    }
}

static void put_seats(struct out *o, const struct one_attempt *a)
{
    for (uint16_t i = 1; a->used && a->open && i <= a->opening.n; i++) {
        struct checkpoint_seat m = {.epoch = a->epoch, .attempt = a->number, .index = i};
        if (a->seats[i].node.id == 0)
            continue;
        m.node = node_of(&a->seats[i].node);
        PUT(o, seat, &m);
    }
}

enum err_code kept_form_write(const struct chain *c, uint64_t since, uint8_t **out, size_t *n)
{
    struct out o = {.err = PC_OK};
    const struct head *h = &c->sync.told_head;
    struct checkpoint_begin begin = {.origin = origin_of(c), .since = since, .seq = c->index->seq};
    struct checkpoint_end end = {0};
    begin.at.number = h->number;
    memcpy(begin.at.hash, h->hash.b, sizeof begin.at.hash);
    PUT(&o, begin, &begin);
    put_index(&o, c->index);
    put_forces(&o, c->index);
    put_posted(&o, c);
    put_logs(&o, &c->attempts->logs);
    put_seats(&o, &c->attempts->active);
    put_seats(&o, &c->attempts->current);
    PUT(&o, end, &end);
    if (o.err != PC_OK) {
        free(o.p);
        o.p = NULL;
        o.n = 0;
    }
    *out = o.p;
    *n = o.n;
    return o.err;
}

/* ---- reading ---- */

struct in {
    struct chain *c;
    struct kept_claim *claim;
    bool begun, ended;
};

static enum err_code take_node(struct node_entry *n, const struct checkpoint_node *m)
{
    memset(n, 0, sizeof *n);
    n->id = m->id;
    memcpy(n->keys.ed25519, m->keys.ed25519, sizeof n->keys.ed25519);
    memcpy(n->keys.x25519, m->keys.x25519, sizeof n->keys.x25519);
    memcpy(n->keys.account.b, m->keys.account, sizeof n->keys.account.b);
    id_keys_node(n->keys_hash.b, n->keys.ed25519, n->keys.x25519, n->keys.account.b);
    n->record = evm_word_of(m->record);
    n->measurement = evm_word_of(m->measurement);
    n->platform = evm_word_of(m->platform);
    memcpy(n->owner.b, m->owner, sizeof n->owner.b);
    memcpy(n->verifier.b, m->verifier, sizeof n->verifier.b);
    n->vendor = m->vendor;
    n->n_domains = (uint8_t)m->domains_n;
    for (size_t i = 0; i < m->domains_n; i++)
        n->domain[i] = evm_word_of(m->domains[i]);
    if (m->endpoint.n != 0) {
        if (memchr(m->endpoint.p, 0, m->endpoint.n) != NULL)
            return PC_E_MALFORMED;
        memcpy(n->endpoint, m->endpoint.p, m->endpoint.n);
    }
    n->left = m->left;
    n->revoked = m->revoked;
    return PC_OK;
}

static enum err_code on_begin(void *ctx, const struct checkpoint_begin *m)
{
    struct in *in = ctx;
    struct checkpoint_origin own = origin_of(in->c);
    uint8_t a[CHECKPOINT_ORIGIN_BYTES], b[CHECKPOINT_ORIGIN_BYTES];
    struct bytes is, want;
    if (in->begun)
        return PC_E_SEQUENCE;
    PC_TRY(checkpoint_encode_origin(&is, a, sizeof a, &m->origin));
    PC_TRY(checkpoint_encode_origin(&want, b, sizeof b, &own));
    if (!bytes_equal_var(is, want))
        return PC_E_REFUSED; /* of another network, or of another policy */
    if (m->at.number < own.first_block || m->at.number == UINT64_MAX)
        return PC_E_MALFORMED;
    in->claim->number = m->at.number;
    in->claim->hash = evm_word_of(m->at.hash);
    in->claim->since = m->since;
    in->c->index->seq = m->seq;
    in->begun = true;
    return PC_OK;
}

static enum err_code on_registered(void *ctx, const struct checkpoint_registered *m)
{
    struct in *in = ctx;
    return take_node(index_node_new(in->c->index, m->node.id), &m->node);
}

static enum err_code on_record(void *ctx, const struct checkpoint_record *m)
{
    struct in *in = ctx;
    struct evm_word key = evm_word_of(m->record);
    if (index_record(in->c->index, &key) != NULL)
        return PC_E_MALFORMED;
    struct record_entry *r = index_record_new(in->c->index, &key);
    r->subject = evm_word_of(m->subject);
    r->context = evm_word_of(m->context);
    r->measurement = evm_word_of(m->measurement);
    r->platform = evm_word_of(m->platform);
    r->claims = evm_word_of(m->claims);
    memcpy(r->verifier.b, m->verifier, sizeof r->verifier.b);
    r->tx = evm_word_of(m->tx);
    r->vendor = m->vendor;
    r->kind = m->kind;
    r->bound_block = m->bound_block;
    r->attested_at = m->attested_at;
    r->valid_until = m->valid_until;
    r->block = m->block;
    r->seq = m->seq;
    r->mirrored = m->mirrored;
    if (m->has_leaf)
        PC_TRY(record_take_leaf(r, PC_BYTES(m->leaf)));
    return record_take_evidence(r, m->evidence);
}

static enum err_code on_leaf(void *ctx, const struct checkpoint_leaf *m)
{
    struct in *in = ctx;
    struct leaf_entry *l = index_leaf_new(in->c->index);
    memcpy(l->record, m->record, sizeof l->record);
    l->authority = evm_word_of(m->authority);
    l->n = m->der.n;
    if (m->der.n != 0)
        memcpy(l->der, m->der.p, m->der.n);
    return PC_OK;
}

static enum err_code on_authority(void *ctx, const struct checkpoint_authority *m)
{
    struct in *in = ctx;
    struct evm_word id = evm_word_of(m->id);
    struct authority_entry *a = index_authority_new(in->c->index, &id);
    if (a == NULL)
        return PC_E_FULL;
    a->role = m->role;
    a->n = m->der.n;
    if (m->der.n != 0)
        memcpy(a->der, m->der.p, m->der.n);
    return PC_OK;
}

static enum err_code on_signer(void *ctx, const struct checkpoint_signer *m)
{
    struct in *in = ctx;
    struct evm_word authority = evm_word_of(m->authority);
    index_signer_add(in->c->index, m->digest, &authority);
    return PC_OK;
}

static enum err_code on_force(void *ctx, const struct checkpoint_force *m)
{
    struct in *in = ctx;
    struct index *x = in->c->index;
    if (m->seq == 0 || m->seq > x->seq)
        return PC_E_MALFORMED;
    x->forces[x->next_force++ % FORCES_MAX] = (struct force_entry){.object = evm_word_of(m->object),
                                                                   .digest = evm_word_of(m->digest),
                                                                   .until = m->until,
                                                                   .seq = m->seq};
    return PC_OK;
}

static enum err_code on_waiting(void *ctx, const struct checkpoint_waiting *m)
{
    struct in *in = ctx;
    struct index *x = in->c->index;
    x->waiting[x->next_waiting++ % WAITING_MAX] =
        (struct waiting_entry){.object = evm_word_of(m->object),
                               .digest = evm_word_of(m->digest),
                               .number = m->number,
                               .effect_at = m->effect_at};
    return PC_OK;
}

static enum err_code on_app_policy(void *ctx, const struct checkpoint_app_policy *m)
{
    struct in *in = ctx;
    index_policy_add(in->c->index, m->bytes);
    return PC_OK;
}

static enum err_code on_posted(void *ctx, const struct checkpoint_posted *m)
{
    struct in *in = ctx;
    struct posted p = {.kind = m->verifier ? POSTED_VERIFIER : POSTED_ATTEST,
                       .tx = evm_word_of(m->tx),
                       .key = evm_word_of(m->key),
                       .tries = m->tries,
                       .role = m->role,
                       .leaf = m->has_leaf};
    memcpy(p.record, m->leaf, sizeof p.record);
    posted_want(in->c, &p);
    return PC_OK;
}

static enum err_code on_logs(void *ctx, const struct checkpoint_logs *m)
{
    struct in *in = ctx;
    uint64_t count;
    return take_logs(in->c, m->packed, in->c->d.policy.first_block, in->claim->number, &count);
}

/* After the logs, which have filled the seats with what is registered now. */
static enum err_code on_seat(void *ctx, const struct checkpoint_seat *m)
{
    struct in *in = ctx;
    struct attempt_log *l = in->c->attempts;
    struct one_attempt *both[] = {&l->active, &l->current};
    for (size_t i = 0; i < PC_ARRAY_LEN(both); i++) {
        struct one_attempt *a = both[i];
        if (!a->used || !a->open || a->epoch != m->epoch || a->number != m->attempt)
            continue;
        struct seat *s = &a->seats[m->index];
        if (m->index > a->opening.n || s->id != m->node.id)
            return PC_E_MISMATCH;
        PC_TRY(take_node(&s->node, &m->node));
        const struct record_entry *r = index_record(in->c->index, &s->node.record);
        if (r != NULL)
            s->record = *r;
        s->record.evidence = NULL;
        return PC_OK;
    }
    return PC_E_MISMATCH;
}

static enum err_code on_end(void *ctx, const struct checkpoint_end *m)
{
    struct in *in = ctx;
    (void)m;
    in->ended = true;
    return PC_OK;
}

enum err_code kept_form_read(struct chain *c, struct bytes whole, struct kept_claim *claim)
{
    static const struct checkpoint_handlers take = {
        .begin = on_begin,
        .registered = on_registered,
        .record = on_record,
        .leaf = on_leaf,
        .authority = on_authority,
        .signer = on_signer,
        .app_policy = on_app_policy,
        .force = on_force,
        .waiting = on_waiting,
        .posted = on_posted,
        .logs = on_logs,
        .seat = on_seat,
        .end = on_end,
    };
    struct in in = {.c = c, .claim = claim};
    struct reader r = reader_of(whole);
    *claim = (struct kept_claim){.number = 0};
    while (r.err == PC_OK && r.left != 0) {
        struct bytes f = read_bytes(&r, read_u32(&r));
        PC_TRY(r.err);
        if (in.ended || (!in.begun && checkpoint_type_of(f) != CHECKPOINT_MSG_BEGIN))
            return PC_E_SEQUENCE;
        PC_TRY(checkpoint_dispatch(&take, &in, f));
    }
    PC_TRY(reader_end(&r));
    return in.ended ? PC_OK : PC_E_TRUNCATED;
}
