/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing.c - this node's own standing at the new head, proved: is it registered, is its record
 * live, is anything of it frozen or revoked (SPEC 8, 10)? And the words of Epochs by which events
 * are checked.
 */
#include "base/log.h"
#include "chain/view_slot.h"
#include "crypto/ids.h"
#include "node/chain/chain.h"

/* Sets of the batch, in order. */
enum { SET_EPOCHS, SET_REGISTRY, SET_RECORD, SET_MEASUREMENT, SET_TCB, SET_COUNCIL, SET_ROUTER };

/* Words of SET_TCB: vendor, revocations of the own objects, then every vendor, the own certificate.
 */
#define OWN_OBJECTS 6
enum {
    TCB_OWN,
    TCB_REVOKED,
    TCB_VENDORS = TCB_REVOKED + OWN_OBJECTS,
    TCB_SERIAL = TCB_VENDORS + PC_VENDOR_NITRO
};

/* Words of SET_EPOCHS. */
enum { W_NOW, W_ATTEMPT, W_OPENING, W_ACC, W_ROOT = W_ACC + PC_ACC_COUNT, W_EPOCH };

static void epochs_slots(struct prove *p, uint64_t active, uint64_t current)
{
    struct proof_set *s = prove_account(p, p->c->d.policy.epochs);
    (void)prove_slot(s, slot_now());
    (void)prove_slot(s, slot_attempt());
    (void)prove_slot(s, slot_opening());
    for (unsigned i = 0; i < PC_ACC_COUNT; i++)
        (void)prove_slot(s, slot_acc(i));
    (void)prove_slot(s, slot_epoch(current, 0));
    for (unsigned i = 0; i < PC_WORDS_EPOCH; i++)
        (void)prove_slot(s, slot_epoch(active, i));
}

/* The objects whose freeze or revocation stops this node. */
static void own_objects(struct evm_word out[static OWN_OBJECTS], const struct node_entry *n,
                        const struct own_kind *own)
{
    struct evm_word id = evm_word_u64(own->vendor);
    out[0] = object_name(PC_OBJECT_VENDOR, &id);
    id = object_product_id(own->vendor, &own->product);
    out[1] = object_name(PC_OBJECT_PRODUCT, &id);
    out[2] = object_name(PC_OBJECT_PLATFORM, &n->platform);
    out[3] = object_name(PC_OBJECT_MEASUREMENT, &n->measurement);
    id = evm_word_u64(n->id);
    out[4] = object_name(PC_OBJECT_NODE, &id);
    id = evm_word_addr(&n->verifier);
    out[5] = object_name(PC_OBJECT_VERIFIER, &id);
}

/* As the registry's words said at the last head; before that, as logs and calldata say. */
static struct own_kind own_kind(const struct chain *c, const struct node_entry *n)
{
    const struct record_entry *r = index_record(c->index, &n->record);
    if (c->standing.known && c->standing.node_id == n->id)
        return c->standing.own;
    struct own_kind k = {.vendor = n->vendor};
    if (r != NULL)
        k.product = evm_word_of(r->product);
    return k;
}

static void own_slots(struct prove *p, const struct node_entry *n)
{
    const struct policy_policy *policy = &p->c->d.policy;
    struct evm_word objects[OWN_OBJECTS], serial;
    struct own_kind *own = &p->c->standing_own;
    *own = own_kind(p->c, n);
    const struct record_entry *r = index_record(p->c->index, &n->record);
    bool read = r != NULL && r->parsed;
    p->c->standing_serial = read ? vendor_serial_id(r) : (struct evm_word){{0}};
    own_objects(objects, n, own);

    struct proof_set *s = prove_account(p, policy->node_registry);
    for (unsigned i = 0; i < PC_WORDS_NODE; i++)
        (void)prove_slot(s, slot_node(n->id, i));
    s = prove_account(p, policy->attestations);
    for (unsigned i = 0; i < PC_WORDS_RECORD; i++)
        (void)prove_slot(s, slot_record(&n->record, i));
    s = prove_account(p, policy->measurements);
    (void)prove_slot(s, slot_measurement(&n->measurement));
    s = prove_account(p, policy->tcb_policy);
    (void)prove_slot(s, slot_vendor(own->vendor));
    for (unsigned i = 0; i < OWN_OBJECTS; i++)
        (void)prove_slot(s, slot_revoked(&objects[i]));
    for (uint8_t v = PC_VENDOR_TDX; v <= PC_VENDOR_NITRO; v++)
        (void)prove_slot(s, slot_vendor(v));
    serial = object_name(PC_OBJECT_SERIAL, &p->c->standing_serial);
    (void)prove_slot(s, slot_revoked(&serial));
    s = prove_account(p, policy->guardian_council);
    for (unsigned i = 0; i < OWN_OBJECTS; i++)
        (void)prove_slot(s, slot_freeze(&objects[i]));
}

static enum err_code take_epochs(struct standing *s, const struct proof_set *set)
{
    const struct evm_word *w = set->word;
    PC_TRY(view_now(&s->now, &w[W_NOW]));
    PC_TRY(view_attempt(&s->attempt, &w[W_ATTEMPT]));
    PC_TRY(view_opening(&s->opening, &w[W_OPENING]));
    memcpy(s->acc, &w[W_ACC], sizeof s->acc[0] * PC_ACC_COUNT);
    s->open_root = w[W_ROOT];
    return view_epoch(&s->active, &w[W_EPOCH]);
}

