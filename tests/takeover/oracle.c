/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges whatever the vault sends. It believes what truth.c holds and nothing that an adversary
 * said: a partial must go to an enclave that every genuine process would accept, sealed to its key,
 * of the right share and input; and the share itself, and the partials, stand in no frame.
 */
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/labels.h"
#include "crypto/shamir.h"
#include "dkg/threshold.h"
#include "protocol/client_wire.h"
#include "tests/takeover/takeover.h"

#define ASKED 16384u /* requests of one vault's life; a power of two */
#define NEEDS 256u
#define SIGS  16u

static struct {
    bool used, answered;
    uint8_t digest[32], sealed[32]; /* SHA-256 of what was answered */
    struct ipc_release_fields r;
} asked[ASKED];
static size_t asked_slot[ASKED]; /* in order */
static size_t n_asked;

static struct ipc_vp_need needs[NEEDS];
static size_t need_first, need_n;

/* Genuine signatures over a nonce of the vault that were brought to it. */
static struct dkg_bitmap signed_by;
static uint8_t signed_nonce[32];
static bool lease;
static size_t lease_answers;
static uint64_t head_told;

static bool share_known;
static struct scalar share;
static uint8_t secret[32][32]; /* the share, then partials that were sealed */
static size_t n_secret;
static bool chain_lies;

void oracle_begin(void)
{
    memset(asked, 0, sizeof asked);
    n_asked = need_first = need_n = n_secret = 0;
    lease = share_known = false;
    memset(&signed_by, 0, sizeof signed_by);
    memset(signed_nonce, 0, sizeof signed_nonce);
    head_told = 0;
    chain_lies = stage.role == ROLE_CHAIN;
}

void oracle_chain_lies(bool lies)
{
    chain_lies = lies;
}

/* Three of four shares give the fourth: member 1's. */
void oracle_share(void)
{
    static const uint16_t from[3] = {2, 3, 4};
    const struct group *g = &group_ristretto255;
    struct scalar others[3];
    for (size_t i = 0; i < 3; i++)
        others[i] = vault_key_of(stage.w->cell[from[i]]->v, 1)->key->share;
    if (shamir_combine(g, &share, from, others, 3, 1) != PC_OK)
        broken("shares that do not combine");
    struct dkg_key own = {.index = 1, .share = share, .pub = stage.w->pub};
    if (threshold_key_check(g, &own) != PC_OK)
        broken("the committee's shares do not give the vault's");
    share_known = true;
    memcpy(secret[n_secret++], share.b, 32);
    lease = false;
}

/* ---- requests ---- */

static size_t slot_of(const uint8_t digest[static 32])
{
    size_t i = load_be32(digest) & (ASKED - 1);
    while (asked[i].used && !vault_same32(asked[i].digest, digest))
        i = (i + 1) & (ASKED - 1);
    return i;
}

void oracle_asked(const uint8_t digest[static 32], const struct ipc_release_fields *r)
{
    size_t i = slot_of(digest);
    if (asked[i].used)
        return;
    if (n_asked >= ASKED / 2)
        broken("more requests in one life than the oracle has room for");
    asked[i].used = true;
    memcpy(asked[i].digest, digest, 32);
    asked[i].r = *r;
    asked_slot[n_asked++] = i;
}

const struct ipc_release_fields *oracle_request(const uint8_t digest[static 32])
{
    size_t i = slot_of(digest);
    return asked[i].used ? &asked[i].r : NULL;
}

/* Mostly a late one: those are the ones that may wait for something. */
const uint8_t *oracle_any(const struct ipc_release_fields **r)
{
    if (n_asked == 0)
        return NULL;
    size_t among = n_asked > 12 && !one_in(4) ? 12 : n_asked;
    size_t i = asked_slot[n_asked - 1 - below(among)];
    *r = &asked[i].r;
    return asked[i].digest;
}

