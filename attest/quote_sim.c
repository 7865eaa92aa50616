/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote_sim.c - polyclave-quote-sim: the simulated machine: 64 bytes of report data on stdin,
 * evidence on stdout. TDX is here, SEV-SNP in quote_sim_snp.c, Nitro in quote_sim_nitro.c.
 *
 * The evidence is in the vendor's format under throw-away roots, so it passes the same verifiers
 * unchanged and is worthless on every network that pins the vendor's root. This file reads the
 * command line; sim/store.h has the folders, sim/vendor.h and sim/quote.h what is in them.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "attest/pem.h"
#include "attest/quote_io.h"
#include "attest/quote_sim.h"
#include "attest/sim/nitro_store.h"
#include "attest/sim/store.h"
#include "base/hex.h"

static const char help[] =
    "polyclave-quote-sim makes simulated evidence: the vendors' formats under throw-away roots.\n"
    "\n"
    "  polyclave-quote-sim init-vendor DIR [--fmspc HEX] [--number N] [--now T]\n"
    "  polyclave-quote-sim init-platform DIR --vendor DIR [--quote-version 4|5] [--now T]\n"
    "                      [measured]\n"
    "  polyclave-quote-sim collateral DIR --out DIR [--number N] [--now T] [--revoke PLATFORM]...\n"
    "                      [--recovery]\n"
    "  polyclave-quote-sim init-vendor DIR --tee snp [--product Milan|Genoa|Turin] [--now T]\n"
    "  polyclave-quote-sim init-platform DIR --vendor DIR [--vlek] [--quote-version 2|3|5]\n"
    "                      [--now T] [measured]\n"
    "  polyclave-quote-sim collateral DIR --out DIR [--number N] [--now T] [--revoke ask|asvk]...\n"
    "  polyclave-quote-sim init-vendor DIR --tee nitro [--now T]\n"
    "  polyclave-quote-sim init-platform DIR --vendor DIR [measured]\n"
    "  polyclave-quote-sim --platform DIR [measured] [--now T] < report_data > quote\n"
    "\n"
    "measured, what the registers hold (kept with init-platform, else for this quote):\n"
    "  --bin DIR         MRTD, MEASUREMENT, PCR0 and PCR2: the node's programs in that folder\n"
    "  --file F          the same of this file (repeat); instead of --bin\n"
    "  --policy F        MRCONFIGID, PCR1: SHA-384 of that file; HOST_DATA: its SHA-256\n"
    "  --mrtd HEX        MRTD as given, 48 bytes;  --mrconfigid HEX likewise\n"
    "  --measurement HEX MEASUREMENT as given, 48 bytes;  --host-data HEX: 32 bytes\n"
    "  --pcr0 HEX        PCR0 and PCR2 as given, 48 bytes;  --pcr1 HEX likewise\n"
    "\n"
    "init-vendor writes keys, certificates and a collateral folder; collateral issues a new set:\n"
    "fresh dates, the evaluation number N, the named platforms' certificates revoked; with "
    "--recovery\n"
    "the level on which TDX machines stand is out of date (a TCB recovery). T is Unix seconds, by\n"
    "default the clock's; objects begin an hour before. Nitro has no collateral: its\n"
    "documents are stamped T and carry their chain (root 30 years, regional 20 days, zonal 5.7 "
    "days,\n"
    "instance 1 day, leaf 3 hours).\n"
    "\n"
    "Examples:\n"
    "  polyclave-quote-sim init-vendor run/intel\n"
    "  polyclave-quote-sim init-platform run/machine1 --vendor run/intel --quote-version 5\n"
    "  polyclave-quote-sim init-vendor run/amd --tee snp --product Genoa\n"
    "  polyclave-quote-sim init-vendor run/aws --tee nitro\n"
    "  head -c 64 /dev/zero | polyclave-quote-sim --platform run/machine1 > quote.bin\n";

enum { EXIT_USAGE = 2 };

