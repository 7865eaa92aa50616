/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/takeover/ledger.h"

#include <stdlib.h>

#include "chain/abi.h"
#include "chain/header.h"
#include "crypto/hash.h"
#include "crypto/ids.h"
#include "crypto/labels.h"
#include "node/chain/testkit.h"
#include "tests/takeover/proc.h"

#define FIRST_HEAD 260u /* above every head of the key's genesis */
#define ROOT       0x4d

static struct world *now, *old, *forked; /* large */
static struct ledger_start start;
static uint8_t tx_of[LEDGER_PEOPLE]; /* byte of which its transaction's hash is made */
static bool frozen_at[WORLD_BLOCKS];

static void set(struct world *w, const uint8_t *account, struct evm_word slot, struct evm_word v)
{
    world_set(w, account, slot, &v);
}

static struct evm_word filled(uint8_t with)
{
    struct evm_word w;
    memset(w.b, with, sizeof w.b);
    return w;
}

static struct evm_word product_word(uint8_t with)
{
    struct evm_word w = {{0}};
    memset(w.b, with, 8);
    return w;
}

/* ---- epochs ---- */

static void log_announced(struct world *w)
{
    struct evm_word one = evm_word_u64(1),
                    topics[3] = {abi_topic("Announced(uint64,uint32,uint256,uint256)"), one, one};
    uint8_t data[64] = {0};
    data[31] = 20;
    data[63] = 30;
    world_log(w, start.policy.epochs, topics, 3, PC_BYTES(data));
}

static void finish_log(struct world *w, const uint8_t *from, const struct evm_word *topics,
                       uint8_t n, const struct abi_out *out)
{
    struct bytes data;
    if (abi_out_end(out, &data) != PC_OK)
        broken("an event of the ledger does not encode");
    world_log(w, from, topics, n, data);
}

static void log_opened(struct world *w)
{
    struct evm_word one = evm_word_u64(1), root = filled(ROOT), ids[LEDGER_MEMBERS],
                    none[LEDGER_MEMBERS] = {{{0}}},
                    topics[3] = {abi_topic("Opened(uint64,uint32,uint16,uint16,bool,uint8,uint32,"
                                           "bytes32,bytes,uint32[],uint32[])"),
                                 one, one};
    uint8_t buf[2048], keys[39] = {0, 1};
    struct abi_out o = abi_out_of(buf, sizeof buf, 9);
    for (unsigned i = 0; i < LEDGER_MEMBERS; i++)
        ids[i] = evm_word_u64(101 + i);
    abi_out_u64(&o, LEDGER_MEMBERS);
    abi_out_u64(&o, 3);
    abi_out_bool(&o, false);
    abi_out_u64(&o, 1);
    abi_out_u64(&o, 1);
    abi_out_word(&o, &root);
    abi_out_bytes(&o, PC_BYTES(keys));
    abi_out_array(&o, bytes_of(ids, sizeof ids), LEDGER_MEMBERS);
    abi_out_array(&o, bytes_of(none, sizeof none), LEDGER_MEMBERS);
    finish_log(w, start.policy.epochs, topics, 3, &o);
}

static void log_activated(struct world *w)
{
    struct evm_word one = evm_word_u64(1), transcript, ready = evm_word_u64(15),
                    topics[3] = {abi_topic("Activated(uint64,uint32,bytes32,uint256,bytes)"), one,
                                 one};
    uint8_t pk[32] = {1}, y_hash[32] = {2}, preimage[1024], buf[2048];
    size_t n;
    struct dkg_transcript_fields f = {.pk = pk, .y_hash = y_hash, .n_keys = 1, .t = 3};
    struct abi_out o = abi_out_of(buf, sizeof buf, 3);
    id_dkg_transcript(transcript.b, &f);
    if (!id_dkg_preimage(preimage, sizeof preimage, &n, &f))
        broken("a preimage does not fit");
    abi_out_word(&o, &transcript);
    abi_out_word(&o, &ready);
    abi_out_bytes(&o, bytes_of(preimage, n));
    finish_log(w, start.policy.epochs, topics, 3, &o);
}

