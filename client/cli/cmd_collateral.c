/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave collateral post | show; watch and settle stand in files of their own */
#include <stdio.h>
#include <stdlib.h>

#include "attest/pem.h"
#include "attest/tdx_chain.h"
#include "client/cli/collateral.h"
#include "client/cli/commands.h"
#include "client/lib/logs.h"
#include "client/lib/tdx_calls.h"

#define CRL_ROUNDS 200 /* calls until a long list is recorded */

/* ---- post */

void collateral_item(struct post *p, const char *name, const struct sent *s, const char *state)
{
    net_progress_end(p->n);
    out_row(p->o);
    out_str(p->o, "object", name);
    out_str(p->o, "state", state);
    if (s->block != 0)
        out_sent(p->o, s);
    out_up(p->o);
    if (s->block != 0)
        out_line(p->o, "%-24s %-10s gas %llu", name, state, (unsigned long long)s->gas);
    else
        out_line(p->o, "%-24s %-10s", name, state);
    (void)fflush(stdout);
}

/* Errors with which the contract says that nothing would change. */
static bool means_known(const char *error)
{
    static const char *const names[] = {"CrlNotNewer", "CollateralNotNewer",
                                        "EvaluationSuperseded"};
    for (size_t i = 0; i < PC_ARRAY_LEN(names); i++)
        if (strcmp(error, names[i]) == 0)
            return true;
    return false;
}

int collateral_failed(struct post *p, const char *name, enum err_code e)
{
    if (e == PC_E_NOT_FOUND)
        return cli_fail(PC_CLI_NO, "its issuer is not on chain", name,
                        "a folder holds them all: root CRL, CA and signer come first");
    if (pc_err_class(e) == PC_ERR_CLASS_PEER)
        return cli_fail(PC_CLI_USAGE, "cannot be read", name, pc_err_text(e));
    return net_unreachable(p->n, name, e);
}

int collateral_post(struct post *p, const char *name, enum vendor_post_kind kind, struct bytes data)
{
    static const struct evm_word zero;
    struct evm_word ignored;
    struct sent s = {0};
    struct bytes call;
    char error[64];
    bool known;
    unsigned gone = 0;
    net_progress(p->n, "%s", name);
    for (;;) {
        net_now(p->n);
        enum err_code e =
            vendor_calls_post(&p->t, &call, &known, p->call, sizeof p->call, kind, data);
        if (e != PC_OK)
            return collateral_failed(p, name, e);
        if (known || gone == CRL_ROUNDS)
            break;
        int code = net_simulate(p->n, &p->t.verifier, &zero, call, error, &ignored);
        if (code == PC_CLI_RETRY)
            return code;
        if (code == PC_CLI_NO && means_known(error)) {
            known = true;
            break;
        }
        code = net_send(p->n, name, &p->t.verifier, NULL, call, false, &s);
        if (code != PC_CLI_YES)
            return code;
        gone++;
        if (kind != PC_POST_CRL) /* a long list takes several calls */
            break;
    }
    p->posted += gone != 0;
    p->known += gone == 0;
    collateral_item(p, name, &s, gone != 0 ? "posted" : "known");
    return PC_CLI_YES;
}

/* An authority is posted when something that needs it would not find it, or finds it stale: its own
 * record tells neither. */
static int post_authority(struct post *p, const char *name, struct bytes der, bool needed)
{
    if (!needed) {
        struct sent s = {0};
        p->known++;
        collateral_item(p, name, &s, "known");
        return PC_CLI_YES;
    }
    return collateral_post(p, name, PC_POST_CERTIFICATE, der);
}

