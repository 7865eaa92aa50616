/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/vendor.h"

#define DAY  UINT64_C(86400)
#define YEAR (365 * DAY)

static void new_serial(uint8_t out[static 20], struct rng *rng)
{
    rng_fill(rng, out, 20);
    out[0] |= 0x01; /* 20 bytes in any case; half of them with the sign bit, as Intel's */
}

static void certify(struct sim_ca *out, const struct sim_cert *c)
{
    struct derw w = {0};
    struct bytes der = sim_cert_build(&w, c);
    if (der.n > sizeof(out->der))
        pc_bug("a simulated certificate is too large");
    memcpy(out->der, der.p, der.n);
    out->der_n = der.n;
}

void sim_vendor_params(struct sim_vendor_params *out, const struct sim_vendor *v, uint64_t now)
{
    out->root = (struct sim_cert){
        .issuer_cn = PC_SIM_CN_ROOT,
        .subject_cn = PC_SIM_CN_ROOT,
        .not_before = now,
        .not_after = now + 30 * YEAR,
        .key = v->root.key.xy,
        .signer = &v->root.key,
        .is_ca = true,
        .path_len = 1,
        .usage = PC_USAGE_CERT_SIGN | PC_USAGE_CRL_SIGN,
    };
    out->ca = out->signer = out->root;
    out->ca.subject_cn = PC_SIM_CN_PLATFORM;
    out->ca.key = v->ca.key.xy;
    out->ca.path_len = 0;
    out->signer.subject_cn = PC_SIM_CN_SIGNER;
    out->signer.key = v->signer.key.xy;
    out->signer.is_ca = false;
    out->signer.usage = PC_USAGE_DIGITAL_SIGNATURE | 0x40; /* and nonRepudiation */
    out->signer.not_after = now + 7 * YEAR;
    memcpy(out->root.serial, v->root.serial, 20);
    memcpy(out->ca.serial, v->ca.serial, 20);
    memcpy(out->signer.serial, v->signer.serial, 20);
}

void sim_vendor_certify(struct sim_vendor *v, uint64_t now)
{
    struct sim_vendor_params p;
    sim_vendor_params(&p, v, now);
    certify(&v->root, &p.root);
    certify(&v->ca, &p.ca);
    certify(&v->signer, &p.signer);
}

void sim_vendor_new(struct sim_vendor *out, struct rng *rng, const uint8_t fmspc[static 6],
                    uint64_t now)
{
    struct sim_ca *const all[] = {&out->root, &out->ca, &out->signer};
    memset(out, 0, sizeof(*out));
    memcpy(out->fmspc, fmspc, 6);
    for (size_t i = 0; i < PC_ARRAY_LEN(all); i++) {
        sim_key_new(&all[i]->key, rng);
        new_serial(all[i]->serial, rng);
    }
    sim_vendor_certify(out, now);
}

void sim_leaf_params(struct sim_cert *out, const struct sim_vendor *v, const struct sim_key *key,
                     const uint8_t serial[static 20], const struct tdx_pck *pck, uint64_t now)
{
    *out = (struct sim_cert){
        .issuer_cn = PC_SIM_CN_PLATFORM,
        .subject_cn = PC_SIM_CN_PCK,
        .not_before = now,
        .not_after = now + 7 * YEAR,
        .key = key->xy,
        .signer = &v->ca.key,
        .path_len = -1,
        .usage = PC_USAGE_DIGITAL_SIGNATURE | 0x40,
        .pck = pck,
    };
    memcpy(out->serial, serial, 20);
}

void sim_platform_new(struct sim_platform_cert *out, const struct sim_vendor *v, struct rng *rng,
                      const struct tdx_pck *pck, uint64_t now)
{
    struct derw w = {0};
    struct sim_cert leaf;
    memset(out, 0, sizeof(*out));
    sim_key_new(&out->key, rng);
    new_serial(out->serial, rng);
    out->pck = *pck;
    sim_leaf_params(&leaf, v, &out->key, out->serial, pck, now);
    struct bytes der = sim_cert_build(&w, &leaf);
    if (der.n > sizeof(out->der))
        pc_bug("a simulated certificate is too large");
    memcpy(out->der, der.p, der.n);
    out->der_n = der.n;
}

static const uint8_t top_sgx[16] = {4, 4, 2, 2, 4, 1, 0, 5};
static const uint8_t old_sgx[16] = {3, 3, 2, 2, 4, 1, 0, 5};
static const uint8_t bad_sgx[16] = {2, 2, 2, 2, 3, 1, 0, 3};
static const uint8_t top_tdx[16] = {5, 0, 4};
static const uint8_t old_tdx[16] = {3, 0, 3};
static const uint8_t bad_tdx[16] = {1, 0, 2};

