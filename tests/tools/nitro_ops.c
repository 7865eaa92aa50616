/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/nitro_ops.h"

#include <stdio.h>

#include "attest/der.h"
#include "attest/ec.h"
#include "tests/tools/cbor_edit.h"

static uint64_t below(struct rng_seeded *r, uint64_t n)
{
    return mutate_below(r, n);
}

static bool half(struct rng_seeded *r)
{
    return below(r, 2) == 0;
}

/* --- the document --- */

static void doc_module(struct nitro_mutant *m, struct rng_seeded *r)
{
    static const char *const ids[] = {"",
                                      "-enc01",
                                      "i-01",
                                      "i-01-enc",
                                      "i-01-enc02-enc03",
                                      "i-01-enc-enc",
                                      "i-01-en",
                                      "i-\xc3\x28-enc01",
                                      "x",
                                      "i-0123456789abcdef0-enc0123456789abcdef"};
    (void)snprintf(m->plan.doc.module_id, sizeof(m->plan.doc.module_id), "%s",
                   ids[below(r, PC_ARRAY_LEN(ids))]);
}
static void doc_digest(struct nitro_mutant *m, struct rng_seeded *r)
{
    static const char *const names[] = {"SHA384",  "SHA256", "sha384",
                                        "SHA3840", "",       "SHA384 and something that is longer"};
    m->plan.doc.digest = names[below(r, PC_ARRAY_LEN(names))];
}
static void doc_timestamp(struct nitro_mutant *m, struct rng_seeded *r)
{
    const uint64_t now = m->now * 1000, slack = 600000;
    const uint64_t stamps[] = {now - slack,
                               now - slack - 1,
                               now + slack,
                               now + slack + 1,
                               now - below(r, 2 * slack),
                               now + below(r, 2 * slack),
                               0,
                               1,
                               m->now,
                               UINT64_MAX};
    m->plan.doc.timestamp_ms = stamps[below(r, PC_ARRAY_LEN(stamps))];
}
static void doc_pcr_random(struct nitro_mutant *m, struct rng_seeded *r)
{
    mutate_fill(r, m->plan.doc.pcr[below(r, PC_NITRO_PCRS)], 48);
}
static void doc_pcr_zero(struct nitro_mutant *m, struct rng_seeded *r)
{
    memset(m->plan.doc.pcr[below(r, 9)], 0, 48);
}
static void doc_pcr_almost_zero(struct nitro_mutant *m, struct rng_seeded *r)
{
    uint8_t *pcr = m->plan.doc.pcr[below(r, 3)];
    memset(pcr, 0, 48);
    pcr[below(r, 48)] = 1;
}
static void doc_pcr_debug(struct nitro_mutant *m, struct rng_seeded *r)
{
    memset(m->plan.doc.pcr[0], 0, 3 * 48);
    if (half(r))
        mutate_flip(r, m->plan.doc.pcr[below(r, 3)], 48);
}
static void doc_pcr_presence(struct nitro_mutant *m, struct rng_seeded *r)
{
    static const uint8_t measured[] = {0, 1, 2, 8};
    size_t i = half(r) ? measured[below(r, sizeof(measured))] : below(r, PC_NITRO_PCRS);
    m->plan.doc.pcr_set ^= UINT32_C(1) << i;
}
static void doc_pcr_sets(struct nitro_mutant *m, struct rng_seeded *r)
{
    const uint32_t sets[] = {0, 0x107, UINT32_MAX, 0x1ffff, (uint32_t)below(r, UINT32_MAX) | 0x107};
    m->plan.doc.pcr_set = sets[below(r, PC_ARRAY_LEN(sets))];
}
static struct nitro_optional some_optional(struct rng_seeded *r)
{
    static uint8_t data[2048];
    static const size_t sizes[] = {0, 1, 32, 63, 64, 64, 65, 511, 512, 513, 1024, 1025};
    mutate_fill(r, data, sizeof(data));
    return (struct nitro_optional){below(r, 5) != 0,
                                   bytes_of(data, sizes[below(r, PC_ARRAY_LEN(sizes))])};
}
static void doc_user_data(struct nitro_mutant *m, struct rng_seeded *r)
{
    m->plan.doc.user_data = some_optional(r);
}
static void doc_user_data_64(struct nitro_mutant *m, struct rng_seeded *r)
{
    mutate_fill(r, m->plan.user_data, 64);
}
static void doc_nonce(struct nitro_mutant *m, struct rng_seeded *r)
{
    m->plan.doc.nonce = some_optional(r);
}
static void doc_public_key(struct nitro_mutant *m, struct rng_seeded *r)
{
    m->plan.doc.public_key = some_optional(r);
}
static void doc_form(struct nitro_mutant *m, struct rng_seeded *r)
{
    m->plan.doc.definite = half(r);
    m->plan.doc.tagged = half(r);
}
static void doc_signer(struct nitro_mutant *m, struct rng_seeded *r)
{
    m->plan.doc.signer = half(r) ? &m->plan.stranger : &m->plan.machine.key[PC_SIM_INSTANCE];
}
static void other_time(struct nitro_mutant *m, struct rng_seeded *r)
{
    m->now = half(r) ? m->now + 600 - below(r, 1200) : m->now - 7200 + below(r, 4 * 86400);
    if (half(r))
        m->plan.doc.timestamp_ms = m->now * 1000;
}

