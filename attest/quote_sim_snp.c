/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote_sim_snp.c - polyclave-quote-sim as a simulated SEV-SNP machine. MEASUREMENT is the hash of
 * the programs (sim/measure.h), HOST_DATA SHA-256 of policy.bin (SPEC 4).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "attest/quote_sim.h"
#include "attest/sim/amd_store.h"
#include "base/hex.h"

enum { EXIT_USAGE = 2 };

static struct sim_snp_machine machine; /* the one that quotes */

static bool has(const char *dir, const char *name)
{
    char path[4096];
    return snprintf(path, sizeof(path), "%s/%s", dir, name) < (int)sizeof(path) &&
           access(path, F_OK) == 0;
}

bool quote_snp_is_vendor(const char *dir)
{
    return has(dir, PC_SIM_AMD_VENDOR_CONF);
}

bool quote_snp_is_platform(const char *dir)
{
    return has(dir, PC_SIM_AMD_PLATFORM_CONF);
}

static bool no_tdx_options(const struct sim_options *o)
{
    if (o->mrtd != NULL || o->mrconfigid != NULL)
        return sim_usage("SEV-SNP has", "--measurement and --host-data in place of TDX registers"),
               false;
    return true;
}

/* By the options into the machine; without options its fields stay. */
static bool measure(struct sim_snp_machine *m, const struct sim_options *o)
{
    const char *bad = "";
    enum err_code e = PC_OK;
    if (!no_tdx_options(o))
        return false;
    if ((o->bin != NULL) + (o->file_count > 0) + (o->measurement != NULL) > 1 ||
        (o->policy != NULL && o->host_data != NULL))
        return sim_usage("give one of",
                         "--bin, --file, --measurement, and one of --policy, --host-data"),
               false;
    if (o->bin != NULL)
        e = sim_measure_node(m->measurement, &bad, o->bin);
    else if (o->file_count > 0)
        e = sim_measure_files(m->measurement, &bad, o->files, o->file_count);
    else if (o->measurement != NULL)
        e = hex_decode(m->measurement, 48, o->measurement, strlen(bad = o->measurement));
    if (e == PC_OK && o->policy != NULL)
        e = sim_hash_file_256(m->host_data, bad = o->policy);
    else if (e == PC_OK && o->host_data != NULL)
        e = hex_decode(m->host_data, 32, o->host_data, strlen(bad = o->host_data));
    if (e != PC_OK)
        (void)fprintf(stderr, "polyclave-quote-sim: cannot measure %s: %s\n", bad, pc_err_text(e));
    return e == PC_OK;
}

/* --revoke ask or asvk: the serials that the list names. */
static bool revoked_serials(uint8_t out[2][4], size_t *n, const struct sim_amd *v,
                            const struct sim_options *o)
{
    for (*n = 0; *n < o->revoke_count; (*n)++) {
        const char *which = o->revoke[*n];
        bool ask = strcmp(which, "ask") == 0;
        if (*n == 2 || (!ask && strcmp(which, "asvk") != 0))
            return sim_usage("AMD's list can revoke ask and asvk, not", which), false;
        memcpy(out[*n], ask ? v->ask.serial : v->asvk.serial, 4);
    }
    return true;
}

static int issue(const struct sim_amd *v, const struct sim_options *o, const char *dir)
{
    static struct derw w;
    struct sim_amd_crl crl;
    uint8_t revoked[2][4];
    w.n = 0;
    sim_amd_crl_params(&crl, v, o->now - 3600);
    crl.number = o->number;
    crl.revoked = (const uint8_t(*)[4])revoked;
    if (!revoked_serials(revoked, &crl.revoked_count, v, o))
        return EXIT_USAGE;
    return sim_amd_collateral_save(dir, v, sim_amd_crl_build(&w, &crl)) ? EXIT_SUCCESS : EXIT_USAGE;
}

static bool product_of(enum snp_product *out, const char *name)
{
    for (unsigned p = 0; p < PC_SNP_PRODUCTS; p++)
        if (name == NULL ? p == PC_SNP_GENOA
                         : strcmp(name, snp_product_name((enum snp_product)p)) == 0) {
            *out = (enum snp_product)p;
            return true;
        }
    return sim_usage("want Milan, Genoa or Turin, not", name), false;
}

int quote_snp_init_vendor(const struct sim_options *o, const char *dir)
{
    static struct sim_amd v;
    enum snp_product product;
    char path[4096];
    if (!product_of(&product, o->product))
        return EXIT_USAGE;
    sim_amd_new(&v, rng_system(), product, o->now - 3600);
    if (snprintf(path, sizeof(path), "%s/collateral", dir) >= (int)sizeof(path))
        return sim_usage("name too long:", dir);
    return sim_amd_save(dir, &v) ? issue(&v, o, path) : EXIT_USAGE;
}

int quote_snp_collateral(const struct sim_options *o, const char *dir)
{
    static struct sim_amd v;
    if (o->recovery)
        return sim_usage("TDX alone has", "--recovery");
    return sim_amd_load(&v, dir) ? issue(&v, o, o->out) : EXIT_USAGE;
}

int quote_snp_init_platform(const struct sim_options *o, const char *dir)
{
    static struct sim_amd v;
    if (o->quote_version != 0 && o->quote_version != 2 && o->quote_version != 3 &&
        o->quote_version != 5)
        return sim_usage("reports of SEV-SNP have", "--quote-version 2, 3 or 5");
    if (!sim_amd_load(&v, o->vendor))
        return EXIT_USAGE;
    sim_snp_machine_new(&machine, &v, rng_system(), o->vlek, o->now - 3600);
    if (o->quote_version != 0)
        machine.version = o->quote_version;
    return measure(&machine, o) && sim_snp_machine_save(dir, &machine) ? EXIT_SUCCESS : EXIT_USAGE;
}

bool quote_snp_open(const struct sim_options *o, const char *dir)
{
    return sim_snp_machine_load(&machine, dir) && measure(&machine, o);
}

void quote_snp_make(uint8_t out[static PC_QUOTE_MAX], size_t *n,
                    const uint8_t report_data[static 64])
{
    sim_snp_evidence(out, n, &machine, report_data, rng_system());
}