void sim_pck_default(struct tdx_pck *out, const struct sim_vendor *v, struct rng *rng)
{
    memset(out, 0, sizeof(*out));
    rng_fill(rng, out->ppid, sizeof(out->ppid));
    out->ppid[0] |= 1; /* never the zero that means "none" */
    memcpy(out->comps, top_sgx, 16);
    memcpy(out->cpusvn, top_sgx, 16);
    out->pcesvn = 13;
    memcpy(out->pceid, v->pceid, 2);
    memcpy(out->fmspc, v->fmspc, 6);
    out->sgx_type = 1;
}

void sim_platform_pem(char *out, size_t cap, size_t *n, const struct sim_vendor *v,
                      const struct sim_platform_cert *p)
{
    const struct bytes chain[] = {bytes_of(p->der, p->der_n), bytes_of(v->ca.der, v->ca.der_n),
                                  bytes_of(v->root.der, v->root.der_n)};
    sim_pem(out, cap, n, chain, PC_ARRAY_LEN(chain));
}

/* Unix seconds of the first of a month. */
#define DATE_2025_08_13 UINT64_C(1755043200)
#define DATE_2025_05_14 UINT64_C(1747180800)
#define DATE_2023_08_09 UINT64_C(1691539200)

static void result(struct tdx_level_result *r, enum tcb_status status, uint64_t date,
                   const char *advisory)
{
    r->status = status;
    r->date = date;
    if (advisory != NULL)
        memcpy(r->advisories[r->advisory_count++], advisory, strlen(advisory));
}

static void level(struct tdx_tcb_info *t, const uint8_t *sgx, const uint8_t *tdx, uint16_t pcesvn)
{
    struct tdx_level *l = &t->levels[t->level_count++];
    memcpy(l->sgx, sgx, 16);
    memcpy(l->tdx, tdx, 16);
    l->pcesvn = pcesvn;
}

static void module(struct tdx_tcb_info *t, uint8_t major, uint16_t good, uint16_t old)
{
    struct tdx_module *m = &t->identities[t->identity_count++];
    m->major = major;
    memset(m->attributes_mask, 0xff, sizeof(m->attributes_mask));
    m->level_count = 2;
    m->levels[0].isvsvn = good;
    result(&m->levels[0].result, PC_TCB_UP_TO_DATE, DATE_2025_08_13, NULL);
    m->levels[1].isvsvn = old;
    result(&m->levels[1].result, PC_TCB_OUT_OF_DATE, DATE_2025_05_14, "INTEL-SA-91036");
}

void sim_levels(struct tdx_tcb_info *out, const struct sim_vendor *v, uint32_t number, uint64_t now)
{
    memset(out, 0, sizeof(*out));
    out->id_ok = out->version_ok = true;
    out->issue_date = now;
    out->next_update = now + 30 * DAY;
    out->number = number;
    memcpy(out->fmspc, v->fmspc, 6);
    memcpy(out->pceid, v->pceid, 2);
    memset(out->module.attributes_mask, 0xff, 8);
    module(out, 3, 5, 3);
    module(out, 1, 7, 4);
    level(out, top_sgx, top_tdx, 13);
    result(&out->levels[0].result, PC_TCB_UP_TO_DATE, DATE_2025_08_13, NULL);
    level(out, old_sgx, old_tdx, 11);
    result(&out->levels[1].result, PC_TCB_OUT_OF_DATE, DATE_2025_05_14, "INTEL-SA-91079");
    level(out, bad_sgx, bad_tdx, 5);
    result(&out->levels[2].result, PC_TCB_REVOKED, DATE_2023_08_09, "INTEL-SA-90837");
}

void sim_recovery(struct tdx_tcb_info *t)
{
    struct tdx_level *top = &t->levels[0];
    memmove(&t->levels[1], top, t->level_count * sizeof *top);
    t->level_count++;
    top->sgx[0]++;
    memset(&t->levels[1].result, 0, sizeof t->levels[1].result);
    result(&t->levels[1].result, PC_TCB_OUT_OF_DATE, DATE_2025_05_14, "INTEL-SA-91190");
}

void sim_identity(struct tdx_qe_identity *out, uint32_t number, uint64_t now)
{
    memset(out, 0, sizeof(*out));
    out->id_ok = out->version_ok = true;
    out->issue_date = now;
    out->next_update = now + 30 * DAY;
    out->number = number;
    memset(out->miscselect_mask, 0xff, 4);
    out->attributes[0] = 0x11;
    memset(out->attributes_mask, 0xff, 8);
    out->attributes_mask[0] = 0xfb;
    ec_sha256(out->mrsigner, PC_BYTES_STR("simulated TD quoting enclave"));
    out->isvprodid = 2;
    out->level_count = 2;
    out->levels[0].isvsvn = 4;
    result(&out->levels[0].result, PC_TCB_UP_TO_DATE, DATE_2025_05_14, NULL);
    out->levels[1].isvsvn = 2;
    result(&out->levels[1].result, PC_TCB_OUT_OF_DATE, DATE_2023_08_09, "INTEL-SA-90477");
}

void sim_root_pin(uint8_t out[static 32], const struct sim_vendor *v)
{
    ec_sha256(out, bytes_of(v->root.der, v->root.der_n));
}
