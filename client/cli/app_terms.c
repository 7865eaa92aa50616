/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/app_terms.h"

#include <stdio.h>
#include <stdlib.h>

#include "attest/evidence.h"
#include "attest/snp_cert.h"
#include "base/hex.h"
#include "chain/events.h"
#include "client/cli/collateral.h"
#include "client/cli/vendor.h"
#include "client/lib/logs.h"
#include "client/lib/platforms.h"
#include "client/lib/vendor_calls.h"
#include "crypto/ids.h"

static bool bad(const char *name, const char *value, const char *want)
{
    (void)cli_fail(PC_CLI_USAGE, name, value, want);
    return false;
}

void terms_default(struct app_policy *p)
{
    memset(p, 0, sizeof *p);
    p->vendor_mask = 1u << PC_VENDOR_TDX;
    p->version_lo = 1;
    p->version_hi = UINT32_MAX;
    p->subject_quota = 600;
    p->app_quota = 100000;
}

struct evm_word terms_scope(const struct cli_args *a)
{
    struct evm_word w = {{0}};
    const char *scope = cli_arg(a, "scope");
    if (scope != NULL)
        evm_keccak(&w, bytes_of(scope, strlen(scope)));
    return w;
}

/* ---- options */

static int by_measurement(const void *a, const void *b)
{
    return memcmp(((const struct app_approval *)a)->measurement.b,
                  ((const struct app_approval *)b)->measurement.b, 32);
}

static bool measurements(struct app_policy *p, const struct cli_args *a)
{
    struct app_policy old = *p;
    size_t n = cli_count(a, "measurement");
    if (n == 0)
        return true;
    p->n_approvals = 0;
    for (size_t i = 0; i < n; i++) {
        struct app_approval *w = &p->approval[i];
        *w = (struct app_approval){0};
        if (!cli_hex_at(a, "measurement", i, w->measurement.b, 32))
            return false;
        const struct app_approval *was = app_policy_approval(&old, &w->measurement);
        if (was != NULL)
            *w = *was;
        p->n_approvals++;
    }
    qsort(p->approval, n, sizeof p->approval[0], by_measurement);
    for (size_t i = 1; i < n; i++)
        if (by_measurement(&p->approval[i - 1], &p->approval[i]) == 0)
            return bad("--measurement", cli_arg(a, "measurement"), "the same one is given twice");
    return true;
}

static bool vendors(struct app_policy *p, const struct cli_args *a)
{
    const char *text = cli_arg(a, "vendors");
    if (text == NULL)
        return true;
    p->vendor_mask = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        enum vendor v = vendor_named(text, len);
        if (v == 0)
            return bad("--vendors", cli_arg(a, "vendors"), "want tdx, snp, nitro, with commas");
        p->vendor_mask |= (uint16_t)(1u << v);
        text += len + (text[len] == ',');
    }
    return true;
}

/* Lines of 0x and 64 digits; blank lines and # comments are skipped. */
static bool read_platforms(uint8_t (*out)[32], size_t *n, struct bytes text, const char *path)
{
    *n = 0;
    for (size_t at = 0; at < text.n;) {
        const uint8_t *end = memchr(text.p + at, '\n', text.n - at);
        size_t len = end != NULL ? (size_t)(end - text.p) - at : text.n - at;
        const char *line = (const char *)text.p + at;
        at += len + 1;
        if (len == 0 || line[0] == '#')
            continue;
        if (*n == PC_PLATFORMS_MAX)
            return bad("--platforms", path, "65,536 platforms at most");
        if (hex_decode(out[*n], 32, line, len) != PC_OK)
            return bad("--platforms", path, "want a platform id of 0x and 64 digits on each line");
        ++*n;
    }
    return *n != 0 || bad("--platforms", path, "the list is empty");
}

static bool platforms(struct app_policy *p, const struct cli_args *a)
{
    const char *path = cli_arg(a, "platforms");
    struct bytes text;
    uint8_t proof[PC_PLATFORM_PROOF_MAX][32];
    size_t n, ignored;
    if (cli_has(a, "any-platform"))
        memset(&p->platform_root, 0, sizeof p->platform_root);
    if (path == NULL)
        return true;
    if (cli_read_file(&text, path, PC_PLATFORMS_MAX * 80) != PC_OK)
        return bad("cannot read", path, "want one platform id per line");
    uint8_t(*list)[32] = malloc(PC_PLATFORMS_MAX * sizeof *list);
    bool ok = list != NULL && read_platforms(list, &n, text, path);
    if (ok) {
        n = platforms_sort(list, n);
        ok = platforms_root(p->platform_root.b, proof, &ignored, (const uint8_t(*)[32])list, n,
                            n) == PC_OK;
    }
    free(list);
    cli_free(&text);
    return ok;
}