/* --- the chain --- */

static unsigned level(struct rng_seeded *r)
{
    return 1 + (unsigned)below(r, PC_SIM_LEVELS - 1); /* the root is pinned */
}
static struct sim_nitro_cert *some_cert(struct nitro_mutant *m, struct rng_seeded *r)
{
    return &m->plan.cert[level(r)];
}
static void cert_dates(struct nitro_mutant *m, struct rng_seeded *r)
{
    struct sim_nitro_cert *c = some_cert(m, r);
    mutate_dates(&c->not_before, &c->not_after, m->now, r);
}
static void cert_subject(struct nitro_mutant *m, struct rng_seeded *r)
{
    mutate_flip(r, (uint8_t *)some_cert(m, r)->subject.cn, 4);
}
static void cert_subject_of_target(struct nitro_mutant *m, struct rng_seeded *r)
{
    struct sim_nitro_name *n = &m->plan.cert[PC_SIM_LEAF].subject;
    n->shape = (enum sim_nitro_shape)below(r, 3);
    n->cn[0] = (char)('a' + below(r, 26));
}
static void cert_issuer_name(struct nitro_mutant *m, struct rng_seeded *r)
{
    struct sim_nitro_cert *c = some_cert(m, r);
    c->issuer = m->plan.cert[below(r, PC_SIM_LEVELS)].subject;
}
static void cert_usage(struct nitro_mutant *m, struct rng_seeded *r)
{
    some_cert(m, r)->usage = (uint8_t)(half(r) ? 1U << below(r, 8) : below(r, 256));
}
static void cert_ca_flag(struct nitro_mutant *m, struct rng_seeded *r)
{
    struct sim_nitro_cert *c = some_cert(m, r);
    c->is_ca = !c->is_ca;
}
static void cert_path_len(struct nitro_mutant *m, struct rng_seeded *r)
{
    static const int lengths[] = {-1, 0, 1, 2, 3, 254, 255, 256, 65536};
    some_cert(m, r)->path_len = lengths[below(r, PC_ARRAY_LEN(lengths))];
}
static void cert_serial(struct nitro_mutant *m, struct rng_seeded *r)
{
    struct sim_nitro_cert *c = some_cert(m, r);
    mutate_fill(r, c->serial, sizeof(c->serial));
    if (half(r))
        memset(c->serial, 0, below(r, c->serial_n + 1)); /* shorter, down to the number zero */
}
static void cert_signer(struct nitro_mutant *m, struct rng_seeded *r)
{
    some_cert(m, r)->signer =
        half(r) ? &m->plan.stranger : &m->plan.machine.key[below(r, PC_SIM_LEVELS)];
}
static void cert_key(struct nitro_mutant *m, struct rng_seeded *r)
{
    static uint8_t point[96];
    struct sim_nitro_cert *c = some_cert(m, r);
    memcpy(point, c->key, 96);
    if (half(r))
        mutate_flip(r, point, 96); /* off the curve */
    else
        memcpy(point, m->plan.stranger.xy, 96);
    c->key = point;
}
static void cert_extensions(struct nitro_mutant *m, struct rng_seeded *r)
{
    static char url[900];
    static const size_t lengths[] = {10, 120, 300, 500, 800};
    struct sim_nitro_cert *c = some_cert(m, r);
    size_t n = lengths[below(r, PC_ARRAY_LEN(lengths))];
    memset(url, 'u', n);
    url[n] = '\0';
    c->crl_url = half(r) ? url : NULL; /* a certificate may have 1,024 bytes */
    c->key_ids = half(r);
    c->usage_critical = half(r);
}
static void chain_drop(struct nitro_mutant *m, struct rng_seeded *r)
{
    size_t at = below(r, m->plan.bundle_n);
    for (size_t i = at; i + 1 < m->plan.bundle_n; i++)
        m->plan.bundle[i] = m->plan.bundle[i + 1];
    m->plan.bundle_n--;
}
/* One more of cabundle, which has room for one over its greatest depth. */
static void insert(struct forge_nitro *f, size_t at, unsigned which)
{
    if (f->bundle_n == PC_ARRAY_LEN(f->bundle))
        return;
    for (size_t i = f->bundle_n++; i > at; i--)
        f->bundle[i] = f->bundle[i - 1];
    f->bundle[at] = which;
}
static void chain_double(struct nitro_mutant *m, struct rng_seeded *r)
{
    size_t at = below(r, m->plan.bundle_n);
    insert(&m->plan, at, m->plan.bundle[at]);
}
static void chain_swap(struct nitro_mutant *m, struct rng_seeded *r)
{
    size_t a = below(r, m->plan.bundle_n), b = below(r, m->plan.bundle_n);
    unsigned t = m->plan.bundle[a];
    m->plan.bundle[a] = m->plan.bundle[b];
    m->plan.bundle[b] = t;
}
static void chain_target(struct nitro_mutant *m, struct rng_seeded *r)
{
    m->plan.target = level(r);
}
/* A certificate below the leaf, or one more CA above it, whose issuer's word allows it or not. */
static void chain_longer(struct nitro_mutant *m, struct rng_seeded *r)
{
    struct sim_nitro_cert *extra = &m->plan.cert[PC_FORGE_EXTRA];
    const struct sim_nitro_cert *above = &m->plan.cert[PC_SIM_INSTANCE];
    struct sim_nitro_cert *leaf = &m->plan.cert[PC_SIM_LEAF];
    *extra = *above;
    extra->issuer = above->subject;
    (void)snprintf(extra->subject.cn, sizeof(extra->subject.cn), "one more");
    extra->key = m->plan.stranger.xy;
    extra->signer = &m->plan.machine.key[PC_SIM_INSTANCE];
    leaf->issuer = extra->subject;
    leaf->signer = &m->plan.stranger;
    insert(&m->plan, m->plan.bundle_n, PC_FORGE_EXTRA);
    for (unsigned i = PC_SIM_REGIONAL; half(r) && i <= PC_SIM_INSTANCE; i++)
        m->plan.cert[i].path_len = half(r) ? -1 : (int)(PC_FORGE_EXTRA - i);
}
/* CAs that issue themselves, up to and over the greatest depth. */
static void chain_deep(struct nitro_mutant *m, struct rng_seeded *r)
{
    const unsigned which = (unsigned)below(r, PC_SIM_LEAF);
    struct sim_nitro_cert *c = &m->plan.cert[which];
    size_t more = 1 + below(r, 5);
    if (which != PC_SIM_ROOT) {
        c->issuer = c->subject;
        c->signer = &m->plan.machine.key[which];
    }
    for (unsigned i = 0; half(r) && i < PC_SIM_LEAF; i++)
        m->plan.cert[i].path_len = i == PC_SIM_ROOT ? -1 : PC_NITRO_CHAIN_MAX;
    while (more-- > 0)
        insert(&m->plan, which < m->plan.bundle_n ? which : 0, which);
}
static void leaf_signs(struct nitro_mutant *m, struct rng_seeded *r)
{
    struct sim_nitro_cert *extra = &m->plan.cert[PC_FORGE_EXTRA];
    extra->issuer = m->plan.cert[PC_SIM_LEAF].subject;
    extra->signer = &m->plan.machine.key[PC_SIM_LEAF];
    insert(&m->plan, m->plan.bundle_n, PC_SIM_LEAF);
    m->plan.target = PC_FORGE_EXTRA;
    m->plan.doc.signer = half(r) ? &m->plan.stranger : m->plan.doc.signer;
}
static void foreign_root(struct nitro_mutant *m, struct rng_seeded *r)
{
    (void)r; /* equal names, another key */
    m->plan.cert[PC_SIM_ROOT].key = m->plan.stranger.xy;
    m->plan.cert[PC_SIM_ROOT].signer = &m->plan.stranger;
    m->plan.cert[PC_SIM_REGIONAL].signer = &m->plan.stranger;
}
static void other_root(struct nitro_mutant *m, struct rng_seeded *r)
{
    mutate_fill(r, m->plan.cert[PC_SIM_ROOT].serial, 16);
}

