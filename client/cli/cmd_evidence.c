/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave evidence verify | measure; replay stands in evidence_replay.c */
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

#include "attest/evidence.h"
#include "attest/sim/amd.h"
#include "attest/sim/measure.h"
#include "attest/sim/nitro.h"
#include "base/hex.h"
#include "base/json.h"
#include "client/cli/cli.h"
#include "client/cli/commands.h"
#include "client/cli/evidence_json.h"
#include "client/cli/evidence_snp.h"

static const char group_help[] =
    "polyclave evidence tells whether a machine's evidence is genuine, and what programs measure "
    "to.\n"
    "\n"
    "  polyclave evidence verify --vendor tdx|snp --evidence F [--cert F] --collateral DIR\n"
    "                            --at TIME [--policy F] [--json]\n"
    "  polyclave evidence verify --vendor nitro --evidence F --at TIME [--collateral DIR]\n"
    "                            [--policy F] [--json]\n"
    "  polyclave evidence replay HASH --bundle F [--root F] [--policy F] [--block-hash H] "
    "[--json]\n"
    "  polyclave evidence measure --sim [--vendor tdx|snp|nitro] (--bin DIR | --file F...)\n"
    "                             [--policy F] [--json]\n"
    "\n"
    "verify: exit 0 accepted, 1 refused with every reason, 2 usage or unreadable input.\n"
    "  --evidence F      the quote; the report, alone or with the host's certificate table; the\n"
    "                    attestation document\n"
    "  --cert F          snp: the VCEK or VLEK, DER or PEM; without it that of the table\n"
    "  --collateral DIR  tdx: tcbinfo.json tcb_issuer_chain.pem qeidentity.json\n"
    "                    qe_issuer_chain.pem rootcrl.der pckcrl.der; what is missing is a reason\n"
    "                    snp: certificates and lists of AMD, DER or PEM, by whatever name\n"
    "                    nitro: a document needs none; files of a folder are not looked at\n"
    "  --at TIME         2026-02-01T00:00:00Z or Unix seconds; no clock is consulted\n"
    "  --policy F        JSON (docs/EVIDENCE.md); without it only UpToDate, no debug, CRLs "
    "checked\n"
    "                    where there are any\n"
    "\n"
    "replay: an evidence that the chain accepted, verified again at its attestedAt, with no "
    "network,\n"
    "out of the file of `polyclave mirror export`; says what else the bundle proves. See its "
    "--help.\n"
    "\n"
    "measure: registers and measurement of a simulated TD, SEV-SNP guest or Nitro enclave that "
    "runs\n"
    "these programs under that policy.bin.\n"
    "  --bin DIR         a node's programs in that folder;  --file F: this program (repeat)\n"
    "  --policy F        policy.bin\n"
    "\n"
    "Examples:\n"
    "  polyclave evidence verify --vendor tdx --evidence quote.bin --collateral "
    "run/intel/collateral \\\n"
    "      --at 2026-02-01T00:00:00Z --policy policy.json\n"
    "  polyclave evidence verify --vendor snp --evidence report.bin --cert vcek.der \\\n"
    "      --collateral amd --at 2026-02-01T00:00:00Z --json\n"
    "  polyclave evidence verify --vendor nitro --evidence document.bin \\\n"
    "      --at 2025-12-25T16:05:19Z --json\n"
    "  polyclave evidence measure --sim --bin build/release/bin --policy run/policy.bin\n";

struct verify_options {
    const char *vendor, *evidence, *cert, *collateral, *at, *policy;
    bool json;
};

static bool is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* One file of the folder; a missing one is empty. False: there, and cannot be read. */
static bool load_object(struct bytes *out, const char *dir, const char *name, unsigned *found)
{
    char path[4096];
    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
        return false;
    enum err_code e = cli_read_file(out, path, PC_COLLATERAL_MAX);
    if (e == PC_OK)
        (*found)++;
    else if (e != PC_E_NOT_FOUND)
        (void)cli_fail(PC_CLI_USAGE, "cannot read", path, "check its permissions");
    return e == PC_OK || e == PC_E_NOT_FOUND;
}

