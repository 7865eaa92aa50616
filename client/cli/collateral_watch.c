/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collateral_watch.c - when does each node lose its standing, if nobody does anything?
 *
 * The chain says what is in force and what waits, until when, which statuses count and which least
 * TCB is demanded or waits in the Timelock to be; the nodes' mirrors have evidence and objects. A
 * TDX node's evidence is judged here, by the verifier, under what is in force and under each set
 * that waits, at the time when that takes effect (a veto counts). AMD and AWS state no status:
 * there the claims of the evidence are enough, which the record's digest vouches for. The same
 * three dates as in a node's /metrics (node/polyclaved/forecast.c).
 */
#include <stdio.h>
#include <stdlib.h>

#include "attest/evidence.h"
#include "client/cli/commands.h"
#include "client/cli/min_tcb.h"
#include "client/cli/mirror_net.h"
#include "client/cli/node.h"
#include "client/lib/logs.h"
#include "client/lib/vendor_calls.h"
#include "crypto/hash.h"

#define CACHE_MAX 128
#define PENDING   3 /* CollateralQueue.PENDING */
#define NEVER     UINT64_MAX
#define DAY       86400u

enum {
    RECORD_CLAIMS = 0,
    RECORD_STANDING = 4,
    RECORD_ATTESTED_AT = 8,
    RECORD_VALID_UNTIL = 9,
    RECORD_WORDS = 11
};
enum { POLICY_STATUSES = 2, POLICY_OUT_OF_DATE = 3, POLICY_STANDING = 5, POLICY_WORDS = 12 };
enum { PRODUCT_STANDING = 1, PRODUCT_STATUSES = 3, PRODUCT_OUT_OF_DATE = 4, PRODUCT_WORDS = 5 };
#define OUT_OF_DATE_BITS                                                                           \
    (UINT32_C(1) << PC_TCB_OUT_OF_DATE | UINT32_C(1) << PC_TCB_OUT_OF_DATE_CONFIGURATION)

/* One object of the verifier: what is in force, and what waits. */
struct object {
    struct evm_word id;
    uint8_t digest[32];
    uint64_t until; /* 0: nothing is in force */
    unsigned n;
    struct {
        uint64_t number, effect_at;
        uint8_t digest[32]; /* zero: its event was not found */
    } waiting[PENDING];
};

struct judged {
    bool known; /* false: an object or the evidence could not be had */
    bool authentic;
    enum tcb_status status;
};

/* A node's row. */
struct row {
    uint32_t id;
    uint64_t valid_until;
    bool good; /* registered, and its record counts */
    struct judged current;
    uint64_t current_until;
    struct judged upcoming; /* of the first set that refuses it */
    uint64_t upcoming_at, upcoming_number;
    bool below_now, below_soon; /* the least TCB: of TcbPolicy, of the Timelock at upcoming_at */
    const char *why;            /* not judged: why */
};

struct watch {
    struct cli_net *n;
    struct cli_out *o;
    struct mirror_net m;
    uint64_t now, within;
    struct evidence_policy policy;
    struct {
        uint8_t name[32];
        struct bytes data; /* owned; empty: nobody holds it */
    } cache[CACHE_MAX];
    size_t n_cache;
    struct min_tcb_waiting minima;
    unsigned nodes, losing;
};

/* ---- what the chain says ---- */

struct pending_search {
    struct evm_word topic;
    struct object *o;
};

static enum err_code take_pending(void *ctx, const struct log_record *l, bool *enough)
{
    struct pending_search *s = ctx;
    uint64_t number;
    unsigned found = 0;
    if (l->n_topics != 3 || !evm_word_equal(&l->topics[0], &s->topic) ||
        !evm_word_equal(&l->topics[1], &s->o->id) || l->data.n < 32 ||
        evm_word_to_u64(&number, &l->topics[2], 32) != PC_OK)
        return PC_OK;
    for (unsigned i = 0; i < s->o->n; i++) {
        uint8_t *digest = s->o->waiting[i].digest;
        if (s->o->waiting[i].number == number && bytes_all_zero_var(bytes_of(digest, 32)))
            memcpy(digest, l->data.p, 32); /* logs come newest first */
        found += !bytes_all_zero_var(bytes_of(digest, 32));
    }
    *enough = found == s->o->n;
    return PC_OK;
}