/* --- what is built of the plan, signed again --- */

static void seal_cert(struct nitro_mutant *m, size_t i, struct bytes tbs)
{
    uint8_t rs[96], out[PC_DER_EDIT_MAX];
    struct derw sig;
    size_t n;
    sim_sign384(rs, m->plan.cert[m->cert_of[i]].signer, tbs);
    sig.n = 0;
    size_t mark = derw_open(&sig, PC_DER_SEQUENCE);
    derw_uint(&sig, PC_DER_INTEGER, rs, 48);
    derw_uint(&sig, PC_DER_INTEGER, rs + 48, 48);
    derw_close(&sig, mark);
    der_seal(out, &n, tbs, bytes_of(m->cert[i], m->cert_n[i]), bytes_of(sig.p, sig.n));
    memcpy(m->cert[i], out, n);
    m->cert_n[i] = n;
}
static void der_tbs_edit(struct nitro_mutant *m, struct rng_seeded *r)
{
    uint8_t tbs[PC_DER_EDIT_MAX];
    size_t n, i = half(r) ? m->certs - 1 : 1 + below(r, m->certs - 1);
    (void)der_edit(tbs, &n, der_tbs(bytes_of(m->cert[i], m->cert_n[i])), r);
    seal_cert(m, i, bytes_of(tbs, n));
}
/* The envelope of a certificate's signature: what is signed stays. */
static void der_outer_edit(struct nitro_mutant *m, struct rng_seeded *r)
{
    uint8_t out[PC_DER_EDIT_MAX];
    size_t n, i = 1 + below(r, m->certs - 1);
    (void)der_edit(out, &n, bytes_of(m->cert[i], m->cert_n[i]), r);
    memcpy(m->cert[i], out, n);
    m->cert_n[i] = n;
}
/* A name that is not of its form, or goes on behind a NUL, in the certificate that has it for its
 * subject and in the one below. */
