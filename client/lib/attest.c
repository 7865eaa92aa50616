/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest.c - polyclave_attest: evidence over the boot keys goes on chain (SPEC 3, 4).
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/lib/client.h"
#include "client/lib/relay_link.h"

#define POLL_MS 1000u

/* Words of IAttestations.Record as recordOf returns them. */
enum { RECORD_CLAIMS = 0, RECORD_BOUND = 7, RECORD_VALID_UNTIL = 9, RECORD_WORDS = 11 };

static uint64_t now_of(const struct polyclave *pc)
{
    return pc->io.now_ms(pc->io.ctx);
}

static int bad_chain(struct polyclave *pc, enum err_code e)
{
    return client_fail(&pc->failure, POLYCLAVE_RETRY, pc_err_name(e),
                       "a recent block could not be had: %s; check `rpc` in network.json",
                       pc_err_text(e));
}

/* Quote the boot keys. */
static int make_evidence(struct polyclave *pc, struct client_evidence *ev)
{
    struct report_binding b = {.kind = PC_SUBJECT_APP, .chain_id = pc->net.chain_id};
    uint8_t report_data[64];
    size_t n = 0;
    enum err_code e = pc->io.bound(pc->io.ctx, &ev->bound);
    if (e != PC_OK)
        return bad_chain(pc, e);
    memcpy(b.attestations, pc->net.contract[PC_NET_ATTESTATIONS].b, 20);
    memcpy(b.keys_hash, pc->subject, 32);
    memcpy(b.context, pc->pin.app_id, 32);
    b.bound_block = ev->bound.number;
    memcpy(b.bound_hash, ev->bound.hash, 32);
    id_report_data(report_data, &b);
    if (pc->quote(pc->quote_user, report_data, ev->p, POLYCLAVE_MAX_EVIDENCE, &n) != 0 ||
        n > POLYCLAVE_MAX_EVIDENCE)
        return client_fail(&pc->failure, POLYCLAVE_RETRY, "quote_failed",
                           "this machine made no evidence: the quote function failed");
    ev->n = n;
    e = vendor_claims(&ev->claims, (enum vendor)pc->vendor, bytes_of(ev->p, n));
    if (e != PC_OK)
        return client_fail(&pc->failure, POLYCLAVE_USAGE, "bad_evidence",
                           "what the quote function gave is no evidence of this vendor with its "
                           "certificates");
    if (memcmp(ev->claims.report_data, report_data, 64) != 0)
        return client_fail(
            &pc->failure, POLYCLAVE_USAGE, "bad_evidence",
            "the evidence carries other report data than the quote function was given");
    return POLYCLAVE_OK;
}

/* ---- posting */

static enum err_code send_attest(struct polyclave *pc, const struct client_evidence *ev,
                                 struct relay_link *l, struct relay_reply *reply, unsigned ms)
{
    struct relay_relay_attest m = {.vendor = (enum wire_vendor)pc->vendor,
                                   .evidence = bytes_of(ev->p, ev->n)};
    memcpy(m.subject, pc->subject, 32);
    memcpy(m.context, pc->pin.app_id, 32);
    m.bound.number = ev->bound.number;
    memcpy(m.bound.hash, ev->bound.hash, 32);
    return relay_link_attest(l, reply, &m, ms);
}

static int judge(struct polyclave *pc, enum err_code e, const struct relay_reply *r)
{
    if (e != PC_OK)
        return client_fail(&pc->failure, POLYCLAVE_RETRY, "relay_unreachable",
                           "%s gave no answer: %s; is polyclave-relay --app running there?",
                           pc->relay_socket, pc_err_text(e));
    char code[PC_CLIENT_CODE];
    bool no = r->outcome == RELAY_OUTCOME_REVERTS || r->outcome == RELAY_OUTCOME_REFUSED;
    switch (r->outcome) {
    case RELAY_OUTCOME_MINED:
    case RELAY_OUTCOME_KNOWN:
        return POLYCLAVE_OK;
    case RELAY_OUTCOME_REVERTS:
    case RELAY_OUTCOME_REFUSED:
    case RELAY_OUTCOME_BUDGET:
    case RELAY_OUTCOME_RETRY:
        (void)snprintf(code, sizeof code, "relay_%s", relay_outcome_name(r->outcome));
        return client_fail(&pc->failure, no ? POLYCLAVE_REFUSED : POLYCLAVE_RETRY, code,
                           "the attestation was not posted (%s): %s",
                           relay_outcome_name(r->outcome), r->text);
    }
    return client_fail(&pc->failure, POLYCLAVE_RETRY, "relay_unreachable",
                       "%s answers what this library does not know", pc->relay_socket);
}

static bool reverts_with(const struct relay_reply *r, const char *name)
{
    return r->outcome == RELAY_OUTCOME_REVERTS && strncmp(r->text, name, strlen(name)) == 0;
}

