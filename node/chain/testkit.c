/* SPDX-License-Identifier: Apache-2.0 */
#include "node/chain/testkit.h"

#include <stdlib.h>

#include "chain/abi.h"
#include "chain/rlp.h"
#include "chain/trie_testkit.h"

/* ---- tries ---- */

static void storage(struct evm_word *root, const struct world_account *a, struct trie_proof *p)
{
    static struct trie_item v[WORLD_WORDS];
    size_t n = 0;
    for (unsigned i = 0; i < a->n; i++) {
        struct rlp_writer w = rlp_writer_of(v[n].value, sizeof v[n].value);
        struct bytes value;
        if (evm_word_is_zero(&a->value[i]))
            continue;
        trie_nibbles(v[n].key, PC_BYTES(a->slot[i].b));
        rlp_put_uint256(&w, &a->value[i]);
        assert_int_equal(rlp_writer_end(&w, &value), PC_OK);
        v[n++].n = value.n;
    }
    trie_build(root, v, n, p);
}

static void state(struct evm_word *root, const struct world *w, struct trie_proof *p)
{
    static struct trie_item v[WORLD_ACCOUNTS];
    static struct trie_proof none;
    for (unsigned i = 0; i < w->n_accounts; i++) {
        struct rlp_writer o = rlp_writer_of(v[i].value, sizeof v[i].value);
        struct evm_word storage_root, code = {{1}};
        struct bytes value;
        storage(&storage_root, &w->account[i], &none);
        trie_nibbles(v[i].key, PC_BYTES(w->account[i].address));
        size_t begin = rlp_list_begin(&o);
        rlp_put_u64(&o, 1);
        rlp_put_u64(&o, 0);
        rlp_put_string(&o, PC_BYTES(storage_root.b));
        rlp_put_string(&o, PC_BYTES(code.b));
        rlp_list_end(&o, begin);
        assert_int_equal(rlp_writer_end(&o, &value), PC_OK);
        v[i].n = value.n;
    }
    trie_build(root, v, w->n_accounts, p);
}

/* ---- blocks ---- */

void world_mine(struct world *w, unsigned blocks)
{
    static struct trie_proof none;
    static const uint8_t zero[256];
    for (; blocks > 0; blocks--) {
        uint64_t n = ++w->head;
        struct evm_word root;
        struct bytes whole;
        struct rlp_writer o = rlp_writer_of(w->rlp[n], sizeof w->rlp[n]);
        assert_true(n < WORLD_BLOCKS);
        state(&root, w, &none);
        size_t begin = rlp_list_begin(&o);
        rlp_put_string(&o, PC_BYTES(w->hash[n - 1].b));
        rlp_put_string(&o, bytes_of(zero, 32));
        rlp_put_string(&o, bytes_of(zero, 20));
        rlp_put_string(&o, PC_BYTES(root.b));
        rlp_put_string(&o, bytes_of(zero, 32));
        rlp_put_string(&o, bytes_of(zero, 32));
        rlp_put_string(&o, bytes_of(zero, 256));
        rlp_put_u64(&o, 0);
        rlp_put_u64(&o, n);
        rlp_put_u64(&o, 30000000);
        rlp_put_u64(&o, 0);
        rlp_put_u64(&o, (w->since != 0 ? w->since : 1000000) + 12 * n + w->later);
        rlp_put_u64(&o, w->fork);
        rlp_put_string(&o, bytes_of(zero, 32));
        rlp_put_string(&o, bytes_of(zero, 8));
        rlp_list_end(&o, begin);
        assert_int_equal(rlp_writer_end(&o, &whole), PC_OK);
        w->rlp_n[n] = whole.n;
        evm_keccak(&w->hash[n], whole);
    }
}

void world_reorg(struct world *w, uint64_t from)
{
    uint64_t head = w->head;
    w->head = from - 1;
    w->fork++;
    world_mine(w, (unsigned)(head - w->head));
}

static struct world_account *account_of(struct world *w, const uint8_t address[static 20])
{
    for (unsigned i = 0; i < w->n_accounts; i++)
        if (memcmp(w->account[i].address, address, 20) == 0)
            return &w->account[i];
    assert_true(w->n_accounts < WORLD_ACCOUNTS);
    struct world_account *a = &w->account[w->n_accounts++];
    memcpy(a->address, address, 20);
    return a;
}

