/* SPDX-License-Identifier: Apache-2.0 */
#include "node/chain/take.h"

#include "base/log.h"
#include "crypto/ids.h"

/* Objects of the project's words on the chain's side and on ours. */
static struct evm_word keys_hash_of(const struct event_keys *k)
{
    struct evm_word h;
    id_keys_node(h.b, k->ed25519, k->x25519, k->account.b);
    return h;
}

static void take_joined(struct chain *c, const struct event *e)
{
    struct node_entry *n = index_node_new(c->index, e->id);
    n->keys = e->u.joined.keys;
    n->keys_hash = keys_hash_of(&n->keys);
    n->record = e->u.joined.record;
    n->measurement = e->u.joined.measurement;
    n->platform = e->u.joined.platform;
    n->owner = e->u.joined.owner;
    n->verifier = e->u.joined.verifier;
    n->vendor = e->u.joined.vendor;
    n->n_domains = e->u.joined.n_domains;
    memcpy(n->domain, e->u.joined.domain, sizeof n->domain);
    if (e->u.joined.endpoint.n != 0)
        memcpy(n->endpoint, e->u.joined.endpoint.p, e->u.joined.endpoint.n);
    posted_node_keys(c, n);
    attempt_member_changed(c, n->id);
}

static void take_reattested(struct chain *c, const struct event *e)
{
    struct node_entry *n = index_node(c->index, e->id);
    if (n == NULL)
        return;
    n->keys = e->u.reattested.keys;
    n->keys_hash = keys_hash_of(&n->keys);
    n->record = e->u.reattested.record;
    n->measurement = e->u.reattested.measurement;
    n->platform = e->u.reattested.platform;
    n->verifier = e->u.reattested.verifier;
    posted_node_keys(c, n);
    attempt_member_changed(c, n->id);
}

static void take_endpoint(struct chain *c, const struct event *e)
{
    struct node_entry *n = index_node(c->index, e->id);
    if (n == NULL)
        return;
    memset(n->endpoint, 0, sizeof n->endpoint);
    if (e->u.endpoint.text.n != 0)
        memcpy(n->endpoint, e->u.endpoint.text.p, e->u.endpoint.text.n);
    attempt_member_changed(c, n->id);
}

static void take_attested(struct chain *c, const struct event *e, const struct log_record *log)
{
    struct record_entry *r = index_record_new(c->index, &e->u.attested.record);
    struct posted p = {.kind = POSTED_ATTEST, .tx = log->tx_hash, .key = r->record};
    r->subject = e->u.attested.subject;
    r->context = e->u.attested.context;
    r->measurement = e->u.attested.measurement;
    r->platform = e->u.attested.platform;
    r->claims = e->u.attested.claims;
    r->verifier = e->u.attested.verifier;
    r->tx = log->tx_hash;
    /* word 1 of the record as drawn in IAttestations: vendor 0..7, kind 8..15, boundBlock 80..119,
     * attestedAt 120..159, validUntil 160..199 */
    r->vendor = (uint8_t)slot_field_u64(&e->u.attested.state, 0, 1);
    r->bound_block = slot_field_u64(&e->u.attested.state, 10, 5);
    r->attested_at = slot_field_u64(&e->u.attested.state, 15, 5);
    r->valid_until = slot_field_u64(&e->u.attested.state, 20, 5);
    r->kind = (uint8_t)slot_field_u64(&e->u.attested.state, 1, 1);
    r->block = log->block;
    r->seq = c->index->seq;
    r->mirrored = false;
    posted_want(c, &p);
}

static void take_app(struct chain *c, const struct event *e)
{
    if (e->u.app.policy.n != 0)
        index_policy_add(c->index, e->u.app.policy);
}

static void take_event(struct chain *c, const struct event *e, const struct log_record *log)
{
    switch (e->kind) {
    case PC_EV_ANNOUNCED:
    case PC_EV_ENROLLED:
    case PC_EV_OPENED:
    case PC_EV_COMMITTED:
    case PC_EV_COMMITS_COMPLETE:
    case PC_EV_VOTED:
    case PC_EV_COMPLAINED:
    case PC_EV_READY:
    case PC_EV_VOIDED:
    case PC_EV_ACTIVATED:
    case PC_EV_FAILED:
    case PC_EV_RECOVERING:
        attempt_take(c, e, log);
        break;
    case PC_EV_JOINED:
        take_joined(c, e);
        break;
    case PC_EV_REATTESTED:
        take_reattested(c, e);
        break;
    case PC_EV_ENDPOINT:
        take_endpoint(c, e);
        break;
    case PC_EV_LEFT:
    case PC_EV_NODE_REVOKED: {
        struct node_entry *n = index_node(c->index, e->id);
        if (n != NULL) {
            n->left |= e->kind == PC_EV_LEFT;
            n->revoked |= e->kind == PC_EV_NODE_REVOKED;
            attempt_member_changed(c, n->id);
        }
        break;
    }
    case PC_EV_ATTESTED:
        take_attested(c, e, log);
        break;
    case PC_EV_APP_REGISTERED:
    case PC_EV_APP_QUEUED:
    case PC_EV_APP_END_QUEUED:
    case PC_EV_APP_CHANGE_CANCELLED:
    case PC_EV_APP_FROZEN:
    case PC_EV_APP_REVOKED:
        take_app(c, e);
        break;
    case PC_EV_RECHECKED:
    case PC_EV_MEASUREMENT_ADDED:
    case PC_EV_MEASUREMENT_SUNSET:
    case PC_EV_MEASUREMENT_REVOKED:
        break; /* their words are proved when they are used */
    }
}

enum err_code take_logs(struct chain *c, struct bytes packed, uint64_t from, uint64_t to,
                        uint64_t *count)
{
    static struct event event; /* large */
    struct reader r = reader_of(packed);
    uint64_t block = from;
    *count = 0;
    while (r.left != 0) {
        struct log_record log;
        log_record_read(&r, &log);
        PC_TRY(r.err);
        ++*count;
        if (log.block < block || log.block > to) /* facts are told in the order of the chain */
            return PC_E_SEQUENCE;
        block = log.block;
        c->index->seq++;
        uint8_t vendor = vendor_of_verifier(&c->d.policy, log.address.b);
        if (vendor != 0) {
            posted_verifier_log(c, vendor, &log);
            continue;
        }
        enum err_code e = event_decode(&event, &c->sources, &log);
        if (e == PC_E_NOT_FOUND)
            continue;
        if (e == PC_OK)
            e = board_event(&c->board, &event);
        PC_TRY(e);
        take_event(c, &event, &log);
    }
    return r.err;
}
