/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.c - the node's own quote, its renewal, and which evidence the other members have.
 *
 * A quote needs a recent block: chain names it (dc_bound), the vault builds report data from its
 * own keys and has the helper quote (vd_quote_get), the evidence comes back in pieces. It goes to
 * the operator (join bundle), or through the relay: as a renewal of the record, or, after the vault
 * died and made new keys, as a new record and then `reattest` of the same node id.
 */
#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/ids.h"
#include "node/polyclaved/polyclaved.h"

#define NODE_VALUE       33u /* SHA-256 of a member's evidence, its vendor */
#define QUOTE_TIMEOUT_MS 60000u
#define RETRY_MS         15000u
#define RETRY_DOUBLINGS  6                 /* up to 16 min */
#define RELAY_TIMEOUT_MS (10u * 60 * 1000) /* a call that the relay cannot land in that time */
#define SETTLE_MS        (20u * 60 * 1000) /* until a mined call is final and shows */

static struct bytes node_key(uint8_t out[static 32], uint32_t node_id)
{
    memcpy(out, "node-evidence/", 14);
    store_be32(out + 14, node_id);
    return bytes_of(out, 18);
}

void evidence_on_posted(struct polyclaved *p, const struct ipc_dc_evidence *m)
{
    static uint8_t whole[EVIDENCE_MAX];
    const struct posted_parts parts = {m->evidence, m->leaf, m->ca};
    uint8_t hash[32], key[32], named[NODE_VALUE];
    size_t n;
    enum err_code e = assemble(p, whole, sizeof whole, &n, m->vendor, m->issuer, &parts);
    if (e == PC_OK)
        e = store_put_content(p->store, STORE_EVIDENCE, bytes_of(whole, n), hash);
    memcpy(named, hash, sizeof hash);
    named[sizeof hash] = (uint8_t)m->vendor;
    if (e == PC_OK)
        e = store_put(p->store, STORE_CURSOR, node_key(key, m->node_id), PC_BYTES(named));
    if (e == PC_OK)
        forecast_on_node(p, m->node_id, hash);
    if (e != PC_OK)
        log_error("member_evidence_unusable", LOG_U64("node", m->node_id),
                  LOG_STR("vendor", wire_vendor_name(m->vendor)), LOG_STR("error", pc_err_name(e)));
}

/* Public, and judged by the vault's join: nothing to check on reading. */
static enum err_code accept_any(void *ctx, struct bytes key, struct bytes value)
{
    (void)ctx;
    (void)key;
    return value.n != 0 ? PC_OK : PC_E_CORRUPT;
}

static enum err_code accept_named(void *ctx, struct bytes key, struct bytes value)
{
    (void)ctx;
    (void)key;
    return value.n == NODE_VALUE && value.p[32] >= WIRE_VENDOR_TDX &&
                   value.p[32] <= WIRE_VENDOR_NITRO
               ? PC_OK
               : PC_E_CORRUPT;
}

enum err_code evidence_of_node(struct polyclaved *p, uint32_t node_id, enum wire_vendor *vendor,
                               void *out, size_t cap, size_t *n)
{
    uint8_t key[32], named[NODE_VALUE];
    size_t named_n;
    *n = 0;
    PC_TRY(store_get(p->store, STORE_CURSOR, node_key(key, node_id), named, sizeof named, &named_n,
                     accept_named, NULL));
    *vendor = (enum wire_vendor)named[32];
    return store_get(p->store, STORE_EVIDENCE, bytes_of(named, 32), out, cap, n, accept_any, NULL);
}

enum err_code evidence_quote(struct polyclaved *p, enum quote_use use)
{
    struct evidence *e = &p->evidence;
    struct ipc_dc_bound_get get = {0};
    if (e->use != QUOTE_NONE)
        return PC_E_SEQUENCE;
    if (!p->have_keys)
        return PC_E_RETRY;
    PC_TRY(DAEMON_SEND(&p->d, IPC_LINK_DC, dc_bound_get, &get));
    e->use = use;
    e->bound_asked = true;
    e->n = 0;
    e->next_seq = 0;
    e->request = 0;
    e->rejoin_attested = false;
    e->started = loop_now(&p->d.loop);
    return PC_OK;
}

void evidence_fail(struct polyclaved *p, const char *why)
{
    struct evidence *e = &p->evidence;
    enum quote_use use = e->use;
    e->use = QUOTE_NONE;
    e->bound_asked = false;
    e->request = 0;
    /* A rejoin pays for its first step before the second can be refused: not every 15 s for ever.
     */
    unsigned doubled = e->failures < RETRY_DOUBLINGS ? e->failures : RETRY_DOUBLINGS;
    e->retry_at = loop_now(&p->d.loop) + ((uint64_t)RETRY_MS << doubled);
    if (use == QUOTE_NONE)
        return;
    e->failures += use != QUOTE_BUNDLE;
    log_warn("quote_failed", LOG_STR("why", why));
    if (use == QUOTE_BUNDLE)
        control_bundle(p, why);
}

void evidence_on_bound(struct polyclaved *p, const struct ipc_dc_bound *m)
{
    struct evidence *e = &p->evidence;
    struct ipc_vd_quote_get get = {.bound = m->bound};
    if (e->use == QUOTE_NONE || !e->bound_asked)
        return;
    e->bound_asked = false;
    if (m->bound.number == 0) {
        evidence_fail(p,
                      "no recent block is known: the chain's endpoints don't answer or disagree");
        return;
    }
    e->bound = m->bound;
    memcpy(get.owner, p->config.owner, sizeof get.owner);
    if (DAEMON_SEND(&p->d, IPC_LINK_VD, vd_quote_get, &get) != PC_OK)
        evidence_fail(p, "the vault cannot be asked");
}