static void make_epoch(struct world *w)
{
    const uint8_t *epochs = start.policy.epochs;
    struct evm_word one = evm_word_u64(1), acc, root = filled(ROOT),
                    epoch[PC_WORDS_EPOCH] = {{{0}}}, is_now = {{0}};
    world_field(&is_now, PC_AT_NOW_EPOCH, 1);
    world_field(&is_now, PC_AT_NOW_ATTEMPT, 1);
    world_field(&is_now, PC_AT_NOW_N, LEDGER_MEMBERS);
    world_field(&is_now, PC_AT_NOW_T, 3);
    set(w, epochs, slot_now(), is_now);
    evm_keccak_pair(&acc, &one, &one);
    set(w, epochs, slot_acc(PC_ACC_ENROL), acc);
    set(w, epochs, slot_acc(PC_ACC_COMMIT), root);
    set(w, epochs, slot_acc(PC_ACC_VOTE), root);
    set(w, epochs, slot_acc(PC_ACC_COMPLAIN), root);
    set(w, epochs, slot_acc(PC_ACC_READY_ODD), root);
    epoch[0] = root;
    epoch[3] = evm_word_u64(15); /* READY of all four */
    world_field(epoch, PC_AT_EPOCH_ATTEMPT, 1);
    world_field(epoch, PC_AT_EPOCH_N, LEDGER_MEMBERS);
    world_field(epoch, PC_AT_EPOCH_T, 3);
    for (unsigned i = 0; i < PC_WORDS_EPOCH; i++)
        set(w, epochs, slot_epoch(1, i), epoch[i]);
    log_announced(w);
    log_opened(w);
    log_activated(w);
}

/* ---- nodes ---- */

static struct evm_word node_record(unsigned i)
{
    return evm_word_u64(7000 + i);
}

static void log_joined(struct world *w, unsigned i)
{
    const struct wire_node_keys *k = &start.member[i];
    struct evm_word domain = filled((uint8_t)(0x40 + i)), bond = evm_word_u64(1),
                    record = node_record(i), measurement = filled(0x22),
                    topics[4] = {abi_topic("Joined(uint32,address,bytes32,uint8,(bytes32,bytes32,"
                                           "address),bytes32,bytes32,address,bytes32[],uint96,"
                                           "string)"),
                                 evm_word_u64(101 + i), evm_word_u64(0x99), filled(0x70)};
    struct evm_address account, verifier;
    uint8_t buf[2048];
    struct abi_out o = abi_out_of(buf, sizeof buf, 10);
    memcpy(account.b, k->account, 20);
    memcpy(verifier.b, start.policy.tdx.verifier, 20);
    abi_out_u64(&o, WIRE_VENDOR_TDX);
    abi_out_fixed(&o, k->ed25519, 32);
    abi_out_fixed(&o, k->x25519, 32);
    abi_out_addr(&o, &account);
    abi_out_word(&o, &record);
    abi_out_word(&o, &measurement);
    abi_out_addr(&o, &verifier);
    abi_out_array(&o, PC_BYTES(domain.b), 1);
    abi_out_word(&o, &bond);
    abi_out_bytes(&o, PC_BYTES_STR("10.0.0.1:1:2"));
    finish_log(w, start.policy.node_registry, topics, 4, &o);
}

/* Of the leaf in calldata(): issuer and serial are zero. */
static uint64_t leaf_tag(void)
{
    struct evm_word zero = {{0}}, id = object_serial_id(WIRE_VENDOR_TDX, 0, &zero);
    return load_be64(id.b) >> 8;
}

