/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/evidence_snp.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "attest/der.h"
#include "attest/pem.h"
#include "client/cli/cli.h"

#define FILES_MAX 64

struct snp_files {
    struct bytes cert;                /* --cert */
    struct bytes file[FILES_MAX];     /* as read */
    struct pem_chain *pem[FILES_MAX]; /* what was PEM */
    size_t files;
    struct bytes ca[FILES_MAX * PC_PEM_CERTS_MAX]; /* certificates of authorities, DER */
    size_t cas;
    struct bytes crl[FILES_MAX * PC_PEM_CERTS_MAX];
    size_t crls;
};

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n > k && strcmp(name + n - k, end) == 0;
}

static int wanted(const struct dirent *e)
{
    static const char *const ends[] = {".der", ".pem", ".crt", ".cer", ".crl"};
    for (size_t i = 0; i < PC_ARRAY_LEN(ends); i++)
        if (ends_in(e->d_name, ends[i]))
            return 1;
    return 0;
}

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

/* Certificates of authorities and lists by what they are; what cannot be read counts as what its
 * name says, so that it becomes a reason. */
static void sort_in(struct snp_files *f, struct bytes der, const char *name)
{
    struct snp_cert cert;
    struct snp_crl crl;
    bool is_cert = snp_cert_parse(&cert, der) == PC_OK;
    bool is_crl = !is_cert && snp_crl_parse(&crl, der) == PC_OK;
    bool neither = !is_cert && !is_crl;
    if ((is_cert && cert.is_ca) ||
        (neither && (begins(name, "ark") || begins(name, "ask") || begins(name, "asvk"))))
        f->ca[f->cas++] = der;
    else if (is_crl || (neither && (begins(name, "crl") || begins(name, "rootcrl"))))
        f->crl[f->crls++] = der;
}

static bool add_file(struct snp_files *f, const char *dir, const char *name)
{
    char path[4096];
    struct bytes *file = &f->file[f->files];
    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
        return false;
    if (cli_read_file(file, path, PC_CRL_DER_MAX) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "cannot read", path, "check its size and permissions"), false;
    struct pem_chain *pem = f->pem[f->files++] = calloc(1, sizeof(*pem));
    if (pem == NULL)
        return false;
    if (file->n > 0 && file->p[0] != PC_DER_SEQUENCE && pem_decode(pem, *file) == PC_OK)
        for (size_t i = 0; i < pem->count; i++)
            sort_in(f, pem->cert[i], name);
    else
        sort_in(f, *file, name);
    return true;
}

static bool read_dir(struct snp_files *f, const char *dir)
{
    struct dirent **names;
    int n = scandir(dir, &names, wanted, alphasort);
    bool ok = true;
    if (n < 0)
        return cli_fail(PC_CLI_USAGE, "no such folder", dir, "name a collateral folder"), false;
    if (n > FILES_MAX) {
        (void)cli_fail(PC_CLI_USAGE, "too many files in", dir, "64 certificates and lists at most");
        ok = false;
    }
    for (int i = 0; i < n; i++) {
        ok = ok && add_file(f, dir, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    if (ok && f->cas + f->crls == 0) {
        (void)cli_fail(PC_CLI_USAGE, "no collateral in", dir,
                       "expected certificates of AMD's ARK and ASK or ASVK");
        ok = false;
    }
    return ok;
}

static bool signed_by(const struct snp_cert *leaf, const struct snp_cert *ca)
{
    struct rsa_key *key;
    if (rsa_key_new(&key, ca->key) != PC_OK)
        return false;
    bool ok = snp_cert_verify(leaf, key) == PC_OK;
    rsa_key_free(key);
    return ok;
}

/* The issuer of `of` among the authorities: by name and signature, else by name, else any that is
 * (self: or is not) issued by itself. Empty: none. */
static struct bytes issuer_of(const struct snp_files *f, const struct snp_cert *of, bool self)
{
    struct bytes named = {NULL, 0}, any = {NULL, 0};
    struct snp_cert ca;
    for (size_t i = 0; i < f->cas; i++) {
        bool read = snp_cert_parse(&ca, f->ca[i]) == PC_OK;
        if (read && bytes_equal_var(ca.issuer, ca.subject) != self)
            continue;
        if (any.n == 0)
            any = f->ca[i];
        if (!read || of->issuer.n == 0 || !bytes_equal_var(ca.subject, of->issuer))
            continue;
        if (named.n == 0)
            named = f->ca[i];
        if (ca.is_rsa && signed_by(of, &ca))
            return f->ca[i];
    }
    return named.n > 0 ? named : any;
}

/* The newest list of this root that existed then. A list that cannot be read is given, so that the
 * verifier says so. */
static struct bytes list_of(const struct snp_files *f, struct bytes root, uint64_t at)
{
    struct bytes best = {NULL, 0};
    struct snp_cert ark;
    struct snp_crl crl;
    uint64_t newest = 0;
    if (snp_cert_parse(&ark, root) != PC_OK)
        return best;
    for (size_t i = 0; i < f->crls; i++) {
        if (snp_crl_parse(&crl, f->crl[i]) != PC_OK)
            return f->crl[i];
        if (bytes_equal_var(crl.issuer, ark.subject) && crl.this_update <= at &&
            crl.this_update >= newest) {
            newest = crl.this_update;
            best = f->crl[i];
        }
    }
    return best;
}

bool snp_files_load(struct snp_files **out, struct evidence_input *in, const char *dir,
                    const char *cert)
{
    static struct snp_view view;
    static struct snp_cert issuer;
    struct snp_files *f = *out = calloc(1, sizeof(*f));
    if (f == NULL)
        return cli_fail(PC_CLI_USAGE, "no memory for", dir, "try again"), false;
    if (cert != NULL && cli_read_file(&f->cert, cert, PC_COLLATERAL_MAX) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "cannot read the certificate", cert,
                        "check name and permissions"),
               false;
    if (!read_dir(f, dir))
        return false;
    in->collateral.snp_vek = f->cert;
    (void)snp_view_of(&view, in);
    in->collateral.snp_issuer = issuer_of(f, &view.vek, false);
    if (snp_cert_parse(&issuer, in->collateral.snp_issuer) != PC_OK)
        memset(&issuer, 0, sizeof(issuer));
    in->collateral.snp_root = issuer_of(f, &issuer, true);
    in->collateral.root_crl = list_of(f, in->collateral.snp_root, in->collateral_time);
    return true;
}

void snp_files_free(struct snp_files *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->files; i++) {
        cli_free(&f->file[i]);
        free(f->pem[i]);
    }
    cli_free(&f->cert);
    free(f);
}
