/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoints_agree.c - what k endpoints have in common. First every endpoint names its own head;
 * then, for the highest number that k have reached (and the next lower ones if no k agree there),
 * all that have reached it are asked for the hash at that number.
 */
#include <stdlib.h>

#include "chain/endpoints_int.h"
#include "chain/header_json.h"

/* A block without transaction bodies; it lists their hashes. */
#define BLOCK_ANSWER_MAX (2u << 20)

struct view {
    bool known;
    struct evm_word hash; /* at the number that was asked for last */
    uint64_t number;
    uint64_t head; /* its own */
};

struct poll {
    struct view at[PC_ENDPOINTS_MAX];
    uint8_t asked;
};

static void build(struct jsonrpc_request *r, char *buf, size_t cap, uint64_t id, const char *tag,
                  uint64_t number)
{
    jsonrpc_begin(r, buf, cap, id, true);
    jsonrpc_call(r, "eth_chainId");
    jsonrpc_call_end(r);
    jsonrpc_call(r, "eth_getBlockByNumber");
    if (tag != NULL)
        json_out_str(&r->o, NULL, tag);
    else
        json_out_quantity(&r->o, NULL, number);
    json_out_bool(&r->o, NULL, false);
    jsonrpc_call_end(r);
}

/* Both results of one endpoint. *lie: it belongs to another chain or its header is forged. */
static enum err_code read_view(struct view *v, const struct jsonrpc_answer *a, uint64_t chain_id,
                               const char **lie)
{
    for (unsigned i = 0; i < 2; i++)
        if (a->at[i].class != PC_RPC_RESULT)
            return PC_E_RETRY;
    uint64_t id;
    PC_TRY(json_get_quantity(&a->at[0].value, NULL, &id));
    if (id != chain_id) {
        *lie = "it serves another chain";
        return PC_E_MISMATCH;
    }
    uint8_t buf[PC_HEADER_MAX];
    struct bytes rlp;
    struct block_header h;
    enum err_code e = header_from_json(&rlp, &h, buf, &a->at[1].value);
    if (e == PC_E_MISMATCH)
        *lie = "its header does not have its hash";
    PC_TRY(e);
    v->known = true;
    v->number = h.number;
    v->hash = h.hash;
    return PC_OK;
}

/* `wanted`: the number that was asked for, NULL if a tag was. */
static void take_view(struct endpoints *e, unsigned i, uint64_t now_ms, struct view *v,
                      const struct http_request *r, const struct jsonrpc_request *q,
                      const uint64_t *wanted)
{
    const char *lie = NULL;
    char text[PC_JSONRPC_TEXT] = "";
    v->known = false;
    enum err_code err = endpoint_http_verdict(r);
    if (err == PC_OK) {
        struct jsonrpc_answer *a = malloc(sizeof *a);
        err = a == NULL ? PC_E_MEMORY
                        : jsonrpc_parse(a, bytes_of(r->answer, r->answer_len), BLOCK_ANSWER_MAX,
                                        q->first_id, q->n, q->batch);
        if (err == PC_OK) {
            memcpy(text, a->at[a->at[0].class == PC_RPC_RESULT].text, sizeof text);
            err = read_view(v, a, e->chain_id, &lie);
        }
        if (a != NULL)
            jsonrpc_free(a);
        free(a);
    }
    if (err == PC_OK && wanted != NULL && v->number != *wanted) {
        v->known = false;
        err = PC_E_MALFORMED;
    }
    if (err == PC_OK)
        return;
    if (lie != NULL)
        endpoint_lied(&e->at[i], now_ms, err, lie);
    else
        endpoint_failed(&e->at[i], now_ms, err, text[0] ? text : pc_err_text(err));
}

/* Ask the endpoints of `mask` for a block, side by side. */
static enum err_code poll(struct endpoints *e, struct poll *p, uint64_t now_ms, uint8_t mask,
                          const char *tag, uint64_t number)
{
    char buf[512];
    struct jsonrpc_request q;
    struct bytes body;
    build(&q, buf, sizeof buf, endpoints_next_id(e), tag, number);
    PC_TRY(jsonrpc_finish(&q, &body));
    struct http_request req[PC_ENDPOINTS_MAX];
    unsigned who[PC_ENDPOINTS_MAX], n = 0;
    for (unsigned i = 0; i < e->m; i++)
        if (mask >> i & 1) {
            req[n] = endpoint_post(e, i, body, BLOCK_ANSWER_MAX);
            who[n++] = i;
        }
    if (n == 0)
        return PC_OK;
    http_run(e->http, req, n, NULL, NULL);
    for (unsigned j = 0; j < n; j++) {
        take_view(e, who[j], now_ms, &p->at[who[j]], &req[j], &q, tag == NULL ? &number : NULL);
        http_request_free(&req[j]);
    }
    return PC_OK;
}