static void name_form(struct nitro_mutant *m, struct rng_seeded *r)
{
    uint8_t old[160] = {0x06, 0x03, 0x55, 0x04, 0x03, 0x0c}, with[168], tbs[PC_DER_EDIT_MAX];
    const size_t at = 1 + below(r, m->certs - 1);
    const char *cn = m->plan.cert[m->cert_of[at]].subject.cn;
    size_t n = strlen(cn), len;
    old[6] = (uint8_t)n;
    memcpy(old + 7, cn, n);
    n += 7;
    memcpy(with, old, n);
    size_t to = n;
    switch (below(r, 4)) {
    case 0:
        with[to++] = 0; /* more behind the value */
        break;
    case 1:
        to = 5; /* no value */
        break;
    case 2:
        with[6]++; /* a NUL at the end of the text */
        with[to++] = 0;
        break;
    default:
        with[5] = 0x1f; /* a tag of more bytes */
        break;
    }
    for (size_t i = at; i < m->certs && i <= at + 1; i++) {
        der_replace(tbs, &len, der_tbs(bytes_of(m->cert[i], m->cert_n[i])), bytes_of(old, n),
                    bytes_of(with, to));
        seal_cert(m, i, bytes_of(tbs, len));
    }
}
static void cbor_payload(struct nitro_mutant *m, struct rng_seeded *r)
{
    (void)cbor_edit(&m->payload, r);
}