/* Until it is taken or refused for good: the endpoint that the relay asks may be behind the ones
 * that named the bound block. Certificates of a machine that the contract does not know are the
 * relay's matter. */
static enum err_code try_attest(struct polyclave *pc, const struct client_evidence *ev,
                                struct relay_link *l, struct relay_reply *r, uint64_t deadline)
{
    for (;;) {
        PC_TRY(send_attest(pc, ev, l, r, pc->attest_timeout_ms));
        if (!reverts_with(r, "BoundBlockInFuture") || now_of(pc) >= deadline)
            return PC_OK;
        pc->io.pause(pc->io.ctx, POLL_MS);
    }
}

static int post(struct polyclave *pc, const struct client_evidence *ev, uint64_t *block,
                uint64_t deadline)
{
    struct relay_link *l;
    struct relay_reply r = {0};
    *block = 0;
    enum err_code e = relay_link_open(&l, pc->relay_socket);
    if (e == PC_OK)
        e = try_attest(pc, ev, l, &r, deadline);
    relay_link_close(l);
    if (e == PC_OK && r.outcome == RELAY_OUTCOME_MINED)
        *block = r.block;
    return judge(pc, e, &r);
}

/* ---- the record */

static enum err_code read_record(struct polyclave *pc, const struct client_evidence *ev,
                                 uint64_t *bound, uint64_t *valid_until)
{
    struct relay_chain *chain = client_world_chain(pc);
    uint8_t call[36], answer[32 * RECORD_WORDS], key[32];
    struct abi_selector s = abi_selector("recordOf(bytes32)");
    struct evm_word w;
    size_t n;
    *bound = *valid_until = 0;
    if (chain == NULL)
        return PC_E_RETRY;
    id_record(key, PC_SUBJECT_APP, pc->subject, pc->pin.app_id, ev->claims.measurement.b,
              ev->claims.platform.b, client_verifier(pc)->b);
    memcpy(call, s.b, 4);
    memcpy(call + 4, key, 32);
    PC_TRY(relay_chain_call(chain, answer, sizeof answer, &n,
                            &pc->net.contract[PC_NET_ATTESTATIONS], PC_BYTES(call)));
    if (n != sizeof answer)
        return PC_E_MALFORMED;
    if (memcmp(answer + 32 * RECORD_CLAIMS, ev->claims.claims.b, 32) != 0)
        return PC_E_NOT_FOUND;
    w = evm_word_of(answer + 32 * RECORD_BOUND);
    PC_TRY(evm_word_to_u64(bound, &w, 40));
    w = evm_word_of(answer + 32 * RECORD_VALID_UNTIL);
    return evm_word_to_u64(valid_until, &w, 40);
}

/* The record is there, from this evidence or newer, and the block that it came in is final. */
static int wait_final(struct polyclave *pc, const struct client_evidence *ev, uint64_t block,
                      uint64_t deadline)
{
    struct client_block head = {0};
    uint64_t bound, until;
    for (;;) {
        enum err_code e = pc->io.head(pc->io.ctx, &head);
        if (e == PC_OK && head.number >= block && read_record(pc, ev, &bound, &until) == PC_OK &&
            bound >= ev->bound.number && (block != 0 || head.number > ev->bound.number)) {
            pc->valid_until = until;
            return POLYCLAVE_OK;
        }
        if (now_of(pc) >= deadline)
            return client_fail(&pc->failure, POLYCLAVE_RETRY, "not_final",
                               "the record of block %llu is not final yet (the agreed head is "
                               "%llu%s%s); call again",
                               (unsigned long long)block, (unsigned long long)head.number,
                               e == PC_OK ? "" : ": ", e == PC_OK ? "" : pc_err_text(e));
        pc->io.pause(pc->io.ctx, POLL_MS);
    }
}

/* The former evidence stays until the new one is on chain: requests must name what is recorded. */
int polyclave_attest(struct polyclave *pc)
{
    uint64_t block, deadline = now_of(pc) + pc->attest_timeout_ms;
    struct client_evidence ev = {.p = malloc(POLYCLAVE_MAX_EVIDENCE)};
    client_fine(&pc->failure);
    int status = ev.p != NULL
                     ? make_evidence(pc, &ev)
                     : client_fail(&pc->failure, POLYCLAVE_RETRY, "memory", "memory is short");
    if (status == POLYCLAVE_OK)
        status = post(pc, &ev, &block, deadline);
    if (status == POLYCLAVE_OK)
        status = wait_final(pc, &ev, block, deadline);
    if (status == POLYCLAVE_OK) {
        free(pc->evidence.p);
        pc->evidence = ev;
    } else
        free(ev.p);
    return status;
}
