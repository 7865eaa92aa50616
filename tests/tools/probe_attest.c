/* SPDX-License-Identifier: Apache-2.0 */
/* probe_attest.c - evidence, genuine or forged, to Attestations through the relay. */
#include <stdio.h>
#include <stdlib.h>

#include "attest/tdx_chain.h"
#include "base/hex.h"
#include "client/lib/relay_link.h"
#include "tests/tools/probe.h"

#define RELAY_MS 60000u
#define FINAL_MS 60000u
#define POLL_MS  250u

/* What the evidence must bind, or what the forgery binds instead. */
static void report_data(uint8_t out[static 64], struct polyclave *pc, enum forgery how)
{
    struct report_binding b = {.kind = PC_SUBJECT_APP, .chain_id = pc->net.chain_id};
    memcpy(b.attestations, pc->net.contract[PC_NET_ATTESTATIONS].b, 20);
    memcpy(b.keys_hash, pc->subject, 32);
    if (how == FORGERY_OTHER_SUBJECT)
        rng_fill(pc->rng, b.keys_hash, 32);
    memcpy(b.context, pc->pin.app_id, 32);
    b.bound_block = pc->evidence.bound.number;
    memcpy(b.bound_hash, pc->evidence.bound.hash, 32);
    id_report_data(out, &b);
    if (how == FORGERY_NO_RESERVED)
        memset(out + 32, 0, 32);
}

static bool make_evidence(struct polyclave *pc, const struct probe_options *o)
{
    static uint8_t quote[PC_QUOTE_MAX];
    uint8_t data[64];
    struct client_evidence *ev = &pc->evidence;
    if (pc->io.bound(pc->io.ctx, &ev->bound) != PC_OK)
        return probe_fail("rpc", "no agreed block");
    report_data(data, pc, o->forge);
    if (!forge_quote(quote, &ev->n, o->forge, o->platform, data, pc->rng))
        return false;
    if (ev->n > POLYCLAVE_MAX_EVIDENCE ||
        vendor_claims(&ev->claims, PC_VENDOR_TDX, bytes_of(quote, ev->n)) != PC_OK)
        return probe_fail(o->platform, "its quote cannot be read");
    memcpy(ev->p, quote, ev->n);
    return true;
}

static enum err_code send_attest(struct polyclave *pc, struct relay_link *l, struct relay_reply *r)
{
    struct relay_relay_attest m = {.vendor = WIRE_VENDOR_TDX,
                                   .evidence = bytes_of(pc->evidence.p, pc->evidence.n)};
    memcpy(m.subject, pc->subject, 32);
    memcpy(m.context, pc->pin.app_id, 32);
    m.bound.number = pc->evidence.bound.number;
    memcpy(m.bound.hash, pc->evidence.bound.hash, 32);
    return relay_link_attest(l, r, &m, RELAY_MS);
}

/* The relay posts the machine's certificates first if the contract lacks them. */
static enum err_code post(struct polyclave *pc, const char *socket, struct relay_reply *r)
{
    struct relay_link *l;
    PC_TRY(relay_link_open(&l, socket));
    enum err_code e = send_attest(pc, l, r);
    relay_link_close(l);
    return e;
}

static bool wait_final(struct polyclave *pc, uint64_t block)
{
    struct client_block head = {0};
    uint64_t until = pc->io.now_ms(pc->io.ctx) + FINAL_MS;
    while (pc->io.head(pc->io.ctx, &head) != PC_OK || head.number < block) {
        if (pc->io.now_ms(pc->io.ctx) > until)
            return probe_fail("rpc", "the record's block does not become final");
        pc->io.pause(pc->io.ctx, POLL_MS);
    }
    return true;
}

/* The stable code at the start of a relay's text; nothing that JSON would mind. */
static void code_of(char out[static 64], const char *text)
{
    size_t n = 0;
    while (n < 63 && ((text[n] >= 'a' && text[n] <= 'z') || (text[n] >= 'A' && text[n] <= 'Z') ||
                      (text[n] >= '0' && text[n] <= '9') || text[n] == '_')) {
        out[n] = text[n];
        n++;
    }
    out[n] = '\0';
}

static void print_hex(const char *name, struct bytes b)
{
    char hex[2 * 32 + 1];
    hex_encode(hex, b);
    (void)printf(",\"%s\":\"0x%s\"", name, hex);
}

static void print(const struct polyclave *pc, const struct relay_reply *r)
{
    const struct evidence_claims *c = &pc->evidence.claims;
    char code[64];
    code_of(code, r->text);
    (void)printf("{\"outcome\":\"%s\",\"code\":\"%s\",\"block\":%llu,\"gas\":%llu",
                 relay_outcome_name(r->outcome), code, (unsigned long long)r->block,
                 (unsigned long long)r->gas_used);
    (void)printf(",\"text\":\"");
    for (const char *p = r->text; *p != '\0'; p++)
        (void)putchar(*p == '"' || *p == '\\' ? '?' : *p); /* the relay sends printable ASCII */
    (void)putchar('"');
    print_hex("tx", PC_BYTES(r->tx_hash));
    print_hex("measurement", PC_BYTES(c->measurement.b));
    print_hex("claims", PC_BYTES(c->claims.b));
    (void)printf("}\n");
}

int probe_attest(struct polyclave *pc, const struct probe_options *o)
{
    struct relay_reply r = {0};
    if (!make_evidence(pc, o) || !probe_save(pc, o->state))
        return PROBE_EXIT_FAULT;
    enum err_code e = post(pc, o->relay, &r);
    if (e != PC_OK) {
        (void)probe_fail(o->relay, pc_err_text(e));
        return PROBE_EXIT_FAULT;
    }
    if (r.outcome == RELAY_OUTCOME_MINED && !wait_final(pc, r.block))
        return PROBE_EXIT_FAULT;
    print(pc, &r);
    return 0;
}

int probe_measure(const struct probe_options *o)
{
    static uint8_t quote[PC_QUOTE_MAX];
    const uint8_t data[64] = {0};
    struct evidence_claims c;
    char hex[2 * 32 + 1];
    size_t n;
    if (!forge_quote(quote, &n, o->forge, o->platform, data, rng_system()) ||
        vendor_claims(&c, PC_VENDOR_TDX, bytes_of(quote, n)) != PC_OK)
        return PROBE_EXIT_FAULT;
    hex_encode(hex, PC_BYTES(c.measurement.b));
    return printf("0x%s\n", hex) > 0 ? 0 : PROBE_EXIT_FAULT;
}
