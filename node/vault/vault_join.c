/* SPDX-License-Identifier: Apache-2.0 */
#include "node/vault/vault_join.h"

#include "crypto/ids.h"
#include "crypto/keccak.h"
#include "crypto/raw_tcb.h"

#define DEVELOPMENT_CHAIN 31337u

/* The vendor's verifier contract; NULL if policy.bin pins no root of that vendor. */
static const uint8_t *verifier_of(const struct vault *v, enum wire_vendor vendor)
{
    const struct policy_policy *p = &v->env.policy;
    switch (vendor) {
    case WIRE_VENDOR_TDX:
        return vault_zero32(p->tdx.root) ? NULL : p->tdx.verifier;
    case WIRE_VENDOR_SNP:
        return bytes_all_zero_var(bytes_of(p->snp.root, sizeof p->snp.root)) ? NULL
                                                                             : p->snp.verifier;
    case WIRE_VENDOR_NITRO:
        return vault_zero32(p->nitro.root) ? NULL : p->nitro.verifier;
    }
    return NULL;
}

static bool same20(const uint8_t a[static 20], const uint8_t b[static 20])
{
    return bytes_equal_var(bytes_of(a, 20), bytes_of(b, 20));
}

/* ---- release ---- */

static bool same_request(const struct vault *v, const struct ipc_release_fields *r,
                         const struct ipc_vc_record *rec)
{
    uint8_t scope_hash[32];
    keccak256(scope_hash, bytes_of(r->scope, r->scope_n));
    return rec->epoch == r->epoch && vault_same32(rec->key_id, r->key_id) &&
           vault_same32(rec->app_id, r->app_id) && vault_same32(rec->scope_hash, scope_hash) &&
           vault_same32(rec->measurement, r->measurement) && rec->vendor == r->vendor &&
           same20(rec->verifier, r->verifier) && rec->own_state == IPC_NODE_STATE_LIVE &&
           rec->head.number <= v->head.head.number &&
           rec->head.number + VAULT_RECORD_BLOCKS >= v->head.head.number;
}

static enum wire_release_code app_open(const struct ipc_vc_record *rec, uint64_t now)
{
    if (rec->tombstone)
        return WIRE_RELEASE_CODE_APP_GONE;
    if (rec->frozen_until > now)
        return WIRE_RELEASE_CODE_APP_FROZEN;
    if (rec->revoked || rec->measurement_active_from == 0 || rec->measurement_active_from > now ||
        (rec->measurement_sunset != 0 && rec->measurement_sunset <= now))
        return WIRE_RELEASE_CODE_MEASUREMENT_NOT_ACTIVE;
    return WIRE_RELEASE_CODE_OK;
}

static enum wire_release_code vendor_accepted(const struct ipc_vc_record *rec, uint64_t now)
{
    if (rec->vendor_mask >> (unsigned)rec->vendor == 0 ||
        (rec->vendor_mask >> (unsigned)rec->vendor & 1u) == 0)
        return WIRE_RELEASE_CODE_VENDOR_NOT_ACCEPTED;
    if (!rec->vendor_ok || !rec->product_ok || !rec->platform_ok || !rec->serial_ok)
        return WIRE_RELEASE_CODE_PLATFORM_REVOKED;
    /* A verifier younger than the app's notice could have been made for this app (SPEC 9). */
    if (rec->verifier_active_from == 0 || rec->verifier_active_from > now ||
        now - rec->verifier_active_from < rec->notice)
        return WIRE_RELEASE_CODE_VENDOR_NOT_ACCEPTED;
    return WIRE_RELEASE_CODE_OK;
}

static enum wire_release_code platform_accepted(const struct ipc_release_fields *r,
                                                const struct ipc_vc_record *rec)
{
    if (vault_zero32(r->platform))
        return rec->accept_unplaced ? WIRE_RELEASE_CODE_OK
                                    : WIRE_RELEASE_CODE_PLATFORM_NOT_ACCEPTED;
    if (vault_zero32(rec->platform_root) ||
        id_platform_proof_ok_var(rec->platform_root, r->platform,
                                 (const uint8_t(*)[32])r->platform_proof, r->platform_proof_n))
        return WIRE_RELEASE_CODE_OK;
    return WIRE_RELEASE_CODE_PLATFORM_NOT_ACCEPTED;
}