static int descending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* Who shows the same hash as endpoint i, at the number asked for. */
static uint8_t alike(const struct endpoints *e, const struct poll *p, unsigned i, uint64_t number)
{
    uint8_t mask = 0;
    for (unsigned j = 0; j < e->m; j++)
        if (p->at[j].known && p->at[j].number == number &&
            evm_word_equal(&p->at[j].hash, &p->at[i].hash))
            mask |= (uint8_t)(1u << j);
    return mask;
}

/* After agreement: who differs lies, who is far behind lags, who agrees is well. */
static void judge(struct endpoints *e, const struct poll *p, uint64_t now_ms,
                  const struct head_claim *c, uint64_t best)
{
    for (unsigned i = 0; i < e->m; i++) {
        if (!(p->asked >> i & 1) || !p->at[i].known)
            continue;
        e->at[i].status.head = p->at[i].head;
        if (p->at[i].number == c->number && !(c->agreed >> i & 1)) {
            endpoint_lied(&e->at[i], now_ms, PC_E_DISAGREE, "another hash at the agreed number");
            continue;
        }
        endpoint_good(&e->at[i]);
        if (best > PC_EP_LAG && p->at[i].head < best - PC_EP_LAG)
            e->at[i].status.state = PC_EP_LAGGING;
    }
}

/* k equal hashes at `number`? Asks those that have reached it and showed another number. */
static enum err_code agree_at(struct endpoints *e, struct poll *p, uint64_t now_ms, uint64_t number,
                              struct head_claim *out)
{
    uint8_t mask = 0;
    for (unsigned i = 0; i < e->m; i++)
        if (p->at[i].known && p->at[i].head >= number && p->at[i].number != number)
            mask |= (uint8_t)(1u << i);
    PC_TRY(poll(e, p, now_ms, mask, NULL, number));
    for (unsigned i = 0; i < e->m; i++) {
        if (!p->at[i].known || p->at[i].number != number)
            continue;
        uint8_t same = alike(e, p, i, number);
        if ((unsigned)__builtin_popcount(same) >= e->k) {
            *out = (struct head_claim){number, p->at[i].hash, same};
            return PC_OK;
        }
    }
    return PC_E_DISAGREE;
}

static enum err_code agree(struct endpoints *e, uint64_t now_ms, const char *tag, unsigned back,
                           struct head_claim *out)
{
    struct poll p = {0};
    memset(out, 0, sizeof *out);
    PC_ASSERT(!e->fetch_only);
    for (unsigned i = 0; i < e->m; i++)
        if (e->at[i].not_before_ms <= now_ms)
            p.asked |= (uint8_t)(1u << i);
    PC_TRY(poll(e, &p, now_ms, p.asked, tag, 0));
    uint64_t heads[PC_ENDPOINTS_MAX];
    unsigned n = 0;
    for (unsigned i = 0; i < e->m; i++)
        if (p.at[i].known) {
            p.at[i].head = p.at[i].number > back ? p.at[i].number - back : 0;
            heads[n++] = p.at[i].head;
        }
    if (n < e->k)
        return PC_E_RETRY;
    qsort(heads, n, sizeof heads[0], descending);
    enum err_code err = PC_E_DISAGREE;
    for (unsigned j = e->k - 1; j < n && err == PC_E_DISAGREE; j++)
        if (j == e->k - 1 || heads[j] != heads[j - 1])
            err = agree_at(e, &p, now_ms, heads[j], out);
    if (err == PC_OK)
        judge(e, &p, now_ms, out, heads[e->k - 1]);
    return err;
}

enum err_code endpoints_head(struct endpoints *e, uint64_t now_ms, struct head_claim *out)
{
    return agree(e, now_ms, "finalized", 0, out);
}

enum err_code endpoints_latest(struct endpoints *e, uint64_t now_ms, unsigned back,
                               struct head_claim *out)
{
    return agree(e, now_ms, "latest", back, out);
}