void world_set(struct world *w, const uint8_t account[static 20], struct evm_word slot,
               const struct evm_word *value)
{
    struct world_account *a = account_of(w, account);
    unsigned i = 0;
    while (i < a->n && !evm_word_equal(&a->slot[i], &slot))
        i++;
    assert_true(i < WORLD_WORDS);
    a->slot[i] = slot;
    a->value[i] = *value;
    a->n += i == a->n;
}

void world_field(struct evm_word *words, unsigned word, unsigned offset, unsigned size, uint64_t v)
{
    for (unsigned i = 0; i < size; i++)
        words[word].b[31 - offset - i] = (uint8_t)(v >> 8 * i);
}

void world_log(struct world *w, const uint8_t address[static 20], const struct evm_word *topics,
               uint8_t n_topics, struct bytes data)
{
    assert_true(w->n_logs < WORLD_LOGS && data.n <= sizeof w->log[0].data);
    struct world_log *l = &w->log[w->n_logs++];
    l->block = w->head + 1;
    l->log = (struct log_record){.block = l->block, .index = w->n_logs, .n_topics = n_topics};
    memset(l->log.tx_hash.b, (int)w->n_logs, 32);
    memcpy(l->log.address.b, address, 20);
    memcpy(l->log.topics, topics, sizeof *topics * n_topics);
    if (data.n != 0)
        memcpy(l->data, data.p, data.n);
    l->log.data = bytes_of(l->data, data.n);
}

void world_calldata(struct world *w, const char *signature, struct bytes arguments)
{
    struct world_log *l = &w->log[w->n_logs - 1];
    struct abi_selector s = abi_selector(signature);
    assert_true(w->n_logs > 0 && arguments.n <= sizeof l->calldata - sizeof s.b);
    memcpy(l->calldata, s.b, sizeof s.b);
    memcpy(l->calldata + sizeof s.b, arguments.p, arguments.n);
    l->calldata_n = sizeof s.b + arguments.n;
}

/* ---- polyclaved's store ---- */

static void keep(struct world *w, const struct ipc_dc_kept_put *m)
{
    struct ipc_dc_kept_put_r r = {.part = m->part, .kept = !w->store_down};
    struct world_kept *k = &w->writing;
    if (m->part == 0)
        k->n = 0;
    k->p = realloc(k->p, k->n + m->data.n);
    assert_non_null(k->p);
    memcpy(k->p + k->n, m->data.p, m->data.n);
    k->n += m->data.n;
    if (m->last && r.kept) {
        struct world_kept oldest = w->kept[1];
        w->kept[1] = w->kept[0];
        w->kept[0] = *k;
        *k = oldest;
        w->keeps++;
    }
    KIT_SAY(&w->kit, IPC_LINK_DC, dc_kept_put_r, &r);
}

static void give(struct world *w, const struct ipc_dc_kept_get *m)
{
    const struct world_kept *k = &w->kept[m->older];
    size_t at = (size_t)m->part * IPC_OBJECT_MAX, left = k->n > at ? k->n - at : 0;
    struct ipc_dc_kept r = {.older = m->older, .part = m->part};
    if (!w->store_down)
        r.parts = (uint32_t)((k->n + IPC_OBJECT_MAX - 1) / IPC_OBJECT_MAX);
    r.data = bytes_of(k->p + (left != 0 ? at : 0), left < IPC_OBJECT_MAX ? left : IPC_OBJECT_MAX);
    KIT_SAY(&w->kit, IPC_LINK_DC, dc_kept, &r);
}

static void serve_store(struct world *w)
{
    struct ipc_dc_kept_put put;
    struct ipc_dc_kept_get get;
    struct ipc_dc_kept_drop drop;
    for (bool any = true; any;) {
        any = false;
        while (KIT_HEARD(&w->kit, IPC_LINK_DC, dc_kept_drop, DC_KEPT_DROP, &drop)) {
            w->kept[0].n = w->kept[1].n = 0;
            w->kept_drops++;
        }
        while (KIT_HEARD(&w->kit, IPC_LINK_DC, dc_kept_put, DC_KEPT_PUT, &put)) {
            keep(w, &put);
            any = true;
        }
        while (KIT_HEARD(&w->kit, IPC_LINK_DC, dc_kept_get, DC_KEPT_GET, &get)) {
            give(w, &get);
            any = true;
        }
    }
}

