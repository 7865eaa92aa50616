/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/amd_store.h"

#include <stdio.h>

#include "attest/sim/files.h"
#include "attest/sim/store.h"
#include "attest/snp_table.h"
#include "base/hex.h"

static bool save_rsa(const char *dir, const char *name, const struct sim_rsa *k)
{
    char text[4 * PC_SIM_PRIME_LEN + 2];
    hex_encode(text, PC_BYTES(k->p));
    text[2 * PC_SIM_PRIME_LEN] = '\n';
    hex_encode(text + 2 * PC_SIM_PRIME_LEN + 1, PC_BYTES(k->q));
    text[sizeof(text) - 1] = '\n';
    return sim_save(dir, name, text, sizeof(text), 0600);
}

static bool load_rsa(struct sim_rsa *out, const char *dir, const char *name)
{
    const size_t line = 2 * PC_SIM_PRIME_LEN;
    char text[4 * PC_SIM_PRIME_LEN + 16];
    uint8_t p[PC_SIM_PRIME_LEN], q[PC_SIM_PRIME_LEN];
    size_t n;
    if (!sim_load(text, sizeof(text), &n, dir, name))
        return false;
    if (n < 2 * line + 1 || hex_decode(p, sizeof(p), text, line) != PC_OK ||
        hex_decode(q, sizeof(q), text + line + 1, line) != PC_OK || sim_rsa_of(out, p, q) != PC_OK)
        return sim_complain("cannot use", dir, name);
    return true;
}

static const char *const names[] = {"ark", "ask", "asvk"};

static bool save_der(const char *dir, const struct sim_amd *v)
{
    const struct sim_amd_ca *const all[] = {&v->ark, &v->ask, &v->asvk};
    char name[16];
    for (size_t i = 0; i < PC_ARRAY_LEN(all); i++) {
        (void)snprintf(name, sizeof(name), "%s.der", names[i]);
        if (!sim_save(dir, name, all[i]->der, all[i]->der_n, 0644))
            return false;
    }
    return true;
}

bool sim_amd_save(const char *dir, const struct sim_amd *v)
{
    const struct sim_amd_ca *const all[] = {&v->ark, &v->ask, &v->asvk};
    const uint8_t product = (uint8_t)v->product;
    char conf[1024], name[16];
    size_t n = sim_conf_put(conf, sizeof(conf), 0, "product", bytes_of(&product, 1));
    if (!sim_make_dir(dir) || !sim_save(dir, PC_SIM_AMD_VENDOR_CONF, conf, n, 0644))
        return false;
    for (size_t i = 0; i < PC_ARRAY_LEN(all); i++) {
        (void)snprintf(name, sizeof(name), "%s.key", names[i]);
        if (!save_rsa(dir, name, &all[i]->key))
            return false;
    }
    return save_der(dir, v);
}

bool sim_amd_load(struct sim_amd *out, const char *dir)
{
    struct sim_amd_ca *const all[] = {&out->ark, &out->ask, &out->asvk};
    char conf[1024], name[16];
    uint8_t product;
    size_t n;
    memset(out, 0, sizeof(*out));
    if (!sim_load(conf, sizeof(conf), &n, dir, PC_SIM_AMD_VENDOR_CONF))
        return false;
    conf[n] = '\0';
    if (!sim_conf_hex(&product, 1, conf, "product") || product >= PC_SNP_PRODUCTS)
        return sim_complain("cannot use", dir, PC_SIM_AMD_VENDOR_CONF);
    out->product = (enum snp_product)product;
    for (size_t i = 0; i < PC_ARRAY_LEN(all); i++) {
        struct snp_cert cert;
        (void)snprintf(name, sizeof(name), "%s.key", names[i]);
        if (!load_rsa(&all[i]->key, dir, name))
            return false;
        (void)snprintf(name, sizeof(name), "%s.der", names[i]);
        if (!sim_load(all[i]->der, sizeof(all[i]->der), &all[i]->der_n, dir, name))
            return false;
        if (snp_cert_parse(&cert, bytes_of(all[i]->der, all[i]->der_n)) != PC_OK ||
            cert.serial.n > 4)
            return sim_complain("cannot use", dir, name);
        memcpy(all[i]->serial + 4 - cert.serial.n, cert.serial.v, cert.serial.n);
    }
    return true;
}

bool sim_amd_collateral_save(const char *dir, const struct sim_amd *v, struct bytes crl)
{
    return sim_make_dir(dir) && save_der(dir, v) && sim_save(dir, "crl.der", crl.p, crl.n, 0644);
}

static void keep(struct sim_amd_der *out, struct bytes der)
{
    if (der.n > sizeof(out->p))
        pc_bug("a simulated certificate is too large");
    memcpy(out->p, der.p, der.n);
    out->n = der.n;
}

