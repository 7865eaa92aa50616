/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave mirror export: a bundle for `polyclave evidence replay` */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "chain/header.h"
#include "chain/view.h"
#include "chain/view_slot.h"
#include "client/cli/commands.h"
#include "client/cli/mirror_net.h"
#include "client/cli/vendor.h"
#include "client/lib/bundle.h"
#include "client/lib/replay.h"

#define ROWS_MAX    1000 /* of the result; the counts are of all */
#define OBJECTS_MAX 8192 /* of one bundle */

struct export
{
    struct cli_net *n;
    struct cli_out *o;
    struct mirror_net m;
    struct bundle_writer w;
    struct bundle_begin begin;
    uint8_t(*names)[32]; /* objects that are in the bundle, or that nobody holds */
    bool *held;
    size_t n_names;
    uint64_t final; /* agreed finalized block; 0: none */
    size_t exported, missing, incomplete, proved, rows;
};

/* ---- proofs ---- */

static enum err_code header_at(struct export *x, uint64_t number, uint8_t *buf, size_t cap,
                               struct bytes *rlp)
{
    struct writer w = writer_of(buf, cap);
    unsigned who;
    net_now(x->n);
    PC_TRY(endpoints_headers(x->n->endpoints, x->n->chain.now_ms, 0, number, 1, &w, &who));
    struct reader r = reader_of(bytes_of(buf, w.n));
    *rlp = read_bytes(&r, read_u16(&r));
    return reader_end(&r);
}

static enum err_code proof_of(struct export *x, uint64_t block, const uint8_t address[static 20],
                              const struct evm_word *slots, unsigned n, uint8_t *buf, size_t cap,
                              struct bytes *out)
{
    struct writer w = writer_of(buf, cap);
    struct evm_address at;
    unsigned who;
    memcpy(at.b, address, sizeof at.b);
    net_now(x->n);
    PC_TRY(endpoints_proof(x->n->endpoints, x->n->chain.now_ms, 0, block, &at, slots, n, &w, &who));
    return writer_end(&w, out);
}

/* Header and proofs at one block, if they are had and say what the record says. */
static bool prove_at(struct export *x, struct bundle_accepted *a, uint64_t block)
{
    static uint8_t header[PC_HEADER_MAX + 2], record[BUNDLE_PROOF_MAX], force[BUNDLE_PROOF_MAX];
    struct evm_word key = evm_word_of(a->attested.record), slots[PC_OBJ_COUNT];
    struct replay_result r = {0};
    for (unsigned i = 0; i < PC_WORDS_RECORD; i++)
        slots[i] = slot_record(&key, i);
    a->has_proof = header_at(x, block, header, sizeof header, &a->proof.header) == PC_OK &&
                   proof_of(x, block, x->begin.attestations, slots, PC_WORDS_RECORD, record,
                            sizeof record, &a->proof.record) == PC_OK;
    if (!a->has_proof)
        return false;
    unsigned at[PC_OBJ_COUNT], n = replay_force_slots(slots, at, &a->attested);
    a->proof.in_force = bytes_of(NULL, 0);
    if (n != 0 && proof_of(x, block, a->attested.verifier, slots, n, force, sizeof force,
                           &a->proof.in_force) != PC_OK)
        a->proof.in_force = bytes_of(NULL, 0);
    replay_proof(&r, &x->begin, a, NULL);
    if (r.reasons == UINT32_C(1) << PC_REPLAY_IN_FORCE) {
        /* Something newer came into force since: it says nothing about then. */
        a->proof.in_force = bytes_of(NULL, 0);
        r = (struct replay_result){0};
        replay_proof(&r, &x->begin, a, NULL);
    }
    a->has_proof = r.reasons == 0 && r.record_proved;
    return a->has_proof;
}

/* At the block that accepted it, where an endpoint still has that state; else at the finalized
 * block, where the record is as it was unless it was renewed. */
static void prove(struct export *x, struct bundle_accepted *a)
{
    if (x->final == 0 || a->attested.block > x->final)
        return;
    if (!prove_at(x, a, a->attested.block))
        (void)prove_at(x, a, x->final);
}

static void find_bound(struct export *x, struct bundle_accepted *a)
{
    static uint8_t header[PC_HEADER_MAX + 2];
    struct block_header h;
    struct bytes rlp;
    if (header_at(x, a->attested.bound_block, header, sizeof header, &rlp) != PC_OK ||
        header_decode(&h, rlp) != PC_OK || h.number != a->attested.bound_block)
        return;
    a->has_bound_hash = true;
    memcpy(a->bound_hash, h.hash.b, sizeof a->bound_hash);
}

