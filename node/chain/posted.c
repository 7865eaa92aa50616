/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posted.c - what strangers have posted to the verifiers and to Attestations, out of calldata.
 *
 * Evidence and collateral are not in the contracts' storage, only their digests are. Their bytes
 * are in the calldata of the transaction that posted them; the log says which transaction. A call
 * that came through another contract has other calldata and is left out: its poster may post again
 * directly, and anybody may bring the bytes (PUT /v1/collateral). Nothing here is believed: attest
 * checks digests and signatures of whatever is passed on. k endpoints must give the same bytes all
 * the same, since each transaction is read once.
 */
#include <stdlib.h>

#include "base/log.h"
#include "chain/abi.h"
#include "crypto/hash.h"
#include "crypto/ids.h"
#include "node/chain/chain.h"

#define MODULUS_MAX 512 /* RSA-4096 */
#define TRIES_MAX   20  /* rounds in which a transaction is asked for, if nobody has it */

#define SIG_ATTEST         "attest(uint8,bytes32,bytes32,address,uint64,bytes,bytes)"
#define SIG_ADD_CERT       "addCert(bytes,bytes32)"
#define SIG_ADD_CRL        "addCrl(bytes,bytes32,uint256)"
#define SIG_ADD_COLLATERAL "addCollateral(uint8,bytes,uint256,uint256,bytes32)"
#define SIG_SNP_ADD_CERT   "addCert(bytes,bytes32,bytes)"
#define SIG_SNP_ADD_CRL    "addCrl(bytes,uint8,bytes)"
#define TOPIC_AUTHORITY    "AuthorityPosted(bytes32,uint8,uint256,uint256)"
#define TOPIC_SNP_ISSUER   "AuthorityPosted(bytes32,uint8,uint8,uint256,uint256)"
#define TOPIC_LEAF         "LeafPosted(bytes32,bytes32,bytes32,bytes)"

enum { COLLATERAL_TCB_INFO = 1, COLLATERAL_QE_IDENTITY = 2 };

static struct posted *waiting(struct chain *c, size_t i)
{
    return &c->posted[(c->posted_first + i) % POSTED_MAX];
}

/* The first `upto` move up by one, over the one behind them. */
static void close_gap(struct chain *c, size_t upto)
{
    for (size_t i = upto; i > 0; i--)
        *waiting(c, i) = *waiting(c, i - 1);
    c->posted_first = (c->posted_first + 1) % POSTED_MAX;
    c->posted_n--;
}

/* A newer posting of a record replaces the one that still waits. When all places are taken, the
 * oldest evidence goes: its record runs out first, and is attested anew by whoever needs it. */
void posted_want(struct chain *c, const struct posted *p)
{
    size_t oldest = c->posted_n;
    for (size_t i = 0; i < c->posted_n; i++) {
        struct posted *w = waiting(c, i);
        if (w->kind != POSTED_ATTEST)
            continue;
        if (p->kind == POSTED_ATTEST && evm_word_equal(&w->key, &p->key)) {
            *w = *p;
            return;
        }
        if (oldest == c->posted_n)
            oldest = i;
    }
    if (c->posted_n == POSTED_MAX) {
        log_warn("posted_queue_full", LOG_U64("size", POSTED_MAX));
        close_gap(c, oldest < POSTED_MAX ? oldest : 0);
    }
    *waiting(c, c->posted_n++) = *p;
}

/* SNP's events have their product and role among the data. */
static bool authority_log(struct posted *p, bool snp, const struct log_record *log)
{
    struct evm_word topic = abi_topic(snp ? TOPIC_SNP_ISSUER : TOPIC_AUTHORITY);
    if (!evm_word_equal(&log->topics[0], &topic) || log->n_topics != (snp ? 2 : 3))
        return false;
    p->key = log->topics[1];
    p->role = log->topics[2].b[31];
    if (snp) {
        struct abi_in in = abi_in_of(log->data, 4);
        (void)abi_in_word(&in);
        p->role = (uint8_t)abi_in_u64(&in, 8);
    }
    return true;
}

static enum err_code leaf_log(struct posted *p, uint8_t vendor, const struct log_record *log)
{
    bool snp = vendor == PC_VENDOR_SNP;
    struct abi_in in = abi_in_of(log->data, snp ? 2 : 1);
    if (snp)
        (void)abi_in_word(&in);
    struct bytes record = abi_in_bytes(&in, LEAF_RECORD);
    PC_TRY(abi_in_end(&in));
    if (record.n != vendor_record_len(vendor))
        return PC_E_MALFORMED;
    p->leaf = true;
    memcpy(p->record, record.p, record.n);
    return PC_OK;
}