enum wire_release_code join_record(const struct vault *v, const struct ipc_release_fields *r,
                                   const struct ipc_vc_record *rec)
{
    uint64_t now = rec->head.time;
    enum wire_release_code code;
    if (!same_request(v, r, rec))
        return WIRE_RELEASE_CODE_RETRY;
    if ((code = app_open(rec, now)) != WIRE_RELEASE_CODE_OK)
        return code;
    if ((code = vendor_accepted(rec, now)) != WIRE_RELEASE_CODE_OK)
        return code;
    if (rec->attested_at > now || rec->valid_until <= now ||
        (rec->max_age != 0 && now - rec->attested_at > rec->max_age))
        return WIRE_RELEASE_CODE_ATTESTATION_EXPIRED;
    if (r->key_version < rec->version_lo || r->key_version > rec->version_hi)
        return WIRE_RELEASE_CODE_VERSION_NOT_ACCEPTED;
    if (!rec->min_tcb_set)
        return WIRE_RELEASE_CODE_TCB_NOT_ACCEPTED;
    return platform_accepted(r, rec);
}

/* Does the verdict accept, and are its claims those of its own fields? */
static bool claims_hold(const struct ipc_va_verdict *w)
{
    struct claims_fields c = {.vendor = (enum vendor)w->vendor,
                              .report_data = bytes_of(w->report_data, w->report_data_n),
                              .raw_tcb = bytes_of(w->raw_tcb, w->raw_tcb_n)};
    uint8_t claims[32];
    /* Amazon's CRLs are not to be checked, AWS says: instance and zonal certificates live for days.
     */
    bool crl = w->crl_checked || w->vendor == WIRE_VENDOR_NITRO;
    if (!w->has_claims || w->reasons[0] != 0 || w->reasons[1] != 0 || !crl)
        return false;
    memcpy(c.product, w->product, sizeof c.product);
    memcpy(c.measurement, w->measurement, sizeof c.measurement);
    memcpy(c.platform, w->platform, sizeof c.platform);
    id_claims(claims, &c);
    return vault_same32(claims, w->claims);
}

static bool binds(const struct ipc_va_verdict *w, const struct report_binding *b)
{
    uint8_t report_data[64];
    id_report_data(report_data, b);
    return w->report_data_n == sizeof report_data &&
           bytes_equal_var(PC_BYTES(report_data), bytes_of(w->report_data, w->report_data_n));
}

enum wire_release_code join_verdict(const struct vault *v, const struct ipc_release_fields *r,
                                    const struct ipc_vc_record *rec,
                                    const struct ipc_va_verdict *verdict)
{
    struct report_binding b = {
        .kind = PC_SUBJECT_APP, .chain_id = v->env.policy.chain_id, .bound_block = r->bound.number};
    memcpy(b.attestations, v->env.policy.attestations, sizeof b.attestations);
    id_keys_app(b.keys_hash, r->boot.sign, r->boot.hpke);
    memcpy(b.context, r->app_id, sizeof b.context);
    memcpy(b.bound_hash, r->bound.hash, sizeof b.bound_hash);
    if (verdict->collateral_epoch != rec->collateral_epoch)
        return WIRE_RELEASE_CODE_RETRY;
    if (verifier_of(v, verdict->vendor) == NULL || verdict->vendor != rec->vendor ||
        verdict->vendor != r->vendor)
        return WIRE_RELEASE_CODE_EVIDENCE_REJECTED;
    if (!claims_hold(verdict) || !binds(verdict, &b) ||
        !vault_same32(verdict->claims, rec->claims) ||
        !vault_same32(verdict->measurement, r->measurement) ||
        !vault_same32(verdict->platform, r->platform) ||
        !vault_same32(verdict->evidence_hash, r->evidence_hash))
        return WIRE_RELEASE_CODE_EVIDENCE_REJECTED;
    /* Chain has the product from calldata, which no proof covers: what it states of another one
     * (its standing, its least security versions) says nothing about this evidence. */
    if (!vault_same32(verdict->product, rec->product))
        return WIRE_RELEASE_CODE_RETRY;
    if (!raw_tcb_at_least_var((enum vendor)verdict->vendor,
                              bytes_of(verdict->raw_tcb, verdict->raw_tcb_n),
                              bytes_of(rec->min_tcb, rec->min_tcb_n)))
        return WIRE_RELEASE_CODE_TCB_NOT_ACCEPTED;
    return WIRE_RELEASE_CODE_OK;
}

