/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoch.c - which epoch there is, and whether it deserves belief (SPEC 8, 12).
 *
 * Nodes and chain are asked for candidates; the pin decides. A candidate that passes may still name
 * false endpoints or identities: that costs liveness, so a later fetch takes another one by chance.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/lib/client.h"

#define SOURCES_MAX 64
#define SEED_MS     3000u
#define WANTED      3 /* candidates that fit before the others are not waited for */

bool client_base_url(char out[static PC_CLIENT_URL], struct bytes endpoint)
{
    struct endpoint e;
    out[0] = '\0';
    if (endpoint_parse(&e, endpoint) != PC_OK)
        return false;
    int n =
        snprintf(out, PC_CLIENT_URL, e.kind == ENDPOINT_IPV6 ? "http://[%s]:%u" : "http://%s:%u",
                 e.host, e.http_port);
    return n > 0 && n < PC_CLIENT_URL;
}

static enum err_code read_key(struct client_epoch *out, const struct polyclave_pin *pin,
                              const struct client_epoch_info *info)
{
    struct client_epoch_key_list rest = info->keys;
    struct client_epoch_key key;
    bool found = false;
    while (client_epoch_key_list_next(&rest, &key)) {
        if (memcmp(key.key_id, pin->key_id, 32) != 0)
            continue;
        if (found || key.key.class != WIRE_KEY_CLASS_APPLICATION || key.y.n != info->n)
            return PC_E_MALFORMED;
        found = true;
        memcpy(out->pub.y[0].b, key.pk, 32);
        for (uint32_t i = 0; i < key.y.n; i++)
            if (!client_b32_list_at(&key.y, i, out->pub.y[i + 1].b))
                return PC_E_MALFORMED;
    }
    return found ? PC_OK : PC_E_MISMATCH;
}

static enum err_code read_seats(struct client_epoch *out, const struct client_epoch_info *info)
{
    struct client_member_list rest = info->members;
    struct client_member m;
    uint16_t last = 0;
    while (client_member_list_next(&rest, &m)) {
        if (m.index <= last || m.index > info->n)
            return PC_E_MALFORMED;
        last = m.index;
        if (m.node_id == 0)
            continue;
        struct client_seat *s = &out->seat[out->seats++];
        s->index = m.index;
        s->node_id = m.node_id;
        memcpy(s->identity.b, m.keys.ed25519, 32);
        s->usable = client_base_url(s->base, m.endpoint);
    }
    return out->seats >= out->pub.t ? PC_OK : PC_E_MALFORMED;
}

static enum err_code read_epoch(struct client_epoch *out, const struct polyclave_pin *pin,
                                const struct client_epoch_info *info, struct rng *r)
{
    struct point pk;
    if (memcmp(info->network_id, pin->network_id, 32) != 0)
        return PC_E_MISMATCH;
    if (info->epoch == 0 || info->n == 0 || info->t == 0 || info->t > info->n)
        return PC_E_MALFORMED;
    out->pub.epoch = info->epoch;
    out->pub.n = info->n;
    out->pub.t = info->t;
    PC_TRY(read_key(out, pin, info));
    PC_TRY(read_seats(out, info));
    PC_TRY(group_point_decode(&group_ristretto255, &pk, pin->pk));
    return threshold_epoch_check_var(&group_ristretto255, &out->pub, &pk, r);
}

enum err_code client_epoch_read(struct client_epoch *out, const struct polyclave_pin *pin,
                                struct bytes body, struct rng *r)
{
    struct client_epoch_info info;
    memset(out, 0, sizeof *out);
    enum err_code e = client_decode_epoch_info(&info, body);
    if (e == PC_OK)
        e = read_epoch(out, pin, &info, r);
    if (e != PC_OK)
        memset(out, 0, sizeof *out);
    return e;
}

/* ---- fetching ---- */

struct fetch {
    struct polyclave *pc;
    unsigned n; /* sources */
    char url[SOURCES_MAX][PC_CLIENT_URL + 16];
    struct http_request req[SOURCES_MAX];
    struct client_epoch *found; /* WANTED */
    unsigned n_found;
    enum err_code why; /* of the last candidate that did not fit */
    unsigned reached;  /* answers of status 200 */
};

static void add_source(struct fetch *f, const char *base)
{
    char url[PC_CLIENT_URL + 16];
    (void)snprintf(url, sizeof url, "%s/v1/epoch", base);
    for (unsigned i = 0; i < f->n; i++)
        if (strcmp(f->url[i], url) == 0)
            return;
    if (f->n < SOURCES_MAX)
        memcpy(f->url[f->n++], url, sizeof url);
}

static void add_published(struct fetch *f, const char *text)
{
    char base[PC_CLIENT_URL];
    if (client_base_url(base, bytes_of(text, strlen(text))))
        add_source(f, base);
}