static void record_words(struct world *w, const struct evm_word *key, uint8_t kind,
                         const uint8_t claims[static 32])
{
    struct evm_word record[PC_WORDS_RECORD] = {{{0}}};
    record[0] = evm_word_of(claims);
    world_field(record, PC_AT_RECORD_VENDOR, WIRE_VENDOR_TDX);
    world_field(record, PC_AT_RECORD_KIND, kind);
    world_field(record, PC_AT_RECORD_STATUS, 1);
    world_field(record, PC_AT_RECORD_LEAF_TAG, leaf_tag());
    world_field(record, PC_AT_RECORD_STANDING, PC_RECORD_GOOD);
    world_field(record, PC_AT_RECORD_COLLATERAL_EPOCH, 5);
    world_field(record, PC_AT_RECORD_ATTESTED_AT, LEDGER_ATTESTED_AT);
    world_field(record, PC_AT_RECORD_VALID_UNTIL, LEDGER_VALID_UNTIL);
    set(w, start.policy.attestations, slot_record(key, 0), record[0]);
    set(w, start.policy.attestations, slot_record(key, 1), record[1]);
}

static void make_node(struct world *w)
{
    struct evm_word node[PC_WORDS_NODE] = {{{0}}}, measurement = {{0}}, record = node_record(0),
                    m = filled(0x22), claims = filled(0xc1);
    world_field(node, PC_AT_NODE_STATE, PC_NODE_IN);
    world_field(node, PC_AT_NODE_VENDOR, WIRE_VENDOR_TDX);
    for (unsigned i = 0; i < PC_WORDS_NODE; i++)
        set(w, start.policy.node_registry, slot_node(101, i), node[i]);
    record_words(w, &record, PC_SUBJECT_NODE, claims.b);
    world_field(&measurement, PC_AT_MEASUREMENT_INDEX, 1);
    world_field(&measurement, PC_AT_MEASUREMENT_ACTIVE_FROM, 1);
    set(w, start.policy.measurements, slot_measurement(&m), measurement);
    for (unsigned i = 0; i < LEDGER_MEMBERS; i++)
        log_joined(w, i);
}

/* ---- what decides about evidence ---- */

static void make_trust(struct world *w)
{
    const struct policy_policy *p = &start.policy;
    struct evm_word vendor = {{0}}, verifier = {{0}}, object;
    world_field(&vendor, PC_AT_VENDOR_STANDING, PC_VENDOR_ACCEPTED);
    set(w, p->tcb_policy, slot_vendor(WIRE_VENDOR_TDX), vendor);
    world_field(&verifier, PC_AT_VERIFIER_ID, 1);
    world_field(&verifier, PC_AT_VERIFIER_VENDOR, WIRE_VENDOR_TDX);
    world_field(&verifier, PC_AT_VERIFIER_STATE, PC_VERIFIER_ACTIVE);
    world_field(&verifier, PC_AT_VERIFIER_ACTIVATED_AT, LEDGER_VERIFIER_AT);
    set(w, p->verifier_router, slot_verifier(p->tdx.verifier), verifier);
    set(w, p->guardian_council, evm_word_u64(0), evm_word_u64(1)); /* nothing that is read */
    for (uint8_t product = 0x21; product <= 0x31; product += 0x10) {
        object = product_word(product);
        set(w, p->tdx.verifier, slot_in_force(&object), filled(product));
    }
    for (uint64_t i = 1; i <= 4; i++) {
        object = evm_word_u64(i);
        set(w, p->tdx.verifier, slot_in_force(&object), filled((uint8_t)(0xf0 + i)));
    }
}

/* ---- applications ---- */