/* Would this call be refused for want of its issuer? */
static int issuer_missing(struct post *p, bool *missing, enum vendor_post_kind kind,
                          struct bytes data)
{
    static const struct evm_word zero;
    struct evm_word ignored;
    struct bytes call;
    char error[64];
    bool known;
    *missing = false;
    net_now(p->n);
    enum err_code e = vendor_calls_post(&p->t, &call, &known, p->call, sizeof p->call, kind, data);
    if (e == PC_E_NOT_FOUND) {
        *missing = true;
        return PC_CLI_YES;
    }
    if (e != PC_OK)
        return collateral_failed(p, "object", e);
    int code = net_simulate(p->n, &p->t.verifier, &zero, call, error, &ignored);
    *missing = code == PC_CLI_NO &&
               (strcmp(error, "AuthorityUnknown") == 0 || strcmp(error, "AuthorityStale") == 0);
    return code == PC_CLI_NO ? PC_CLI_YES : code;
}

/* ---- the folder */

struct folder {
    struct bytes root_crl, pck_crl, tcb_info, qe_identity, tcb_pem, qe_pem, pck_pem;
};

int collateral_load(struct bytes *out, const char *dir, const char *name)
{
    char path[4096];
    *out = bytes_of(NULL, 0);
    if (dir == NULL)
        return PC_CLI_YES;
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return cli_fail(PC_CLI_USAGE, "name too long", dir, "choose a shorter one");
    enum err_code e = cli_read_file(out, path, PC_COLLATERAL_FILE_MAX);
    return e == PC_OK || e == PC_E_NOT_FOUND
               ? PC_CLI_YES
               : cli_fail(PC_CLI_USAGE, "cannot read", path, pc_err_text(e));
}

static void unload(struct folder *f)
{
    cli_free(&f->root_crl);
    cli_free(&f->pck_crl);
    cli_free(&f->tcb_info);
    cli_free(&f->qe_identity);
    cli_free(&f->tcb_pem);
    cli_free(&f->qe_pem);
    cli_free(&f->pck_pem);
}

static int load_folder(struct folder *f, const struct cli_args *a)
{
    const char *dir = cli_arg(a, "dir");
    int code = collateral_load(&f->root_crl, dir, "rootcrl.der");
    if (code == PC_CLI_YES)
        code = collateral_load(&f->pck_crl, dir, "pckcrl.der");
    if (code == PC_CLI_YES)
        code = collateral_load(&f->tcb_info, dir, "tcbinfo.json");
    if (code == PC_CLI_YES)
        code = collateral_load(&f->qe_identity, dir, "qeidentity.json");
    if (code == PC_CLI_YES)
        code = collateral_load(&f->tcb_pem, dir, "tcb_issuer_chain.pem");
    if (code == PC_CLI_YES)
        code = collateral_load(&f->qe_pem, dir, "qe_issuer_chain.pem");
    if (code == PC_CLI_YES)
        code = collateral_load(&f->pck_pem, dir, "pckcrl_issuer_chain.pem");
    return code;
}

/* First certificate of a chain file. */
static int first_of(struct bytes *der, struct pem_chain *chain, struct bytes pem, const char *name)
{
    if (pem_decode(chain, pem) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "is no certificate chain in PEM", name, "fetch it anew");
    *der = chain->cert[0];
    return PC_CLI_YES;
}

/* Signer of an object, then the object. */
static int signed_object(struct post *p, const char *name, enum vendor_post_kind kind,
                         struct bytes data, const char *signer_name, struct bytes pem)
{
    static struct pem_chain chain;
    struct bytes der;
    bool missing;
    if (data.n == 0)
        return PC_CLI_YES;
    int code = issuer_missing(p, &missing, kind, data);
    if (code == PC_CLI_YES && pem.n != 0) {
        code = first_of(&der, &chain, pem, signer_name);
        if (code == PC_CLI_YES)
            code = post_authority(p, signer_name, der, missing);
    }
    return code == PC_CLI_YES ? collateral_post(p, name, kind, data) : code;
}