/* Evidence is complete: to whom it goes. */
static void deliver(struct polyclaved *p)
{
    struct evidence *e = &p->evidence;
    struct relay_relay_attest m = {.id = ++p->calls.next_request,
                                   .vendor = p->config.vendor,
                                   .bound = e->bound,
                                   .evidence = bytes_of(e->bytes, e->n)};
    uint8_t hash[32];
    enum err_code err = store_put_content(p->store, STORE_EVIDENCE, bytes_of(e->bytes, e->n), hash);
    if (err != PC_OK)
        log_error("store_failed", LOG_STR("what", "own evidence"),
                  LOG_STR("error", pc_err_name(err)));
    log_info("quoted", LOG_HEX("sha256", PC_BYTES(hash)), LOG_U64("bytes", e->n),
             LOG_U64("bound_block", e->bound.number));
    if (e->use == QUOTE_BUNDLE) {
        e->use = QUOTE_NONE;
        control_bundle(p, NULL);
        return;
    }
    memcpy(m.subject, p->keys_hash, sizeof m.subject);
    context_of_owner(m.context, p->config.owner);
    if (RELAY_SEND(p, relay_attest, &m) != PC_OK) {
        evidence_fail(p, "the relay cannot be reached");
        return;
    }
    e->request = m.id;
}

void evidence_on_chunk(struct polyclaved *p, const struct ipc_vd_quote_chunk *m)
{
    struct evidence *e = &p->evidence;
    if (e->use == QUOTE_NONE || e->bound_asked || e->request != 0)
        return; /* of a quote that was given up */
    if (m->chunk.error != PC_OK) {
        evidence_fail(p, pc_err_text((enum err_code)m->chunk.error));
        return;
    }
    if (m->chunk.seq != e->next_seq || m->chunk.data_n > sizeof e->bytes - e->n) {
        evidence_fail(p, "the quote helper's answer is out of order or too large");
        return;
    }
    memcpy(e->bytes + e->n, m->chunk.data, m->chunk.data_n);
    e->n += m->chunk.data_n;
    e->next_seq++;
    if (m->chunk.last)
        deliver(p);
}

static void reattest(struct polyclaved *p)
{
    struct evidence *e = &p->evidence;
    struct relay_relay_reattest m = {.id = ++p->calls.next_request,
                                     .node_id = p->registered_id,
                                     .keys = p->keys,
                                     .vendor = p->config.vendor,
                                     .evidence = bytes_of(e->bytes, e->n)};
    e->rejoin_attested = true;
    if (RELAY_SEND(p, relay_reattest, &m) != PC_OK)
        evidence_fail(p, "the relay cannot be reached");
    else
        e->request = m.id;
}

bool evidence_on_done(struct polyclaved *p, const struct relay_relay_done *m)
{
    struct evidence *e = &p->evidence;
    char text[RELAY_TEXT_MAX + 1];
    if (e->request == 0 || e->request != m->id)
        return false;
    memcpy(text, m->text.p, m->text.n);
    text[m->text.n] = '\0';
    e->request = 0;
    if (m->outcome != RELAY_OUTCOME_MINED && m->outcome != RELAY_OUTCOME_KNOWN) {
        log_warn("attest_refused", LOG_STR("outcome", relay_outcome_name(m->outcome)),
                 LOG_STR("text", text));
        evidence_fail(p, "the contract or the relay refused the evidence");
        return true;
    }
    log_info("attested", LOG_U64("gas", m->gas_used), LOG_U64("block", m->block),
             LOG_STR("step", e->rejoin_attested ? "reattest" : "attest"));
    if (e->use == QUOTE_REJOIN && !e->rejoin_attested) {
        reattest(p);
        return true;
    }
    e->use = QUOTE_NONE;
    e->failures = 0;
    e->retry_at = loop_now(&p->d.loop) + SETTLE_MS;
    return true;
}

void evidence_on_head(struct polyclaved *p)
{
    struct evidence *e = &p->evidence;
    uint64_t now = loop_now(&p->d.loop);
    if (e->use != QUOTE_NONE && e->request == 0 && now - e->started > QUOTE_TIMEOUT_MS)
        evidence_fail(p, "no quote within 60 s");
    if (e->use != QUOTE_NONE && e->request != 0 && now - e->started > RELAY_TIMEOUT_MS)
        evidence_fail(p, "the relay has not answered within 10 min");
    if (e->use != QUOTE_NONE || now < e->retry_at)
        return;
    enum quote_use use = QUOTE_NONE;
    if (p->node_id == 0 && p->registered_id != 0 &&
        memcmp(p->registered_keys, p->keys_hash, sizeof p->registered_keys) != 0) {
        /* The vault has new keys; the node is still registered with those that died with the old.
         * (With the same keys it is chain that does not see this node, and it will.) */
        log_info("rejoin", LOG_U64("node", p->registered_id));
        use = QUOTE_REJOIN;
    } else if (p->node_id != 0 && e->renew_at != 0 && p->head.time >= e->renew_at) {
        use = QUOTE_RENEW;
    }
    if (use != QUOTE_NONE && evidence_quote(p, use) != PC_OK)
        e->retry_at = now + RETRY_MS;
}