static struct bytes policy_bytes(const uint8_t (*approved)[32], size_t n, uint8_t least)
{
    static uint8_t buf[2048];
    static const uint64_t numbers[] = {2, 0, LEDGER_MAX_AGE, 1, 2, LEDGER_QUOTA, LEDGER_QUOTA};
    struct evm_word tag = evm_word_of(pc_tag_policy), root = {{0}};
    uint8_t approval[3][96] = {{0}}, raw[2][52];
    struct bytes out;
    for (size_t i = 0; i < n; i++) {
        memcpy(approval[i], approved[i], 32);
        approval[i][63] = LEDGER_ACTIVE_FROM;
    }
    memset(raw[0], least, 52);
    memset(raw[1], 0, 52);
    struct abi_out top = abi_out_of(buf, sizeof buf, 2);
    abi_out_word(&top, &tag);
    struct abi_out p = abi_out_tuple(&top, 10);
    for (size_t i = 0; i < PC_ARRAY_LEN(numbers); i++)
        abi_out_u64(&p, numbers[i]);
    abi_out_word(&p, &root);
    abi_out_array(&p, bytes_of(approval, 96 * n), n);
    struct abi_out list = abi_out_tuples(&p, 2);
    for (unsigned i = 0; i < 2; i++) {
        struct abi_out item = abi_out_tuple(&list, 3);
        struct evm_word product = product_word(i == 0 ? 0x21 : 0x31);
        abi_out_u64(&item, WIRE_VENDOR_TDX);
        abi_out_word(&item, &product);
        abi_out_bytes(&item, PC_BYTES(raw[i]));
        abi_out_join(&list, &item);
    }
    abi_out_join(&p, &list);
    abi_out_join(&top, &p);
    if (abi_out_end(&top, &out) != PC_OK)
        broken("a policy does not encode");
    return out;
}

/* The policy of an app, or of one of its scopes: its hash, and the event that has its bytes. */
static void set_policy(struct world *w, const uint8_t app_id[static 32], const char *scope,
                       struct bytes policy)
{
    struct evm_word app = evm_word_of(app_id), scope_hash = {{0}}, hash, owner = evm_word_u64(1),
                    topics[3] = {abi_topic("Registered(bytes32,address,bytes32,uint40,bool,bytes)"),
                                 app, owner};
    uint8_t buf[2048];
    struct abi_out o = abi_out_of(buf, sizeof buf, scope == NULL ? 4 : 2);
    evm_keccak(&hash, policy);
    if (scope == NULL) {
        abi_out_word(&o, &owner);
        abi_out_u64(&o, 1);
        abi_out_bool(&o, false);
    } else {
        evm_keccak(&scope_hash, bytes_of(scope, strlen(scope)));
        topics[0] = abi_topic("Queued(bytes32,bytes32,uint40,bytes)");
        topics[2] = scope_hash;
        abi_out_u64(&o, 1);
    }
    abi_out_bytes(&o, policy);
    set(w, start.policy.apps, slot_policy(&app, &scope_hash, 0), hash);
    finish_log(w, start.policy.apps, topics, 3, &o);
}

static void make_app(struct world *w, const struct ipc_release_fields *r)
{
    static const uint8_t nobody[1][32] = {{0xdd}};
    struct evm_word app = evm_word_of(r->app_id), words[PC_WORDS_APP] = {{{0}}};
    words[0].b[31] = 1;
    world_field(words, PC_AT_APP_NOTICE, LEDGER_NOTICE);
    set(w, start.policy.apps, slot_app(&app, 0), words[0]);
    set_policy(w, r->app_id, NULL, policy_bytes(&r->measurement, 1, 0x03));
    set_policy(w, r->app_id, "lock", policy_bytes(nobody, 1, 0x03));
}

/* ---- records of applications' enclaves ---- */

static struct evm_word record_key(const struct ipc_release_fields *r, uint8_t subject[static 32])
{
    struct evm_word key;
    id_keys_app(subject, r->boot.sign, r->boot.hpke);
    id_record(key.b, PC_SUBJECT_APP, subject, r->app_id, r->measurement, r->platform, r->verifier);
    return key;
}

