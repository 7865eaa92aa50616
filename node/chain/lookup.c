/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup.c - record and policy for one release request (SPEC 8), all of it proved at the accepted
 * head.
 *
 * A record that no Attestations event spoke of is unknown, and costs no question to anybody. For
 * one that is known the words of Attestations, TcbPolicy, the router, the council, the verifier and
 * Apps are proved in one batch; the policy's bytes are the event's, its hash is the proved word.
 * chain states fields; the vault compares.
 */
#include "base/log.h"
#include "chain/view_slot.h"
#include "crypto/ids.h"
#include "node/chain/chain.h"

enum { SET_RECORD, SET_TCB, SET_ROUTER, SET_COUNCIL, SET_APPS, SET_FORCE };

/* SET_TCB: vendor, product, then revocations of vendor, product, platform, verifier, serial. */
enum { TCB_VENDOR, TCB_PRODUCT, TCB_REVOKED };
enum { OBJECT_VENDOR, OBJECT_PRODUCT, OBJECT_PLATFORM, OBJECT_VERIFIER, OBJECT_SERIAL, OBJECTS };
/* SET_APPS: app 2, policy of the app 3, of the scope 3, revoked measurement 1. */
enum { APP_WORDS = 0, APP_POLICY = 2, APP_SCOPE = 5, APP_REVOKED = 8 };

static void answer(struct chain *c, const uint8_t digest[32], enum wire_release_code code)
{
    struct ipc_pc_lookup_r m = {.code = code, .epoch = c->standing.now.epoch};
    struct ipc_vc_no_record no = {.code = code};
    memcpy(m.digest, digest, sizeof m.digest);
    memcpy(no.digest, digest, sizeof no.digest);
    if (code != WIRE_RELEASE_CODE_OK)
        (void)DAEMON_SEND(&c->d, IPC_LINK_VC, vc_no_record, &no);
    (void)DAEMON_SEND(&c->d, IPC_LINK_PC, pc_lookup_r, &m);
}

static void finish(struct chain *c, struct lookup *l, enum wire_release_code code)
{
    l->used = false;
    answer(c, l->ask.digest, code);
}

void context_send(struct chain *c, const uint8_t digest[static 32], const struct record_entry *r,
                  const struct evm_word in_force[static FORCE_COUNT], uint64_t attested_at,
                  uint32_t collateral_epoch)
{
    const struct head *head = &c->sync.told_head;
    struct ipc_ca_context m = {.vendor = (enum wire_vendor)r->vendor,
                               .attested_at = attested_at,
                               .head_time = head->time,
                               .collateral_epoch = collateral_epoch};
    memcpy(m.digest, digest, sizeof m.digest);
    _Static_assert(FORCE_COUNT == PC_ARRAY_LEN(m.in_force), "one word for each object");
    for (unsigned i = 0; i < FORCE_COUNT; i++)
        memcpy(m.in_force[i], in_force[i].b, sizeof m.in_force[i]);
    const struct signer_entry *signer = index_signer(c->index, in_force[FORCE_TCB_INFO].b);
    const struct authority_entry *a =
        signer != NULL ? index_authority(c->index, &signer->authority) : NULL;
    if (a != NULL)
        sha256(m.signer, bytes_of(a->der, a->n));
    if (DAEMON_SEND(&c->d, IPC_LINK_CA, ca_context, &m) != PC_OK)
        log_warn("attest_busy", LOG_HEX("digest", bytes_of(digest, 32)));
}

/* ---- what to prove ---- */

static void objects_of(struct evm_word out[static OBJECTS], const struct record_entry *r)
{
    struct evm_word product = evm_word_of(r->product), id = evm_word_u64(r->vendor);
    out[OBJECT_VENDOR] = object_name(PC_OBJECT_VENDOR, &id);
    id = object_product_id(r->vendor, &product);
    out[OBJECT_PRODUCT] = object_name(PC_OBJECT_PRODUCT, &id);
    out[OBJECT_PLATFORM] = object_name(PC_OBJECT_PLATFORM, &r->platform);
    id = evm_word_addr(&r->verifier);
    out[OBJECT_VERIFIER] = object_name(PC_OBJECT_VERIFIER, &id);
    id = vendor_serial_id(r);
    out[OBJECT_SERIAL] = object_name(PC_OBJECT_SERIAL, &id);
}

