/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.c - one request to one member and what comes back (SPEC 8).
 */
#include <stdio.h>

#include "base/json.h"
#include "client/lib/client.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/labels.h"

/* Codes are for programs and logs: nothing else gets through. */
void client_code_copy(char out[static PC_CLIENT_CODE], struct bytes code)
{
    bool ok = code.n > 0 && code.n < 32;
    for (size_t i = 0; ok && i < code.n; i++)
        ok = (code.p[i] >= 'a' && code.p[i] <= 'z') || (code.p[i] >= '0' && code.p[i] <= '9') ||
             code.p[i] == '_';
    if (!ok)
        code = PC_BYTES_STR("malformed_answer");
    memset(out, 0, PC_CLIENT_CODE);
    memcpy(out, code.p, code.n);
}

enum err_code client_request_make(struct client_release_body *body, uint8_t digest[static 32],
                                  const struct client_asker *a, uint64_t epoch, uint16_t index,
                                  struct rng *r)
{
    uint8_t buf[8 + sizeof PC_LABEL_REQUEST + CLIENT_RELEASE_REQUEST_BYTES];
    struct client_release_request *q = &body->request;
    struct writer w = writer_of(buf, sizeof buf);
    struct ed25519_sig sig;
    struct bytes all;
    memset(body, 0, sizeof *body);
    q->version = CLIENT_VERSION;
    memcpy(q->network_id, a->pin->network_id, 32);
    memcpy(q->key_id, a->pin->key_id, 32);
    q->class = WIRE_KEY_CLASS_APPLICATION;
    memcpy(q->app_id, a->pin->app_id, 32);
    q->key_version = a->version;
    q->scope = a->scope;
    q->epoch = epoch;
    q->node_index = index;
    memcpy(q->boot.sign, a->sign_pk.b, 32);
    memcpy(q->boot.hpke, a->hpke_pk.b, 32);
    q->bound.number = a->bound.number;
    memcpy(q->bound.hash, a->bound.hash, 32);
    q->vendor = a->vendor;
    memcpy(q->measurement, a->claims.measurement.b, 32);
    memcpy(q->platform, a->claims.platform.b, 32);
    memcpy(q->verifier, a->verifier, 20);
    q->platform_proof_n = a->platform_proof_n;
    for (size_t i = 0; i < a->platform_proof_n; i++)
        memcpy(q->platform_proof[i], a->platform_proof[i], 32);
    q->head.number = a->head.number;
    memcpy(q->head.hash, a->head.hash, 32);
    rng_fill(r, q->nonce, sizeof q->nonce);
    memcpy(q->evidence_hash, a->evidence_hash, 32);
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_REQUEST));
    client_write_release_request(&w, q);
    PC_TRY(writer_end(&w, &all));
    sha256(digest, all);
    ed25519_sign(&sig, a->sign, bytes_of(digest, 32));
    memcpy(body->signature, sig.b, sizeof body->signature);
    return PC_OK;
}

static enum err_code check_signature(const struct client_asker *a, const struct client_seat *seat,
                                     uint64_t epoch, const uint8_t digest[static 32],
                                     const struct client_release_answer *m)
{
    uint8_t buf[256], hash[32];
    struct writer w = writer_of(buf, sizeof buf);
    struct ed25519_sig sig;
    struct bytes msg;
    sha256(hash, m->sealed);
    memcpy(sig.b, m->signature, sizeof sig.b);
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_RESP_SIG));
    write_bytes(&w, a->pin->network_id, 32);
    write_u64(&w, epoch);
    write_u16(&w, seat->index);
    write_bytes(&w, digest, 32);
    write_bytes(&w, hash, sizeof hash);
    PC_TRY(writer_end(&w, &msg));
    return ed25519_verify_var(&seat->identity, msg, &sig);
}

static enum err_code open_sealed(uint8_t plain[static CLIENT_PARTIAL_BYTES],
                                 const struct client_asker *a, const struct client_seat *seat,
                                 uint64_t epoch, const uint8_t digest[static 32],
                                 struct bytes sealed)
{
    uint8_t buf[160];
    struct writer w = writer_of(buf, sizeof buf);
    struct bytes info;
    if (sealed.n != CLIENT_PARTIAL_BYTES + PC_HPKE_OVERHEAD)
        return PC_E_MALFORMED;
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_RESP_SEAL));
    write_bytes(&w, a->pin->network_id, 32);
    write_u64(&w, epoch);
    write_bytes(&w, digest, 32);
    write_u16(&w, seat->index);
    PC_TRY(writer_end(&w, &info));
    return hpke_open(plain, a->hpke, info, bytes_of(NULL, 0), sealed);
}

enum err_code client_answer_take(struct threshold_combiner *c, const struct client_asker *a,
                                 const struct client_seat *seat, uint64_t epoch,
                                 const uint8_t digest[static 32], struct bytes answer, bool *lied)
{
    struct client_release_answer m;
    struct threshold_partial part;
    struct client_partial plain = {0};
    uint8_t bytes[CLIENT_PARTIAL_BYTES] = {0};
    *lied = false;
    PC_TRY(client_decode_release_answer(&m, answer));
    PC_TRY(check_signature(a, seat, epoch, digest, &m));
    /* From here on the node has signed what it says. */
    enum err_code e = open_sealed(bytes, a, seat, epoch, digest, m.sealed);
    if (e == PC_OK)
        e = client_decode_partial(&plain, PC_BYTES(bytes));
    if (e == PC_OK && plain.epoch != epoch)
        e = PC_E_MISMATCH;
    if (e == PC_OK) {
        memcpy(part.d, plain.element, sizeof part.d);
        memcpy(part.proof.b, plain.proof, sizeof part.proof.b);
        e = threshold_combine_add(c, seat->index, &part);
    }
    *lied = e != PC_OK && e != PC_E_EXISTS;
    pc_wipe(bytes, sizeof bytes);
    pc_wipe(&plain, sizeof plain);
    pc_wipe(&part, sizeof part);
    return e;
}

void client_error_read(char code[static PC_CLIENT_CODE], unsigned *retry_after_s, unsigned status,
                       struct bytes body)
{
    static const uint8_t none[1];
    struct json_doc *doc = NULL;
    struct bytes text;
    uint64_t after = 0;
    char plain[PC_CLIENT_CODE];
    (void)snprintf(plain, sizeof plain, "http_%u", status % 1000);
    client_code_copy(code, bytes_of(plain, strlen(plain)));
    if (json_parse(&doc, body.n != 0 ? body : bytes_of(none, 0), 4096, 4) == PC_OK) {
        struct json_value root = json_root(doc);
        if (json_get_str(&root, "code", &text) == PC_OK)
            client_code_copy(code, text);
        if (json_has(&root, "retry_after") &&
            json_get_u64(&root, "retry_after", 86400, &after) == PC_OK && *retry_after_s == 0)
            *retry_after_s = (unsigned)after;
    }
    json_free(doc);
}