static bool load_collateral(struct collateral *c, const char *dir)
{
    unsigned found = 0;
    if (!is_dir(dir))
        return cli_fail(PC_CLI_USAGE, "no such folder", dir, "name a collateral folder"), false;
    if (!load_object(&c->tcb_info, dir, "tcbinfo.json", &found) ||
        !load_object(&c->tcb_chain, dir, "tcb_issuer_chain.pem", &found) ||
        !load_object(&c->qe_identity, dir, "qeidentity.json", &found) ||
        !load_object(&c->qe_chain, dir, "qe_issuer_chain.pem", &found) ||
        !load_object(&c->root_crl, dir, "rootcrl.der", &found) ||
        !load_object(&c->pck_crl, dir, "pckcrl.der", &found))
        return false;
    if (found == 0)
        return cli_fail(PC_CLI_USAGE, "no collateral in", dir,
                        "expected tcbinfo.json and the files beside it"),
               false;
    return true;
}

static void free_collateral(struct collateral *c)
{
    cli_free(&c->tcb_info);
    cli_free(&c->tcb_chain);
    cli_free(&c->qe_identity);
    cli_free(&c->qe_chain);
    cli_free(&c->root_crl);
    cli_free(&c->pck_crl);
}

static bool load_policy(struct evidence_policy *out, const char *path)
{
    char why[PC_POLICY_WHY_LEN];
    struct bytes text;
    if (path == NULL) {
        policy_manifest(out);
        return true;
    }
    if (cli_read_file(&text, path, PC_POLICY_MAX + 1) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "cannot read the policy", path, "check name and permissions"),
               false;
    enum err_code e = policy_parse(out, why, text);
    cli_free(&text);
    if (e != PC_OK)
        (void)cli_fail(PC_CLI_USAGE, "the policy is not valid", path, why);
    return e == PC_OK;
}

static void print_verdict(const struct verdict *v)
{
    char text[96];
    (void)printf("verdict     %s\n", verdict_accepts(v) ? "ACCEPT" : "REJECT");
    for (unsigned r = 0; r < PC_R_COUNT; r++)
        if (verdict_has(v, (enum verdict_reason)r))
            (void)printf("reason      %s: %s\n", evidence_reason_text(text, v, r),
                         verdict_reason_text(r));
    if (v->tcb_status != PC_TCB_NONE)
        (void)printf("tcb status  %s\n", verdict_status_name(v->tcb_status));
    if (v->tcb_date != 0) {
        cli_time_text(text, v->tcb_date);
        (void)printf("tcb date    %s\n", text);
    }
    for (size_t i = 0; i < v->advisory_count && i < PC_ADVISORIES_MAX; i++)
        (void)printf("%s %s\n", i == 0 ? "advisories " : "           ", v->advisories[i]);
    (void)printf("crl checked %s\n", v->crl_checked == 1 ? "yes" : "no");
    if (v->has_claims != 1)
        return;
    char hex[2 * PC_REPORT_DATA_LEN + 1];
    hex_encode(hex, PC_BYTES(v->measurement));
    (void)printf("measurement %s\n", hex);
    hex_encode(hex, PC_BYTES(v->platform));
    (void)printf("platform    %s\n", hex);
    hex_encode(hex, bytes_of(v->report_data, v->report_data_len));
    (void)printf("report data %s\n", hex);
    hex_encode(hex, PC_BYTES(v->claims));
    (void)printf("claims      %s\n", hex);
}

static void print_result(const struct verdict *v, const struct evidence_input *in, bool as_json)
{
    static char json[PC_EVIDENCE_JSON_CAP];
    static struct tdx_view tdx;
    static struct snp_view snp;
    static struct nitro_view nitro;
    struct evidence_view view = {NULL, NULL, NULL};
    if (!as_json) {
        print_verdict(v);
        return;
    }
    if (v->vendor == PC_VENDOR_TDX && tdx_view_of(&tdx, in->evidence))
        view.tdx = &tdx;
    if (v->vendor == PC_VENDOR_SNP && snp_view_of(&snp, in))
        view.snp = &snp;
    if (v->vendor == PC_VENDOR_NITRO && nitro_view_of(&nitro, in->evidence))
        view.nitro = &nitro;
    evidence_json(json, v, &view);
    (void)puts(json);
}

/* A Nitro document carries all that it is judged by; a folder beside it must exist all the same. */
static bool load_beside(struct evidence_input *in, struct snp_files **snp, enum vendor vendor,
                        const struct verify_options *o)
{
    if (vendor == PC_VENDOR_SNP)
        return snp_files_load(snp, in, o->collateral, o->cert);
    if (vendor == PC_VENDOR_TDX)
        return load_collateral(&in->collateral, o->collateral);
    if (o->collateral != NULL && !is_dir(o->collateral))
        return cli_fail(PC_CLI_USAGE, "no such folder", o->collateral, "leave --collateral out") ==
               PC_CLI_YES;
    return true;
}

