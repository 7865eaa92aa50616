/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpc taken over: the genuine chain process, fed with whatever endpoints may say, before the
 * genuine vault; peer and attest are honest. What chain tells the vault is compared with the
 * ledger, to the byte, unless a head of the fork was claimed to be final: that the verifier of kind
 * `dev` believes, and then the same holds as for a chain that lies. Questions are held until a move
 * answers them, so that chain's own timer decides nothing.
 */
#include "crypto/keccak.h"
#include "tests/takeover/ledger.h"
#include "tests/takeover/takeover.h"

#define CHAIN     25u  /* of one chain process */
#define ROUND     60u  /* of one that waits for the timer of chain itself, in a life */
#define FORK      200u /* from there on the fork's heads are claimed, too */
#define QUESTIONS 160u

static struct proc chain;
static bool fork_claimed, fork_told, gossiped;
static bool shadow;        /* everything but the final head's name is the fork's */
static bool calldata_lies; /* all endpoints agree on what was never posted */

static struct {
    size_t n;
    uint8_t bytes[4096];
} question[QUESTIONS];
static size_t n_questions;

static uint64_t lookup_cookie, cookie_heard, bounds_asked, bounds_heard;
static bool configured; /* by cfg_rpc */
static bool answered;
static uint8_t waiting_for[32];
static uint64_t last_head; /* number of the last head that the vault was told */

/* Contexts that chain gave attest, by digest. */
static struct {
    uint8_t digest[32];
    uint64_t collateral_epoch;
} context[64];
static size_t n_contexts;

static void to_chain(enum ipc_link link, const uint8_t *frame, size_t n)
{
    (void)proc_frame(&chain, link, bytes_of(frame, n));
}