static void make_record(struct world *w, unsigned who, const uint8_t claims[static 32])
{
    const struct ipc_release_fields *r = &start.request[who];
    uint8_t subject[32], buf[1024];
    struct evm_word key = record_key(r, subject), state[2] = {{{0}}},
                    topics[4] = {abi_topic("Attested(bytes32,bytes32,bytes32,address,bytes32,"
                                           "bytes32,bytes32,uint256)"),
                                 key, evm_word_of(subject), evm_word_of(r->app_id)};
    struct evm_address verifier;
    struct abi_out o = abi_out_of(buf, sizeof buf, 5);
    record_words(w, &key, PC_SUBJECT_APP, claims);
    memcpy(verifier.b, r->verifier, 20);
    abi_out_addr(&o, &verifier);
    abi_out_fixed(&o, r->measurement, 32);
    abi_out_fixed(&o, r->platform, 32);
    abi_out_fixed(&o, claims, 32);
    world_field(state, PC_AT_RECORD_VENDOR, WIRE_VENDOR_TDX);
    world_field(state, PC_AT_RECORD_BOUND_BLOCK, r->bound.number);
    world_field(state, PC_AT_RECORD_ATTESTED_AT, LEDGER_ATTESTED_AT);
    abi_out_word(&o, &state[1]);
    finish_log(w, start.policy.attestations, topics, 4, &o);
    tx_of[who] = (uint8_t)w->n_logs;
}

/* attest(...) as it was called; what chain reads of it is the product. */
static enum err_code calldata(const struct ipc_cr_ask *m, enum ledger_view view, struct writer *out)
{
    static const char signature[] = "attest(uint8,bytes32,bytes32,address,uint64,bytes,bytes)";
    struct abi_selector selector = abi_selector(signature);
    struct evm_address verifier;
    struct evm_word zero = {{0}};
    uint8_t buf[1024], evidence[64] = {4}, leaf[131] = {0};
    struct bytes args;
    unsigned who = 0;
    while (who < LEDGER_PEOPLE && tx_of[who] != m->hash[0])
        who++;
    if (who == LEDGER_PEOPLE)
        return PC_E_NOT_FOUND;
    memset(leaf + 80, view == LEDGER_FORK ? 0x31 : 0x21, 8);
    memcpy(verifier.b, start.policy.tdx.verifier, 20);
    struct abi_out o = abi_out_of(buf, sizeof buf, 7);
    abi_out_u64(&o, PC_SUBJECT_APP);
    abi_out_word(&o, &zero);
    abi_out_word(&o, &zero);
    abi_out_addr(&o, &verifier);
    abi_out_u64(&o, 95);
    abi_out_bytes(&o, PC_BYTES(evidence));
    abi_out_bytes(&o, PC_BYTES(leaf));
    PC_TRY(abi_out_end(&o, &args));
    write_bytes(out, selector.b, sizeof selector.b);
    write_bytes(out, args.p, args.n);
    return PC_OK;
}

static const struct world *world_of(enum ledger_view view)
{
    return view == LEDGER_TRUE ? now : view == LEDGER_OLD ? old : forked;
}

/* ---- answers ---- */

/* Proofs are made from the whole state each time; most are asked for again. */
#define KEPT 512u
static struct {
    bool used;
    uint8_t key[32];
    size_t n;
    uint8_t bytes[24576];
} kept[KEPT];

static void forget(void)
{
    for (size_t i = 0; i < KEPT; i++)
        kept[i].used = false;
}

static enum err_code proof(const struct ipc_cr_ask *m, enum ledger_view view, struct writer *o)
{
    struct ipc_b32_list rest = m->words;
    struct sha256 h;
    uint8_t key[32], word[32];
    sha256_init(&h);
    sha256_update(&h, &view, sizeof view);
    sha256_update(&h, &m->from, sizeof m->from);
    sha256_update(&h, m->address, 20);
    while (ipc_b32_list_next(&rest, word))
        sha256_update(&h, word, 32);
    sha256_final(&h, key);
    size_t i = load_be32(key) % KEPT, before = o->n;
    if (kept[i].used && memcmp(kept[i].key, key, 32) == 0) {
        write_bytes(o, kept[i].bytes, kept[i].n);
        return PC_OK;
    }
    struct ipc_cr_ask ask = *m;
    if (view == LEDGER_OLD) /* it gives what it has for the newer block */
        ask.from = old->head;
    PC_TRY(world_answer(world_of(view), &ask, 0, o));
    if (o->n - before > sizeof kept[i].bytes)
        return PC_OK;
    kept[i].used = true;
    memcpy(kept[i].key, key, 32);
    kept[i].n = o->n - before;
    memcpy(kept[i].bytes, o->p + before, kept[i].n);
    return PC_OK;
}

