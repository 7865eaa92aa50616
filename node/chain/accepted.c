/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accepted.c - what was in force when evidence was accepted, and what polyclaved's mirror is told.
 *
 * Attestations keeps digests; what an evidence was judged by is known from the verifier's events
 * before it, in the order of the chain. Nothing here decides anything: the mirror's readers verify
 * evidence and objects again, and the forecast is advice.
 */
#include "base/log.h"
#include "chain/abi.h"
#include "crypto/hash.h"
#include "node/chain/chain.h"

#define TOPIC_IN_FORCE "CollateralInForce(bytes32,uint256,bytes32,bytes32,uint256)"
#define TOPIC_PENDING  "CollateralPending(bytes32,uint256,bytes32,uint256,uint256)"
#define TOPIC_CRL      "CrlInForce(uint8,bytes32,uint256,uint256,uint256,uint256)"
#define TOPIC_SNP_CRL  "CrlInForce(uint8,bytes32,uint256,uint256,uint256)"

static const struct force_entry *force_last(const struct index *x, const struct evm_word *object,
                                            uint64_t before)
{
    const struct force_entry *last = NULL;
    for (size_t i = 0; i < FORCES_MAX; i++) {
        const struct force_entry *f = &x->forces[i];
        if (f->seq != 0 && f->seq <= before && evm_word_equal(&f->object, object) &&
            (last == NULL || f->seq > last->seq))
            last = f;
    }
    return last;
}

static void force_add(struct index *x, const struct evm_word *object, const struct evm_word *digest,
                      uint64_t until)
{
    x->forces[x->next_force++ % FORCES_MAX] =
        (struct force_entry){.object = *object, .digest = *digest, .until = until, .seq = x->seq};
}

/* A number that came into force, and all below it, wait no longer. */
static void waiting_drop(struct index *x, const struct evm_word *object, uint64_t upto)
{
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (x->waiting[i].number != 0 && x->waiting[i].number <= upto &&
            evm_word_equal(&x->waiting[i].object, object))
            x->waiting[i].number = 0;
}

static void waiting_put(struct index *x, const struct waiting_entry *w)
{
    struct waiting_entry *to = NULL;
    for (size_t i = 0; i < WAITING_MAX; i++) {
        struct waiting_entry *at = &x->waiting[i];
        if (at->number == w->number && evm_word_equal(&at->object, &w->object))
            to = at; /* re-issued while it waits */
        else if (at->number == 0 && to == NULL)
            to = at;
    }
    if (to == NULL)
        to = &x->waiting[x->next_waiting++ % WAITING_MAX];
    *to = *w;
}

static void tell_object(struct chain *c, const struct evm_word *object)
{
    struct ipc_dc_upcoming m = {.vendor = (enum wire_vendor)vendor_of_object(object)};
    const struct force_entry *f = force_last(c->index, object, UINT64_MAX);
    memcpy(m.object, object->b, sizeof m.object);
    if (f != NULL) {
        memcpy(m.digest, f->digest.b, sizeof m.digest);
        m.until = f->until;
    }
    for (size_t i = 0; i < WAITING_MAX && m.waiting_n < PC_ARRAY_LEN(m.waiting); i++) {
        const struct waiting_entry *w = &c->index->waiting[i];
        if (w->number == 0 || !evm_word_equal(&w->object, object))
            continue;
        struct ipc_upcoming *to = &m.waiting[m.waiting_n++];
        *to = (struct ipc_upcoming){.number = w->number, .effect_at = w->effect_at};
        memcpy(to->digest, w->digest.b, sizeof to->digest);
    }
    if (DAEMON_SEND(&c->d, IPC_LINK_DC, dc_upcoming, &m) != PC_OK)
        log_warn("polyclaved_busy", LOG_HEX("object", PC_BYTES(object->b)));
}

/* A list came into force. SNP's event has its digest among the data, one count of entries, not two.
 */
static void list_log(struct chain *c, uint8_t vendor, const struct log_record *log)
{
    bool snp = vendor == PC_VENDOR_SNP;
    struct abi_in in = abi_in_of(log->data, 4);
    struct evm_word object, digest = snp ? abi_in_word(&in) : log->topics[2];
    (void)abi_in_word(&in);
    uint64_t number, until = abi_in_u64(&in, 64);
    for (int i = snp ? 1 : 0; i < 2; i++)
        (void)abi_in_word(&in);
    if (abi_in_end(&in) != PC_OK || evm_word_to_u64(&number, &log->topics[1], 8) != PC_OK ||
        vendor_list_object(&object, vendor, (uint8_t)number) != PC_OK)
        return;
    force_add(c->index, &object, &digest, until);
    tell_object(c, &object);
}