/* The CA that issued PCK certificates: from the CRL's chain, else from the evidence. */
static int pck_ca(struct post *p, const struct folder *f, const struct bytes *certs)
{
    static struct pem_chain chain;
    struct bytes der = {NULL, 0};
    bool missing = false;
    int code = PC_CLI_YES;
    if (f->pck_pem.n != 0)
        code = first_of(&der, &chain, f->pck_pem, "pckcrl_issuer_chain.pem");
    else if (certs != NULL)
        der = certs[1];
    if (code != PC_CLI_YES || der.n == 0)
        return code;
    if (certs != NULL)
        code = issuer_missing(p, &missing, PC_POST_CERTIFICATE, certs[0]);
    if (code == PC_CLI_YES && !missing && f->pck_crl.n != 0)
        code = issuer_missing(p, &missing, PC_POST_CRL, f->pck_crl);
    return code == PC_CLI_YES ? post_authority(p, "PCK CA", der, missing) : code;
}

/* In the order that the contract needs. */
static int post_objects(struct post *p, const struct folder *f, struct bytes evidence)
{
    static uint8_t der[PC_EVIDENCE_MAX];
    struct bytes certs[3], *have = NULL;
    int code = PC_CLI_YES;
    if (evidence.n != 0) {
        if (tdx_certs(certs, der, evidence) != PC_OK)
            return cli_fail(PC_CLI_USAGE, "is no TDX quote with its certificates", "--evidence",
                            "give the quote as the machine made it");
        have = certs;
    }
    if (f->root_crl.n != 0)
        code = collateral_post(p, "root CRL", PC_POST_CRL, f->root_crl);
    if (code == PC_CLI_YES)
        code =
            signed_object(p, "TCB info", PC_POST_TCB_INFO, f->tcb_info, "TCB signer", f->tcb_pem);
    if (code == PC_CLI_YES)
        code = signed_object(p, "QE identity", PC_POST_QE_IDENTITY, f->qe_identity,
                             "QE identity signer", f->qe_pem.n != 0 ? f->qe_pem : f->tcb_pem);
    if (code == PC_CLI_YES)
        code = pck_ca(p, f, have);
    if (code == PC_CLI_YES && f->pck_crl.n != 0 && (have != NULL || f->pck_pem.n != 0))
        code = collateral_post(p, "PCK CRL", PC_POST_CRL, f->pck_crl);
    if (code == PC_CLI_YES && have != NULL)
        code = collateral_post(p, "PCK certificate", PC_POST_CERTIFICATE, certs[0]);
    return code;
}

static int post_tdx(struct post *p, const struct cli_args *a, struct bytes evidence)
{
    struct folder f = {0};
    int code = load_folder(&f, a);
    if (code == PC_CLI_YES)
        code = post_objects(p, &f, evidence);
    unload(&f);
    return code;
}

static int post_all(struct post *p, const struct cli_args *a, struct bytes evidence)
{
    int code = PC_CLI_YES;
    switch (p->t.vendor) {
    case PC_VENDOR_TDX:
        return post_tdx(p, a, evidence);
    case PC_VENDOR_SNP:
        code = collateral_post_snp(p, cli_arg(a, "dir"));
        break;
    case PC_VENDOR_NITRO:
        if (cli_has(a, "dir"))
            return cli_fail(PC_CLI_USAGE, "AWS publishes no collateral", "--dir",
                            "give --evidence alone: certificates stand in documents");
        break;
    }
    return code == PC_CLI_YES && evidence.n != 0 ? collateral_post_machine(p, evidence) : code;
}

/* The verifier of --vendor. */
static int open_vendor(struct cli_net *n, const struct cli_args *a, enum vendor *vendor)
{
    *vendor = vendor_arg(a);
    if (*vendor == 0)
        return PC_CLI_USAGE;
    int code = net_open(n, a);
    if (code == PC_CLI_YES && bytes_all_zero_var(PC_BYTES(net_at(n, network_verifier(*vendor))->b)))
        code =
            cli_fail(PC_CLI_USAGE, "network.json names no verifier of vendor", vendor_name(*vendor),
                     "this network takes no such machine, or the file is older");
    return code;
}