static void app_slots(struct prove *p, const struct ipc_release_fields *f)
{
    struct proof_set *s = prove_account(p, p->c->d.policy.apps);
    struct evm_word app = evm_word_of(f->app_id), none = {{0}}, scope;
    struct evm_word measurement = evm_word_of(f->measurement);
    evm_keccak(&scope, bytes_of(f->scope, f->scope_n));
    for (unsigned i = 0; i < PC_WORDS_APP; i++)
        (void)prove_slot(s, slot_app(&app, i));
    for (unsigned i = 0; i < PC_WORDS_POLICY; i++)
        (void)prove_slot(s, slot_policy(&app, &none, i));
    for (unsigned i = 0; i < PC_WORDS_POLICY; i++)
        (void)prove_slot(s, slot_policy(&app, &scope, i));
    (void)prove_slot(s, slot_app_revoked(&app, &measurement));
}

static void add_slots(struct lookup *l)
{
    struct prove *p = &l->prove;
    const struct policy_policy *policy = &p->c->d.policy;
    struct evm_word objects[OBJECTS], product = evm_word_of(l->record.product), id;
    objects_of(objects, &l->record);
    struct proof_set *s = prove_account(p, policy->attestations);
    for (unsigned i = 0; i < PC_WORDS_RECORD; i++)
        (void)prove_slot(s, slot_record(&l->record.record, i));
    s = prove_account(p, policy->tcb_policy);
    (void)prove_slot(s, slot_vendor(l->record.vendor));
    id = object_product_id(l->record.vendor, &product);
    (void)prove_slot(s, slot_product(&id));
    for (unsigned i = 0; i < OBJECTS; i++)
        (void)prove_slot(s, slot_revoked(&objects[i]));
    s = prove_account(p, policy->verifier_router);
    (void)prove_slot(s, slot_verifier(l->record.verifier.b));
    s = prove_account(p, policy->guardian_council);
    for (unsigned i = 0; i < OBJECTS; i++)
        (void)prove_slot(s, slot_freeze(&objects[i]));
    app_slots(p, &l->ask.request);
    vendor_prove_force(p, &l->record);
}

/* ---- what the words say ---- */

static enum err_code object_ok(bool *ok, const struct prove *p, unsigned i)
{
    bool revoked;
    PC_TRY(view_revoked(&revoked, &p->set[SET_TCB].word[TCB_REVOKED + i]));
    bool frozen = slot_field_u64(&p->set[SET_COUNCIL].word[i], 0, 5) >= p->head.time;
    *ok = !revoked && !frozen;
    return PC_OK;
}

static enum err_code take_record(struct lookup *l, struct ipc_vc_record *m)
{
    const struct prove *p = &l->prove;
    struct view_record r;
    struct view_vendor vendor;
    struct view_product product;
    struct view_verifier verifier;
    bool verifier_ok, serial_ok;
    struct evm_word serial = vendor_serial_id(&l->record);
    PC_TRY(view_record(&r, p->set[SET_RECORD].word));
    PC_TRY(view_vendor(&vendor, &p->set[SET_TCB].word[TCB_VENDOR]));
    PC_TRY(view_product(&product, &p->set[SET_TCB].word[TCB_PRODUCT]));
    PC_TRY(view_verifier(&verifier, &p->set[SET_ROUTER].word[0]));
    PC_TRY(object_ok(&m->vendor_ok, p, OBJECT_VENDOR));
    PC_TRY(object_ok(&m->product_ok, p, OBJECT_PRODUCT));
    PC_TRY(object_ok(&m->platform_ok, p, OBJECT_PLATFORM));
    PC_TRY(object_ok(&verifier_ok, p, OBJECT_VERIFIER));
    PC_TRY(object_ok(&serial_ok, p, OBJECT_SERIAL));
    /* The calldata that are here are not those of this record, as a rule of one before it: whether
     * its certificate is revoked is not known. */
    if (load_be64(serial.b) >> 8 != r.leaf_tag)
        return PC_E_RETRY;
    memcpy(m->claims, r.claims.b, sizeof m->claims);
    m->vendor = (enum wire_vendor)l->record.vendor;
    memcpy(m->product, l->record.product, sizeof m->product);
    m->tcb_status = r.status;
    m->collateral_epoch = r.collateral_epoch;
    memcpy(m->verifier, l->record.verifier.b, sizeof m->verifier);
    m->verifier_active_from = verifier.activated_at;
    m->attested_at = r.attested_at;
    m->valid_until = r.valid_until;
    /* A verifier that is not active, and a record judged bad, count as their vendor being refused.
     */
    m->vendor_ok = m->vendor_ok && verifier_ok && vendor.standing == PC_VENDOR_ACCEPTED &&
                   verifier.state == PC_VERIFIER_ACTIVE && r.vendor == l->record.vendor &&
                   r.kind == PC_SUBJECT_APP;
    m->product_ok = m->product_ok && product.standing == PC_PRODUCT_AS_VENDOR &&
                    r.standing != PC_RECORD_REFUSED;
    m->serial_ok = serial_ok && r.standing != PC_RECORD_LEAF_REVOKED;
    return PC_OK;
}

