/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/committee_testkit.h"

#include <stdio.h>
#include <stdlib.h>

#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/labels.h"
#include "crypto/shamir.h"
#include "protocol/http_text.h"

static const struct group *const G = &group_ristretto255;

#define MUST(e)                                                                                    \
    do {                                                                                           \
        if ((e) != PC_OK)                                                                          \
            pc_bug("the kit itself fails: " #e);                                                   \
    } while (0)

/* ---- making */

static void share_out(struct committee *c)
{
    struct scalar coeffs[DKG_MAX_N];
    shamir_poly_random(G, coeffs, c->t, &c->rng.rng);
    memset(&c->pub, 0, sizeof c->pub);
    c->pub.epoch = c->epoch;
    c->pub.n = c->n;
    c->pub.t = c->t;
    for (uint32_t j = 0; j <= c->n; j++) {
        MUST(shamir_eval(G, &c->node[j].key.share, coeffs, c->t, j));
        group_base_mult(G, &c->pub.y[j], &c->node[j].key.share);
        c->node[j].key.index = (party_index)j;
    }
    for (uint32_t j = 1; j <= c->n; j++)
        c->node[j].key.pub = c->pub;
}

void committee_publish(struct committee *c, uint8_t *out, size_t *len, const struct dkg_public *pub,
                       uint64_t epoch, uint16_t n, uint16_t t)
{
    static struct client_member member[DKG_MAX_N];
    static char endpoint[DKG_MAX_N][32];
    static uint8_t y[DKG_MAX_N][32];
    struct client_epoch_key key = {.y = {.n = n, .v = (const uint8_t(*)[32])y}};
    struct client_epoch_info info = {.version = 1,
                                     .epoch = epoch,
                                     .n = n,
                                     .t = t,
                                     .keys = {.n = 1, .v = &key},
                                     .members = {.n = c->n, .v = member}};
    struct bytes all;
    memcpy(info.network_id, c->network_id, 32);
    memcpy(key.key_id, c->key_id, 32);
    memcpy(key.pk, pub->y[0].b, 32);
    for (uint16_t i = 0; i < n; i++)
        memcpy(y[i], pub->y[i + 1].b, 32);
    for (uint16_t i = 0; i < c->n; i++) {
        (void)snprintf(endpoint[i], sizeof endpoint[i], "10.0.%u.%u:9000:9100", i / 200, i % 200);
        member[i] = (struct client_member){.index = (uint16_t)(i + 1), .node_id = 100u + i};
        memcpy(member[i].keys.ed25519, c->node[i + 1].pk.b, 32);
        member[i].endpoint = bytes_of(endpoint[i], strlen(endpoint[i]));
    }
    MUST(client_encode_epoch_info(&all, out, CLIENT_EPOCH_INFO_BYTES, &info));
    *len = all.n;
}

void committee_open(struct committee *c, uint16_t n, uint16_t t, uint64_t seed)
{
    memset(c, 0, sizeof *c);
    rng_seeded_init(&c->rng, seed);
    c->n = n;
    c->t = t;
    c->epoch = 7;
    c->head = 1000;
    c->now_ms = 5000;
    rng_fill(&c->rng.rng, c->network_id, 32);
    rng_fill(&c->rng.rng, c->key_id, 32);
    rng_fill(&c->rng.rng, c->app_id, 32);
    for (uint16_t i = 1; i <= n; i++)
        ed25519_generate(&c->node[i].sk, &c->node[i].pk, &c->rng.rng);
    share_out(c);
    committee_publish(c, c->info, &c->info_len, &c->pub, c->epoch, n, t);
}

void committee_close(struct committee *c)
{
    for (size_t i = 0; i < PC_ARRAY_LEN(c->lie); i++)
        free(c->lie[i].p);
    memset(c, 0, sizeof *c);
}

/* ---- answering */

static void answer(struct http_request *r, unsigned status, const void *p, size_t n)
{
    r->err = PC_OK;
    r->status = status;
    r->answer = malloc(n + 1);
    if (r->answer == NULL)
        pc_bug("no memory");
    memcpy(r->answer, p, n);
    r->answer_len = n;
}

static void refuse(struct http_request *r, unsigned status, const char *code, unsigned after)
{
    char text[HTTP_ERROR_MAX];
    size_t n = http_error_json(text, code, "because", after);
    r->retry_after_s = 0;
    answer(r, status, text, n);
}

static void digest_of(uint8_t out[static 32], const struct client_release_request *q)
{
    uint8_t buf[8 + sizeof PC_LABEL_REQUEST + CLIENT_RELEASE_REQUEST_BYTES];
    struct writer w = writer_of(buf, sizeof buf);
    struct bytes all;
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_REQUEST));
    client_write_release_request(&w, q);
    MUST(writer_end(&w, &all));
    sha256(out, all);
}