void posted_verifier_log(struct chain *c, uint8_t vendor, const struct log_record *log)
{
    struct posted p = {.kind = POSTED_VERIFIER, .tx = log->tx_hash};
    if (log->n_topics == 0 || !vendor_has_leaf(vendor))
        return;
    (void)accepted_verifier_log(c, vendor, log); /* its calldata is wanted all the same */
    struct evm_word leaf = abi_topic(TOPIC_LEAF);
    if (!authority_log(&p, vendor == PC_VENDOR_SNP, log) &&
        evm_word_equal(&log->topics[0], &leaf) && leaf_log(&p, vendor, log) != PC_OK)
        return;
    posted_want(c, &p);
}

/* Arguments behind a selector; an empty view if it is another function. */
static struct bytes arguments(struct bytes calldata, const char *signature)
{
    struct abi_selector s = abi_selector(signature);
    if (calldata.n < sizeof s.b || memcmp(calldata.p, s.b, sizeof s.b) != 0)
        return bytes_of(NULL, 0);
    return bytes_of(calldata.p + sizeof s.b, calldata.n - sizeof s.b);
}

static bool tell(struct chain *c, const uint8_t name[static 32], struct bytes data)
{
    struct ipc_dc_bytes m = {.data = data};
    memcpy(m.hash, name, sizeof m.hash);
    bool sent = DAEMON_SEND(&c->d, IPC_LINK_DC, dc_bytes, &m) == PC_OK;
    if (!sent)
        log_warn("polyclaved_busy", LOG_HEX("object", bytes_of(name, 32)));
    return sent;
}

static void tell_node_evidence(struct chain *c, const struct record_entry *r)
{
    struct node_entry *n = index_node_by_keys(c->index, &r->subject);
    struct bytes leaf, ca;
    if (n == NULL || r->evidence == NULL || !index_certificates(c->index, &leaf, &ca, r))
        return;
    struct ipc_dc_evidence m = {.node_id = n->id,
                                .vendor = (enum wire_vendor)r->vendor,
                                .issuer = r->leaf_issuer,
                                .evidence = bytes_of(r->evidence, r->evidence_n),
                                .leaf = leaf,
                                .ca = ca};
    if (DAEMON_SEND(&c->d, IPC_LINK_DC, dc_evidence, &m) != PC_OK)
        log_warn("polyclaved_busy", LOG_U64("node", n->id));
}

static void take_attest(struct chain *c, const struct posted *p, struct bytes calldata)
{
    struct record_entry *r = index_record(c->index, &p->key);
    struct abi_in in = abi_in_of(arguments(calldata, SIG_ATTEST), 7);
    uint64_t kind = abi_in_u64(&in, 8);
    for (int i = 0; i < 2; i++)
        (void)abi_in_word(&in);
    (void)abi_in_addr(&in);
    (void)abi_in_u64(&in, 64);
    struct bytes evidence = abi_in_bytes(&in, WIRE_EVIDENCE_MAX);
    struct bytes hints = abi_in_bytes(&in, PC_CALLDATA_MAX);
    if (r == NULL || abi_in_end(&in) != PC_OK || record_take_leaf(r, hints) != PC_OK) {
        log_warn("evidence_not_in_calldata", LOG_HEX("record", PC_BYTES(p->key.b)));
        return;
    }
    accepted_tell(c, r, evidence);
    if (kind != PC_SUBJECT_NODE)
        return;
    if (record_take_evidence(r, evidence) != PC_OK)
        return; /* asked for again after a restart */
    tell_node_evidence(c, r);
}

/* A certificate came after the evidence that needs it (nobody gave its calldata before): what could
 * not be told is read again. */
static void want_with(struct chain *c, const uint8_t *leaf, const struct evm_word *authority)
{
    for (size_t i = 0; i < RECORDS_MAX; i++) {
        const struct record_entry *r = &c->index->records[i];
        if (!r->used || !r->parsed || r->mirrored)
            continue;
        const struct leaf_entry *l = leaf == NULL ? index_leaf(c->index, r->leaf) : NULL;
        if (leaf != NULL ? memcmp(r->leaf, leaf, sizeof r->leaf) == 0
                         : l != NULL && evm_word_equal(&l->authority, authority))
            posted_want(c, &(struct posted){.kind = POSTED_ATTEST, .tx = r->tx, .key = r->record});
    }
}