/* The scope's policy if there is one, else the app's. PC_E_NOT_FOUND: no such app. */
static enum err_code policy_hash(const struct prove *p, struct evm_word *out, bool *gone)
{
    const struct evm_word *w = p->set[SET_APPS].word;
    struct view_policy app, scope;
    struct evm_word of_app;
    *gone = false;
    PC_TRY(view_policy(&app, &w[APP_POLICY]));
    PC_TRY(view_policy(&scope, &w[APP_SCOPE]));
    enum err_code e = view_policy_in_force(&of_app, &app, p->head.time);
    if (e == PC_E_REFUSED) {
        *gone = true;
        return PC_OK;
    }
    PC_TRY(e);
    e = view_policy_in_force(out, &scope, p->head.time);
    if (e == PC_E_NOT_FOUND) {
        *out = of_app;
        return PC_OK;
    }
    return e;
}

static enum err_code take_app(struct chain *c, struct lookup *l, struct ipc_vc_record *m)
{
    const struct prove *p = &l->prove;
    const struct ipc_release_fields *f = &l->ask.request;
    struct view_app app;
    struct evm_word hash, measurement = evm_word_of(f->measurement);
    PC_TRY(view_app(&app, &p->set[SET_APPS].word[APP_WORDS]));
    PC_TRY(policy_hash(p, &hash, &m->tombstone));
    m->frozen_until = app.frozen_until;
    m->notice = app.notice;
    const struct evm_word *revoked = &p->set[SET_APPS].word[APP_REVOKED];
    uint64_t revoked_at;
    PC_TRY(evm_word_to_u64(&revoked_at, revoked, 64));
    m->revoked = revoked_at != 0 && revoked_at <= p->head.time;
    if (m->tombstone)
        return PC_OK;
    struct bytes bytes = index_policy(c->index, &hash);
    if (bytes.n == 0) { /* its event was not seen: an endpoint held it back */
        kept_doubt(c, "an app's policy was not given");
        return PC_E_RETRY;
    }
    PC_TRY(app_policy_decode(&l->policy, bytes, &hash));
    const struct app_approval *a = app_policy_approval(&l->policy, &measurement);
    /* Not approved: active from never. */
    m->measurement_active_from = a != NULL ? a->active_from : UINT64_MAX;
    m->measurement_sunset = a != NULL ? a->sunset : 0;
    m->vendor_mask = l->policy.vendor_mask;
    m->max_age = l->policy.max_age;
    m->version_lo = l->policy.version_lo;
    m->version_hi = l->policy.version_hi;
    m->subject_quota = l->policy.subject_quota;
    m->app_quota = l->policy.app_quota;
    memcpy(m->platform_root, l->policy.platform_root.b, sizeof m->platform_root);
    m->accept_unplaced = l->policy.accept_unplaced;
    struct evm_word product = evm_word_of(l->record.product);
    const struct app_min_tcb *tcb = app_policy_min_tcb(&l->policy, l->record.vendor, &product);
    if (tcb != NULL) {
        m->min_tcb_set = true;
        m->min_tcb_n = tcb->len;
        memcpy(m->min_tcb, tcb->raw_tcb, tcb->len);
    }
    return PC_OK;
}