bool oracle_need(struct ipc_vp_need *out)
{
    if (need_n == 0)
        return false;
    *out = needs[need_first];
    need_first = (need_first + 1) % NEEDS;
    need_n--;
    return true;
}

static void keep_need(struct bytes frame)
{
    struct ipc_vp_need m;
    if (ipc_decode_vp_need(&m, frame) != PC_OK)
        broken("a need that does not decode");
    stage.f.needs++;
    if (need_n == NEEDS)
        (void)oracle_need(&(struct ipc_vp_need){0});
    needs[(need_first + need_n++) % NEEDS] = m;
}

/* ---- lease ---- */

void oracle_head_told(uint64_t number)
{
    if (number > head_told)
        head_told = number;
}

/* Made by a member's vault: these bytes verify under its key, over the nonce that the vault gave
 * last and a head that is not too far above what it was told. */
void oracle_lease_sig(const struct ipc_vp_lease_sig *m)
{
    uint8_t buf[256];
    struct writer w = writer_of(buf, sizeof buf);
    struct bytes message;
    struct ed25519_pk pk;
    struct ed25519_sig sig;
    if (!stage.have_nonce || m->index < 2 || m->index > 4 ||
        m->head.number > head_told + VAULT_WINDOW)
        return;
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_LEASE));
    write_bytes(&w, stage.w->policy.network_id, 32);
    write_bytes(&w, stage.nonce, 32);
    write_u64(&w, m->head.number);
    write_bytes(&w, m->head.hash, 32);
    if (writer_end(&w, &message) != PC_OK)
        broken("a lease message does not fit");
    memcpy(pk.b, cell_keys(stage.w->cell[m->index])->ed25519, 32);
    memcpy(sig.b, m->signature, 64);
    if (ed25519_verify_var(&pk, message, &sig) != PC_OK)
        return;
    if (!vault_same32(signed_nonce, stage.nonce))
        memset(&signed_by, 0, sizeof signed_by);
    memcpy(signed_nonce, stage.nonce, 32);
    dkg_bitmap_set(&signed_by, m->index);
    if (dkg_bitmap_count(&signed_by) >= 2) { /* q = 3, itself counted */
        lease = true;
        lease_answers = VAULT_LEASE_ANSWERS;
    }
}

/* ---- answers ---- */

static const char *unjustified(const struct ipc_release_fields *r)
{
    if (!share_known)
        return "before the key was there";
    if (!lease || lease_answers == 0)
        return "without a lease that members signed";
    if (truth_holder(&r->boot) == FORGER)
        return "to keys that no evidence binds";
    if (r->epoch != 1 || r->node_index != 1 || r->class != WIRE_KEY_CLASS_APPLICATION ||
        !vault_same32(r->network_id, stage.w->policy.network_id) ||
        !vault_same32(r->key_id, people[GENUINE].request.request.key_id))
        return "for another key";
    enum evidence which = stage.role == ROLE_ATTEST ? EVIDENCE_ANY
                          : chain_lies              ? EVIDENCE_GENUINE
                                                    : EVIDENCE_RECORDED;
    if (!truth_attest_accepts(r, which))
        return "that the evidence does not bear out";
    if (!chain_lies && !truth_node_live())
        return "while this node is not live";
    if (!chain_lies && !truth_chain_accepts(r))
        return "that record and policy do not bear out";
    return NULL;
}