static int run_verify(const struct verify_options *o, enum vendor vendor, uint64_t at)
{
    static struct evidence_policy policy;
    struct evidence_input in = {
        .policy = &policy, .evidence_time = at, .collateral_time = at, .dates = PC_DATES_FULL};
    struct snp_files *snp = NULL;
    struct verdict v;
    int code = PC_CLI_USAGE;
    if (!load_policy(&policy, o->policy))
        return code;
    if (cli_read_file(&in.evidence, o->evidence, PC_EVIDENCE_MAX + 1) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "cannot read the evidence", o->evidence,
                        "check name and permissions");
    if (!load_beside(&in, &snp, vendor, o))
        goto out;
    evidence_verify(&v, NULL, vendor, &in);
    print_result(&v, &in, o->json);
    code = verdict_accepts(&v) ? PC_CLI_YES : PC_CLI_NO;
    if (fflush(stdout) != 0)
        code = cli_fail(PC_CLI_USAGE, "cannot write", "stdout", "check where it leads");
out:
    if (vendor == PC_VENDOR_SNP)
        snp_files_free(snp);
    else
        free_collateral(&in.collateral);
    cli_free(&in.evidence);
    return code;
}

static int verify(int argc, char **argv)
{
    static const struct option longs[] = {
        {"vendor", required_argument, NULL, 'v'},
        {"evidence", required_argument, NULL, 'e'},
        {"cert", required_argument, NULL, 'k'},
        {"collateral", required_argument, NULL, 'c'},
        {"at", required_argument, NULL, 'a'},
        {"policy", required_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct verify_options o = {0};
    int c;
    optind = 1;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'v':
            o.vendor = optarg;
            break;
        case 'e':
            o.evidence = optarg;
            break;
        case 'k':
            o.cert = optarg;
            break;
        case 'c':
            o.collateral = optarg;
            break;
        case 'a':
            o.at = optarg;
            break;
        case 'p':
            o.policy = optarg;
            break;
        case 'j':
            o.json = true;
            break;
        case 'h':
            return fputs(group_help, stdout) >= 0 ? PC_CLI_YES : PC_CLI_USAGE;
        default:
            return PC_CLI_USAGE;
        }
    }
    if (optind < argc)
        return cli_fail(PC_CLI_USAGE, "what is this", argv[optind], "options begin with --");
    if (o.vendor == NULL || o.evidence == NULL || o.at == NULL)
        return cli_fail(PC_CLI_USAGE, "an option is missing", "evidence verify",
                        "give --vendor, --evidence, --at, and --collateral where there is any");
    const struct evidence_verifier *verifier = evidence_verifier_named(o.vendor);
    if (verifier == NULL)
        return cli_fail(PC_CLI_USAGE, "no verifier for vendor", o.vendor,
                        "there are: tdx, snp, nitro");
    if (o.cert != NULL && verifier->vendor != PC_VENDOR_SNP)
        return cli_fail(PC_CLI_USAGE, "no certificate goes with evidence of", o.vendor,
                        "leave --cert out");
    if (o.collateral == NULL && verifier->vendor != PC_VENDOR_NITRO)
        return cli_fail(PC_CLI_USAGE, "an option is missing", "evidence verify",
                        "give --collateral");
    uint64_t at;
    if (!cli_time(&at, o.at))
        return cli_fail(PC_CLI_USAGE, "not a time", o.at,
                        "write 2026-02-01T00:00:00Z or Unix seconds");
    return run_verify(&o, verifier->vendor, at);
}

/* What a simulated machine of a vendor calls the two hashes, and how long the second is. */
struct measured {
    const char *vendor, *program, *policy;
    size_t policy_n;
    enum err_code (*hash)(uint8_t *out, const char *path);
    void (*digest)(uint8_t *out, const uint8_t *program, const uint8_t *policy);
};