static bool versions(struct app_policy *p, const struct cli_args *a)
{
    const char *text = cli_arg(a, "versions");
    unsigned long lo, hi;
    char end;
    if (text == NULL)
        return true;
    if (sscanf(text, "%10lu-%10lu%c", &lo, &hi, &end) != 2 || lo > hi || hi > UINT32_MAX ||
        strspn(text, "0123456789-") != strlen(text))
        return bad("--versions", text, "want LO-HI, as 1-3");
    p->version_lo = (uint32_t)lo;
    p->version_hi = (uint32_t)hi;
    return true;
}

static int by_product(const void *a, const void *b)
{
    const struct app_min_tcb *x = a, *y = b;
    if (x->vendor != y->vendor)
        return x->vendor < y->vendor ? -1 : 1;
    return memcmp(x->product.b, y->product.b, 32);
}

/* A product; behind a colon rawTcb, else any TCB will do. */
static bool min_tcb_text(struct app_min_tcb *m, const char *text)
{
    struct vendor_product p;
    const char *tcb;
    if (!vendor_product_of(&p, text, &tcb))
        return bad("--min-tcb", text, PC_CLI_PRODUCT_WANT ", then perhaps a colon and the TCB");
    *m = (struct app_min_tcb){
        .vendor = (uint8_t)p.vendor, .product = p.product, .len = (uint8_t)raw_tcb_len(p.vendor)};
    if (tcb[0] == ':' && hex_decode(m->raw_tcb, m->len, tcb + 1, strlen(tcb + 1)) != PC_OK)
        return bad("--min-tcb", text,
                   "want 104 digits behind a TDX product, 112 behind one of SNP");
    return true;
}

/* The product of a machine by its evidence, with any TCB. */
static bool min_tcb_of(struct app_min_tcb *m, const char *path)
{
    struct bytes evidence;
    struct evidence_claims c;
    if (cli_read_file(&evidence, path, PC_EVIDENCE_MAX) != PC_OK)
        return bad("cannot read", path, "want evidence as the machine made it");
    enum err_code e = vendor_claims(&c, vendor_of_evidence(evidence), evidence);
    cli_free(&evidence);
    *m = (struct app_min_tcb){
        .vendor = (uint8_t)c.vendor, .product = c.product, .len = (uint8_t)c.raw_tcb_n};
    if (e != PC_OK)
        return bad("--min-tcb-of", path, "is no evidence with its certificates");
    return c.raw_tcb_n != 0 || bad("--min-tcb-of", path, "its vendor states no TCB");
}

static bool min_tcbs(struct app_policy *p, const struct cli_args *a)
{
    size_t texts = cli_count(a, "min-tcb"), files = cli_count(a, "min-tcb-of"), n = texts + files;
    if (n == 0)
        return true;
    if (n > PC_APP_LIST_MAX)
        return bad("--min-tcb", cli_arg(a, "min-tcb"), "32 products at most");
    for (size_t i = 0; i < n; i++)
        if (i < texts ? !min_tcb_text(&p->min_tcb[i], cli_arg_at(a, "min-tcb", i))
                      : !min_tcb_of(&p->min_tcb[i], cli_arg_at(a, "min-tcb-of", i - texts)))
            return false;
    qsort(p->min_tcb, n, sizeof p->min_tcb[0], by_product);
    /* Two machines of one product are one entry. */
    p->n_min_tcbs = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned k = p->n_min_tcbs;
        if (k == 0 || by_product(&p->min_tcb[k - 1], &p->min_tcb[i]) != 0)
            p->min_tcb[p->n_min_tcbs++] = p->min_tcb[i];
        else if (memcmp(p->min_tcb[k - 1].raw_tcb, p->min_tcb[i].raw_tcb, p->min_tcb[i].len) != 0)
            return bad("--min-tcb", cli_arg(a, "min-tcb"), "one product has two minima");
    }
    return true;
}