/* ---- dealing ---- */

enum err_code join_member(const struct vault *v, const struct vault_member *member, uint64_t epoch,
                          uint32_t attempt)
{
    const struct ipc_vc_member *m = &member->m;
    const struct ipc_va_verdict *w = &member->verdict;
    const uint8_t *verifier = verifier_of(v, w->vendor);
    struct report_binding b = {.kind = PC_SUBJECT_NODE,
                               .chain_id = v->env.policy.chain_id,
                               .bound_block = m->bound.number};
    if (m->state != IPC_NODE_STATE_LIVE || verifier == NULL ||
        bytes_all_zero_var(bytes_of(verifier, 20)) || !same20(verifier, m->verifier))
        return PC_E_REFUSED;
    if (!claims_hold(w) || vault_zero32(w->platform))
        return PC_E_REFUSED;
    if (w->collateral_epoch != m->collateral_epoch)
        return PC_E_STALE;
    memcpy(b.attestations, v->env.policy.attestations, sizeof b.attestations);
    id_keys_node(b.keys_hash, m->keys.ed25519, m->keys.x25519, m->keys.account);
    context_of_owner(b.context, m->owner);
    memcpy(b.bound_hash, m->bound.hash, sizeof b.bound_hash);
    if (!binds(w, &b) || !vault_same32(w->claims, m->claims))
        return PC_E_MISMATCH;
    return vault_enrol_signed(v, m, epoch, attempt) ? PC_OK : PC_E_SIGNATURE;
}

/* Seats that one failure domain may have (SPEC 6). A development network of three has margin 0. */
static uint16_t domain_cap(const struct vault *v, uint16_t n, uint16_t t)
{
    uint16_t cap = t - 1 < n - t ? (uint16_t)(t - 1) : (uint16_t)(n - t);
    uint16_t margin = v->env.policy.margin;
    return cap > margin ? (uint16_t)(cap - margin) : 0;
}

static uint16_t count_domain(const struct vault_attempt *a, uint16_t kind,
                             const uint8_t value[static 32])
{
    uint16_t count = 0;
    for (uint16_t i = 1; i <= a->open.n; i++) {
        const struct ipc_vc_member *m = &a->member[i].m;
        count += m->node_id != 0 && kind < m->domains_n && vault_same32(m->domains[kind], value);
    }
    return count;
}

enum err_code join_committee(const struct vault *v, const struct vault_attempt *a)
{
    uint16_t n = a->open.n, t = a->open.t;
    if (n < v->env.policy.smallest_n || n < 3 || t != n / 2 + 1)
        return PC_E_REFUSED;
    uint16_t cap = domain_cap(v, n, t);
    for (uint16_t i = 1; i <= n; i++) {
        const struct ipc_vc_member *m = &a->member[i].m;
        for (uint16_t kind = 0; m->node_id != 0 && kind < m->domains_n; kind++)
            if (count_domain(a, kind, m->domains[kind]) > cap)
                return PC_E_REFUSED;
    }
    return PC_OK;
}

enum err_code join_vendors(const struct vault *v, const struct vault_attempt *a)
{
    uint16_t n = a->open.n, cap = domain_cap(v, n, a->open.t);
    uint16_t per_vendor[4] = {0};
    for (uint16_t i = 1; i <= n; i++) {
        const struct vault_member *mi = &a->member[i];
        if (!mi->admitted)
            continue;
        per_vendor[mi->verdict.vendor]++;
        for (uint16_t j = 1; j < i; j++)
            if (a->member[j].admitted &&
                vault_same32(a->member[j].verdict.platform, mi->verdict.platform))
                return PC_E_REFUSED; /* one platform, two seats */
    }
    /* A network whose quota list lacks the vendors has no cap here: on chain 31337 alone (SPEC 6).
     */
    if (v->env.policy.chain_id == DEVELOPMENT_CHAIN && !v->env.policy.vendor_quota)
        return PC_OK;
    for (size_t i = 0; i < PC_ARRAY_LEN(per_vendor); i++)
        if (per_vendor[i] > cap)
            return PC_E_REFUSED;
    return PC_OK;
}
