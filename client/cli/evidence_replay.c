/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave evidence replay: an accepted evidence again, offline, from a bundle */
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "client/cli/commands.h"
#include "client/cli/evidence_json.h"
#include "client/cli/out.h"
#include "client/lib/replay.h"
#include "crypto/hash.h"

#define BUNDLE_FILE_MAX ((size_t)1 << 30)
#define ROOT_MAX        ((size_t)16 * 1024)

/* The policy file, or the network's rules under the vendors' own roots; --root pins another root
 * for whatever vendor the evidence is of. */
static int load_policy(struct evidence_policy *out, const struct cli_args *a)
{
    const char *path = cli_arg(a, "policy"), *root = cli_arg(a, "root");
    char why[PC_POLICY_WHY_LEN];
    struct bytes text;
    policy_network(out, NULL);
    if (path != NULL) {
        if (cli_read_file(&text, path, PC_POLICY_MAX + 1) != PC_OK)
            return cli_fail(PC_CLI_USAGE, "cannot read the policy", path,
                            "check name and permissions");
        enum err_code e = policy_parse(out, why, text);
        cli_free(&text);
        if (e != PC_OK)
            return cli_fail(PC_CLI_USAGE, "the policy is not valid", path, why);
    }
    if (root == NULL)
        return PC_CLI_YES;
    if (cli_read_file(&text, root, ROOT_MAX) != PC_OK || text.n == 0 || text.n == ROOT_MAX)
        return cli_fail(PC_CLI_USAGE, "cannot read the root certificate", root,
                        "want the vendor's root in DER");
    uint8_t snp[PC_SNP_PRODUCTS][32];
    for (size_t v = 1; v < PC_ARRAY_LEN(out->root_sha256); v++)
        sha256(out->root_sha256[v], text);
    for (size_t i = 0; i < PC_SNP_PRODUCTS; i++)
        sha256(snp[i], text);
    policy_snp_roots(out, (const uint8_t(*)[32])snp);
    cli_free(&text);
    return PC_CLI_YES;
}

static void out_reasons(struct cli_out *o, const struct replay_result *r)
{
    char text[96];
    out_list(o, "reasons");
    for (unsigned i = 0; i < PC_REPLAY_COUNT; i++) {
        if (!replay_has(r, i))
            continue;
        if (o->json)
            json_out_str(&o->j, NULL, replay_reason_name(i));
        out_line(o, "reason           %s: %s", replay_reason_name(i), replay_reason_text(i));
    }
    out_up(o);
    out_list(o, "evidence_reasons");
    for (unsigned i = 0; r->judged && i < PC_R_COUNT; i++) {
        if (!verdict_has(&r->verdict, (enum verdict_reason)i))
            continue;
        (void)evidence_reason_text(text, &r->verdict, i);
        if (o->json)
            json_out_str(&o->j, NULL, text);
        out_line(o, "                 %s: %s", text, verdict_reason_text(i));
    }
    out_up(o);
}

static void out_shown(struct cli_out *o, const struct replay_result *r)
{
    const struct wire_attested *t = &r->attested;
    char at[21];
    cli_time_text(at, t->attested_at);
    out_str(o, "attested_at", at);
    out_str(o, "vendor", wire_vendor_name(t->vendor));
    out_str(o, "kind", t->kind == PC_SUBJECT_NODE ? "node" : "application");
    out_hex(o, "record", PC_BYTES(t->record));
    out_hex(o, "subject", PC_BYTES(t->subject));
    out_hex(o, "context", PC_BYTES(t->context));
    out_hex(o, "measurement", PC_BYTES(t->measurement));
    out_hex(o, "platform", PC_BYTES(t->platform));
    out_hex(o, "claims", PC_BYTES(t->claims));
    out_str(o, "tcb_status", verdict_status_name(r->verdict.tcb_status));
    out_u64(o, "chain_id", r->chain_id);
    out_hex(o, "network_id", PC_BYTES(r->network_id));
    out_bool(o, "bound", r->bound);
    out_bool(o, "record_proved", r->record_proved);
    out_bool(o, "in_force_proved", r->in_force_proved);
    if (r->block == 0) {
        out_line(o, "%s",
                 "There is no proof of the chain's state: that the chain accepted it, and "
                 "by which objects, is the bundle's word.");
        return;
    }
    out_u64(o, "block", r->block);
    out_hex(o, "block_hash", PC_BYTES(r->block_hash));
    cli_time_text(at, r->block_time);
    out_str(o, "block_time", at);
    out_line(o, "%s",
             "What is proved holds if that block is of the chain: compare its hash with a "
             "source that you trust, or give it as --block-hash.");
}

static int run(const struct cli_args *a)
{
    static struct evidence_policy policy;
    static struct replay_result r;
    struct bytes file;
    struct cli_out o;
    uint8_t hash[32], block[32];
    if (!cli_arg_hex(a, "hash", hash, sizeof hash) ||
        !cli_arg_hex(a, "block-hash", block, sizeof block))
        return PC_CLI_USAGE;
    int code = load_policy(&policy, a);
    if (code != PC_CLI_YES)
        return code;
    if (cli_read_file(&file, cli_arg(a, "bundle"), BUNDLE_FILE_MAX) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "cannot read the bundle", cli_arg(a, "bundle"),
                        "check name and permissions");
    replay_bundle(&r, file, hash, &policy, cli_has(a, "block-hash") ? block : NULL);
    out_begin(&o, a);
    out_str(&o, "verdict", r.reasons == 0 ? "ACCEPT" : "REJECT");
    out_reasons(&o, &r);
    if (r.judged)
        out_shown(&o, &r);
    code = out_end(&o, r.reasons == 0 ? PC_CLI_YES : PC_CLI_NO);
    cli_free(&file);
    return code;
}

static const struct cli_option options[] = {
    {"hash", "HASH", "SHA-256 of the evidence; may stand alone, first", true, 1},
    {"bundle", "FILE", "of polyclave mirror export", true, 1},
    {"root", "FILE", "the vendor's root certificate, DER; default: the real vendors'", false, 1},
    {"policy", "FILE", "JSON (docs/EVIDENCE.md); default: the network's rules, UpToDate only",
     false, 1},
    {"block-hash", "HASH", "a block that you know to be of the chain: the proof must be of it",
     false, 1},
};

static const struct cli_verb verbs[] = {
    {"evidence",
     "replay",
     "verifies an accepted evidence again at its attestedAt, with no network",
     {"polyclave evidence replay 5f3a6c0de1b2a4978c11d0f2e3b4a5968778695a4b3c2d1e0f9e8d7c6b5a4930 "
      "--bundle network.bundle",
      "polyclave evidence replay 5f3a6c0de1b2a4978c11d0f2e3b4a5968778695a4b3c2d1e0f9e8d7c6b5a4930 "
      "--bundle network.bundle --root run/intel/root.der --json"},
     options,
     PC_ARRAY_LEN(options),
     0,
     run},
};

int evidence_replay(int argc, char **argv)
{
    char group[] = "evidence", verb[] = "replay", hash[] = "--hash";
    char *words[64] = {group, verb};
    int n = 2, i = 1;
    if (argc > 1 && strncmp(argv[1], "--", 2) != 0) {
        words[n++] = hash;
        words[n++] = argv[i++];
    }
    while (i < argc) {
        if (n == (int)PC_ARRAY_LEN(words))
            return cli_fail(PC_CLI_USAGE, "too many words", argv[i], "see --help");
        words[n++] = argv[i++];
    }
    return cli_group(group, "one evidence again", verbs, PC_ARRAY_LEN(verbs), n, words);
}