static int post(const struct cli_args *a)
{
    static struct post p;
    struct bytes evidence = {NULL, 0};
    struct cli_net n = {0};
    struct cli_out o = {0};
    enum vendor vendor;
    int code = open_vendor(&n, a, &vendor);
    if (code == PC_CLI_YES && !cli_has(a, "dir") && !cli_has(a, "evidence"))
        code = cli_fail(PC_CLI_USAGE, "nothing to post", "collateral post",
                        "give --dir, --evidence, or both");
    if (code == PC_CLI_YES && cli_has(a, "evidence") &&
        cli_read_file(&evidence, cli_arg(a, "evidence"), PC_EVIDENCE_MAX) != PC_OK)
        code = cli_fail(PC_CLI_USAGE, "cannot read", cli_arg(a, "evidence"),
                        "want evidence as the machine made it");
    if (code == PC_CLI_YES && !net_can_send(&n))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES) {
        p = (struct post){.n = &n, .o = &o};
        p.t = (struct vendor_calls){vendor, &n.chain, *net_at(&n, network_verifier(vendor)),
                                    n.net.from_block};
        out_begin(&o, a);
        out_list(&o, "objects");
        code = post_all(&p, a, evidence);
        out_up(&o);
        out_u64(&o, "posted", p.posted);
        out_u64(&o, "known", p.known);
        code = out_end(&o, code);
    }
    cli_free(&evidence);
    net_close(&n);
    return code;
}

/* ---- show */

static enum err_code show_object(struct cli_net *n, struct cli_out *o, const char *name,
                                 const struct evm_word *object)
{
    struct evm_word digest, w[5], pending[2], args[2] = {*object, evm_word_u64(0)};
    char until[64];
    PC_TRY(net_words(n, PC_NET_TDX_VERIFIER, "inForce(bytes32)", object, 1, &digest, 1));
    PC_TRY(net_words(n, PC_NET_TDX_VERIFIER, "active(bytes32)", object, 1, w, 5));
    PC_TRY(net_words(n, PC_NET_TDX_VERIFIER, "pending(bytes32,uint256)", args, 2, pending, 2));
    time_text(until, word_u64(&w[2]), 0);
    out_row(o);
    out_str(o, "object", name);
    out_hex(o, "id", PC_BYTES(object->b));
    out_hex(o, "digest", PC_BYTES(digest.b));
    out_u64(o, "number", word_u64(&w[0]));
    out_u64(o, "until", word_u64(&w[2]));
    out_u64(o, "pending_number", word_u64(&pending[0]));
    out_u64(o, "pending_from", word_u64(&pending[1]));
    out_up(o);
    until[23] = '\0';
    out_line(o, "%-20s number %-6llu until %s%s", name, (unsigned long long)word_u64(&w[0]), until,
             evm_word_is_zero(&pending[0]) ? "" : "  (a newer one is pending)");
    return PC_OK;
}

static enum err_code show_tdx(struct cli_net *n, struct cli_out *o)
{
    static const char *const lists[] = {"root CRL", "Platform CA CRL", "Processor CA CRL"};
    struct collateral_objects objects;
    struct evm_word qe = evm_word_u64(PC_TDX_OBJECT_QE);
    char name[32];
    PC_TRY(collateral_tdx_objects(n, &objects));
    out_list(o, "objects");
    for (size_t i = 0; i < objects.n; i++) {
        if (evm_word_equal(&objects.id[i], &qe))
            continue;
        collateral_object_name(name, &objects.id[i]);
        PC_TRY(show_object(n, o, name, &objects.id[i]));
    }
    PC_TRY(show_object(n, o, "QE identity", &qe));
    for (unsigned i = 0; i < PC_ARRAY_LEN(lists); i++)
        PC_TRY(collateral_show_crl(n, o, lists[i], PC_NET_TDX_VERIFIER, i,
                                   PC_TDX_OBJECT_ROOT_CRL + i));
    out_up(o);
    return PC_OK;
}