/* ---- the whole ---- */

static void make_fork(void)
{
    uint8_t approved[2][32];
    memcpy(forked, now, sizeof *now);
    memcpy(approved[0], start.request[0].measurement, 32);
    memset(approved[1], 0xb2, 32);
    set_policy(forked, start.request[0].app_id, NULL, policy_bytes(approved, 2, 0));
    make_record(forked, LEDGER_PEOPLE - 1, start.claims[0]);
    for (unsigned i = 0; i < forked->n_logs; i++) /* its logs' data lie in the copy */
        forked->log[i].log.data.p = forked->log[i].data;
}

void ledger_begin(const struct ledger_start *s)
{
    struct world **all[] = {&now, &old, &forked};
    for (size_t i = 0; i < PC_ARRAY_LEN(all); i++) {
        if (*all[i] == NULL)
            *all[i] = malloc(sizeof **all[i]);
        if (*all[i] == NULL)
            broken("no memory for a ledger");
        memset(*all[i], 0, sizeof **all[i]);
    }
    start = *s;
    now->since = LEDGER_SINCE;
    memset(frozen_at, 0, sizeof frozen_at);
    memset(tx_of, 0, sizeof tx_of);
    make_node(now);
    make_epoch(now);
    make_trust(now);
    make_app(now, &start.request[0]); /* GENUINE's */
    make_app(now, &start.request[1]); /* STRANGER's */
    for (unsigned who = 0; who + 1 < LEDGER_PEOPLE; who++)
        make_record(now, who, start.claims[who]);
    world_mine(now, FIRST_HEAD);
    make_fork();
    ledger_mine(false);
}

void ledger_mine(bool frozen)
{
    struct evm_word app = evm_word_of(start.request[0].app_id), word = {{0}};
    forget();
    memcpy(old, now, sizeof *now);
    for (unsigned i = 0; i < old->n_logs; i++)
        old->log[i].log.data.p = old->log[i].data;
    if (frozen)
        word = evm_word_u64(LEDGER_FREEZE); /* the low bytes: PC_AT_APP_FROZEN_UNTIL */
    set(now, start.policy.apps, slot_app(&app, 1), word);
    world_mine(now, 1);
    world_mine(forked, 1);
    frozen_at[now->head] = frozen;
}

uint64_t ledger_number(void)
{
    return now->head;
}

void ledger_head(struct wire_head *out, uint64_t number, enum ledger_view view)
{
    const struct world *w = world_of(view);
    struct block_header h;
    memset(out, 0, sizeof *out);
    if (number == 0 || number > w->head ||
        header_decode(&h, bytes_of(w->rlp[number], w->rlp_n[number])) != PC_OK)
        return;
    out->number = h.number;
    out->time = h.time;
    memcpy(out->hash, h.hash.b, 32);
    memcpy(out->state_root, h.state_root.b, 32);
}

bool ledger_frozen(uint64_t number)
{
    return number < WORLD_BLOCKS && frozen_at[number];
}

enum err_code ledger_answer(const struct ipc_cr_ask *m, enum ledger_view view, struct writer *o)
{
    if (m->what == IPC_RPC_WHAT_CALLDATA)
        return calldata(m, view, o);
    if (m->what == IPC_RPC_WHAT_PROOF)
        return proof(m, view, o);
    return world_answer(world_of(view), m, 0, o);
}