#define CHAIN_SAY(link, name, m)                                                                   \
    do {                                                                                           \
        static uint8_t say_buf[IPC_OBJECT_MAX + 4096];                                             \
        struct bytes say_f;                                                                        \
        if (ipc_encode_##name(&say_f, say_buf, sizeof say_buf, (m)) != PC_OK)                      \
            broken("a message to chain does not encode: %s", #name);                               \
        to_chain((link), say_f.p, say_f.n);                                                        \
    } while (0)

/* ---- the oracle of what chain says ---- */

static void judge_head(struct bytes frame)
{
    struct ipc_vc_head m;
    struct wire_head is;
    if (ipc_decode_vc_head(&m, frame) != PC_OK)
        broken("a head that does not decode");
    stage.f.heads++;
    ledger_head(&is, m.head.number, LEDGER_TRUE);
    if (memcmp(&is, &m.head, sizeof is) != 0) {
        struct wire_head other;
        ledger_head(&other, m.head.number, LEDGER_FORK);
        if (!fork_claimed || memcmp(&other, &m.head, sizeof other) != 0)
            broken("chain told head %llu, which is none", (unsigned long long)m.head.number);
        if (!fork_told)
            stage.f.false_heads++;
        fork_told = true;
        oracle_chain_lies(true);
    }
    if (m.node_id != 101 || m.state != IPC_NODE_STATE_LIVE || m.epoch != 1 || m.epoch_grace != 0 ||
        m.valid_until != LEDGER_VALID_UNTIL)
        broken("chain told a standing of this node that is not so");
    last_head = m.head.number;
}

/* As the ledger bears it out at that head. */
static void expect_record(struct ipc_vc_record *v, const struct ipc_vc_record *said,
                          const struct ipc_release_fields *r)
{
    enum who who = truth_holder(&r->boot);
    bool approved = who != UNAPPROVED && !truth_closed_scope(r);
    *v = (struct ipc_vc_record){.epoch = 1,
                                .vendor = WIRE_VENDOR_TDX,
                                .tcb_status = 1,
                                .collateral_epoch = 5,
                                .verifier_active_from = LEDGER_VERIFIER_AT,
                                .attested_at = LEDGER_ATTESTED_AT,
                                .valid_until = LEDGER_VALID_UNTIL,
                                .vendor_ok = true,
                                .product_ok = true,
                                .platform_ok = true,
                                .serial_ok = true,
                                .measurement_active_from =
                                    approved ? LEDGER_ACTIVE_FROM : UINT64_MAX,
                                .vendor_mask = 2,
                                .max_age = LEDGER_MAX_AGE,
                                .notice = LEDGER_NOTICE,
                                .version_lo = 1,
                                .version_hi = 2,
                                .subject_quota = LEDGER_QUOTA,
                                .app_quota = LEDGER_QUOTA,
                                .min_tcb_set = true,
                                .min_tcb_n = 52,
                                .own_state = IPC_NODE_STATE_LIVE};
    ledger_head(&v->head, said->head.number, LEDGER_TRUE);
    memcpy(v->digest, said->digest, 32);
    memcpy(v->key_id, r->key_id, 32);
    memcpy(v->app_id, people[who].request.request.app_id, 32);
    keccak256(v->scope_hash, bytes_of(r->scope, r->scope_n));
    memcpy(v->measurement, people[who].request.request.measurement, 32);
    memcpy(v->claims, people[who].verdict.claims, 32);
    memcpy(v->product, people[who].verdict.product, 32);
    memcpy(v->verifier, r->verifier, 20);
    memset(v->min_tcb, 0x03, 52);
    if (who != STRANGER && ledger_frozen(said->head.number))
        v->frozen_until = LEDGER_FREEZE;
}

static void judge_record(struct bytes frame)
{
    static uint8_t buf[IPC_VC_RECORD_BYTES];
    struct ipc_vc_record m, is;
    struct bytes bytes;
    if (ipc_decode_vc_record(&m, frame) != PC_OK)
        broken("a record that does not decode");
    stage.f.records++;
    if (gossiped)
        broken("chain stated a record though q members sign another chain");
    const struct ipc_release_fields *r = oracle_request(m.digest);
    if (r == NULL)
        broken("a record for what nobody asked");
    if (fork_told)
        return;
    if (truth_holder(&r->boot) == FORGER)
        broken("a record of keys that have none");
    expect_record(&is, &m, r);
    if (!vault_same32(m.product, is.product)) { /* the vault is to see it */
        stage.f.misled++;
        return;
    }
    if (ipc_encode_vc_record(&bytes, buf, sizeof buf, &is) != PC_OK)
        broken("a record does not encode");
    for (size_t i = 0; i < frame.n && i < bytes.n; i++)
        if (frame.p[i] != bytes.p[i])
            broken("chain stated a record that the ledger does not bear out (byte %zu, %s)", i,
                   m.min_tcb[0] != 3 ? "least security versions" : "another field");
}

/* ---- what chain says ---- */

static void on_vault_frame(struct bytes frame)
{
    switch (ipc_type_of(frame)) {
    case IPC_MSG_VC_HEAD:
        judge_head(frame);
        break;
    case IPC_MSG_VC_RECORD:
        judge_record(frame);
        break;
    case IPC_MSG_VC_NO_RECORD:
        if (frame.n >= 18 && bytes_all_zero_var(bytes_of(frame.p + 2, 16)))
            return; /* of a lookup that only waits for chain */
        stage.f.no_records++;
        break;
    default: /* of an attempt that this vault knows already: it takes none of it */
        break;
    }
    if (!stage_tell(IPC_PROC_CHAIN, frame) && !fork_claimed)
        broken("the vault ended its link with the genuine chain after %s",
               ipc_type_name(ipc_type_of(frame)));
}

/* The question for a bound block, by which chain is waited for. */
static bool answer_bound(struct bytes frame)
{
    static const uint8_t block[41];
    struct ipc_cr_ask m;
    if (ipc_decode_cr_ask(&m, frame) != PC_OK || m.what != IPC_RPC_WHAT_LATEST_MINUS_2)
        return false;
    struct ipc_cr_answer a = {.id = m.id, .what = m.what, .data = PC_BYTES(block)};
    CHAIN_SAY(IPC_LINK_CR, cr_answer, &a);
    return true;
}

/* polyclaved with a store that holds nothing and takes nothing: chain reads from the first block.
 */
static void no_store(struct bytes frame)
{
    struct ipc_dc_kept_get get;
    struct ipc_dc_kept_put put;
    if (ipc_type_of(frame) == IPC_MSG_DC_KEPT_GET && ipc_decode_dc_kept_get(&get, frame) == PC_OK) {
        struct ipc_dc_kept none = {.older = get.older, .part = get.part};
        CHAIN_SAY(IPC_LINK_DC, dc_kept, &none);
    } else if (ipc_decode_dc_kept_put(&put, frame) == PC_OK) {
        struct ipc_dc_kept_put_r refused = {.part = put.part};
        CHAIN_SAY(IPC_LINK_DC, dc_kept_put_r, &refused);
    }
}

static void on_chain(void *ctx, enum ipc_link link, struct bytes frame)
{
    struct ipc_pc_lookup_r r;
    struct ipc_ca_context c;
    (void)ctx;
    if (link == IPC_LINK_VC) {
        on_vault_frame(frame);
        return;
    }
    switch (ipc_type_of(frame)) {
    case IPC_MSG_PC_LOOKUP_R:
        if (ipc_decode_pc_lookup_r(&r, frame) != PC_OK)
            broken("an answer of chain that does not decode");
        if (load_be64(r.digest) == 0 && load_be64(r.digest + 8) == 0)
            cookie_heard = load_be64(r.digest + 24);
        else if (vault_same32(r.digest, waiting_for))
            answered = true;
        break;
    case IPC_MSG_CA_CONTEXT:
        if (ipc_decode_ca_context(&c, frame) != PC_OK)
            broken("a context that does not decode");
        memcpy(context[n_contexts % PC_ARRAY_LEN(context)].digest, c.digest, 32);
        context[n_contexts++ % PC_ARRAY_LEN(context)].collateral_epoch = c.collateral_epoch;
        break;
    case IPC_MSG_CFG_RPC:
        configured = true;
        break;
    case IPC_MSG_DC_KEPT_GET:
    case IPC_MSG_DC_KEPT_PUT:
        no_store(frame);
        break;
    case IPC_MSG_DC_BOUND:
        bounds_heard++;
        break;
    case IPC_MSG_CR_ASK:
        if (answer_bound(frame))
            break;
        if (n_questions == QUESTIONS || frame.n > sizeof question[0].bytes)
            broken("chain asks without end");
        question[n_questions].n = frame.n;
        memcpy(question[n_questions++].bytes, frame.p, frame.n);
        break;
    case IPC_MSG_CR_BLAME:
        stage.f.blamed++;
        break;
    default:
        break;
    }
}

static void new_rpc(void)
{
    proc_renew(&chain, IPC_LINK_CR);
    n_questions = 0; /* what the old one was asked */
    configured = false;
    while (!configured)
        proc_pump(&chain, 1000);
}

/* A lookup of nobody is answered at once, behind what else came over pc. A bound block is asked of
 * rpc, and its answer heard behind what else rpc said. So everything was handled, or the link with
 * rpc is down. */
static void settle_chain(void)
{
    struct ipc_pc_lookup m = {.request = people[FORGER].request.request};
    struct ipc_dc_bound_get get = {0};
    memset(&m.request.boot, 0x5e, sizeof m.request.boot);
    store_be64(m.digest + 24, ++lookup_cookie);
    CHAIN_SAY(IPC_LINK_PC, pc_lookup, &m);
    while (cookie_heard != lookup_cookie)
        proc_pump(&chain, 1000);
    bounds_asked++;
    CHAIN_SAY(IPC_LINK_DC, dc_bound_get, &get);
    while (bounds_heard != bounds_asked)
        proc_pump(&chain, 1000);
    proc_pump(&chain, 0);
    if (!proc_up(&chain, IPC_LINK_CR)) { /* it took that for no rpc at all */
        stage.f.dropped++;
        new_rpc();
        settle_chain();
    }
}

/* ---- what hostile endpoints say ---- */

static uint64_t rarely; /* how rarely they lie; 0: never */

static enum ledger_view lying_view(const struct ipc_cr_ask *m)
{
    if (m->what == IPC_RPC_WHAT_FINALIZED || fork_claimed)
        return fork_claimed && !one_in(6) ? LEDGER_FORK : LEDGER_TRUE;
    return one_in(2) ? LEDGER_FORK : LEDGER_OLD;
}

static void answer_question(size_t at)
{
    static uint8_t data[IPC_OBJECT_MAX];
    struct ipc_cr_ask m;
    struct writer o = writer_of(data, sizeof data - 64);
    struct bytes out = bytes_of(NULL, 0);
    if (ipc_decode_cr_ask(&m, bytes_of(question[at].bytes, question[at].n)) != PC_OK)
        broken("a question that does not decode");
    struct ipc_cr_answer a = {.id = m.id, .what = m.what};
    /* Of a round's questions there are few. */
    bool few = m.what == IPC_RPC_WHAT_HEADERS || m.what == IPC_RPC_WHAT_LOGS;
    bool lies = rarely != 0 && one_in(few && !fork_claimed ? 3 : rarely);
    while (a.endpoint < 2 && (m.avoid >> a.endpoint & 1) != 0)
        a.endpoint++;
    enum ledger_view view = fork_claimed ? LEDGER_FORK : LEDGER_TRUE;
    if (lies && one_in(2))
        view = lying_view(&m);
    if ((m.what == IPC_RPC_WHAT_CALLDATA && calldata_lies) ||
        (m.what != IPC_RPC_WHAT_FINALIZED && shadow))
        view = LEDGER_FORK;
    enum err_code e = ledger_answer(&m, view, &o);
    if (e == PC_OK)
        e = writer_end(&o, &out);
    a.error = (uint16_t)e;
    size_t n = e == PC_OK ? out.n : 0;
    if (lies && one_in(2) && !(fork_claimed && m.what == IPC_RPC_WHAT_FINALIZED))
        bend_answer(&a, data, &n);
    memmove(question + at, question + at + 1, (--n_questions - at) * sizeof question[0]);
    a.data = bytes_of(data, n);
    CHAIN_SAY(IPC_LINK_CR, cr_answer, &a);
    if (lies && one_in(10)) /* once more */
        CHAIN_SAY(IPC_LINK_CR, cr_answer, &a);
}

static bool is_round(size_t at)
{
    struct ipc_cr_ask m;
    return ipc_decode_cr_ask(&m, bytes_of(question[at].bytes, question[at].n)) == PC_OK &&
           m.what == IPC_RPC_WHAT_FINALIZED;
}

/* Until chain asks nothing more; a new round only if `round`. */
static void answer_all(bool round)
{
    for (unsigned n = 0; n < 4000; n++) {
        size_t at = 0;
        settle_chain();
        while (at < n_questions && is_round(at) && !round)
            at++;
        if (at == n_questions)
            return;
        if (is_round(at))
            round = false;
        if (rarely != 0 && one_in(60 * rarely)) { /* rpc dies with questions open */
            new_rpc();
            continue;
        }
        answer_question(at);
    }
    broken("chain asks for ever");
}

/* Waits for chain to begin one by itself. */
static void round_move(void)
{
    for (int n = 0; n < 600; n++) { /* a minute only ends a run that fails anyway */
        for (size_t i = 0; i < n_questions; i++)
            if (is_round(i)) {
                answer_all(true);
                return;
            }
        proc_pump(&chain, 100);
    }
    broken("chain begins no round");
}

static void bytes_move(void)
{
    static uint8_t buf[70000];
    size_t n = one_in(8) ? below(sizeof buf) : below(200);
    noise(buf, n);
    if (one_in(2) && n >= 2)
        store_be16(buf, one_in(2) ? IPC_MSG_CR_ANSWER : IPC_MSG_CR_ENDPOINTS);
    to_chain(IPC_LINK_CR, buf, n);
    answer_all(false);
}

/* ---- the honest neighbours ---- */

static void start_chain(void)
{
    static const struct bytes url = {(const uint8_t *)"http://x", 8};
    struct bytes urls[3] = {url, url, url};
    struct ipc_cfg_chain config = {.rpc = {.v = urls, .n = 3}, .agree = 2};
    struct ipc_dc_keys keys = {.keys = stage.keys};
    proc_stop(&chain);
    n_questions = 0;
    bounds_heard = bounds_asked;
    chain.heard = on_chain;
    stage_renew(IPC_PROC_CHAIN);
    proc_start(&chain, IPC_PROC_CHAIN, stage_policy());
    CHAIN_SAY(IPC_LINK_DC, cfg_chain, &config);
    CHAIN_SAY(IPC_LINK_DC, dc_keys, &keys);
    round_move();
}

static void follow_ledger(void)
{
    ledger_head(&stage.w->head, ledger_number(), LEDGER_TRUE);
    for (uint16_t j = 2; j <= 4; j++)
        cell_head(stage.w->cell[j], 1);
}

static void renew_lease(void)
{
    struct ipc_vp_lease_get get = {0};
    STAGE_TELL(IPC_PROC_PEER, vp_lease_get, &get);
    for (uint16_t j = 2; stage.have_nonce && j <= 4; j++) {
        struct ipc_vp_lease_sig s = truth_lease_sig(j, stage.nonce);
        STAGE_TELL(IPC_PROC_PEER, vp_lease_sig, &s);
    }
}

/* Three members show chain the heads that they signed: it then knows of the other chain. */
static void gossip(void)
{
    for (uint16_t j = 2; j <= 4; j++) {
        struct cell *c = stage.w->cell[j];
        struct ipc_vp_head_sign ask = {.id = j};
        struct ipc_vp_head_signed s;
        stage.w->now_ms += 1000;
        cell_forget(c);
        MUST_TELL(c, IPC_PROC_PEER, vp_head_sign, &ask);
        MUST_HEAR(c, IPC_MSG_VP_HEAD_SIGNED, vp_head_signed, &s);
        struct ipc_pc_gossip g = {.index = j, .head = s.head};
        memcpy(g.signature, s.signature, 64);
        CHAIN_SAY(IPC_LINK_PC, pc_gossip, &g);
    }
    answer_all(false);
    /* Judged where chain has a head of that number. */
    gossiped = fork_told && last_head == stage.w->head.number;
}

static void give(const struct ipc_vp_need *need)
{
    const struct ipc_release_fields *r = oracle_request(need->digest);
    if (r == NULL)
        return;
    if (need->record) {
        struct ipc_pc_lookup m = {.request = *r};
        memcpy(m.digest, need->digest, 32);
        memcpy(waiting_for, need->digest, 32);
        answered = false;
        CHAIN_SAY(IPC_LINK_PC, pc_lookup, &m);
        for (int k = 0; k < 3 && !answered; k++) {
            if (k == 1) /* an answer was lost: rpc is started anew */
                new_rpc();
            answer_all(false);
        }
        if (!answered)
            broken("a lookup that does not end");
    }
    if (need->verdict)
        for (size_t i = 0; i < PC_ARRAY_LEN(context); i++)
            if (vault_same32(context[i].digest, need->digest)) {
                struct ipc_va_verdict v = truth_verdict(need->digest, r->evidence_hash);
                v.collateral_epoch = context[i].collateral_epoch;
                STAGE_TELL(IPC_PROC_ATTEST, va_verdict, &v);
                break;
            }
}

/* A client asks; peer asks again when what was lacking is there. */
static void client_move(void)
{
    struct ipc_vp_need need;
    struct enclave e;
    if (one_in(2))
        bend_plain(&e, (enum who)below(WHO_COUNT));
    else
        bend_request(&e, false);
    for (int k = 0; k < 3; k++) {
        STAGE_TELL(IPC_PROC_PEER, vp_request, &e.request);
        if (!oracle_need(&need))
            break;
        give(&need);
    }
    while (oracle_need(&need))
        ;
    cell_forget(stage.c);
}

/* ---- a life ---- */

static void begin(void)
{
    static struct ledger_start s;
    stage_start();
    stage_genesis(); /* at heads below the ledger's */
    truth_begin();
    s.policy = stage.w->policy;
    for (uint16_t j = 1; j <= 4; j++)
        s.member[j - 1] = *cell_keys(stage.w->cell[j]);
    for (int who = 0; who < WHO_COUNT; who++) {
        s.request[who] = people[who].request.request;
        memcpy(s.claims[who], people[who].verdict.claims, 32);
    }
    ledger_begin(&s);
    follow_ledger();
    fork_claimed = fork_told = gossiped = false;
    last_head = 0;
    n_contexts = 0;
    memset(context, 0, sizeof context);
}

static void end(void)
{
    if (stage.w == NULL)
        return;
    proc_stop(&chain);
    stage_stop();
}

static void before(uint64_t age)
{
    if (age % CHAIN == 0 || age % LIFE == ROUND)
        rarely = one_in(3) ? 0 : 20 + below(60);
    if (age % CHAIN == 0) {
        gossiped = false;
        fork_claimed = age >= FORK;
        calldata_lies = one_in(4);
        shadow = !fork_claimed && one_in(8);
        if (age != 0)
            ledger_mine(one_in(3));
        follow_ledger();
        start_chain();
    } else if (age % LIFE == ROUND) {
        ledger_mine(one_in(3));
        follow_ledger();
        round_move();
    } else if (fork_claimed && age % CHAIN == CHAIN - 5) {
        gossip();
    }
    if (age % CHAIN <= 1 || one_in(10))
        renew_lease();
    if (rarely != 0)
        rarely = 3 + below(40);
}

bool rpc_accepts(const struct ipc_release_fields *r)
{
    enum who who = truth_holder(&r->boot);
    for (uint64_t back = 0; back <= VAULT_RECORD_BLOCKS && back < last_head; back++)
        if (who == STRANGER || !ledger_frozen(last_head - back))
            return who == GENUINE || who == STRANGER;
    return false;
}

void rpc_run(size_t count, size_t from)
{
    for (size_t i = from; i < from + count; i++) {
        stage.sequence = i;
        stage.step = 0;
        rng_seeded_init(&stage.rng, stage.seed * 1000003 + i);
        if (i % LIFE == 0 || stage.w == NULL) {
            end();
            begin();
        }
        before(i % LIFE);
        for (uint64_t k = 1 + below(4); k > 0; k--) {
            stage.step++;
            stage.f.steps++;
            if (one_in(6))
                bytes_move();
            else
                client_move();
        }
        stage.f.sequences++;
    }
    end();
}