bool accepted_verifier_log(struct chain *c, uint8_t vendor, const struct log_record *log)
{
    struct evm_word in_force = abi_topic(TOPIC_IN_FORCE), pending = abi_topic(TOPIC_PENDING);
    struct evm_word list = abi_topic(vendor == PC_VENDOR_SNP ? TOPIC_SNP_CRL : TOPIC_CRL);
    struct abi_in in = abi_in_of(log->data, 3);
    uint64_t number;
    if (log->n_topics == (vendor == PC_VENDOR_SNP ? 2 : 3) &&
        evm_word_equal(&log->topics[0], &list)) {
        list_log(c, vendor, log);
        return true;
    }
    if (vendor != PC_VENDOR_TDX || log->n_topics != 3)
        return false;
    bool now = evm_word_equal(&log->topics[0], &in_force);
    if (!now && !evm_word_equal(&log->topics[0], &pending))
        return false;
    struct evm_word digest = abi_in_word(&in), second = abi_in_word(&in);
    uint64_t until = abi_in_u64(&in, 64), effect_at;
    if (abi_in_end(&in) != PC_OK || evm_word_to_u64(&number, &log->topics[2], 32) != PC_OK ||
        number == 0)
        return true;
    if (now) {
        waiting_drop(c->index, &log->topics[1], number);
        force_add(c->index, &log->topics[1], &digest, until);
    } else if (evm_word_to_u64(&effect_at, &second, 64) == PC_OK) {
        waiting_put(c->index, &(struct waiting_entry){.object = log->topics[1],
                                                      .digest = digest,
                                                      .number = (uint32_t)number,
                                                      .effect_at = effect_at});
    }
    tell_object(c, &log->topics[1]);
    return true;
}

static void in_force_then(struct ipc_dc_accepted *m, struct index *x, const struct record_entry *r)
{
    struct vendor_object objects[FORCE_COUNT];
    unsigned n = vendor_objects(objects, r);
    for (unsigned i = 0; i < n; i++) {
        const struct force_entry *f = force_last(x, &objects[i].object, r->seq);
        if (f != NULL)
            memcpy(m->attested.in_force[objects[i].at], f->digest.b, 32);
    }
    const struct signer_entry *s = index_signer(x, m->attested.in_force[FORCE_TCB_INFO]);
    const struct authority_entry *a = s != NULL ? index_authority(x, &s->authority) : NULL;
    if (a != NULL)
        sha256(m->attested.signer, bytes_of(a->der, a->n));
}

void accepted_tell(struct chain *c, struct record_entry *r, struct bytes evidence)
{
    struct bytes leaf, ca;
    if (!index_certificates(c->index, &leaf, &ca, r)) {
        log_info("accepted_without_certificates", LOG_HEX("record", PC_BYTES(r->record.b)));
        return;
    }
    struct ipc_dc_accepted m = {.attested = {.vendor = (enum wire_vendor)r->vendor,
                                             .kind = r->kind,
                                             .issuer = r->leaf_issuer,
                                             .bound_block = r->bound_block,
                                             .attested_at = r->attested_at,
                                             .valid_until = r->valid_until,
                                             .block = r->block},
                                .evidence = evidence,
                                .leaf = leaf,
                                .ca = ca};
    struct wire_attested *a = &m.attested;
    memcpy(a->record, r->record.b, sizeof a->record);
    memcpy(a->subject, r->subject.b, sizeof a->subject);
    memcpy(a->context, r->context.b, sizeof a->context);
    memcpy(a->verifier, r->verifier.b, sizeof a->verifier);
    memcpy(a->product, r->product, sizeof a->product);
    memcpy(a->measurement, r->measurement.b, sizeof a->measurement);
    memcpy(a->platform, r->platform.b, sizeof a->platform);
    memcpy(a->claims, r->claims.b, sizeof a->claims);
    memcpy(a->tx, r->tx.b, sizeof a->tx);
    in_force_then(&m, c->index, r);
    r->mirrored = DAEMON_SEND(&c->d, IPC_LINK_DC, dc_accepted, &m) == PC_OK;
    if (!r->mirrored)
        log_warn("polyclaved_busy", LOG_HEX("record", PC_BYTES(a->record)));
}

void accepted_repeat(struct chain *c)
{
    struct index *x = c->index;
    for (size_t i = 0; i < FORCES_MAX; i++)
        if (x->forces[i].seq != 0 &&
            force_last(x, &x->forces[i].object, UINT64_MAX) == &x->forces[i])
            tell_object(c, &x->forces[i].object);
    for (size_t i = 0; i < RECORDS_MAX; i++) {
        struct record_entry *r = &x->records[i];
        if (!r->used || !r->parsed || r->mirrored)
            continue;
        posted_want(c, &(struct posted){.kind = POSTED_ATTEST, .tx = r->tx, .key = r->record});
    }
    accepted_statuses(c);
}

void accepted_statuses(struct chain *c)
{
    const struct standing *s = &c->standing;
    for (unsigned v = PC_VENDOR_TDX; s->known && s->node_id != 0 && v <= PC_VENDOR_NITRO; v++) {
        struct ipc_dc_statuses m = {.vendor = (enum wire_vendor)v,
                                    .statuses = s->accepts[v].statuses,
                                    .out_of_date_until = s->accepts[v].out_of_date_until};
        (void)DAEMON_SEND(&c->d, IPC_LINK_DC, dc_statuses, &m);
    }
}