static void collect(struct fetch *f, bool from_chain)
{
    static const unsigned most = 32;
    struct polyclave *pc = f->pc;
    f->n = 0;
    for (unsigned i = 0; !from_chain && i < pc->net.n_nodes; i++)
        add_published(f, pc->net.node[i]);
    for (unsigned i = 0; !from_chain && pc->has_epoch && i < pc->epoch.seats; i++)
        if (pc->epoch.seat[i].usable)
            add_source(f, pc->epoch.seat[i].base);
    if (!from_chain)
        return;
    char(*text)[ENDPOINT_TEXT_MAX + 1] = calloc(most, sizeof *text);
    unsigned n = text != NULL ? client_world_nodes(pc, text, most) : 0;
    for (unsigned i = 0; i < n; i++)
        add_published(f, text[i]);
    free(text);
}

/* In an order of our own, so that no seed is always first. */
static void shuffle(struct fetch *f)
{
    char swap[sizeof f->url[0]];
    for (unsigned i = f->n; i > 1; i--) {
        uint32_t v;
        rng_fill(f->pc->rng, &v, sizeof v);
        memcpy(swap, f->url[i - 1], sizeof swap);
        memcpy(f->url[i - 1], f->url[v % i], sizeof swap);
        memcpy(f->url[v % i], swap, sizeof swap);
    }
}

static bool take_candidate(void *ctx, struct http_request *done)
{
    struct fetch *f = ctx;
    if (done->err != PC_OK || done->status != 200 || f->n_found == WANTED)
        return f->n_found == WANTED;
    f->reached++;
    struct client_epoch *slot = &f->found[f->n_found];
    enum err_code e =
        client_epoch_read(slot, &f->pc->pin, bytes_of(done->answer, done->answer_len), f->pc->rng);
    if (e == PC_OK)
        f->n_found++;
    else
        f->why = e;
    return f->n_found == WANTED;
}

static void ask(struct fetch *f)
{
    shuffle(f);
    for (unsigned i = 0; i < f->n; i++)
        f->req[i] = (struct http_request){.url = f->url[i],
                                          .method = PC_HTTP_GET,
                                          .max_answer = CLIENT_EPOCH_INFO_BYTES,
                                          .timeout_ms = SEED_MS};
    if (f->n != 0)
        f->pc->io.http(f->pc->io.ctx, f->req, f->n, take_candidate, f);
    for (unsigned i = 0; i < f->n; i++)
        http_request_free(&f->req[i]);
}

/* The newest at first; later one by chance: an epoch's number is not proved by its shares. */
static unsigned choose(const struct fetch *f)
{
    uint32_t v;
    unsigned best = 0;
    if (f->pc->fetches > 1) {
        rng_fill(f->pc->rng, &v, sizeof v);
        return v % f->n_found;
    }
    for (unsigned i = 1; i < f->n_found; i++)
        if (f->found[i].pub.epoch > f->found[best].pub.epoch)
            best = i;
    return best;
}

static int report(struct fetch *f)
{
    struct polyclave *pc = f->pc;
    if (f->n_found != 0) {
        pc->epoch = f->found[choose(f)];
        pc->has_epoch = true;
        client_fine(&pc->failure);
        return POLYCLAVE_OK;
    }
    if (f->why == PC_OK)
        return client_fail(&pc->failure, POLYCLAVE_RETRY, "no_node_reachable",
                           "no node gave its epoch: %u of %u asked answered; check `nodes` and "
                           "`rpc` in network.json and whether the nodes have an epoch",
                           f->reached, f->n);
    if (f->why == PC_E_MEMORY)
        return client_fail(&pc->failure, POLYCLAVE_RETRY, "memory", "memory is short");
    return client_fail(&pc->failure, POLYCLAVE_UNTRUSTED,
                       f->why == PC_E_MISMATCH ? "pin_mismatch" : "epoch_not_proved",
                       "the epoch that %u node(s) showed does not fit the pin: %s; nothing was "
                       "asked of them. Is this the network of the pin?",
                       f->reached, pc_err_text(f->why));
}

int client_epoch_fetch(struct polyclave *pc)
{
    struct fetch *f = calloc(1, sizeof *f);
    int status = POLYCLAVE_RETRY;
    if (f != NULL)
        f->found = calloc(WANTED, sizeof *f->found);
    if (f == NULL || f->found == NULL) {
        status = client_fail(&pc->failure, POLYCLAVE_RETRY, "memory", "memory is short");
        goto out;
    }
    f->pc = pc;
    pc->fetches++;
    collect(f, false);
    ask(f);
    if (f->n_found == 0) {
        collect(f, true);
        ask(f);
    }
    status = report(f);
out:
    if (f != NULL)
        free(f->found);
    free(f);
    return status;
}