/* ---- rpc ---- */

static uint8_t answer[IPC_OBJECT_MAX];

static int choose(struct world *w, const struct ipc_cr_ask *m)
{
    unsigned first = w->rotate && m->what == IPC_RPC_WHAT_LOGS ? w->turn++ : 0;
    for (unsigned i = 0; i < WORLD_ENDPOINTS; i++) {
        unsigned at = (first + i) % WORLD_ENDPOINTS;
        const struct world_endpoint *e = &w->endpoint[at];
        if ((m->avoid >> at & 1) || e->down || (m->what == IPC_RPC_WHAT_CALLDATA && e->no_calldata))
            continue;
        return (int)at;
    }
    return -1;
}

static void give_proof(const struct world *w, const struct ipc_cr_ask *m, struct writer *o)
{
    static struct trie_proof p;
    static uint8_t packed[PC_PROOF_LIST_MAX];
    uint8_t target[64];
    struct evm_word root, slot;
    struct ipc_b32_list rest = m->words;
    const struct world_account *a = NULL;
    for (unsigned i = 0; i < w->n_accounts; i++)
        if (memcmp(w->account[i].address, m->address, 20) == 0)
            a = &w->account[i];
    for (bool account = true;; account = false) {
        struct node_list_writer l = node_list_begin(packed, sizeof packed);
        struct bytes list;
        if (!account && !ipc_b32_list_next(&rest, slot.b))
            return;
        trie_nibbles(target, account ? PC_BYTES(m->address) : PC_BYTES(slot.b));
        p.target = target;
        p.n = 0;
        if (account)
            state(&root, w, &p);
        else if (a != NULL)
            storage(&root, a, &p);
        for (unsigned i = 0; i < p.n; i++)
            node_list_add(&l, bytes_of(p.node[i], p.len[i]));
        assert_int_equal(node_list_end(&l, &list), PC_OK);
        write_u16(o, (uint16_t)list.n);
        write_bytes(o, list.p, list.n);
    }
}

enum err_code world_answer(const struct world *w, const struct ipc_cr_ask *m, unsigned who,
                           struct writer *o)
{
    const struct world_endpoint *e = &w->endpoint[who];
    switch (m->what) {
    case IPC_RPC_WHAT_HEADERS:
        for (uint64_t i = 0; i < m->to; i++) {
            if (m->from < i + 1 || m->from - i > w->head)
                return PC_E_RETRY;
            write_u16(o, (uint16_t)w->rlp_n[m->from - i]);
            size_t at = o->n;
            write_bytes(o, w->rlp[m->from - i], w->rlp_n[m->from - i]);
            if (e->false_headers)
                o->p[at + 60] ^= 1;
        }
        return PC_OK;
    case IPC_RPC_WHAT_LOGS:
        for (unsigned i = 0, at = 0, given = 0; i < w->n_logs && !e->leaves_out; i++) {
            struct log_record l = w->log[i].log;
            if (w->log[i].block < m->from || w->log[i].block > m->to)
                continue;
            if (m->hash[0] == 1 && at++ < load_be64(m->hash + 24))
                continue;
            if (w->page != 0 && given++ == w->page) {
                if (m->hash[0] != 1)
                    return PC_E_TOO_LARGE;
                break;
            }
            l.block_hash = w->hash[l.block < WORLD_BLOCKS ? l.block : 0];
            log_record_write(o, &l);
        }
        return PC_OK;
    case IPC_RPC_WHAT_PROOF:
        if (m->from > w->head)
            return PC_E_RETRY;
        give_proof(w, m, o);
        if (e->false_proofs)
            o->p[o->n / 2] ^= 1;
        return PC_OK;
    case IPC_RPC_WHAT_CALLDATA:
        for (unsigned i = 0; i < w->n_logs && !e->false_calldata; i++)
            if (w->log[i].calldata_n != 0 && memcmp(w->log[i].log.tx_hash.b, m->hash, 32) == 0) {
                write_bytes(o, w->log[i].calldata, w->log[i].calldata_n);
                return PC_OK;
            }
        write_u32(o, e->false_calldata ? 0xbad : 0x12345678);
        return PC_OK;
    default:
        write_u64(o, m->what == IPC_RPC_WHAT_FINALIZED ? w->head : w->head + 5);
        write_bytes(o, w->hash[w->head].b, 32);
        write_u8(o, 7);
        return PC_OK;
    }
}