int sim_usage(const char *what, const char *which)
{
    (void)fprintf(stderr,
                  "polyclave-quote-sim: %s %s; polyclave-quote-sim --help shows the forms\n", what,
                  which);
    return EXIT_USAGE;
}

static bool number(uint64_t *out, const char *text, uint64_t max)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    *out = v;
    return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' && v <= max;
}

/* One option; false if its value is wrong. */
static bool take(struct sim_options *o, int c, const char *arg)
{
    uint64_t v = 0;
    switch (c) {
    case 'v':
        o->vendor = arg;
        return true;
    case 'p':
        o->platform = arg;
        return true;
    case 'o':
        o->out = arg;
        return true;
    case 'b':
        o->bin = arg;
        return true;
    case 'P':
        o->policy = arg;
        return true;
    case 'm':
        o->mrtd = arg;
        return true;
    case 'c':
        o->mrconfigid = arg;
        return true;
    case 'f':
        if (o->file_count == PC_SIM_FILES_MAX)
            return false;
        o->files[o->file_count++].path = arg;
        return true;
    case '0':
        o->pcr0 = arg;
        return true;
    case '1':
        o->pcr1 = arg;
        return true;
    case 'M':
        o->measurement = arg;
        return true;
    case 'H':
        o->host_data = arg;
        return true;
    case 'R':
        o->product = arg;
        return true;
    case 'l':
        o->vlek = true;
        return true;
    case 'y':
        o->recovery = true;
        return true;
    case 'T':
        o->tee = arg;
        return strcmp(arg, "tdx") == 0 || strcmp(arg, "snp") == 0 || strcmp(arg, "nitro") == 0;
    case 'r':
        if (o->revoke_count == PC_SIM_REVOKED_MAX)
            return false;
        o->revoke[o->revoke_count++] = arg;
        return true;
    case 'F':
        return hex_decode(o->fmspc, 6, arg, strlen(arg)) == PC_OK;
    case 'n':
        if (!number(&v, arg, UINT32_MAX))
            return false;
        o->number = (uint32_t)v;
        return true;
    case 'q':
        if (!number(&v, arg, 5) || v < 2)
            return false;
        o->quote_version = (uint16_t)v;
        return true;
    case 't':
        /* The last second that a certificate of 30 years can still carry in four digits. */
        o->now_given = true;
        return number(&o->now, arg, UINT64_C(250000000000)) && o->now > 3600;
    }
    return false;
}

/* Registers by the options into mrtd and mrconfigid; without options they stay. */
static bool measure(const struct sim_options *o, uint8_t mrtd[static 48],
                    uint8_t mrconfigid[static 48])
{
    const char *bad = "";
    enum err_code e = PC_OK;
    if (o->measurement != NULL || o->host_data != NULL || o->vlek || o->pcr0 != NULL ||
        o->pcr1 != NULL)
        return sim_usage("not for TDX:", "--measurement, --host-data, --vlek, --pcr0, --pcr1"),
               false;
    if ((o->bin != NULL) + (o->file_count > 0) + (o->mrtd != NULL) > 1 ||
        (o->policy != NULL && o->mrconfigid != NULL))
        return sim_usage("give one of", "--bin, --file, --mrtd, and one of --policy, --mrconfigid"),
               false;
    if (o->bin != NULL)
        e = sim_measure_node(mrtd, &bad, o->bin);
    else if (o->file_count > 0)
        e = sim_measure_files(mrtd, &bad, o->files, o->file_count);
    else if (o->mrtd != NULL)
        e = hex_decode(mrtd, 48, o->mrtd, strlen(bad = o->mrtd));
    if (e == PC_OK && o->policy != NULL)
        e = sim_hash_file(mrconfigid, bad = o->policy);
    else if (e == PC_OK && o->mrconfigid != NULL)
        e = hex_decode(mrconfigid, 48, o->mrconfigid, strlen(bad = o->mrconfigid));
    if (e != PC_OK)
        (void)fprintf(stderr, "polyclave-quote-sim: cannot measure %s: %s\n", bad, pc_err_text(e));
    return e == PC_OK;
}