static bool number(const struct cli_args *a, const char *name, uint32_t *out)
{
    uint64_t v = *out;
    bool ok = cli_arg_u64(a, name, UINT32_MAX, &v);
    *out = (uint32_t)v;
    return ok;
}

bool terms_from_options(struct app_policy *p, const struct cli_args *a)
{
    if (cli_has(a, "accept-unplaced"))
        p->accept_unplaced = true;
    return measurements(p, a) && vendors(p, a) && platforms(p, a) && versions(p, a) &&
           min_tcbs(p, a) && number(a, "max-age", &p->max_age) &&
           number(a, "quota", &p->subject_quota) && number(a, "app-quota", &p->app_quota);
}

/* ---- calldata */

void terms_write(struct abi_out *w, const struct app_policy *p)
{
    uint8_t words[PC_APP_LIST_MAX * 96];
    struct abi_out in = abi_out_tuple(w, 10);
    abi_out_u64(&in, p->vendor_mask);
    abi_out_bool(&in, p->accept_unplaced);
    abi_out_u64(&in, p->max_age);
    abi_out_u64(&in, p->version_lo);
    abi_out_u64(&in, p->version_hi);
    abi_out_u64(&in, p->subject_quota);
    abi_out_u64(&in, p->app_quota);
    abi_out_word(&in, &p->platform_root);
    for (unsigned i = 0; i < p->n_approvals; i++) {
        struct evm_word from = evm_word_u64(p->approval[i].active_from),
                        sunset = evm_word_u64(p->approval[i].sunset);
        memcpy(words + 96 * i, p->approval[i].measurement.b, 32);
        memcpy(words + 96 * i + 32, from.b, 32);
        memcpy(words + 96 * i + 64, sunset.b, 32);
    }
    abi_out_array(&in, bytes_of(words, 96u * p->n_approvals), p->n_approvals);
    struct abi_out list = abi_out_tuples(&in, p->n_min_tcbs);
    for (unsigned i = 0; i < p->n_min_tcbs; i++) {
        struct abi_out item = abi_out_tuple(&list, 3);
        abi_out_u64(&item, p->min_tcb[i].vendor);
        abi_out_word(&item, &p->min_tcb[i].product);
        abi_out_bytes(&item, bytes_of(p->min_tcb[i].raw_tcb, p->min_tcb[i].len));
        abi_out_join(&list, &item);
    }
    abi_out_join(&in, &list);
    abi_out_join(w, &in);
}

/* ---- the chain */

struct policy_search {
    struct event_sources from;
    struct evm_word app, hash;
    struct app_policy *out;
    bool found;
};

static enum err_code take_policy(void *ctx, const struct log_record *l, bool *enough)
{
    struct policy_search *s = ctx;
    struct event *ev = malloc(sizeof *ev);
    if (ev == NULL)
        return PC_E_MEMORY;
    if (event_decode(ev, &s->from, l) == PC_OK &&
        (ev->kind == PC_EV_APP_REGISTERED || ev->kind == PC_EV_APP_QUEUED) &&
        evm_word_equal(&ev->u.app.app, &s->app))
        s->found = *enough = app_policy_decode(s->out, ev->u.app.policy, &s->hash) == PC_OK;
    free(ev);
    return PC_OK;
}

enum err_code terms_by_hash(struct cli_net *n, struct app_policy *out, const struct evm_word *app,
                            const struct evm_word *hash)
{
    struct policy_search s = {.app = *app, .hash = *hash, .out = out};
    memset(out, 0, sizeof *out);
    if (evm_word_is_zero(hash))
        return PC_E_NOT_FOUND;
    s.from.apps = *net_at(n, PC_NET_APPS);
    net_now(n);
    PC_TRY(logs_back(&n->chain, &s.from.apps, n->net.from_block, take_policy, &s));
    return s.found ? PC_OK : PC_E_RETRY;
}

enum err_code terms_in_force(struct cli_net *n, struct app_policy *out, const struct evm_word *app,
                             const struct evm_word *scope)
{
    struct evm_word args[2] = {*app, *scope}, hash;
    memset(out, 0, sizeof *out);
    PC_TRY(net_words(n, PC_NET_APPS, "policyHash(bytes32,bytes32)", args, 2, &hash, 1));
    return terms_by_hash(n, out, app, &hash);
}

