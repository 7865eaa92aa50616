/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands behind SEV-SNP's signatures: the whole verifier, with the answer of each signature
 * taken from the input (the linker puts ec384_verify and rsa_verify of here in their place; keys
 * are OpenSSL's). So mutated certificates, lists and reports get as far as the holder of AMD's keys
 * would get them. snp_report_fuzz has the signatures.
 *
 * Input: which signatures hold, which policy, days from the corpus's date (i16), evidence. Roots
 * are those of the evidence's table, and so is the list.
 */
#include <stdlib.h>

#include "attest/pem.h"
#include "attest/policy.h"
#include "attest/rsa.h"
#include "attest/snp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
enum err_code __wrap_ec384_verify(const struct ec384_key *k, const uint8_t digest[static 48],
                                  const uint8_t rs[static 96]);
enum err_code __wrap_rsa_verify(const struct rsa_key *k, const uint8_t digest[static 48],
                                const uint8_t sig[static PC_RSA_LEN]);
/* NOLINTEND(bugprone-reserved-identifier) */

#define HEAD 4

/* Bits of the first byte. RSA's come in the order in which they are verified. */
enum { ISSUER = 1, LEAF = 2, LIST = 4, REPORT = 8, STRANGE_ROOT = 16, NO_LIST = 32, KEEP = 64 };
static unsigned hold, rsa_calls, rsa_good;
static bool report_judged;

enum err_code __wrap_ec384_verify(const struct ec384_key *k, const uint8_t digest[static 48],
                                  const uint8_t rs[static 96])
{
    (void)digest, (void)rs;
    if (k == NULL)
        abort();
    report_judged = true;
    return (hold & REPORT) != 0 ? PC_OK : PC_E_SIGNATURE;
}

enum err_code __wrap_rsa_verify(const struct rsa_key *k, const uint8_t digest[static 48],
                                const uint8_t sig[static PC_RSA_LEN])
{
    (void)digest, (void)sig;
    if (k == NULL || rsa_calls > 2)
        abort();
    bool good = (hold >> rsa_calls & 1) != 0;
    rsa_good |= good ? 1U << rsa_calls : 0;
    rsa_calls++;
    return good ? PC_OK : PC_E_SIGNATURE;
}

static void choose(struct evidence_policy *p, uint8_t which)
{
    policy_network(p, NULL);
    p->platform_required = (which & 1) == 0;
    p->snp.vlek_allowed = (which & 2) == 0;
    p->snp.crl_required = (which & 4) == 0;
    p->snp.max_vmpl = which >> 3 & 3;
    if ((which & 32) != 0)
        memset(p->snp.min_tcb, 1, sizeof(p->snp.min_tcb));
    if ((which & 64) != 0)
        p->snp.policy_forbidden = PC_SNP_POLICY_SMT;
    if ((which & 128) != 0)
        p->snp.mit_required = 1;
}

static void run(struct verdict *v, struct evidence_kept *kept, const struct evidence_input *in)
{
    rsa_calls = rsa_good = 0;
    report_judged = false;
    evidence_verify(v, kept, PC_VENDOR_SNP, in);
}

static bool at_least(const uint8_t *a, const uint8_t *b)
{
    bool ok = true;
    for (size_t i = 0; i < 8; i++)
        ok = ok && a[i] >= b[i];
    return ok;
}

/* What no policy lets through, said again from the bytes alone. */
static void check_accepted(const struct verdict *v, const struct evidence_input *in)
{
    const uint8_t *r = in->evidence.p;
    const struct evidence_policy *p = in->policy;
    uint64_t policy = load_le64(r + 0x08);
    uint32_t key = load_le32(r + 0x48);
    bool vlek = (key >> 2 & 7) == 1;
    if (in->evidence.n < 1184 || load_le32(r) < 2 || load_le32(r) > 5 || load_le32(r + 0x34) != 1)
        abort();
    if ((policy & 1U << 19) != 0 || (policy & 1U << 18) != 0 || (policy & 1U << 17) == 0)
        abort();
    if (load_le32(r + 0x30) > p->snp.max_vmpl || (key & ~0x1fU) != 0 || (key >> 2 & 7) > 1)
        abort();
    if (vlek ? !p->snp.vlek_allowed : (key & 2) != 0)
        abort();
    if (!at_least(r + 0x38, r + 0x1e0) || !at_least(r + 0x1e0, r + 0x180))
        abort();
    if ((p->snp.policy_forbidden & policy) != 0 ||
        (p->snp.mit_required & ~load_le64(r + 0x1f8)) != 0)
        abort();
    if (p->platform_required && bytes_all_zero_var(PC_BYTES(v->platform)))
        abort();
    if (p->snp.crl_required && in->collateral.root_crl.n == 0)
        abort();
    if ((rsa_good & (ISSUER | LEAF)) != (ISSUER | LEAF) || (hold & REPORT) == 0 || !report_judged)
        abort();
    if (in->collateral.root_crl.n > 0 && (rsa_good & LIST) == 0)
        abort();
    if ((hold & STRANGE_ROOT) != 0)
        abort();
}

/* What is remembered changes no verdict. */
static void check_kept(const struct verdict *v, const struct evidence_input *in)
{
    struct verdict first, again;
    struct evidence_kept *kept = evidence_kept_new();
    if (kept == NULL)
        abort();
    run(&first, kept, in);
    run(&again, kept, in);
    if (memcmp(v, &first, sizeof(*v)) != 0 || memcmp(v, &again, sizeof(*v)) != 0)
        abort();
    evidence_kept_free(kept);
}

static void judge(const struct evidence_input *in)
{
    static struct snp_view view;
    struct verdict v;
    run(&v, NULL, in);
    if (verdict_accepts(&v))
        check_accepted(&v, in);
    /* Claims are of what the report's key was asked about. */
    if ((v.has_claims == 1) != report_judged)
        abort();
    if (!snp_view_of(&view, in) && v.has_claims == 1)
        abort();
    if ((hold & KEEP) != 0)
        check_kept(&v, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct evidence_policy policy;
    static struct pem_chain pem[2];
    struct snp_table table = {.entry = {{NULL, 0}}};
    struct bytes root, list = {NULL, 0};
    if (size < HEAD)
        return 0;
    hold = data[0];
    choose(&policy, data[1]);
    uint64_t now = UINT64_C(1800000000) + (uint64_t)(int16_t)load_le16(data + 2) * 86400;
    struct evidence_input in = {.evidence = bytes_of(data + HEAD, size - HEAD),
                                .policy = &policy,
                                .evidence_time = now,
                                .collateral_time = now,
                                .dates = PC_DATES_FULL};
    if (in.evidence.n >= PC_SNP_REPORT_LEN)
        (void)snp_table_parse(
            &table, bytes_of(in.evidence.p + PC_SNP_REPORT_LEN, in.evidence.n - PC_SNP_REPORT_LEN));
    if ((hold & STRANGE_ROOT) == 0 && pem_or_der(&root, &pem[0], table.entry[PC_SNP_ENTRY_ARK]))
        for (size_t i = 0; i < PC_SNP_PRODUCTS; i++)
            ec_sha256(policy.snp.root_sha256[i], root);
    if ((hold & NO_LIST) == 0 && pem_or_der(&list, &pem[1], table.entry[PC_SNP_ENTRY_CRL]))
        in.collateral.root_crl = list;
    judge(&in);
    return 0;
}