static enum err_code open_partial(struct threshold_partial *out, const struct ipc_release_fields *r,
                                  const struct ipc_vp_answer *a)
{
    uint8_t info[160], plain[CLIENT_PARTIAL_BYTES];
    struct writer w = writer_of(info, sizeof info);
    struct client_partial p;
    struct bytes b;
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_RESP_SEAL));
    write_bytes(&w, stage.w->policy.network_id, 32);
    write_u64(&w, 1);
    write_bytes(&w, a->digest, 32);
    write_u16(&w, 1);
    PC_TRY(writer_end(&w, &b));
    if (a->sealed_n != sizeof plain + PC_HPKE_OVERHEAD)
        return PC_E_MALFORMED;
    PC_TRY(hpke_open(plain, &people[truth_holder(&r->boot)].hpke_sk, b, bytes_of(NULL, 0),
                     bytes_of(a->sealed, a->sealed_n)));
    PC_TRY(client_decode_partial(&p, PC_BYTES(plain)));
    memcpy(out->d, p.element, 32);
    memcpy(out->proof.b, p.proof, 64);
    return p.epoch == 1 ? PC_OK : PC_E_MISMATCH;
}

/* Is it this node's partial of just that app's, scope's and version's input? */
static enum err_code check_partial(const struct threshold_partial *p,
                                   const struct ipc_release_fields *r)
{
    struct threshold_combiner c;
    uint8_t buf[PC_VOPRF_INPUT_MAX];
    struct bytes input;
    struct voprf_subject s = {.key_class = PC_CLASS_APPLICATION,
                              .version = r->key_version,
                              .scope = bytes_of(r->scope, r->scope_n)};
    memcpy(s.network_id, r->network_id, 32);
    memcpy(s.key_id, r->key_id, 32);
    memcpy(s.app_id, people[truth_holder(&r->boot)].request.request.app_id, 32);
    PC_TRY(voprf_input(&input, buf, &s));
    PC_TRY(threshold_combine_init(&c, &group_ristretto255, &stage.w->pub, input));
    return threshold_combine_add(&c, 1, p);
}

static void judge_answer(struct bytes frame)
{
    struct ipc_vp_answer a;
    struct threshold_partial p;
    uint8_t hash[32];
    if (ipc_decode_vp_answer(&a, frame) != PC_OK)
        broken("an answer that does not decode");
    size_t i = slot_of(a.digest);
    if (!asked[i].used)
        broken("an answer to what nobody asked");
    sha256(hash, bytes_of(a.sealed, a.sealed_n));
    if (asked[i].answered) {
        if (!vault_same32(hash, asked[i].sealed))
            broken("a replay was answered with other bytes");
        if (!lease || (!chain_lies && !truth_node_live()))
            broken("a replay from a node that may not answer");
        stage.f.replays++;
        return;
    }
    const struct ipc_release_fields *r = &asked[i].r;
    const char *why = unjustified(r);
    if (why != NULL)
        broken("a partial %s", why);
    enum err_code e = open_partial(&p, r, &a);
    if (e == PC_OK)
        e = check_partial(&p, r);
    if (e != PC_OK)
        broken("an answer that its recipient cannot use: %s", pc_err_name(e));
    asked[i].answered = true;
    memcpy(asked[i].sealed, hash, 32);
    if (n_secret < PC_ARRAY_LEN(secret))
        memcpy(secret[n_secret++], p.d, 32);
    lease_answers--;
    stage.f.answers++;
}

static void count_refusal(struct bytes frame)
{
    struct ipc_vp_refuse m;
    if (ipc_decode_vp_refuse(&m, frame) != PC_OK || m.code >= PC_ARRAY_LEN(stage.f.refused))
        broken("a refusal that does not decode");
    stage.f.refused[m.code]++;
}

void oracle_heard(enum ipc_link link, struct bytes frame)
{
    for (size_t i = 0; i < n_secret; i++)
        if (memmem(frame.p, frame.n, secret[i], 32) != NULL)
            broken("%s stands in clear in a frame on %s", i == 0 ? "the share" : "a partial",
                   ipc_link_name(link));
    switch (ipc_type_of(frame)) {
    case IPC_MSG_VP_ANSWER:
        judge_answer(frame);
        break;
    case IPC_MSG_VP_REFUSE:
        count_refusal(frame);
        break;
    case IPC_MSG_VP_NEED:
        keep_need(frame);
        break;
    default:
        break;
    }
}