static void input_of(struct bytes *out, uint8_t buf[static PC_VOPRF_INPUT_MAX], struct committee *c,
                     struct bytes scope, uint32_t version, bool other)
{
    struct voprf_subject s = {
        .key_class = PC_CLASS_APPLICATION, .version = version, .scope = scope};
    memcpy(s.network_id, c->network_id, 32);
    memcpy(s.key_id, c->key_id, 32);
    memcpy(s.app_id, c->app_id, 32);
    if (other)
        s.app_id[0] ^= 1;
    MUST(voprf_input(out, buf, &s));
}

/* The sealed partial of a node in its manner. */
static size_t seal(struct committee *c, uint16_t index, enum node_manner manner,
                   const struct client_release_request *q, const uint8_t digest[static 32],
                   uint8_t *out)
{
    struct fake_node *node = &c->node[index];
    struct dkg_key key = node->key;
    struct threshold_partial part;
    struct client_partial plain = {.epoch = c->epoch + (manner == NODE_OTHER_EPOCH)};
    uint8_t input_buf[PC_VOPRF_INPUT_MAX], buf[CLIENT_PARTIAL_BYTES], info_buf[160];
    struct x25519_pk to;
    struct x25519_sk ignored;
    struct bytes input, bytes, info;
    struct writer w = writer_of(info_buf, sizeof info_buf);
    if (manner == NODE_WRONG_SHARE) {
        group_scalar_random(G, &key.share, &c->rng.rng);
        group_base_mult(G, &key.pub.y[index], &key.share); /* the proof is right, for that Y */
    }
    input_of(&input, input_buf, c, q->scope, q->key_version, manner == NODE_OTHER_INPUT);
    MUST(threshold_evaluate(&part, G, &key, input, &c->rng.rng));
    if (manner == NODE_BAD_PROOF)
        part.proof.b[3] ^= 4;
    memcpy(plain.element, part.d, 32);
    memcpy(plain.proof, part.proof.b, 64);
    MUST(client_encode_partial(&bytes, buf, sizeof buf, &plain));
    memcpy(to.b, q->boot.hpke, 32);
    if (manner == NODE_SEAL_OTHER)
        x25519_generate(&ignored, &to, &c->rng.rng);
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_RESP_SEAL));
    write_bytes(&w, c->network_id, 32);
    write_u64(&w, c->epoch);
    write_bytes(&w, digest, 32);
    write_u16(&w, index);
    MUST(writer_end(&w, &info));
    MUST(hpke_seal(out, &to, info, bytes_of(NULL, 0), bytes, &c->rng.rng));
    return bytes.n + PC_HPKE_OVERHEAD;
}

static void sign(struct committee *c, uint16_t index, const uint8_t digest[static 32],
                 struct client_release_answer *m)
{
    uint8_t buf[256], hash[32];
    struct writer w = writer_of(buf, sizeof buf);
    struct ed25519_sig sig;
    struct bytes msg;
    sha256(hash, m->sealed);
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_RESP_SIG));
    write_bytes(&w, c->network_id, 32);
    write_u64(&w, c->epoch);
    write_u16(&w, index);
    write_bytes(&w, digest, 32);
    write_bytes(&w, hash, 32);
    MUST(writer_end(&w, &msg));
    ed25519_sign(&sig, &c->node[index].sk, msg);
    memcpy(m->signature, sig.b, 64);
}

static void evaluate(struct committee *c, uint16_t index, struct http_request *r)
{
    struct fake_node *node = &c->node[index];
    struct client_release_body body;
    struct client_release_answer m;
    uint8_t digest[32], sealed[256], out[CLIENT_RELEASE_ANSWER_BYTES];
    struct ed25519_sig sig;
    struct ed25519_pk boot;
    struct bytes all;
    enum node_manner manner =
        node->until_ms == 0 || c->now_ms < node->until_ms ? node->manner : NODE_HONEST;
    MUST(client_decode_release_body(&body, r->body));
    digest_of(digest, &body.request);
    if (node->asked < 2)
        memcpy(node->seen[node->asked], digest, 32);
    node->asked++;
    if (manner == NODE_SILENT) {
        r->err = PC_E_TIMEOUT;
        return;
    }
    if (manner == NODE_REFUSES) {
        refuse(r, node->status, node->code, node->retry_after);
        return;
    }
    memcpy(sig.b, body.signature, 64);
    memcpy(boot.b, body.request.boot.sign, 32);
    MUST(ed25519_verify_var(&boot, PC_BYTES(digest), &sig));
    if (body.request.node_index != index || body.request.epoch != c->epoch)
        pc_bug("asked for another node or epoch");
    node->asked_with_evidence += body.has_evidence;
    if (manner == NODE_WANTS_EVIDENCE && !body.has_evidence) {
        refuse(r, 428, "evidence_needed", 0);
        return;
    }
    if (manner == NODE_GARBAGE) {
        answer(r, 200, "\0\0\0\5abc", 7);
        return;
    }
    uint16_t maker = manner == NODE_SPLICE_NODE ? (uint16_t)(index % c->n + 1) : index;
    m.sealed = bytes_of(sealed, seal(c, maker, manner, &body.request, digest, sealed));
    sign(c, index, digest, &m);
    if (manner == NODE_BAD_SIGNATURE)
        m.signature[7] ^= 1;
    MUST(client_encode_release_answer(&all, out, sizeof out, &m));
    if (node->first_len == 0) {
        memcpy(node->first, all.p, all.n);
        node->first_len = all.n;
    }
    if (manner == NODE_SPLICE_OLD)
        answer(r, 200, node->first, node->first_len);
    else
        answer(r, 200, all.p, all.n);
}

