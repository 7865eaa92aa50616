/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile bytes into everything of crypto/ that takes them: nothing aborts, nothing forged is
 * accepted, and what decodes is the one encoding of its value. */
#include <stdlib.h>

#include "crypto/ed25519.h"
#include "crypto/evmkey.h"
#include "crypto/group.h"
#include "crypto/hpke.h"
#include "crypto/proof.h"
#include "crypto/voprf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(const uint8_t **p, size_t *left, void *out, size_t n)
{
    size_t have = *left < n ? *left : n;
    memset(out, 0, n);
    if (have != 0)
        memcpy(out, *p, have);
    *p += have;
    *left -= have;
}

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* Adding the identity encodes a point again: canonical means that nothing changes. */
static void decode(const struct group *g, const uint8_t raw[32])
{
    const struct point identity = {{0}};
    const struct scalar zero = {{0}};
    struct point p, q;
    struct scalar s, t;
    if (group_point_decode(g, &p, raw) == PC_OK) {
        group_add(g, &q, &p, &identity);
        check(memcmp(q.b, raw, 32) == 0 && !group_is_identity(&p));
        q = identity;
        check(group_accumulate_var(g, &q, raw) == PC_OK && memcmp(q.b, raw, 32) == 0);
    } else {
        q = identity;
        check(group_is_identity(&p));
        check(group_accumulate_var(g, &q, raw) != PC_OK && group_is_identity(&q));
    }
    if (group_scalar_decode(g, &s, raw) == PC_OK) {
        group_scalar_add(g, &t, &s, &zero);
        check(memcmp(t.b, raw, 32) == 0);
    } else {
        check(scalar_is_zero(&s));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct group *g = &group_ristretto255;
    uint8_t raw[32];
    struct point a, b, c;
    struct pok pok;
    struct dleq dleq;
    struct voprf_proof proof;
    struct pop_context pop = {.epoch = 1};
    struct complaint_context complaint = {.dealer = 1, .receiver = 2};
    struct evm_sig sig;
    struct evm_address signer;
    struct ed25519_sig ed_sig;
    struct ed25519_pk ed_pk;
    static const struct x25519_sk sk = {{1, 2, 3}};
    static uint8_t plain[4096];
    take(&data, &size, raw, sizeof raw);
    decode(g, raw);
    memcpy(a.b, raw, sizeof raw);
    take(&data, &size, b.b, sizeof b.b);
    take(&data, &size, c.b, sizeof c.b);
    take(&data, &size, pok.b, sizeof pok.b);
    take(&data, &size, dleq.b, sizeof dleq.b);
    take(&data, &size, proof.b, sizeof proof.b);
    take(&data, &size, sig.b, sizeof sig.b);
    check(pop_verify_var(g, &pop, &a, &pok) == PC_E_PROOF);
    check(complaint_verify_var(g, &complaint, &a, &b, &c, &dleq) == PC_E_PROOF);
    check(voprf_verify_var(g, &g->generator, &g->generator, &a, 1, &proof) == PC_E_PROOF);
    (void)!evm_recover_var(&signer, raw, &sig);
    memcpy(ed_pk.b, raw, 32);
    memcpy(ed_sig.b, sig.b, 64);
    check(ed25519_verify_var(&ed_pk, bytes_of(data, size), &ed_sig) == PC_E_SIGNATURE);
    if (size <= sizeof plain)
        check(hpke_open(plain, &sk, bytes_of(NULL, 0), bytes_of(NULL, 0), bytes_of(data, size)) !=
              PC_OK);
    return 0;
}