static enum err_code show_all(struct cli_net *n, struct cli_out *o, enum vendor vendor)
{
    switch (vendor) {
    case PC_VENDOR_TDX:
        return show_tdx(n, o);
    case PC_VENDOR_SNP:
        return collateral_show_snp(n, o);
    case PC_VENDOR_NITRO:
        return collateral_show_nitro(n, o);
    }
    return PC_E_UNSUPPORTED;
}

static int show(const struct cli_args *a)
{
    struct cli_net n = {0};
    struct cli_out o = {0};
    struct evm_word word;
    enum vendor vendor;
    uint64_t epoch = 0;
    int code = open_vendor(&n, a, &vendor);
    if (code == PC_CLI_YES) {
        word = evm_word_u64(vendor);
        enum err_code e = net_u64(&n, PC_NET_TCB_POLICY, "authorityEpoch(uint8)", &word, 1, &epoch);
        if (e == PC_OK) {
            out_begin(&o, a);
            out_str(&o, "vendor", vendor_name(vendor));
            out_u64(&o, "authority_epoch", epoch);
            e = show_all(&n, &o, vendor);
        }
        if (e == PC_OK)
            code = out_end(&o, PC_CLI_YES);
        else {
            free(o.buf);
            code = net_unreachable(&n, "collateral show", e);
        }
    }
    net_close(&n);
    return code;
}

static const struct cli_option post_options[] = {
    {"vendor", "NAME", "tdx, snp, nitro", true, 1},
    {"dir", "DIR",
     "tdx: rootcrl.der pckcrl.der tcbinfo.json qeidentity.json and their *_issuer_chain.pem; snp: "
     "ark.der and what it signed, crl.der ask.der asvk.der, a folder per product; what is missing "
     "is skipped",
     false, 1},
    {"evidence", "FILE", "a machine's evidence: its certificates", false, 1},
};
static const struct cli_option show_options[] = {
    {"vendor", "NAME", "tdx, snp, nitro", true, 1},
};

static const struct cli_option watch_options[] = {
    {"within", "DAYS", "exit 1 if a node loses its standing by then, or cannot be judged", false,
     1},
    {"root", "FILE", "the vendor's root certificate, DER; default: Intel's", false, 1},
    {"node", "ENDPOINT", "take evidence and objects from this node; default: all that are known",
     false, 0},
};

#define SIGN " --key me.json --pass-file me.pass"

static const struct cli_verb verbs[] = {
    {"collateral",
     "post",
     "posts what is new of a vendor's collateral; anybody may",
     {"polyclave collateral post --vendor tdx --dir run/intel/collateral" SIGN,
      "polyclave collateral post --vendor snp --dir run/amd/collateral --evidence report.bin "
      "--json" SIGN},
     post_options,
     PC_ARRAY_LEN(post_options),
     PC_CLI_SIGNER,
     post},
    {"collateral",
     "show",
     "shows which objects are in force, until when, and what waits",
     {"polyclave collateral show --vendor tdx", "polyclave collateral show --vendor tdx --json"},
     show_options,
     PC_ARRAY_LEN(show_options),
     PC_CLI_NETWORK,
     show},
    {"collateral",
     "watch",
     "says when each node loses its standing, by what is in force and by what waits",
     {"polyclave collateral watch", "polyclave collateral watch --within 7 --json"},
     watch_options,
     PC_ARRAY_LEN(watch_options),
     PC_CLI_NETWORK,
     collateral_watch},
    {"collateral",
     "settle",
     "brings what is ripe into force, and back what was before a vetoed set; anybody may",
     {"polyclave collateral settle" SIGN, "polyclave collateral settle --json" SIGN},
     NULL,
     0,
     PC_CLI_SIGNER,
     collateral_settle},
};

int cmd_collateral(int argc, char **argv)
{
    return cli_group("collateral", "what evidence is judged by", verbs, PC_ARRAY_LEN(verbs), argc,
                     argv);
}