/* ---- one evidence ---- */

/* An object into the bundle, once; false: nobody holds it. */
static bool add_object(struct export *x, const uint8_t name[static 32])
{
    struct bundle_object o;
    if (bytes_all_zero_var(bytes_of(name, 32)))
        return true;
    for (size_t i = 0; i < x->n_names; i++)
        if (memcmp(x->names[i], name, 32) == 0)
            return x->held[i];
    memcpy(o.name, name, sizeof o.name);
    bool held = mirror_collateral(&x->m, &o.data, name) == PC_OK;
    if (held)
        bundle_add_object(&x->w, &o);
    cli_free(&o.data);
    if (x->n_names < OBJECTS_MAX) {
        memcpy(x->names[x->n_names], name, 32);
        x->held[x->n_names++] = held;
    }
    return held;
}

static void out_evidence(struct export *x, const struct bundle_accepted *a, bool complete)
{
    char hash[65];
    if (x->rows++ >= ROWS_MAX)
        return;
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", a->hash[i]);
    out_row(x->o);
    const char *vendor = vendor_name((enum vendor)a->attested.vendor);
    out_str(x->o, "hash", hash);
    out_str(x->o, "vendor", vendor != NULL ? vendor : "unknown");
    out_hex(x->o, "record", PC_BYTES(a->attested.record));
    out_hex(x->o, "context", PC_BYTES(a->attested.context));
    out_str(x->o, "kind", a->attested.kind == PC_SUBJECT_NODE ? "node" : "application");
    out_u64(x->o, "attested_at", a->attested.attested_at);
    out_bool(x->o, "complete", complete);
    out_bool(x->o, "bound", a->has_bound_hash);
    out_bool(x->o, "proof", a->has_proof);
    out_bool(x->o, "proof_in_force", a->has_proof && a->proof.in_force.n != 0);
    out_up(x->o);
    out_line(x->o, "%s  %-11s %s%s", hash,
             a->attested.kind == PC_SUBJECT_NODE ? "node" : "application",
             complete ? "complete" : "an object is missing",
             a->has_proof ? ", record proved" : ", no proof");
}

static void export_one(struct export *x, const uint8_t hash[static 32])
{
    struct bundle_accepted a = {.evidence = {NULL, 0}};
    net_progress(x->n, "%zu exported", x->exported);
    memcpy(a.hash, hash, sizeof a.hash);
    if (mirror_evidence(&x->m, &a.evidence, hash) != PC_OK ||
        mirror_attested(&x->m, &a.attested, hash, NULL, NULL) != PC_OK) {
        x->missing++;
        cli_free(&a.evidence);
        return;
    }
    bool complete = add_object(x, a.attested.signer);
    for (size_t i = 0; i < PC_ARRAY_LEN(a.attested.in_force); i++)
        complete = add_object(x, a.attested.in_force[i]) && complete;
    find_bound(x, &a);
    prove(x, &a);
    bundle_add_accepted(&x->w, &a);
    x->exported++;
    x->incomplete += !complete;
    x->proved += a.has_proof;
    out_evidence(x, &a, complete);
    cli_free(&a.evidence);
}

/* ---- which ---- */

static int export_named(struct export *x, const struct cli_args *a)
{
    uint8_t hash[32];
    for (size_t i = 0; i < cli_count(a, "evidence"); i++) {
        if (!cli_hex_at(a, "evidence", i, hash, sizeof hash))
            return PC_CLI_USAGE;
        export_one(x, hash);
    }
    return PC_CLI_YES;
}

static int export_all(struct export *x, uint64_t since)
{
    struct client_evidence_item *items;
    size_t n;
    enum err_code e = mirror_list(&x->m, &items, &n);
    if (e != PC_OK)
        return cli_fail(PC_CLI_RETRY, "no node could be asked for its list", "mirror export",
                        "name others with --node, or try again");
    for (size_t i = 0; i < n && x->w.err == PC_OK; i++)
        if (items[i].attested_at >= since)
            export_one(x, items[i].hash);
    free(items);
    return PC_CLI_YES;
}

/* ---- the file ---- */