static void serve(struct committee *c, struct http_request *r)
{
    unsigned a, b;
    char path[64] = "";
    if (sscanf(r->url, "http://10.0.%u.%u:9100/%60s", &a, &b, path) != 3)
        pc_bug("asked somewhere else");
    uint16_t index = (uint16_t)(a * 200 + b + 1);
    if (strcmp(path, "v1/keys/evaluate") == 0) {
        evaluate(c, index, r);
        return;
    }
    c->seeds_asked++;
    if (c->node[index].manner == NODE_SILENT)
        r->err = PC_E_TIMEOUT;
    else if (index - 1u < PC_ARRAY_LEN(c->lie) && c->lie[index - 1].n != 0)
        answer(r, 200, c->lie[index - 1].p, c->lie[index - 1].n);
    else
        answer(r, 200, c->info, c->info_len);
}

static void io_http(void *ctx, struct http_request *reqs, size_t n, http_enough enough,
                    void *enough_ctx)
{
    struct committee *c = ctx;
    unsigned slowest = 0;
    bool over = false;
    for (size_t i = 0; i < n; i++) {
        reqs[i].err = PC_E_RETRY;
        if (over)
            continue;
        serve(c, &reqs[i]);
        if (reqs[i].err == PC_E_TIMEOUT && reqs[i].timeout_ms > slowest)
            slowest = reqs[i].timeout_ms;
        else
            over = enough(enough_ctx, &reqs[i]);
    }
    /* Those that time out are done last; nobody waits for them when enough has come. */
    for (size_t i = 0; i < n && !over; i++)
        if (reqs[i].err == PC_E_TIMEOUT)
            over = enough(enough_ctx, &reqs[i]);
    if (!over)
        c->now_ms += slowest;
}

static enum err_code io_head(void *ctx, struct client_block *out)
{
    struct committee *c = ctx;
    c->heads_asked++;
    memset(out, 0, sizeof *out);
    out->number = c->head;
    return PC_OK;
}

static uint64_t io_now(void *ctx)
{
    return ((struct committee *)ctx)->now_ms;
}

static void io_pause(void *ctx, unsigned ms)
{
    struct committee *c = ctx;
    c->pauses++;
    c->now_ms += ms;
}

/* ---- the client's side */

void committee_client(struct committee *c, struct polyclave *pc)
{
    memset(pc, 0, sizeof *pc);
    memcpy(pc->pin.network_id, c->network_id, 32);
    memcpy(pc->pin.key_id, c->key_id, 32);
    memcpy(pc->pin.app_id, c->app_id, 32);
    memcpy(pc->pin.pk, c->pub.y[0].b, 32);
    pc->vendor = POLYCLAVE_TDX;
    pc->timeout_ms = 30000;
    pc->rng = &c->rng.rng;
    pc->io = (struct client_io){
        .ctx = c, .http = io_http, .head = io_head, .now_ms = io_now, .pause = io_pause};
    unsigned seeds = c->n < PC_ARRAY_LEN(c->lie) ? c->n : (unsigned)PC_ARRAY_LEN(c->lie);
    for (unsigned i = 0; i < seeds; i++)
        (void)snprintf(pc->net.node[pc->net.n_nodes++], sizeof pc->net.node[0],
                       "10.0.0.%u:9000:9100", i);
    client_fine(&pc->failure);
    MUST(client_init(pc));
    pc->evidence.p = malloc(POLYCLAVE_MAX_EVIDENCE);
    pc->evidence.n = 100;
    memset(pc->evidence.p, 0xe5, 100);
    pc->valid_until = 1;
}

void committee_client_done(struct polyclave *pc)
{
    arena_close(pc->arena);
    free(pc->evidence.p);
    memset(pc, 0, sizeof *pc);
}

void committee_truth(struct committee *c, const char *scope, uint32_t version, uint8_t y[static 64])
{
    uint8_t buf[PC_VOPRF_INPUT_MAX];
    struct bytes input;
    struct point p, d;
    input_of(&input, buf, c, bytes_of(scope, strlen(scope)), version, false);
    MUST(voprf_hash_to_group(G, &p, input));
    group_mult(G, &d, &c->node[0].key.share, &p);
    MUST(voprf_finalize(y, input, &d));
}
