/* SPDX-License-Identifier: Apache-2.0 */
/* collateral_vendors.c - posting and showing what AMD and AWS publish. */
#include <stdio.h>
#include <stdlib.h>

#include "attest/pem.h"
#include "client/cli/collateral.h"
#include "client/lib/snp_calls.h"

/* ---- post */

int collateral_post_machine(struct post *p, struct bytes evidence)
{
    static const char name[] = "machine's certificate";
    for (unsigned i = 0; i <= PC_VENDOR_CERTS; i++) {
        struct sent s = {0};
        struct bytes call;
        net_progress(p->n, "%s", name);
        net_now(p->n);
        enum err_code e = vendor_calls_missing(&p->t, &call, p->call, sizeof p->call, evidence);
        if (e != PC_OK)
            return collateral_failed(p, name, e);
        if (call.n == 0) {
            p->known++;
            collateral_item(p, name, &s, "known");
            return PC_CLI_YES;
        }
        int code = net_send(p->n, name, &p->t.verifier, NULL, call, false, &s);
        if (code != PC_CLI_YES)
            return code;
        p->posted++;
        collateral_item(p, name, &s, "posted");
    }
    return cli_fail(PC_CLI_RETRY, "certificates do not stay on chain", "--evidence", "try again");
}

/* An object and its issuer's certificate, one behind the other. */
static int post_pair(struct post *p, const char *name, enum vendor_post_kind kind,
                     struct bytes object, struct bytes issuer)
{
    uint8_t *both = malloc(object.n + issuer.n);
    if (both == NULL)
        return cli_fail(PC_CLI_RETRY, "memory is short", name, "try again");
    memcpy(both, object.p, object.n);
    memcpy(both + object.n, issuer.p, issuer.n);
    int code = collateral_post(p, name, kind, bytes_of(both, object.n + issuer.n));
    free(both);
    return code;
}

/* A file as DER; PEM is decoded into *pem. */
static int load_der(struct bytes *file, struct bytes *der, struct pem_chain *pem, const char *dir,
                    const char *name)
{
    int code = collateral_load(file, dir, name);
    if (code == PC_CLI_YES && !pem_or_der(der, pem, *file))
        code =
            cli_fail(PC_CLI_USAGE, "is neither DER nor PEM of one object", name, "fetch it anew");
    return code;
}

/* Revocations before what they may concern. */
int collateral_post_snp(struct post *p, const char *dir)
{
    static const struct {
        const char *file, *name;
        enum vendor_post_kind kind;
    } objects[] = {{"ark.der", NULL, PC_POST_CERTIFICATE},
                   {"crl.der", "ARK's CRL", PC_POST_CRL},
                   {"ask.der", "ASK", PC_POST_CERTIFICATE},
                   {"asvk.der", "ASVK", PC_POST_CERTIFICATE}};
    static struct pem_chain pem[PC_ARRAY_LEN(objects)];
    struct bytes file[PC_ARRAY_LEN(objects)] = {0}, der[PC_ARRAY_LEN(objects)] = {0};
    int code = PC_CLI_YES;
    for (size_t i = 0; code == PC_CLI_YES && dir != NULL && i < PC_ARRAY_LEN(objects); i++) {
        code = load_der(&file[i], &der[i], &pem[i], dir, objects[i].file);
        if (code == PC_CLI_YES && i == 0 && der[0].n == 0)
            code = cli_fail(PC_CLI_USAGE, "there is no ark.der in", dir,
                            "the contract wants to see the key that signed");
        if (code == PC_CLI_YES && i != 0 && der[i].n != 0)
            code = post_pair(p, objects[i].name, objects[i].kind, der[i], der[0]);
    }
    for (size_t i = 0; i < PC_ARRAY_LEN(objects); i++)
        cli_free(&file[i]);
    return code;
}

/* ---- show */

static void show_root(struct cli_out *o, const char *name, const struct evm_word *hash)
{
    out_row(o);
    out_str(o, "object", name);
    out_hex(o, "digest", PC_BYTES(hash->b));
    out_up(o);
    out_line(o, "%-20s pinned", name);
}

enum err_code collateral_show_crl(struct cli_net *n, struct cli_out *o, const char *name,
                                  enum network_contract verifier, unsigned issuer, unsigned object)
{
    bool counted = verifier == PC_NET_TDX_VERIFIER;
    struct evm_word arg = evm_word_u64(issuer), id = evm_word_u64(object), w[3], digest;
    char until[64], entries[32] = "";
    PC_TRY(net_words(n, verifier, "crl(uint8)", &arg, 1, w, counted ? 3 : 2));
    PC_TRY(net_words(n, verifier, "inForce(bytes32)", &id, 1, &digest, 1));
    time_text(until, word_u64(&w[1]), 0);
    out_row(o);
    out_str(o, "object", name);
    out_hex(o, "digest", PC_BYTES(digest.b));
    out_u64(o, "this_update", word_u64(&w[0]));
    out_u64(o, "until", word_u64(&w[1]));
    if (counted) {
        out_u64(o, "entries", word_u64(&w[2]));
        (void)snprintf(entries, sizeof entries, "entries %-5llu ",
                       (unsigned long long)word_u64(&w[2]));
    }
    out_up(o);
    if (word_u64(&w[1]) != 0)
        until[23] = '\0';
    out_line(o, "%-20s %suntil %s", name, entries, until);
    return PC_OK;
}

static enum err_code show_product(struct cli_net *n, struct cli_out *o, enum snp_product product)
{
    struct evm_word arg = evm_word_u64(product), root;
    char name[32];
    PC_TRY(net_words(n, PC_NET_SNP_VERIFIER, "rootHash(uint8)", &arg, 1, &root, 1));
    if (evm_word_is_zero(&root))
        return PC_OK;
    (void)snprintf(name, sizeof name, "ARK-%s", snp_product_name(product));
    show_root(o, name, &root);
    (void)snprintf(name, sizeof name, "%s CRL", snp_product_name(product));
    return collateral_show_crl(n, o, name, PC_NET_SNP_VERIFIER, product, PC_SNP_OBJECT(product));
}

enum err_code collateral_show_snp(struct cli_net *n, struct cli_out *o)
{
    out_list(o, "objects");
    for (unsigned p = 0; p < PC_SNP_PRODUCTS; p++)
        PC_TRY(show_product(n, o, (enum snp_product)p));
    out_up(o);
    return PC_OK;
}

enum err_code collateral_show_nitro(struct cli_net *n, struct cli_out *o)
{
    struct evm_word root;
    PC_TRY(net_words(n, PC_NET_NITRO_VERIFIER, "rootHash()", NULL, 0, &root, 1));
    out_list(o, "objects");
    show_root(o, "Nitro root", &root);
    out_up(o);
    return PC_OK;
}