static enum err_code waiting_of(struct watch *w, struct object *o)
{
    struct evm_word two[2], veto[2] = {evm_word_u64(WIRE_VENDOR_TDX)};
    struct pending_search s = {.o = o};
    s.topic = abi_topic("CollateralPending(bytes32,uint256,bytes32,uint256,uint256)");
    for (unsigned i = 0; i < PENDING; i++) {
        struct evm_word args[2] = {o->id, evm_word_u64(i)};
        uint64_t vetoed;
        PC_TRY(net_words(w->n, PC_NET_TDX_VERIFIER, "pending(bytes32,uint256)", args, 2, two, 2));
        if (evm_word_is_zero(&two[0]))
            break;
        veto[1] = two[0];
        PC_TRY(net_u64(w->n, PC_NET_TCB_POLICY, "vetoedUntil(uint8,uint32)", veto, 2, &vetoed));
        uint64_t effect = word_u64(&two[1]);
        o->waiting[o->n].number = word_u64(&two[0]);
        o->waiting[o->n++].effect_at = vetoed >= effect ? vetoed + 1 : effect;
    }
    if (o->n == 0)
        return PC_OK;
    net_now(w->n);
    return logs_back(&w->n->chain, net_at(w->n, PC_NET_TDX_VERIFIER), w->n->net.from_block,
                     take_pending, &s);
}

static enum err_code object_of(struct watch *w, struct object *o, struct evm_word id, bool list,
                               unsigned issuer)
{
    struct evm_word digest, words[5], arg = evm_word_u64(issuer);
    *o = (struct object){.id = id};
    PC_TRY(net_words(w->n, PC_NET_TDX_VERIFIER, "inForce(bytes32)", &id, 1, &digest, 1));
    memcpy(o->digest, digest.b, sizeof o->digest);
    if (list) {
        PC_TRY(net_words(w->n, PC_NET_TDX_VERIFIER, "crl(uint8)", &arg, 1, words, 3));
        o->until = word_u64(&words[1]);
        return PC_OK;
    }
    PC_TRY(net_words(w->n, PC_NET_TDX_VERIFIER, "active(bytes32)", &id, 1, words, 5));
    o->until = word_u64(&words[2]);
    return waiting_of(w, o);
}

/* Until when the network accepts that status of that product; 0: not now. */
static enum err_code accepted_until(struct watch *w, uint64_t *out, const struct wire_attested *a,
                                    enum tcb_status status)
{
    struct evm_word args[2] = {evm_word_u64(a->vendor), evm_word_of(a->product)};
    struct evm_word v[POLICY_WORDS], p[PRODUCT_WORDS];
    PC_TRY(net_words(w->n, PC_NET_TCB_POLICY, "vendorPolicy(uint8)", args, 1, v, POLICY_WORDS));
    PC_TRY(net_words(w->n, PC_NET_TCB_POLICY, "productPolicy(uint8,bytes32)", args, 2, p,
                     PRODUCT_WORDS));
    bool own = !evm_word_is_zero(&p[PRODUCT_STATUSES]);
    uint64_t statuses = word_u64(own ? &p[PRODUCT_STATUSES] : &v[POLICY_STATUSES]);
    uint64_t until = word_u64(own ? &p[PRODUCT_OUT_OF_DATE] : &v[POLICY_OUT_OF_DATE]);
    uint64_t bit = UINT64_C(1) << status;
    bool on = word_u64(&v[POLICY_STANDING]) == 1 && evm_word_is_zero(&p[PRODUCT_STANDING]);
    *out = !on || (statuses & bit) == 0 ? 0 : (bit & OUT_OF_DATE_BITS) != 0 ? until : NEVER;
    return PC_OK;
}

/* ---- judging ---- */

static struct bytes cached(struct watch *w, const uint8_t name[static 32])
{
    for (size_t i = 0; i < w->n_cache; i++)
        if (memcmp(w->cache[i].name, name, 32) == 0)
            return w->cache[i].data;
    if (w->n_cache == CACHE_MAX || bytes_all_zero_var(bytes_of(name, 32)))
        return bytes_of(NULL, 0);
    size_t at = w->n_cache++;
    memcpy(w->cache[at].name, name, 32);
    if (mirror_collateral(&w->m, &w->cache[at].data, name) != PC_OK)
        w->cache[at].data = bytes_of(NULL, 0);
    return w->cache[at].data;
}

