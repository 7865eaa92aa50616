/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/app_policy.h"

#include "chain/abi.h"
#include "crypto/labels.h"

static void read_approvals(struct app_policy *out, struct abi_in *r)
{
    size_t n;
    struct bytes words = abi_in_array(r, 3, PC_APP_LIST_MAX, &n);
    for (size_t i = 0; i < n; i++) {
        struct abi_in item = abi_in_of(bytes_of(words.p + 96 * i, 96), 3);
        struct app_approval *a = &out->approval[i];
        a->measurement = abi_in_word(&item);
        a->active_from = abi_in_u64(&item, 40);
        a->sunset = abi_in_u64(&item, 40);
        enum err_code e = abi_in_end(&item);
        if (e == PC_OK && i != 0 &&
            memcmp(out->approval[i - 1].measurement.b, a->measurement.b, 32) >= 0)
            e = PC_E_MALFORMED;
        if (e != PC_OK)
            abi_in_fail(r, e);
    }
    out->n_approvals = (unsigned)n;
}

static bool tcb_ascends(const struct app_min_tcb *a, const struct app_min_tcb *b)
{
    if (a->vendor != b->vendor)
        return a->vendor < b->vendor;
    return memcmp(a->product.b, b->product.b, 32) < 0;
}

static void read_min_tcbs(struct app_policy *out, struct abi_in *r)
{
    size_t n;
    struct abi_in list = abi_in_tuples(r, PC_APP_LIST_MAX, &n);
    for (size_t i = 0; i < n; i++) {
        struct app_min_tcb *m = &out->min_tcb[i];
        struct abi_in item = abi_in_tuple(&list, 3);
        m->vendor = (uint8_t)abi_in_u64(&item, 8);
        m->product = abi_in_word(&item);
        struct bytes raw = abi_in_bytes(&item, PC_APP_TCB_MAX);
        if (raw.n != 0)
            memcpy(m->raw_tcb, raw.p, raw.n);
        m->len = (uint8_t)raw.n;
        abi_in_join(&list, &item);
        if (i != 0 && !tcb_ascends(&out->min_tcb[i - 1], m))
            abi_in_fail(&list, PC_E_MALFORMED);
    }
    abi_in_join(r, &list);
    out->n_min_tcbs = (unsigned)n;
}

static enum err_code read_policy(struct app_policy *out, struct bytes bytes)
{
    struct abi_in top = abi_in_of(bytes, 2);
    struct evm_word tag = abi_in_word(&top), want = evm_word_of(pc_tag_policy);
    if (!evm_word_equal(&tag, &want))
        abi_in_fail(&top, PC_E_MALFORMED);
    struct abi_in r = abi_in_tuple(&top, 10);
    out->vendor_mask = (uint16_t)abi_in_u64(&r, 16);
    out->accept_unplaced = abi_in_bool(&r);
    out->max_age = (uint32_t)abi_in_u64(&r, 32);
    out->version_lo = (uint32_t)abi_in_u64(&r, 32);
    out->version_hi = (uint32_t)abi_in_u64(&r, 32);
    out->subject_quota = (uint32_t)abi_in_u64(&r, 32);
    out->app_quota = (uint32_t)abi_in_u64(&r, 32);
    out->platform_root = abi_in_word(&r);
    read_approvals(out, &r);
    read_min_tcbs(out, &r);
    abi_in_join(&top, &r);
    return abi_in_end(&top);
}

enum err_code app_policy_decode(struct app_policy *out, struct bytes bytes,
                                const struct evm_word *hash)
{
    struct evm_word h;
    memset(out, 0, sizeof *out);
    evm_keccak(&h, bytes);
    if (!evm_word_equal(&h, hash))
        return PC_E_MISMATCH;
    enum err_code e = read_policy(out, bytes);
    if (e != PC_OK)
        memset(out, 0, sizeof *out);
    return e;
}

const struct app_approval *app_policy_approval(const struct app_policy *p,
                                               const struct evm_word *measurement)
{
    for (unsigned i = 0; i < p->n_approvals; i++)
        if (evm_word_equal(&p->approval[i].measurement, measurement))
            return &p->approval[i];
    return NULL;
}

const struct app_min_tcb *app_policy_min_tcb(const struct app_policy *p, uint8_t vendor,
                                             const struct evm_word *product)
{
    for (unsigned i = 0; i < p->n_min_tcbs; i++)
        if (p->min_tcb[i].vendor == vendor && evm_word_equal(&p->min_tcb[i].product, product))
            return &p->min_tcb[i];
    return NULL;
}