static int print_measure(const struct measured *m, const uint8_t program[static 48],
                         const uint8_t policy[static 48], bool as_json)
{
    uint8_t digest[32];
    char hex[3][97], json[1024];
    size_t n;
    struct json_out o;
    m->digest(digest, program, policy);
    hex_encode(hex[0], bytes_of(program, 48));
    hex_encode(hex[1], bytes_of(policy, m->policy_n));
    hex_encode(hex[2], PC_BYTES(digest));
    if (!as_json) {
        (void)printf("%-11s %s\n%-11s %s\nmeasurement %s\n", m->program, hex[0], m->policy, hex[1],
                     hex[2]);
        return fflush(stdout) == 0 ? PC_CLI_YES : PC_CLI_USAGE;
    }
    json_out_init(&o, json, sizeof(json));
    json_out_object(&o, NULL);
    json_out_str(&o, "vendor", m->vendor);
    json_out_str(&o, m->program, hex[0]);
    json_out_str(&o, m->policy, hex[1]);
    json_out_str(&o, "measurement", hex[2]);
    json_out_end(&o);
    if (json_out_finish(&o, &n) != PC_OK)
        pc_bug("a measurement does not fit its buffer");
    return puts(json) >= 0 && fflush(stdout) == 0 ? PC_CLI_YES : PC_CLI_USAGE;
}

static int measure(int argc, char **argv)
{
    static const struct option longs[] = {
        {"sim", no_argument, NULL, 's'},          {"vendor", required_argument, NULL, 'v'},
        {"bin", required_argument, NULL, 'b'},    {"file", required_argument, NULL, 'f'},
        {"policy", required_argument, NULL, 'p'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    /* MEASUREMENT of a report is not the digest that is printed as measurement; PCR 2 is PCR 0 */
    static const struct measured kinds[] = {
        {"tdx", "mrtd", "mrconfigid", 48, sim_hash_file, sim_measurement},
        {"snp", "launch", "host_data", 32, sim_hash_file_256, sim_snp_measurement},
        {"nitro", "pcr0", "pcr1", 48, sim_hash_file, sim_nitro_measurement},
    };
    const struct measured *kind = &kinds[0];
    struct sim_file files[PC_SIM_FILES_MAX];
    size_t n = 0;
    const char *bin = NULL, *policy = NULL, *bad = "";
    bool sim = false, json = false;
    uint8_t program[48], config[48] = {0};
    int c;
    optind = 1;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 's':
            sim = true;
            break;
        case 'v':
            for (kind = kinds; kind < kinds + PC_ARRAY_LEN(kinds); kind++)
                if (strcmp(kind->vendor, optarg) == 0)
                    break;
            if (kind == kinds + PC_ARRAY_LEN(kinds))
                return cli_fail(PC_CLI_USAGE, "no simulated machines of", optarg,
                                "there are: tdx, snp, nitro");
            break;
        case 'b':
            bin = optarg;
            break;
        case 'f':
            if (n == PC_SIM_FILES_MAX)
                return cli_fail(PC_CLI_USAGE, "too many files", optarg, "32 at most");
            files[n++].path = optarg;
            break;
        case 'p':
            policy = optarg;
            break;
        case 'j':
            json = true;
            break;
        case 'h':
            return fputs(group_help, stdout) >= 0 ? PC_CLI_YES : PC_CLI_USAGE;
        default:
            return PC_CLI_USAGE;
        }
    }
    if (!sim)
        return cli_fail(PC_CLI_USAGE, "only simulated machines can be measured", "evidence measure",
                        "give --sim; a real image is measured by its build");
    if ((bin != NULL) == (n > 0) || optind < argc)
        return cli_fail(PC_CLI_USAGE, "what to measure is not clear", "evidence measure",
                        "give either --bin DIR or --file F");
    enum err_code e = bin != NULL ? sim_measure_node(program, &bad, bin)
                                  : sim_measure_files(program, &bad, files, n);
    if (e == PC_OK && policy != NULL)
        e = kind->hash(config, bad = policy);
    if (e != PC_OK)
        return cli_fail(PC_CLI_USAGE, "cannot measure", bad, pc_err_text(e));
    return print_measure(kind, program, config, json);
}

int cmd_evidence(int argc, char **argv)
{
    static const struct cli_command verbs[] = {
        {"verify", verify, "is this evidence genuine, and is it accepted?"},
        {"replay", evidence_replay, "does it verify again, as the chain accepted it?"},
        {"measure", measure, "what do these programs measure to?"},
    };
    return cli_dispatch(verbs, PC_ARRAY_LEN(verbs), group_help, argc, argv);
}