static void state_record(struct chain *c, struct lookup *l)
{
    const struct ipc_release_fields *f = &l->ask.request;
    struct ipc_vc_record m = {.epoch = c->standing.now.epoch, .own_state = c->standing.state};
    const struct head *head = &l->prove.head;
    struct evm_word scope;
    enum err_code e = take_record(l, &m);
    if (e == PC_E_NOT_FOUND) {
        finish(c, l, WIRE_RELEASE_CODE_UNKNOWN_RECORD);
        return;
    }
    if (e == PC_OK) {
        e = take_app(c, l, &m);
        if (e == PC_E_NOT_FOUND) {
            finish(c, l, WIRE_RELEASE_CODE_UNKNOWN_APP);
            return;
        }
    }
    if (e != PC_OK) {
        finish(c, l, WIRE_RELEASE_CODE_RETRY);
        return;
    }
    memcpy(m.digest, l->ask.digest, sizeof m.digest);
    m.head.number = head->number;
    m.head.time = head->time;
    memcpy(m.head.hash, head->hash.b, sizeof m.head.hash);
    memcpy(m.head.state_root, head->state_root.b, sizeof m.head.state_root);
    memcpy(m.key_id, f->key_id, sizeof m.key_id);
    memcpy(m.app_id, f->app_id, sizeof m.app_id);
    evm_keccak(&scope, bytes_of(f->scope, f->scope_n));
    memcpy(m.scope_hash, scope.b, sizeof m.scope_hash);
    memcpy(m.measurement, f->measurement, sizeof m.measurement);
    struct evm_word in_force[FORCE_COUNT];
    vendor_take_force(in_force, &l->prove, SET_FORCE, &l->record);
    context_send(c, l->ask.digest, &l->record, in_force, m.attested_at,
                 (uint32_t)m.collateral_epoch);
    if (DAEMON_SEND(&c->d, IPC_LINK_VC, vc_record, &m) != PC_OK) {
        finish(c, l, WIRE_RELEASE_CODE_RETRY);
        return;
    }
    finish(c, l, WIRE_RELEASE_CODE_OK);
}

static void on_proved(struct prove *p, enum err_code e)
{
    struct lookup *l = p->ctx;
    if (!l->used)
        return;
    if (e != PC_OK)
        finish(p->c, l, WIRE_RELEASE_CODE_RETRY);
    else
        state_record(p->c, l);
}

static void record_key(const struct ipc_release_fields *f, struct evm_word *out)
{
    uint8_t subject[32];
    id_keys_app(subject, f->boot.sign, f->boot.hpke);
    id_record(out->b, PC_SUBJECT_APP, subject, f->app_id, f->measurement, f->platform, f->verifier);
}

enum err_code lookup_start(struct chain *c, const struct ipc_pc_lookup *m)
{
    struct evm_word key;
    struct lookup *l = NULL;
    if (c->sync.health == IPC_HEALTH_DISAGREEMENT) {
        answer(c, m->digest, WIRE_RELEASE_CODE_CHAIN_DISAGREEMENT);
        return PC_OK;
    }
    if (!c->standing.known || head_verifier_may_release(&c->verifier) != PC_OK) {
        answer(c, m->digest, WIRE_RELEASE_CODE_CHAIN_BEHIND);
        return PC_OK;
    }
    record_key(&m->request, &key);
    const struct record_entry *r = index_record(c->index, &key);
    if (r == NULL || !r->parsed) {
        answer(c, m->digest, WIRE_RELEASE_CODE_UNKNOWN_RECORD);
        return PC_OK;
    }
    for (size_t i = 0; i < LOOKUPS_MAX && l == NULL; i++)
        if (!c->lookups[i].used && !c->lookups[i].prove.active)
            l = &c->lookups[i];
    if (l == NULL) {
        answer(c, m->digest, WIRE_RELEASE_CODE_RETRY);
        return PC_OK;
    }
    l->used = true;
    l->ask = *m;
    l->record = *r;
    l->record.evidence = NULL;
    prove_begin(&l->prove, c, on_proved, l);
    l->prove.head =
        c->sync.told_head; /* the vault takes no record of a head that it was not told */
    add_slots(l);
    prove_run(&l->prove);
    return PC_OK;
}