static bool issue(const struct sim_vendor *v, const struct sim_options *o, const char *dir)
{
    static struct sim_collateral set;
    static struct tdx_tcb_info levels;
    struct tdx_qe_identity identity;
    for (size_t i = 0; i < o->revoke_count; i++) {
        static struct sim_platform p;
        static struct pem_chain pem;
        struct cert leaf;
        if (!sim_platform_load(&p, o->revoke[i]) ||
            pem_decode(&pem, bytes_of(p.pem, p.pem_n)) != PC_OK ||
            cert_parse(&leaf, pem.cert[0]) != PC_OK)
            return sim_usage("cannot revoke", o->revoke[i]), false;
        set.revoked[set.revoked_count++] = leaf.serial;
    }
    sim_levels(&levels, v, o->number, o->now - 3600);
    if (o->recovery)
        sim_recovery(&levels);
    sim_identity(&identity, o->number, o->now - 3600);
    sim_collateral_build(&set, v, &levels, &identity, o->now - 3600);
    return sim_collateral_save(dir, &set);
}

static int init_vendor(const struct sim_options *o, const char *dir)
{
    static struct sim_vendor v;
    char path[4096];
    if (o->tee != NULL && strcmp(o->tee, "snp") == 0)
        return quote_snp_init_vendor(o, dir);
    if (o->tee != NULL && strcmp(o->tee, "nitro") == 0)
        return quote_nitro_init_vendor(o, dir);
    sim_vendor_new(&v, rng_system(), o->fmspc, o->now - 3600);
    if (snprintf(path, sizeof(path), "%s/collateral", dir) >= (int)sizeof(path))
        return sim_usage("name too long:", dir);
    return sim_vendor_save(dir, &v) && issue(&v, o, path) ? EXIT_SUCCESS : EXIT_USAGE;
}

static int collateral(const struct sim_options *o, const char *dir)
{
    static struct sim_vendor v;
    if (o->out == NULL)
        return sim_usage("collateral needs", "--out DIR");
    if (sim_nitro_is_vendor(dir))
        return sim_usage("Nitro has no collateral:", dir);
    if (quote_snp_is_vendor(dir))
        return quote_snp_collateral(o, dir);
    return sim_vendor_load(&v, dir) && issue(&v, o, o->out) ? EXIT_SUCCESS : EXIT_USAGE;
}

static int init_platform(const struct sim_options *o, const char *dir)
{
    static struct sim_vendor v;
    static struct sim_platform p;
    static struct sim_platform_cert cert;
    static const uint8_t svn[16] = {7, 1, 4};
    struct tdx_pck pck;
    if (o->vendor == NULL)
        return sim_usage("init-platform needs", "--vendor DIR");
    if (quote_snp_is_vendor(o->vendor))
        return quote_snp_init_platform(o, dir);
    if (sim_nitro_is_vendor(o->vendor))
        return quote_nitro_init_platform(o, dir);
    if (o->quote_version != 0 && o->quote_version < 4)
        return sim_usage("quotes of TDX have", "--quote-version 4 or 5");
    if (!sim_vendor_load(&v, o->vendor) || !measure(o, p.mrtd, p.mrconfigid))
        return EXIT_USAGE;
    sim_pck_default(&pck, &v, rng_system());
    sim_platform_new(&cert, &v, rng_system(), &pck, o->now - 3600);
    sim_platform_pem(p.pem, sizeof(p.pem), &p.pem_n, &v, &cert);
    p.pck_key = cert.key;
    p.quote_version = o->quote_version != 0 ? o->quote_version : 4;
    memcpy(p.tee_tcb_svn, svn, sizeof(svn));
    return sim_platform_save(dir, &p, &cert) ? EXIT_SUCCESS : EXIT_USAGE;
}

static struct sim_platform machine; /* the one that quotes, if it is of TDX */
static bool machine_is_snp, machine_is_nitro;

