/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor.c - what differs by vendor in evidence that was posted, and in what is in force for it.
 *
 * The hints of attest() begin with a record of the certificate that vouches for the machine
 * (ITdxVerifier, ISnpVerifier, INitroVerifier have the layouts). TDX and SNP: that certificate and
 * its issuer were posted by themselves, once. A Nitro document carries its whole chain, and nothing
 * of AWS's is in force but the root of policy.bin.
 */
#include "chain/view.h"
#include "chain/view_slot.h"
#include "node/chain/chain.h"

#define TDX_RECORD                                                                                 \
    131 /* public key 64, PPID 16, FMSPC 6, PCEID 2, SVNs 16, PCESVN 2, issuer 1, .. */
#define SNP_RECORD                                                                                 \
    194 /* public key 96, product 1, role 1, HWID 64, patch levels 8, serial 20, .. */
#define NITRO_RECORD 186

/* Objects of ITdxVerifier: QE identity 1, then the lists of issuers 0 (root), 1 and 2. */
#define TDX_QE      UINT64_C(1)
#define TDX_LISTS   UINT64_C(2)
#define TDX_ISSUERS 3u
/* Of ISnpVerifier: the lists of the products' ARKs; so serials are numbered, too. */
#define SNP_LISTS    UINT64_C(16)
#define SNP_PRODUCTS 3u

static const char snp_product[SNP_PRODUCTS][6] = {"Milan", "Genoa", "Turin"};

const uint8_t *vendor_verifier(const struct policy_policy *p, uint8_t vendor)
{
    const uint8_t *at = vendor == PC_VENDOR_TDX     ? p->tdx.verifier
                        : vendor == PC_VENDOR_SNP   ? p->snp.verifier
                        : vendor == PC_VENDOR_NITRO ? p->nitro.verifier
                                                    : NULL;
    return at == NULL || bytes_all_zero_var(bytes_of(at, 20)) ? NULL : at;
}

uint8_t vendor_of_verifier(const struct policy_policy *p, const uint8_t address[static 20])
{
    for (uint8_t v = PC_VENDOR_TDX; v <= PC_VENDOR_NITRO; v++) {
        const uint8_t *at = vendor_verifier(p, v);
        if (at != NULL && memcmp(at, address, 20) == 0)
            return v;
    }
    return 0;
}

size_t vendor_record_len(uint8_t vendor)
{
    return vendor == PC_VENDOR_TDX     ? TDX_RECORD
           : vendor == PC_VENDOR_SNP   ? SNP_RECORD
           : vendor == PC_VENDOR_NITRO ? NITRO_RECORD
                                       : 0;
}

bool vendor_has_leaf(uint8_t vendor)
{
    return vendor == PC_VENDOR_TDX || vendor == PC_VENDOR_SNP;
}

enum err_code vendor_read_record(struct record_entry *r)
{
    uint8_t product = r->leaf[96]; /* SNP */
    memset(r->product, 0, sizeof r->product);
    switch (r->vendor) {
    case PC_VENDOR_TDX:
        memcpy(r->product, r->leaf + 80, 8);
        r->leaf_issuer = r->leaf[106];
        return PC_OK;
    case PC_VENDOR_SNP:
        if (product >= SNP_PRODUCTS)
            return PC_E_MALFORMED;
        memcpy(r->product, snp_product[product], strlen(snp_product[product]));
        r->leaf_issuer = (uint8_t)(SNP_LISTS + product);
        return PC_OK;
    case PC_VENDOR_NITRO:
        r->leaf_issuer = 1;
        return PC_OK;
    default:
        return PC_E_MALFORMED;
    }
}

struct evm_word vendor_serial_id(const struct record_entry *r)
{
    size_t at = r->vendor == PC_VENDOR_TDX ? 107 : r->vendor == PC_VENDOR_SNP ? 170 : 166;
    struct evm_word serial = {{0}};
    memcpy(serial.b + 12, r->leaf + at, 20);
    return object_serial_id(r->vendor, r->leaf_issuer, &serial);
}

unsigned vendor_objects(struct vendor_object out[static FORCE_COUNT], const struct record_entry *r)
{
    unsigned n = 0;
    if (r->vendor == PC_VENDOR_TDX) {
        out[n++] = (struct vendor_object){FORCE_TCB_INFO, evm_word_of(r->product)};
        out[n++] = (struct vendor_object){FORCE_QE_IDENTITY, evm_word_u64(TDX_QE)};
        out[n++] = (struct vendor_object){FORCE_ROOT_CRL, evm_word_u64(TDX_LISTS)};
        out[n++] = (struct vendor_object){FORCE_LEAF_CRL,
                                          evm_word_u64(TDX_LISTS + (r->leaf_issuer == 2 ? 2 : 1))};
    } else if (r->vendor == PC_VENDOR_SNP) {
        out[n++] = (struct vendor_object){FORCE_ROOT_CRL, evm_word_u64(r->leaf_issuer)};
    }
    return n;
}

enum err_code vendor_list_object(struct evm_word *out, uint8_t vendor, uint8_t number)
{
    bool snp = vendor == PC_VENDOR_SNP;
    if (!vendor_has_leaf(vendor) || number >= (snp ? SNP_PRODUCTS : TDX_ISSUERS))
        return PC_E_NOT_FOUND;
    *out = evm_word_u64((snp ? SNP_LISTS : TDX_LISTS) + number);
    return PC_OK;
}

uint8_t vendor_of_object(const struct evm_word *object)
{
    uint64_t number;
    bool small = evm_word_to_u64(&number, object, 64) == PC_OK;
    return small && number >= SNP_LISTS && number < SNP_LISTS + SNP_PRODUCTS ? PC_VENDOR_SNP
                                                                             : PC_VENDOR_TDX;
}

void vendor_prove_force(struct prove *p, const struct record_entry *r)
{
    struct vendor_object objects[FORCE_COUNT];
    const uint8_t *verifier = vendor_verifier(&p->c->d.policy, r->vendor);
    unsigned n = vendor_objects(objects, r);
    if (verifier == NULL || n == 0)
        return;
    struct proof_set *s = prove_account(p, verifier);
    for (unsigned i = 0; i < n; i++)
        (void)prove_slot(s, r->vendor == PC_VENDOR_SNP ? slot_snp_in_force(&objects[i].object)
                                                       : slot_in_force(&objects[i].object));
}

void vendor_take_force(struct evm_word out[static FORCE_COUNT], const struct prove *p, unsigned set,
                       const struct record_entry *r)
{
    struct vendor_object objects[FORCE_COUNT];
    unsigned n = set < p->n_sets ? vendor_objects(objects, r) : 0;
    memset(out, 0, FORCE_COUNT * sizeof out[0]);
    for (unsigned i = 0; i < n; i++)
        out[objects[i].at] = p->set[set].word[i];
}