void sim_snp_machine_new(struct sim_snp_machine *out, const struct sim_amd *v, struct rng *rng,
                         bool vlek, uint64_t now)
{
    static struct derw w;
    struct sim_amd_cert leaf;
    const struct sim_amd_ca *issuer = vlek ? &v->asvk : &v->ask;
    memset(out, 0, sizeof(*out));
    w.n = 0;
    out->version = 5;
    sim_chip_new(&out->chip, rng, v->product, vlek);
    sim_chip_cert(&leaf, v, &out->chip, now);
    keep(&out->vek, sim_amd_cert_build(&w, &leaf));
    keep(&out->issuer, bytes_of(issuer->der, issuer->der_n));
    keep(&out->ark, bytes_of(v->ark.der, v->ark.der_n));
}

bool sim_snp_machine_save(const char *dir, const struct sim_snp_machine *m)
{
    char conf[1024], key[2 * 48 + 1];
    const uint8_t head[3] = {(uint8_t)m->version, (uint8_t)m->chip.product, m->chip.vlek};
    size_t n = 0;
    n = sim_conf_put(conf, sizeof(conf), n, "version_product_vlek", PC_BYTES(head));
    n = sim_conf_put(conf, sizeof(conf), n, "chip_id", PC_BYTES(m->chip.chip_id));
    n = sim_conf_put(conf, sizeof(conf), n, "tcb", PC_BYTES(m->chip.tcb));
    n = sim_conf_put(conf, sizeof(conf), n, "measurement", PC_BYTES(m->measurement));
    n = sim_conf_put(conf, sizeof(conf), n, "host_data", PC_BYTES(m->host_data));
    hex_encode(key, PC_BYTES(m->chip.key.d));
    key[2 * 48] = '\n';
    return sim_make_dir(dir) && sim_save(dir, PC_SIM_AMD_PLATFORM_CONF, conf, n, 0644) &&
           sim_save(dir, "vek.key", key, sizeof(key), 0600) &&
           sim_save(dir, "vek.der", m->vek.p, m->vek.n, 0644) &&
           sim_save(dir, "issuer.der", m->issuer.p, m->issuer.n, 0644) &&
           sim_save(dir, "ark.der", m->ark.p, m->ark.n, 0644);
}

static bool load_der(struct sim_amd_der *out, const char *dir, const char *name)
{
    return sim_load(out->p, sizeof(out->p), &out->n, dir, name);
}

bool sim_snp_machine_load(struct sim_snp_machine *out, const char *dir)
{
    char conf[1024], key[128];
    uint8_t head[3], d[48];
    size_t n;
    memset(out, 0, sizeof(*out));
    if (!sim_load(conf, sizeof(conf), &n, dir, PC_SIM_AMD_PLATFORM_CONF))
        return false;
    conf[n] = '\0';
    if (!sim_conf_hex(head, 3, conf, "version_product_vlek") || head[1] >= PC_SNP_PRODUCTS ||
        !sim_conf_hex(out->chip.chip_id, 64, conf, "chip_id") ||
        !sim_conf_hex(out->chip.tcb, 8, conf, "tcb") ||
        !sim_conf_hex(out->measurement, 48, conf, "measurement") ||
        !sim_conf_hex(out->host_data, 32, conf, "host_data"))
        return sim_complain("cannot use", dir, PC_SIM_AMD_PLATFORM_CONF);
    out->version = head[0];
    out->chip.product = (enum snp_product)head[1];
    out->chip.vlek = head[2] != 0;
    if (!sim_load(key, sizeof(key), &n, dir, "vek.key"))
        return false;
    if (n < 96 || hex_decode(d, 48, key, 96) != PC_OK || sim_key384_of(&out->chip.key, d) != PC_OK)
        return sim_complain("cannot use", dir, "vek.key");
    return load_der(&out->vek, dir, "vek.der") && load_der(&out->issuer, dir, "issuer.der") &&
           load_der(&out->ark, dir, "ark.der");
}

void sim_snp_evidence(uint8_t out[static PC_EVIDENCE_MAX], size_t *n,
                      const struct sim_snp_machine *m, const uint8_t report_data[static 64],
                      struct rng *rng)
{
    struct snp_table table = {.entry = {{NULL, 0}}};
    size_t more;
    sim_report_default(out, m->version, &m->chip, m->measurement, m->host_data, report_data, rng);
    sim_report_sign(out, &m->chip.key);
    table.entry[m->chip.vlek ? PC_SNP_ENTRY_VLEK : PC_SNP_ENTRY_VCEK] =
        bytes_of(m->vek.p, m->vek.n);
    table.entry[PC_SNP_ENTRY_ASK] = bytes_of(m->issuer.p, m->issuer.n);
    table.entry[PC_SNP_ENTRY_ARK] = bytes_of(m->ark.p, m->ark.n);
    if (snp_table_build(out + PC_SNP_REPORT_LEN, PC_EVIDENCE_MAX - PC_SNP_REPORT_LEN, &more,
                        &table) != PC_OK)
        pc_bug("simulated evidence does not fit");
    *n = PC_SNP_REPORT_LEN + more;
}