void world_serve(struct world *w)
{
    struct ipc_cr_ask m;
    struct ipc_cr_blame b;
    kit_settle(&w->kit);
    serve_store(w);
    for (unsigned n = 0; KIT_HEARD(&w->kit, IPC_LINK_CR, cr_ask, CR_ASK, &m); n++) {
        struct writer o = writer_of(answer, sizeof answer);
        struct ipc_cr_answer r = {.id = m.id, .what = m.what, .error = PC_E_RETRY};
        int who = choose(w, &m);
        assert_true(n < 5000); /* it never asks without end */
        w->asked[m.what]++;
        if (m.what == IPC_RPC_WHAT_LOGS) {
            w->blocks_read += m.to - m.from + 1;
            w->first_read = m.from < w->first_read ? m.from : w->first_read;
        }
        if (m.what == (enum ipc_rpc_what)w->hold)
            continue;
        if (who >= 0) {
            r.endpoint = (uint8_t)who;
            r.error = (uint16_t)world_answer(w, &m, (unsigned)who, &o);
        }
        if (r.error == PC_OK)
            assert_int_equal(writer_end(&o, &r.data), PC_OK);
        if (w->kit.far[IPC_LINK_CR].end != NULL)
            KIT_SAY(&w->kit, IPC_LINK_CR, cr_answer, &r);
        while (KIT_HEARD(&w->kit, IPC_LINK_CR, cr_blame, CR_BLAME, &b))
            w->endpoint[b.endpoint].blamed++;
        serve_store(w);
    }
}

void world_round(struct world *w)
{
    loop_timer_set(&w->c->d.loop, &w->c->sync.timer, 0);
    world_serve(w);
}

bool world_told(struct world *w, enum ipc_link link, struct ipc_head_view *out)
{
    struct ipc_dc_head d;
    struct ipc_pc_head p;
    bool any = false;
    while (link == IPC_LINK_DC && KIT_HEARD(&w->kit, link, dc_head, DC_HEAD, &d)) {
        *out = d.view;
        any = true;
    }
    while (link == IPC_LINK_PC && KIT_HEARD(&w->kit, link, pc_head, PC_HEAD, &p)) {
        *out = p.view;
        any = true;
    }
    return any;
}

static void start(struct world *w)
{
    static const struct bytes url = {(const uint8_t *)"http://x", 8};
    struct bytes urls[WORLD_ENDPOINTS] = {url, url, url};
    struct ipc_cfg_chain config = {.rpc = {.v = urls, .n = WORLD_ENDPOINTS}, .agree = 2};
    struct ipc_dc_keys keys;
    w->blocks_read = 0;
    w->first_read = UINT64_MAX;
    kit_connect_all(&w->kit);
    memset(&keys, 0x21, sizeof keys);
    KIT_SAY(&w->kit, IPC_LINK_DC, cfg_chain, &config);
    KIT_SAY(&w->kit, IPC_LINK_DC, dc_keys, &keys);
    serve_store(w);
}

static void create(struct world *w)
{
    w->c = calloc(1, sizeof *w->c);
    assert_non_null(w->c);
    chain_spec(&w->spec, w->c);
    kit_begin(&w->kit, &w->c->d, &w->spec);
    assert_int_equal(chain_start(w->c), PC_OK);
}

static void destroy(struct world *w)
{
    chain_end(w->c);
    kit_end(&w->kit);
    free(w->c);
}

void world_begin(struct world *w)
{
    memset(w, 0, sizeof *w);
    create(w);
    struct policy_policy *p = &w->c->d.policy;
    const uint8_t *const accounts[] = {p->epochs,          p->node_registry,    p->attestations,
                                       p->measurements,    p->tcb_policy,       p->apps,
                                       p->verifier_router, p->guardian_council, p->tdx.verifier};
    for (size_t i = 0; i < PC_ARRAY_LEN(accounts); i++)
        (void)account_of(w, accounts[i]);
    world_mine(w, 1);
    start(w);
}

void world_restart(struct world *w)
{
    destroy(w);
    memset(&w->kit, 0, sizeof w->kit);
    create(w);
    start(w);
}

void world_end(struct world *w)
{
    destroy(w);
    free(w->kept[0].p);
    free(w->kept[1].p);
    free(w->writing.p);
}