static int write_all(struct export *x, const struct cli_args *a, FILE *f, uint64_t since)
{
    struct head_claim head;
    net_now(x->n);
    x->final =
        endpoints_head(x->n->endpoints, x->n->chain.now_ms, &head) == PC_OK ? head.number : 0;
    x->begin = (struct bundle_begin){
        .version = BUNDLE_VERSION, .chain_id = x->n->net.chain_id, .made_at = (uint64_t)time(NULL)};
    memcpy(x->begin.network_id, x->n->net.network_id, sizeof x->begin.network_id);
    memcpy(x->begin.attestations, net_at(x->n, PC_NET_ATTESTATIONS)->b, 20);
    bundle_begin(&x->w, f, &x->begin);
    int code = cli_has(a, "evidence") ? export_named(x, a) : export_all(x, since);
    enum err_code e = bundle_end(&x->w);
    net_progress_end(x->n);
    if (code == PC_CLI_YES && e != PC_OK)
        code = cli_fail(PC_CLI_USAGE, "cannot write", cli_arg(a, "out"), pc_err_text(e));
    return code;
}

/* Beside its place, then renamed: a bundle is whole or not there. */
static int to_file(struct export *x, const struct cli_args *a, uint64_t since)
{
    const char *path = cli_arg(a, "out");
    char aside[4096];
    if (snprintf(aside, sizeof aside, "%s.part", path) >= (int)sizeof aside)
        return cli_fail(PC_CLI_USAGE, "name too long", path, "choose a shorter one");
    (void)unlink(aside);
    int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return cli_fail(PC_CLI_USAGE, "cannot write", path, strerror(errno));
    }
    int code = write_all(x, a, f, since);
    bool ok = fsync(fd) == 0;
    ok = fclose(f) == 0 && ok;
    if (code == PC_CLI_YES && (!ok || rename(aside, path) != 0))
        code = cli_fail(PC_CLI_USAGE, "cannot write", path, strerror(errno));
    if (code != PC_CLI_YES)
        (void)unlink(aside);
    return code;
}

static int export(const struct cli_args *a)
{
    static struct export x;
    struct cli_net n = {0};
    struct cli_out o = {0};
    uint64_t since = 0;
    const char *from = cli_arg(a, "since");
    if (from != NULL && !cli_time(&since, from))
        return cli_fail(PC_CLI_USAGE, "not a time", from,
                        "write 2026-02-01T00:00:00Z or Unix seconds");
    int code = net_open(&n, a);
    x = (struct export){.n = &n, .o = &o};
    if (code == PC_CLI_YES)
        code = mirror_net_open(&x.m, &n, a);
    x.names = calloc(OBJECTS_MAX, sizeof *x.names);
    x.held = calloc(OBJECTS_MAX, sizeof *x.held);
    if (x.names == NULL || x.held == NULL)
        pc_bug("no memory for a list of names");
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_list(&o, "evidence");
        code = to_file(&x, a, since);
        out_up(&o);
        if (code == PC_CLI_YES)
            code = x.missing == 0 && x.incomplete == 0 ? PC_CLI_YES : PC_CLI_NO;
        out_str(&o, "file", cli_arg(a, "out"));
        out_u64(&o, "exported", x.exported);
        out_u64(&o, "proved", x.proved);
        out_u64(&o, "incomplete", x.incomplete);
        out_u64(&o, "missing", x.missing);
        out_u64(&o, "nodes", x.m.nodes);
        code = out_end(&o, code);
    }
    free(x.names);
    free(x.held);
    mirror_net_close(&x.m);
    net_close(&n);
    return code;
}

static const struct cli_option export_options[] = {
    {"out", "FILE", "the bundle", true, 1},
    {"evidence", "HASH", "this one alone; default: all that the nodes list", false, 0},
    {"since", "TIME", "only what was accepted from then on: 2026-02-01T00:00:00Z or Unix seconds",
     false, 1},
    {"node", "ENDPOINT", "ask this node (host:peerPort:httpPort); default: all that are known",
     false, 0},
};

static const struct cli_verb verbs[] = {
    {"mirror",
     "export",
     "writes accepted evidence, its collateral and proofs to a file for `evidence replay`",
     {"polyclave mirror export --out network.bundle",
      "polyclave mirror export --out one.bundle --evidence "
      "5f3a6c0de1b2a4978c11d0f2e3b4a5968778695a4b3c2d1e0f9e8d7c6b5a4930 --json"},
     export_options,
     PC_ARRAY_LEN(export_options),
     PC_CLI_NETWORK,
     export},
};

int cmd_mirror(int argc, char **argv)
{
    return cli_group("mirror", "accepted evidence, kept for later", verbs, PC_ARRAY_LEN(verbs),
                     argc, argv);
}
