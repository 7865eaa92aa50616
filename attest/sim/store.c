/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/store.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "attest/sim/files.h"
#include "base/hex.h"

bool sim_make_dir(const char *dir)
{
    if (mkdir(dir, 0700) == 0 || errno == EEXIST)
        return true;
    (void)fprintf(stderr, "polyclave-quote-sim: cannot make %s: %s\n", dir, strerror(errno));
    return false;
}

static bool save_key(const char *dir, const char *name, const struct sim_key *k)
{
    char text[66];
    hex_encode(text, PC_BYTES(k->d));
    text[64] = '\n';
    return sim_save(dir, name, text, 65, 0600);
}

static bool load_key(struct sim_key *out, const char *dir, const char *name)
{
    char text[128];
    uint8_t d[32];
    size_t n;
    if (!sim_load(text, sizeof(text), &n, dir, name))
        return false;
    if (n < 64 || hex_decode(d, 32, text, 64) != PC_OK || sim_key_of(out, d) != PC_OK)
        return sim_complain("cannot use", dir, name);
    return true;
}

bool sim_vendor_save(const char *dir, const struct sim_vendor *v)
{
    char conf[1024];
    size_t n = 0;
    n = sim_conf_put(conf, sizeof(conf), n, "fmspc", PC_BYTES(v->fmspc));
    n = sim_conf_put(conf, sizeof(conf), n, "pceid", PC_BYTES(v->pceid));
    n = sim_conf_put(conf, sizeof(conf), n, "root_serial", PC_BYTES(v->root.serial));
    n = sim_conf_put(conf, sizeof(conf), n, "ca_serial", PC_BYTES(v->ca.serial));
    n = sim_conf_put(conf, sizeof(conf), n, "signer_serial", PC_BYTES(v->signer.serial));
    return sim_make_dir(dir) && sim_save(dir, "vendor.conf", conf, n, 0644) &&
           save_key(dir, "root.key", &v->root.key) && save_key(dir, "ca.key", &v->ca.key) &&
           save_key(dir, "signer.key", &v->signer.key) &&
           sim_save(dir, "root.der", v->root.der, v->root.der_n, 0644) &&
           sim_save(dir, "ca.der", v->ca.der, v->ca.der_n, 0644) &&
           sim_save(dir, "signer.der", v->signer.der, v->signer.der_n, 0644);
}

bool sim_vendor_load(struct sim_vendor *out, const char *dir)
{
    char conf[1024];
    size_t n;
    memset(out, 0, sizeof(*out));
    if (!sim_load(conf, sizeof(conf), &n, dir, "vendor.conf"))
        return false;
    conf[n] = '\0';
    if (!sim_conf_hex(out->fmspc, 6, conf, "fmspc") ||
        !sim_conf_hex(out->pceid, 2, conf, "pceid") ||
        !sim_conf_hex(out->root.serial, 20, conf, "root_serial") ||
        !sim_conf_hex(out->ca.serial, 20, conf, "ca_serial") ||
        !sim_conf_hex(out->signer.serial, 20, conf, "signer_serial"))
        return sim_complain("cannot use", dir, "vendor.conf");
    return load_key(&out->root.key, dir, "root.key") && load_key(&out->ca.key, dir, "ca.key") &&
           load_key(&out->signer.key, dir, "signer.key") &&
           sim_load(out->root.der, sizeof(out->root.der), &out->root.der_n, dir, "root.der") &&
           sim_load(out->ca.der, sizeof(out->ca.der), &out->ca.der_n, dir, "ca.der") &&
           sim_load(out->signer.der, sizeof(out->signer.der), &out->signer.der_n, dir,
                    "signer.der");
}

bool sim_collateral_save(const char *dir, const struct sim_collateral *c)
{
    return sim_make_dir(dir) && sim_save(dir, "tcbinfo.json", c->tcb_info, c->tcb_info_n, 0644) &&
           sim_save(dir, "qeidentity.json", c->qe_identity, c->qe_identity_n, 0644) &&
           sim_save(dir, "tcb_issuer_chain.pem", c->chain, c->chain_n, 0644) &&
           sim_save(dir, "qe_issuer_chain.pem", c->chain, c->chain_n, 0644) &&
           sim_save(dir, "rootcrl.der", c->root_crl.p, c->root_crl.n, 0644) &&
           sim_save(dir, "pckcrl.der", c->pck_crl.p, c->pck_crl.n, 0644) &&
           sim_save(dir, "pckcrl_issuer_chain.pem", c->ca_chain, c->ca_chain_n, 0644);
}

bool sim_platform_save(const char *dir, const struct sim_platform *p,
                       const struct sim_platform_cert *cert)
{
    char conf[1024];
    size_t n = 0;
    const uint8_t version = (uint8_t)p->quote_version;
    n = sim_conf_put(conf, sizeof(conf), n, "quote_version", bytes_of(&version, 1));
    n = sim_conf_put(conf, sizeof(conf), n, "ppid", PC_BYTES(cert->pck.ppid));
    n = sim_conf_put(conf, sizeof(conf), n, "fmspc", PC_BYTES(cert->pck.fmspc));
    n = sim_conf_put(conf, sizeof(conf), n, "tee_tcb_svn", PC_BYTES(p->tee_tcb_svn));
    n = sim_conf_put(conf, sizeof(conf), n, "mrtd", PC_BYTES(p->mrtd));
    n = sim_conf_put(conf, sizeof(conf), n, "mrconfigid", PC_BYTES(p->mrconfigid));
    return sim_make_dir(dir) && sim_save(dir, "platform.conf", conf, n, 0644) &&
           save_key(dir, "pck.key", &p->pck_key) &&
           sim_save(dir, "pck.der", cert->der, cert->der_n, 0644) &&
           sim_save(dir, "pck_chain.pem", p->pem, p->pem_n, 0644);
}

bool sim_platform_load(struct sim_platform *out, const char *dir)
{
    char conf[1024];
    uint8_t version;
    size_t n;
    memset(out, 0, sizeof(*out));
    if (!sim_load(conf, sizeof(conf), &n, dir, "platform.conf"))
        return false;
    conf[n] = '\0';
    if (!sim_conf_hex(&version, 1, conf, "quote_version") || (version != 4 && version != 5) ||
        !sim_conf_hex(out->tee_tcb_svn, 16, conf, "tee_tcb_svn") ||
        !sim_conf_hex(out->mrtd, 48, conf, "mrtd") ||
        !sim_conf_hex(out->mrconfigid, 48, conf, "mrconfigid"))
        return sim_complain("cannot use", dir, "platform.conf");
    out->quote_version = version;
    return load_key(&out->pck_key, dir, "pck.key") &&
           sim_load(out->pem, sizeof(out->pem), &out->pem_n, dir, "pck_chain.pem");
}

void sim_platform_quote(uint8_t *out, size_t *n, const struct sim_platform *p,
                        const uint8_t report_data[static 64], struct rng *rng)
{
    struct tdx_qe_identity qe;
    struct sim_quote q;
    sim_identity(&qe, 0, 0);
    sim_quote_default(&q, p->quote_version, &qe, &p->pck_key, p->pem, p->pem_n, p->mrtd,
                      p->mrconfigid, report_data, rng);
    memcpy(q.body + PC_TD_TCB_SVN, p->tee_tcb_svn, 16);
    if (q.body_n >= PC_TDX_BODY_15)
        memcpy(q.body + PC_TD_TCB_SVN2, p->tee_tcb_svn, 16);
    sim_quote_build(out, n, &q);
}