static struct judged judge(struct watch *w, const struct wire_attested *a, struct bytes evidence,
                           const uint8_t (*in_force)[32], uint64_t at)
{
    struct evidence_input in = {.evidence = evidence,
                                .policy = &w->policy,
                                .evidence_time = at,
                                .collateral_time = at,
                                .dates = PC_DATES_LOWER,
                                .in_force = in_force};
    struct verdict v;
    struct judged j = {.known = true};
    in.collateral = (struct collateral){.tcb_info = cached(w, in_force[PC_OBJ_TCB_INFO]),
                                        .tcb_chain = cached(w, a->signer),
                                        .qe_identity = cached(w, in_force[PC_OBJ_QE_IDENTITY]),
                                        .root_crl = cached(w, in_force[PC_OBJ_ROOT_CRL]),
                                        .pck_crl = cached(w, in_force[PC_OBJ_PCK_CRL])};
    evidence_verify(&v, NULL, (enum vendor)a->vendor, &in);
    j.status = (enum tcb_status)v.tcb_status;
    v.reasons[PC_R_TCB_STATUS / 64] &= ~(UINT64_C(1) << (PC_R_TCB_STATUS % 64));
    j.authentic = verdict_accepts(&v);
    /* What nobody holds, or nobody can read the signer of, is not the machine's fault. */
    j.known = !verdict_has(&v, PC_R_TCB_MISSING) && !verdict_has(&v, PC_R_QEID_MISSING) &&
              !verdict_has(&v, PC_R_ROOT_CRL_MISSING) && !verdict_has(&v, PC_R_PCK_CRL_MISSING) &&
              !verdict_has(&v, PC_R_TCB_CHAIN) && !verdict_has(&v, PC_R_QEID_CHAIN);
    return j;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static enum err_code judge_waiting(struct watch *w, struct row *r, const struct wire_attested *a,
                                   struct bytes evidence, const struct object *objects,
                                   unsigned role)
{
    uint8_t in_force[PC_OBJ_COUNT][32];
    const struct object *o = &objects[role];
    for (unsigned i = 0; i < o->n; i++) {
        uint64_t until = 0,
                 at = o->waiting[i].effect_at > w->now ? o->waiting[i].effect_at : w->now;
        for (unsigned k = 0; k < PC_OBJ_COUNT; k++)
            memcpy(in_force[k], objects[k].digest, 32);
        memcpy(in_force[role], o->waiting[i].digest, 32);
        struct judged j = judge(w, a, evidence, (const uint8_t(*)[32])in_force, at);
        if (!j.known) {
            r->why = "a waiting object is in no mirror";
            continue;
        }
        if (j.authentic)
            PC_TRY(accepted_until(w, &until, a, j.status));
        uint64_t lost = until <= at ? at : until;
        if (until == NEVER || lost >= r->upcoming_at)
            continue;
        r->upcoming = j;
        r->upcoming_at = lost;
        r->upcoming_number = o->waiting[i].number;
    }
    return PC_OK;
}

static enum err_code judge_tdx(struct watch *w, struct row *r, const struct wire_attested *a,
                               struct bytes evidence)
{
    struct object o[PC_OBJ_COUNT];
    uint8_t in_force[PC_OBJ_COUNT][32];
    uint64_t until = 0;
    PC_TRY(object_of(w, &o[PC_OBJ_TCB_INFO], evm_word_of(a->product), false, 0));
    PC_TRY(object_of(w, &o[PC_OBJ_QE_IDENTITY], evm_word_u64(1), false, 0));
    PC_TRY(object_of(w, &o[PC_OBJ_ROOT_CRL], evm_word_u64(2), true, 0));
    PC_TRY(
        object_of(w, &o[PC_OBJ_PCK_CRL], evm_word_u64(UINT64_C(2) + a->issuer), true, a->issuer));
    for (unsigned i = 0; i < PC_OBJ_COUNT; i++)
        memcpy(in_force[i], o[i].digest, 32);
    r->current = judge(w, a, evidence, (const uint8_t(*)[32])in_force, w->now);
    if (!r->current.known) {
        r->why = "an object in force is in no mirror";
        return PC_OK;
    }
    if (r->current.authentic)
        PC_TRY(accepted_until(w, &until, a, r->current.status));
    r->current_until = until;
    for (unsigned i = 0; i < PC_OBJ_COUNT; i++)
        r->current_until = sooner(r->current_until, o[i].until);
    PC_TRY(judge_waiting(w, r, a, evidence, o, PC_OBJ_TCB_INFO));
    return judge_waiting(w, r, a, evidence, o, PC_OBJ_QE_IDENTITY);
}

/* Of SNP the list of the product's root runs out; of AWS nothing is in force. */
static enum err_code judge_unstated(struct watch *w, struct row *r, const struct wire_attested *a)
{
    PC_TRY(accepted_until(w, &r->current_until, a, PC_TCB_UP_TO_DATE));
    r->current = (struct judged){.known = true, .authentic = true, .status = PC_TCB_UP_TO_DATE};
    for (unsigned p = 0; a->vendor == WIRE_VENDOR_SNP && p < PC_SNP_PRODUCTS; p++) {
        const char *name = snp_product_name((enum snp_product)p);
        struct evm_word arg = evm_word_u64(p), list[2];
        uint8_t product[32] = {0};
        memcpy(product, name, strlen(name));
        if (memcmp(a->product, product, sizeof product) != 0)
            continue;
        PC_TRY(net_words(w->n, PC_NET_SNP_VERIFIER, "crl(uint8)", &arg, 1, list, 2));
        r->current_until = sooner(r->current_until, word_u64(&list[1]));
    }
    return PC_OK;
}

/* What TcbPolicy demands beside a status, now and by what waits in the Timelock. */
static enum err_code judge_minimum(struct watch *w, struct row *r, const struct wire_attested *a,
                                   struct bytes raw_tcb)
{
    const struct vendor_product of = {(enum vendor)a->vendor, evm_word_of(a->product)};
    uint64_t soon = min_tcb_refused_at(&w->minima, &of, raw_tcb, w->now);
    struct min_tcb now;
    PC_TRY(min_tcb_now(&now, w->n, &of));
    if (soon < r->upcoming_at) {
        r->below_soon = true;
        r->upcoming = r->current;
        r->upcoming.known = true;
        r->upcoming_at = soon;
        r->upcoming_number = 0;
        r->why = "its TCB is below a least one that waits in the Timelock";
    }
    if (!min_tcb_met(&now, raw_tcb)) {
        r->below_now = r->current.known = true; /* whatever its status would be */
        r->current_until = 0;
        r->why = "its TCB is below the least that TcbPolicy demands";
    }
    return PC_OK;
}

static enum err_code judge_node(struct watch *w, struct row *r, const struct wire_attested *a,
                                struct bytes evidence, const struct evm_word *claims)
{
    struct evidence_claims c;
    enum err_code e = vendor_claims(&c, (enum vendor)a->vendor, evidence);
    /* A mirror can name another evidence; what the record is of, its digest says. */
    if (e != PC_OK || !evm_word_equal(&c.claims, claims) ||
        memcmp(c.product.b, a->product, sizeof a->product) != 0) {
        r->why = "no mirror has the evidence that its record is of";
        return PC_OK;
    }
    PC_TRY(a->vendor == WIRE_VENDOR_TDX ? judge_tdx(w, r, a, evidence) : judge_unstated(w, r, a));
    return judge_minimum(w, r, a, bytes_of(c.raw_tcb, c.raw_tcb_n));
}

/* ---- rows ---- */

static void out_date(struct cli_out *o, const char *key, uint64_t at)
{
    out_u64(o, key, at == NEVER ? 0 : at);
}

static const char *days(char out[static 32], const struct watch *w, uint64_t at)
{
    if (at == NEVER)
        return "never";
    if (at <= w->now)
        return "lost";
    (void)snprintf(out, 32, "%.1f d", (double)(at - w->now) / DAY);
    return out;
}

static void out_days(struct cli_out *o, const struct watch *w, const char *key, uint64_t at)
{
    char text[32];
    out_str(o, key, days(text, w, at));
}

static void show(struct watch *w, const struct row *r)
{
    struct cli_out *o = w->o;
    char text[3][32];
    const char *status = r->current.known ? verdict_status_name(r->current.status) : "not judged";
    out_row(o);
    out_u64(o, "node_id", r->id);
    out_bool(o, "good", r->good);
    out_date(o, "record_until", r->valid_until);
    out_days(o, w, "record", r->valid_until);
    out_bool(o, "judged", r->current.known);
    out_str(o, "status", status);
    out_date(o, "current_until", r->current_until);
    out_days(o, w, "current", r->current_until);
    out_date(o, "upcoming_at", r->upcoming_at);
    out_days(o, w, "upcoming", r->upcoming_at);
    out_u64(o, "upcoming_number", r->upcoming_number);
    out_str(o, "upcoming_status",
            r->upcoming.known ? verdict_status_name(r->upcoming.status) : "none");
    out_bool(o, "below_min_tcb", r->below_now);
    out_bool(o, "upcoming_min_tcb", r->below_soon);
    out_str(o, "note", r->why);
    out_up(o);
    out_line(o, "node %-5u record %-8s current %-8s (%s)  upcoming %-8s%s%s%s", r->id,
             r->good ? days(text[0], w, r->valid_until) : "lost",
             r->current.known ? days(text[1], w, r->current_until) : "unknown", status,
             r->upcoming.known  ? days(text[2], w, r->upcoming_at)
             : r->current.known ? "never"
                                : "unknown",
             r->upcoming.known ? " " : "",
             r->upcoming.known ? verdict_status_name(r->upcoming.status) : "",
             r->why[0] != '\0' ? r->why : "");
}

static enum err_code watch_node(struct watch *w, uint32_t id)
{
    struct evm_word arg = evm_word_u64(id), node[NODE_WORDS], record[RECORD_WORDS];
    struct row r = {.id = id, .current_until = NEVER, .upcoming_at = NEVER, .why = ""};
    struct wire_attested a;
    struct bytes evidence = {NULL, 0};
    uint8_t hash[32];
    PC_TRY(net_words(w->n, PC_NET_NODE_REGISTRY, "nodeOf(uint32)", &arg, 1, node, NODE_WORDS));
    if (word_u64(&node[NODE_STATE]) != 1)
        return PC_OK; /* left, or never was */
    net_progress(w->n, "node %u", id);
    PC_TRY(net_words(w->n, PC_NET_ATTESTATIONS, "recordOf(bytes32)", &node[NODE_RECORD], 1, record,
                     RECORD_WORDS));
    r.valid_until = word_u64(&record[RECORD_VALID_UNTIL]);
    r.good = word_u64(&record[RECORD_STANDING]) == 1 && r.valid_until >= w->now &&
             evm_word_is_zero(&node[NODE_REVOKED]);
    enum err_code e = PC_OK;
    if (mirror_newest(&w->m, hash, node[NODE_RECORD].b) != PC_OK ||
        mirror_attested(&w->m, &a, hash, NULL, NULL) != PC_OK ||
        memcmp(a.record, node[NODE_RECORD].b, 32) != 0 ||
        mirror_evidence(&w->m, &evidence, hash) != PC_OK)
        r.why = "its evidence is in no mirror";
    else
        e = judge_node(w, &r, &a, evidence, &record[RECORD_CLAIMS]);
    cli_free(&evidence);
    PC_TRY(e);
    w->nodes++;
    uint64_t limit = w->now + w->within;
    w->losing += !r.good || !r.current.known || r.current_until <= limit || r.upcoming_at <= limit;
    show(w, &r);
    return PC_OK;
}

static enum err_code watch_all(struct watch *w)
{
    uint64_t count;
    PC_TRY(net_time(w->n, &w->now));
    PC_TRY(net_u64(w->n, PC_NET_NODE_REGISTRY, "nodeCount()", NULL, 0, &count));
    PC_TRY(min_tcb_waiting(&w->minima, w->n));
    for (uint64_t id = 1; id <= count && id <= UINT32_MAX; id++)
        PC_TRY(watch_node(w, (uint32_t)id));
    return PC_OK;
}

int collateral_watch(const struct cli_args *a)
{
    static struct watch w;
    struct cli_net n = {0};
    struct cli_out o = {0};
    uint64_t within = 0;
    struct bytes root = {NULL, 0};
    w = (struct watch){.n = &n, .o = &o};
    policy_network(&w.policy, NULL);
    if (!cli_arg_u64(a, "within", 36500, &within))
        return PC_CLI_USAGE;
    w.within = within * DAY;
    if (cli_has(a, "root")) {
        if (cli_read_file(&root, cli_arg(a, "root"), 16384) != PC_OK)
            return cli_fail(PC_CLI_USAGE, "cannot read the root certificate", cli_arg(a, "root"),
                            "want the vendor's root in DER");
        sha256(w.policy.root_sha256[PC_VENDOR_TDX], root);
        cli_free(&root);
    }
    int code = net_open(&n, a);
    if (code == PC_CLI_YES)
        code = mirror_net_open(&w.m, &n, a);
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_list(&o, "nodes");
        enum err_code e = watch_all(&w);
        out_up(&o);
        net_progress_end(&n);
        if (e != PC_OK)
            code = net_unreachable(&n, "collateral watch", e);
        else if (cli_has(a, "within") && w.losing != 0)
            code = PC_CLI_NO;
        out_u64(&o, "watched", w.nodes);
        out_u64(&o, "losing", w.losing);
        code = out_end(&o, code);
    }
    for (size_t i = 0; i < w.n_cache; i++)
        cli_free(&w.cache[i].data);
    mirror_net_close(&w.m);
    net_close(&n);
    return code;
}