static bool open_machine(const struct sim_options *o, const char *dir)
{
    machine_is_snp = quote_snp_is_platform(dir);
    machine_is_nitro = sim_nitro_is_host(dir);
    return machine_is_snp ? quote_snp_open(o, dir)
           : machine_is_nitro
               ? quote_nitro_open(o, dir)
               : sim_platform_load(&machine, dir) && measure(o, machine.mrtd, machine.mrconfigid);
}

enum err_code quote_sim_open(const char *platform, const char *bin, const char *policy)
{
    const struct sim_options o = {.bin = bin, .policy = policy};
    if (platform == NULL)
        return (void)sim_usage("a simulated machine needs", "--platform DIR"), PC_E_USAGE;
    return open_machine(&o, platform) ? PC_OK : PC_E_IO;
}

enum err_code quote_sim_make(uint8_t out[static PC_QUOTE_MAX], size_t *n,
                             const uint8_t report_data[static 64])
{
    if (machine_is_snp)
        quote_snp_make(out, n, report_data);
    else if (machine_is_nitro)
        quote_nitro_make(out, n, report_data);
    else
        sim_platform_quote(out, n, &machine, report_data, rng_system());
    return PC_OK;
}

/* The helper's whole interface: fd 0 to fd 1. */
static int quote(const struct sim_options *o)
{
    static uint8_t out[PC_QUOTE_MAX];
    uint8_t report_data[64];
    size_t n = 0;
    if (!open_machine(o, o->platform))
        return EXIT_USAGE;
    if (quote_read_data(report_data, STDIN_FILENO) != PC_OK)
        return sim_usage("stdin must be", "exactly 64 bytes of report data");
    (void)!quote_sim_make(out, &n, report_data);
    if (quote_write(STDOUT_FILENO, bytes_of(out, n)) != PC_OK) {
        (void)fprintf(stderr, "polyclave-quote-sim: cannot write the quote: %s\n", strerror(errno));
        return EXIT_USAGE;
    }
    return EXIT_SUCCESS;
}

int quote_sim_main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"vendor", required_argument, NULL, 'v'},
        {"platform", required_argument, NULL, 'p'},
        {"out", required_argument, NULL, 'o'},
        {"bin", required_argument, NULL, 'b'},
        {"file", required_argument, NULL, 'f'},
        {"policy", required_argument, NULL, 'P'},
        {"mrtd", required_argument, NULL, 'm'},
        {"mrconfigid", required_argument, NULL, 'c'},
        {"pcr0", required_argument, NULL, '0'},
        {"pcr1", required_argument, NULL, '1'},
        {"measurement", required_argument, NULL, 'M'},
        {"host-data", required_argument, NULL, 'H'},
        {"tee", required_argument, NULL, 'T'},
        {"product", required_argument, NULL, 'R'},
        {"vlek", no_argument, NULL, 'l'},
        {"recovery", no_argument, NULL, 'y'},
        {"fmspc", required_argument, NULL, 'F'},
        {"number", required_argument, NULL, 'n'},
        {"now", required_argument, NULL, 't'},
        {"quote-version", required_argument, NULL, 'q'},
        {"revoke", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct sim_options o = {.fmspc = {0x51, 0x4d, 0x6f, 0, 0, 0}, .number = 20};
    int c;
    o.now = (uint64_t)time(NULL);
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 'h')
            return fputs(help, stdout) >= 0 ? EXIT_SUCCESS : EXIT_USAGE;
        if (c == '?')
            return EXIT_USAGE;
        if (!take(&o, c, optarg))
            return sim_usage("cannot use the value", optarg);
    }
    char **rest = argv + optind;
    int n = argc - optind;
    if (n == 0 && o.platform != NULL)
        return quote(&o);
    if (n == 2 && strcmp(rest[0], "init-vendor") == 0)
        return init_vendor(&o, rest[1]);
    if (n == 2 && strcmp(rest[0], "init-platform") == 0)
        return init_platform(&o, rest[1]);
    if (n == 2 && strcmp(rest[0], "collateral") == 0)
        return collateral(&o, rest[1]);
    return sim_usage("nothing to do", n > 0 ? rest[0] : "");
}