/* The envelope in another form; the signature stays good. */
static void cose_form(struct nitro_mutant *m, struct rng_seeded *r)
{
    static const struct bytes heads[] = {
        {(const uint8_t *)"\xd2\x84", 2}, {(const uint8_t *)"\xd1\x84", 2},
        {(const uint8_t *)"\x84", 1},     {(const uint8_t *)"\xd2\xd2\x84", 3},
        {(const uint8_t *)"\x9f", 1},     {(const uint8_t *)"\x85", 1},
        {(const uint8_t *)"\x98\x04", 2}, {(const uint8_t *)"\xd8\x12\x84", 3}};
    static const struct bytes protected[] = {{(const uint8_t *)"\x44\xa1\x01\x38\x22", 5},
                                             {(const uint8_t *)"\x44\xa1\x01\x38\x22", 5},
                                             {(const uint8_t *)"\x43\xa1\x01\x26", 4},
                                             {(const uint8_t *)"\x58\x04\xa1\x01\x38\x22", 6},
                                             {(const uint8_t *)"\x46\xbf\x01\x38\x22\xff\x00", 7},
                                             {(const uint8_t *)"\x64\xa1\x01\x38\x22", 5}};
    static const struct bytes unprotected[] = {
        {(const uint8_t *)"\xa0", 1},     {(const uint8_t *)"\xa0", 1},
        {(const uint8_t *)"\xbf\xff", 2}, {(const uint8_t *)"\xa1\x01\x38\x22", 4},
        {(const uint8_t *)"\x40", 1},     {(const uint8_t *)"\xf6", 1}};
    static struct cborw w;
    struct forged_nitro *d = &m->document;
    const uint8_t *rs = d->p + d->n - 96;
    size_t h = below(r, PC_ARRAY_LEN(heads));
    w.n = 0;
    cborw_raw(&w, heads[h]);
    cborw_raw(&w, protected[below(r, PC_ARRAY_LEN(protected))]);
    cborw_raw(&w, unprotected[below(r, PC_ARRAY_LEN(unprotected))]);
    cborw_bytes(&w, bytes_of(m->payload.p, m->payload.n));
    cborw_bytes(&w, bytes_of(rs, below(r, 8) == 0 ? 95 : 96));
    if (heads[h].p[0] == 0x9f)
        cborw_break(&w);
    if (below(r, 8) == 0)
        cborw_u8(&w, (uint8_t)below(r, 256));
    memcpy(d->p, w.p, w.n);
    d->n = w.n;
}

static const uint8_t order[48] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
    0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73};

/* The other of the two signatures of one statement, n - s: as good as the first. */
static void sig_other_s(struct nitro_mutant *m, struct rng_seeded *r)
{
    uint8_t *s = m->document.p + m->document.n - 48;
    int borrow = 0;
    (void)r;
    for (size_t i = 48; i-- > 0;) {
        int v = (int)order[i] - s[i] - borrow;
        borrow = v < 0;
        s[i] = (uint8_t)v;
    }
}
static void sig_out_of_range(struct nitro_mutant *m, struct rng_seeded *r)
{
    uint8_t *number = m->document.p + m->document.n - (half(r) ? 48 : 96);
    if (half(r))
        memcpy(number, order, 48);
    else
        memset(number, half(r) ? 0 : 0xff, 48);
}

/* --- which one --- */

enum stage { OF_PLAN, OF_CERTS, OF_PAYLOAD, OF_DOCUMENT };

struct op {
    const char *name;
    enum stage stage;
    unsigned weight;
    void (*change)(struct nitro_mutant *, struct rng_seeded *);
};
#define OP(name, stage, weight)                                                                    \
    {                                                                                              \
#name, stage, weight, name                                                                 \
    }
static const struct op ops[] = {
    OP(doc_module, OF_PLAN, 4),
    OP(doc_digest, OF_PLAN, 1),
    OP(doc_timestamp, OF_PLAN, 5),
    OP(doc_pcr_random, OF_PLAN, 5),
    OP(doc_pcr_zero, OF_PLAN, 3),
    OP(doc_pcr_almost_zero, OF_PLAN, 2),
    OP(doc_pcr_debug, OF_PLAN, 2),
    OP(doc_pcr_presence, OF_PLAN, 4),
    OP(doc_pcr_sets, OF_PLAN, 4),
    OP(doc_user_data, OF_PLAN, 4),
    OP(doc_user_data_64, OF_PLAN, 4),
    OP(doc_nonce, OF_PLAN, 2),
    OP(doc_public_key, OF_PLAN, 2),
    OP(doc_form, OF_PLAN, 4),
    OP(doc_signer, OF_PLAN, 1),
    OP(other_time, OF_PLAN, 3),
    OP(cert_dates, OF_PLAN, 4),
    OP(cert_subject, OF_PLAN, 1),
    OP(cert_subject_of_target, OF_PLAN, 2),
    OP(cert_issuer_name, OF_PLAN, 1),
    OP(cert_usage, OF_PLAN, 3),
    OP(cert_ca_flag, OF_PLAN, 1),
    OP(cert_path_len, OF_PLAN, 4),
    OP(cert_serial, OF_PLAN, 3),
    OP(cert_signer, OF_PLAN, 1),
    OP(cert_key, OF_PLAN, 1),
    OP(cert_extensions, OF_PLAN, 4),
    OP(chain_drop, OF_PLAN, 1),
    OP(chain_double, OF_PLAN, 1),
    OP(chain_swap, OF_PLAN, 1),
    OP(chain_target, OF_PLAN, 1),
    OP(chain_longer, OF_PLAN, 2),
    OP(chain_deep, OF_PLAN, 3),
    OP(leaf_signs, OF_PLAN, 1),
    OP(foreign_root, OF_PLAN, 1),
    OP(other_root, OF_PLAN, 1),
    OP(der_tbs_edit, OF_CERTS, 12),
    OP(der_outer_edit, OF_CERTS, 3),
    OP(name_form, OF_CERTS, 2),
    OP(cbor_payload, OF_PAYLOAD, 16),
    OP(cose_form, OF_DOCUMENT, 4),
    OP(sig_other_s, OF_DOCUMENT, 3),
    OP(sig_out_of_range, OF_DOCUMENT, 1),
};