/* Of SNP the issuer's modulus comes too; in all else its arguments are as TDX's. */
static void take_cert(struct chain *c, const struct posted *p, struct bytes args, bool snp)
{
    struct abi_in in = abi_in_of(args, snp ? 3 : 2);
    struct bytes der = abi_in_bytes(&in, CERT_MAX);
    struct evm_word issuer = abi_in_word(&in);
    uint8_t name[32];
    if (snp)
        (void)abi_in_bytes(&in, MODULUS_MAX);
    if (abi_in_end(&in) != PC_OK || der.n == 0)
        return;
    if (p->leaf) {
        struct leaf_entry *l = index_leaf_new(c->index);
        memcpy(l->record, p->record, LEAF_RECORD);
        l->authority = issuer;
        l->n = der.n;
        memcpy(l->der, der.p, der.n);
        want_with(c, p->record, NULL);
        return;
    }
    struct authority_entry *a = index_authority_new(c->index, &p->key);
    if (a == NULL)
        return;
    a->role = p->role;
    a->n = der.n;
    memcpy(a->der, der.p, der.n);
    sha256(name, der);
    (void)tell(c, name, der); /* and again by posted_repeat */
    want_with(c, NULL, &p->key);
}

static void take_crl(struct chain *c, struct bytes args, bool snp)
{
    struct abi_in in = abi_in_of(args, 3);
    struct bytes der = abi_in_bytes(&in, IPC_OBJECT_MAX);
    (void)abi_in_word(&in);
    if (snp)
        (void)abi_in_bytes(&in, MODULUS_MAX);
    else
        (void)abi_in_word(&in);
    uint8_t name[32];
    if (abi_in_end(&in) != PC_OK || der.n < 8)
        return;
    /* CertificateList ::= SEQUENCE { tbsCertList SEQUENCE, ... }: the name is the hash of
     * tbsCertList, header included. The contract took it, so its lengths are good; they are bounded
     * all the same. */
    size_t at = der.p[1] < 0x80 ? 2 : 2 + (size_t)(der.p[1] & 0x7f);
    if (at + 5 > der.n)
        return;
    size_t width = der.p[at + 1] < 0x80 ? 0 : der.p[at + 1] & 0x7f;
    size_t n = width == 0 ? der.p[at + 1] : 0;
    for (size_t i = 0; i < width && i < 3; i++)
        n = n << 8 | der.p[at + 2 + i];
    n += 2 + width;
    if (width > 3 || n > der.n - at)
        return;
    sha256(name, bytes_of(der.p + at, n));
    kept_object(c, tell(c, name, der));
}

static void put_hex(struct writer *w, const uint8_t *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        write_u8(w, (uint8_t)digits[p[i] >> 4]);
        write_u8(w, (uint8_t)digits[p[i] & 15]);
    }
}

/* The body as the vendor serves it, from the inner object and its signature. */
static void take_collateral(struct chain *c, struct bytes args)
{
    static uint8_t body[IPC_OBJECT_MAX];
    struct abi_in in = abi_in_of(args, 5);
    uint64_t kind = abi_in_u64(&in, 8);
    struct bytes object = abi_in_bytes(&in, IPC_OBJECT_MAX);
    struct evm_word r = abi_in_word(&in), s = abi_in_word(&in), signer = abi_in_word(&in);
    uint8_t name[32];
    if (abi_in_end(&in) != PC_OK || (kind != COLLATERAL_TCB_INFO && kind != COLLATERAL_QE_IDENTITY))
        return;
    static const char tcb[] = "{\"tcbInfo\":", qe[] = "{\"enclaveIdentity\":",
                      signature[] = ",\"signature\":\"", end[] = "\"}";
    struct writer w = writer_of(body, sizeof body);
    if (kind == COLLATERAL_TCB_INFO)
        write_bytes(&w, tcb, sizeof tcb - 1);
    else
        write_bytes(&w, qe, sizeof qe - 1);
    write_bytes(&w, object.p, object.n);
    write_bytes(&w, signature, sizeof signature - 1);
    put_hex(&w, r.b, sizeof r.b);
    put_hex(&w, s.b, sizeof s.b);
    write_bytes(&w, end, sizeof end - 1);
    struct bytes whole;
    if (writer_end(&w, &whole) != PC_OK)
        return;
    sha256(name, object);
    index_signer_add(c->index, name, &signer);
    kept_object(c, tell(c, name, whole));
}