/* Low 40 bits of a council's word: last second of the freeze. */
static bool any_frozen(const struct proof_set *s, uint64_t time)
{
    for (unsigned i = 0; i < s->n; i++)
        if (slot_field_u64(&s->word[i], 0, 5) >= time)
            return true;
    return false;
}

static enum err_code any_revoked(bool *out, const struct proof_set *s)
{
    *out = false;
    for (unsigned i = 0; i < OWN_OBJECTS; i++) {
        bool revoked;
        PC_TRY(view_revoked(&revoked, &s->word[TCB_REVOKED + i]));
        *out |= revoked;
    }
    return PC_OK;
}

/* Was the own certificate revoked by vote? Known of the proved record's alone: with calldata of one
 * before it, or none, it is the record's standing that says so, once somebody has it rechecked. */
static enum err_code serial_revoked(bool *out, const struct chain *c, const struct proof_set *tcb,
                                    const struct view_record *record)
{
    bool own = load_be64(c->standing_serial.b) >> 8 == record->leaf_tag;
    PC_TRY(view_revoked(out, &tcb->word[TCB_SERIAL]));
    *out &= own;
    return PC_OK;
}

static enum err_code take_own(struct chain *c, struct standing *s, const struct prove *p)
{
    struct view_node node;
    struct view_record record;
    struct view_measurement measurement;
    struct view_vendor vendor;
    uint64_t now = p->head.time;
    bool revoked;

    PC_TRY(view_node(&node, p->set[SET_REGISTRY].word));
    enum err_code e = view_record(&record, p->set[SET_RECORD].word);
    bool have_record = e == PC_OK;
    if (e != PC_OK && e != PC_E_NOT_FOUND)
        return e;
    PC_TRY(view_measurement(&measurement, &p->set[SET_MEASUREMENT].word[0]));
    for (unsigned v = PC_VENDOR_TDX; v <= PC_VENDOR_NITRO; v++) {
        PC_TRY(view_vendor(&vendor, &p->set[SET_TCB].word[TCB_VENDORS + v - PC_VENDOR_TDX]));
        if (vendor.standing != PC_VENDOR_ACCEPTED)
            continue;
        s->accepts[v].statuses = vendor.statuses;
        s->accepts[v].out_of_date_until = vendor.out_of_date_until;
    }
    PC_TRY(view_vendor(&vendor, &p->set[SET_TCB].word[TCB_OWN]));
    s->own = (struct own_kind){node.vendor, node.product};
    bool other = node.vendor != c->standing_own.vendor ||
                 !evm_word_equal(&node.product, &c->standing_own.product);
    PC_TRY(any_revoked(&revoked, &p->set[SET_TCB]));
    bool leaf_revoked = false;
    if (have_record)
        PC_TRY(serial_revoked(&leaf_revoked, c, &p->set[SET_TCB], &record));
    revoked |= node.revoked || measurement.revoked || vendor.standing == PC_VENDOR_REVOKED;

    bool active = measurement.index != 0 && measurement.active_from <= now &&
                  (measurement.sunset_at == 0 || now < measurement.sunset_at);
    s->valid_until = have_record ? record.valid_until : 0;
    uint16_t index = attempt_own_index(c, s->now.epoch);
    s->recovering =
        s->now.epoch != 0 &&
        (index == 0 || !(s->active.ready.b[31 - (index - 1) / 8] >> ((index - 1) % 8) & 1));
    if (revoked || node.state != PC_NODE_IN)
        s->state = IPC_NODE_STATE_REVOKED;
    else if (any_frozen(&p->set[SET_COUNCIL], now))
        s->state = IPC_NODE_STATE_FROZEN;
    else if (other || /* whether its own is frozen is known at the next head */
             leaf_revoked || !have_record || record.standing != PC_RECORD_GOOD ||
             record.valid_until < now || !active || vendor.standing != PC_VENDOR_ACCEPTED)
        s->state = IPC_NODE_STATE_EXPIRED;
    else
        s->state = IPC_NODE_STATE_LIVE;
    return PC_OK;
}

/* What is proved replaces what was known as a whole, or not at all. */
static void on_proved(struct prove *p, enum err_code e)
{
    struct chain *c = p->ctx;
    struct standing s = {.node_id = c->standing_id};
    if (e == PC_OK)
        e = take_epochs(&s, &p->set[SET_EPOCHS]);
    if (e == PC_OK && p->n_sets > 1)
        e = take_own(c, &s, p);
    if (e == PC_OK) {
        s.known = true;
        c->standing = s;
    } else if (e != PC_E_RETRY) {
        log_error("words_not_understood", LOG_STR("error", pc_err_name(e)),
                  LOG_STR("hint", "are the contracts of another version than this node?"));
        c->standing.known = false;
    }
    sync_proved(c, e);
}

void standing_prove(struct chain *c)
{
    struct evm_word hash;
    id_keys_node(hash.b, c->keys.ed25519, c->keys.x25519, c->keys.account);
    const struct node_entry *own = index_node_by_keys(c->index, &hash);
    c->standing_id = own != NULL ? own->id : 0;
    prove_begin(&c->standing_proof, c, on_proved, c);
    epochs_slots(&c->standing_proof, attempt_active_epoch(c), attempt_current_epoch(c));
    if (own != NULL)
        own_slots(&c->standing_proof, own);
    prove_run(&c->standing_proof);
}