static void add_product(struct app_policy *p, enum vendor vendor, struct bytes name)
{
    struct app_min_tcb m = {.vendor = (uint8_t)vendor, .len = (uint8_t)raw_tcb_len(vendor)};
    if (name.n != 0)
        memcpy(m.product.b, name.p, name.n);
    if (p->n_min_tcbs < PC_APP_LIST_MAX)
        p->min_tcb[p->n_min_tcbs++] = m;
}

/* An object of a TCB info is its product: 8 bytes, then zeros; the others are small numbers. */
static enum err_code tdx_products(struct cli_net *n, struct app_policy *p)
{
    struct collateral_objects objects;
    PC_TRY(collateral_tdx_objects(n, &objects));
    for (size_t i = 0; i < objects.n; i++) {
        const struct evm_word *id = &objects.id[i];
        if (bytes_all_zero_var(bytes_of(id->b + 8, 24)) &&
            app_policy_min_tcb(p, PC_VENDOR_TDX, id) == NULL)
            add_product(p, PC_VENDOR_TDX, PC_BYTES(id->b));
    }
    return PC_OK;
}

/* Those whose root the network pins. */
static enum err_code snp_products(struct cli_net *n, struct app_policy *p)
{
    for (unsigned i = 0; i < PC_SNP_PRODUCTS; i++) {
        struct evm_word arg = evm_word_u64(i), root;
        const char *name = snp_product_name((enum snp_product)i);
        PC_TRY(net_words(n, PC_NET_SNP_VERIFIER, "rootHash(uint8)", &arg, 1, &root, 1));
        if (!evm_word_is_zero(&root))
            add_product(p, PC_VENDOR_SNP, bytes_of(name, strlen(name)));
    }
    return PC_OK;
}

/* Does the app take the vendor, and the network too? */
static bool takes(const struct cli_net *n, const struct app_policy *p, enum vendor vendor)
{
    return (p->vendor_mask >> vendor & 1) != 0 &&
           !bytes_all_zero_var(PC_BYTES(net_at(n, network_verifier(vendor))->b));
}

enum err_code terms_products(struct cli_net *n, struct app_policy *p)
{
    p->n_min_tcbs = 0;
    if (takes(n, p, PC_VENDOR_SNP))
        PC_TRY(snp_products(n, p));
    if (takes(n, p, PC_VENDOR_NITRO))
        add_product(p, PC_VENDOR_NITRO, bytes_of(NULL, 0));
    if (takes(n, p, PC_VENDOR_TDX))
        PC_TRY(tdx_products(n, p));
    qsort(p->min_tcb, p->n_min_tcbs, sizeof p->min_tcb[0], by_product);
    return PC_OK;
}

void terms_out(struct cli_out *o, const struct app_policy *p)
{
    char hex[65], from[64];
    out_u64(o, "vendor_mask", p->vendor_mask);
    out_bool(o, "accept_unplaced", p->accept_unplaced);
    out_u64(o, "max_age", p->max_age);
    out_u64(o, "version_lo", p->version_lo);
    out_u64(o, "version_hi", p->version_hi);
    out_u64(o, "subject_quota", p->subject_quota);
    out_u64(o, "app_quota", p->app_quota);
    out_hex(o, "platform_root", PC_BYTES(p->platform_root.b));
    out_list(o, "approvals");
    for (unsigned i = 0; i < p->n_approvals; i++) {
        const struct app_approval *a = &p->approval[i];
        out_row(o);
        out_hex(o, "measurement", PC_BYTES(a->measurement.b));
        out_u64(o, "active_from", a->active_from);
        out_u64(o, "sunset", a->sunset);
        out_up(o);
        hex_encode(hex, PC_BYTES(a->measurement.b));
        time_text(from, a->active_from, 0);
        from[a->active_from != 0 ? 23 : 5] = '\0';
        out_line(o, "measurement      0x%s from %s", hex, from);
    }
    out_up(o);
    out_list(o, "min_tcbs");
    for (unsigned i = 0; i < p->n_min_tcbs; i++) {
        out_row(o);
        out_u64(o, "vendor", p->min_tcb[i].vendor);
        out_hex(o, "product", PC_BYTES(p->min_tcb[i].product.b));
        out_hex(o, "raw_tcb", bytes_of(p->min_tcb[i].raw_tcb, p->min_tcb[i].len));
        out_up(o);
    }
    out_up(o);
}