static void take(struct chain *c, const struct posted *p, struct bytes calldata)
{
    struct bytes args;
    if (p->kind == POSTED_ATTEST) {
        take_attest(c, p, calldata);
        return;
    }
    if ((args = arguments(calldata, SIG_ADD_CERT)).n != 0)
        take_cert(c, p, args, false);
    else if ((args = arguments(calldata, SIG_SNP_ADD_CERT)).n != 0)
        take_cert(c, p, args, true);
    else if ((args = arguments(calldata, SIG_ADD_CRL)).n != 0)
        take_crl(c, args, false);
    else if ((args = arguments(calldata, SIG_SNP_ADD_CRL)).n != 0)
        take_crl(c, args, true);
    else if ((args = arguments(calldata, SIG_ADD_COLLATERAL)).n != 0)
        take_collateral(c, args);
}

/* One more gave these bytes. True once enough did; then whoever gave others is named. */
static bool count_claim(struct chain *c, unsigned endpoint, struct bytes data)
{
    struct posted_poll *p = &c->posted_poll;
    uint8_t hash[32];
    unsigned at = 0;
    sha256(hash, data);
    while (at < p->n && memcmp(p->claim[at].hash, hash, sizeof hash) != 0)
        at++;
    if (at == PC_ARRAY_LEN(p->claim))
        return false;
    if (at == p->n) {
        p->n++;
        memcpy(p->claim[at].hash, hash, sizeof hash);
        p->claim[at].from = 0;
        p->claim[at].votes = 0;
    }
    p->claim[at].from |= (uint8_t)(1u << endpoint);
    if (++p->claim[at].votes < c->agree)
        return false;
    for (unsigned i = 0; i < p->n; i++)
        for (unsigned who = 0; i != at && who < IPC_RPC_MAX; who++)
            if (p->claim[i].from >> who & 1)
                ask_blame(c, who, PC_E_MISMATCH);
    return true;
}

static void on_calldata(void *ctx, enum err_code e, unsigned endpoint, struct bytes data);

static bool ask_calldata(struct chain *c)
{
    struct ipc_cr_ask ask = {.what = IPC_RPC_WHAT_CALLDATA, .avoid = c->posted_poll.avoid};
    memcpy(ask.hash, waiting(c, 0)->tx.b, sizeof ask.hash);
    return ask_send(c, &ask, on_calldata, c) == PC_OK;
}

static void on_calldata(void *ctx, enum err_code e, unsigned endpoint, struct bytes data)
{
    struct chain *c = ctx;
    if (c->posted_n == 0 || c->sync.step != SYNC_CALLDATA)
        return; /* reading was started over meanwhile */
    if (e == PC_OK && (endpoint >= IPC_RPC_MAX || (c->posted_poll.avoid >> endpoint & 1)))
        e = PC_E_RETRY; /* rpc asked the same one again: nobody else is there */
    if (e == PC_OK) {
        c->posted_poll.avoid |= (uint8_t)(1u << endpoint);
        if (!count_claim(c, endpoint, data)) {
            if (!ask_calldata(c))
                sync_drop(c);
            return;
        }
    }
    struct posted p = *waiting(c, 0);
    close_gap(c, 0);
    if (e == PC_OK) {
        take(c, &p, data);
    } else if (++p.tries < TRIES_MAX) {
        *waiting(c, c->posted_n++) = p; /* again in a later round, after the others */
        c->posted_left = 0;
    } else {
        log_warn("calldata_given_up", LOG_HEX("tx", PC_BYTES(p.tx.b)),
                 LOG_STR("error", pc_err_name(e)));
    }
    sync_step(c);
}

bool posted_step(struct chain *c)
{
    if (c->posted_n == 0 || c->posted_left == 0)
        return false;
    c->posted_left--;
    c->posted_poll = (struct posted_poll){.n = 0};
    return ask_calldata(c);
}

void posted_round(struct chain *c)
{
    c->posted_left = c->posted_n;
}

void posted_node_keys(struct chain *c, const struct node_entry *n)
{
    const struct record_entry *r = index_record(c->index, &n->record);
    if (r != NULL && r->evidence != NULL)
        tell_node_evidence(c, r);
}

void posted_repeat(struct chain *c)
{
    for (size_t i = 0; i < AUTHORITIES_MAX; i++) {
        const struct authority_entry *a = &c->index->authorities[i];
        uint8_t name[32];
        if (!a->used)
            continue;
        sha256(name, bytes_of(a->der, a->n));
        (void)tell(c, name, bytes_of(a->der, a->n));
    }
    for (size_t i = 0; i < RECORDS_MAX; i++)
        if (c->index->records[i].used && c->index->records[i].evidence != NULL)
            tell_node_evidence(c, &c->index->records[i]);
    accepted_repeat(c);
}