static const struct op *some_op(struct rng_seeded *rng)
{
    uint64_t all = 0;
    for (size_t i = 0; i < PC_ARRAY_LEN(ops); i++)
        all += ops[i].weight;
    uint64_t at = below(rng, all);
    size_t i = 0;
    while (at >= ops[i].weight)
        at -= ops[i++].weight;
    return &ops[i];
}

static void apply(const struct op *const chosen[2], enum stage stage, struct nitro_mutant *m,
                  struct rng_seeded *rng)
{
    for (size_t i = 0; i < 2; i++)
        if (chosen[i] != NULL && chosen[i]->stage == stage)
            chosen[i]->change(m, rng);
}

static void build_certs(struct nitro_mutant *m)
{
    struct sim_nitro_doc d;
    forge_nitro_chain(&d, &m->plan);
    m->certs = d.ca_count + 1;
    for (size_t i = 0; i < m->certs; i++) {
        struct bytes der = i < d.ca_count ? d.ca[i] : d.certificate;
        if (der.n > sizeof(m->cert[i]))
            pc_bug("a forged certificate is too large");
        memcpy(m->cert[i], der.p, der.n);
        m->cert_n[i] = der.n;
        m->cert_of[i] = i < d.ca_count ? m->plan.bundle[i] : m->plan.target;
    }
}

static void build_payload(struct nitro_mutant *m)
{
    struct sim_nitro_doc d = m->plan.doc;
    d.ca_count = m->certs - 1;
    for (size_t i = 0; i < d.ca_count; i++)
        d.ca[i] = bytes_of(m->cert[i], m->cert_n[i]);
    d.certificate = bytes_of(m->cert[m->certs - 1], m->cert_n[m->certs - 1]);
    m->payload.n = 0;
    sim_nitro_payload(&m->payload, &d);
}

static void build(struct nitro_mutant *m, const struct op *const chosen[2], struct rng_seeded *rng)
{
    apply(chosen, OF_PLAN, m, rng);
    build_certs(m);
    apply(chosen, OF_CERTS, m, rng);
    build_payload(m);
    apply(chosen, OF_PAYLOAD, m, rng);
    forge_nitro_seal(&m->document, &m->plan, bytes_of(m->payload.p, m->payload.n));
    apply(chosen, OF_DOCUMENT, m, rng);
}

void nitro_ops_build(struct nitro_mutant *m)
{
    const struct op *const none[2] = {NULL, NULL};
    build(m, none, NULL);
}

void nitro_ops_structured(char label[static PC_MUTATE_LABEL], struct nitro_mutant *m,
                          struct rng_seeded *rng)
{
    const struct op *chosen[2] = {some_op(rng), some_op(rng)};
    if (below(rng, 4) != 0)
        chosen[1] = NULL;
    build(m, chosen, rng);
    (void)snprintf(label, PC_MUTATE_LABEL, "%s%s%s", chosen[0]->name, chosen[1] != NULL ? "+" : "",
                   chosen[1] != NULL ? chosen[1]->name : "");
}

void nitro_ops_raw(char label[static PC_MUTATE_LABEL], struct nitro_mutant *m,
                   struct rng_seeded *rng)
{
    const char *what;
    if (below(rng, 3) == 0) {
        static struct cborw w;
        w.n = m->document.n;
        memcpy(w.p, m->document.p, w.n);
        what = cbor_edit(&w, rng);
        memcpy(m->document.p, w.p, w.n);
        m->document.n = w.n;
    } else
        what = mutate_raw(m->document.p, &m->document.n, false, rng);
    (void)snprintf(label, PC_MUTATE_LABEL, "raw:document:%s", what);
}
