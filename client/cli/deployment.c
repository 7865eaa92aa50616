/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/deployment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"

#define FILE_MAX ((size_t)256 * 1024)

static enum err_code read_root(struct network *out, const struct json_value *root)
{
    struct json_value list, c;
    PC_TRY(json_get_u64(root, "chainId", UINT64_C(1) << 53, &out->chain_id));
    PC_TRY(json_get_u64(root, "block", UINT64_C(1) << 53, &out->from_block));
    PC_TRY(json_get_object(root, "contracts", &list));
    for (unsigned i = 0; i < PC_NET_CONTRACTS; i++) {
        if (network_contract_optional(i) && !json_has(&list, network_contract_name(i)))
            continue;
        PC_TRY(json_get_object(&list, network_contract_name(i), &c));
        PC_TRY(json_get_hex(&c, "address", out->contract[i].b, 20));
    }
    network_ids(out);
    return PC_OK;
}

/* Roots of verifiers that the deployment has. PC_E_NOT_FOUND: an older file names none. */
static enum err_code read_roots(struct deployment_policy *p, const struct network *net,
                                const struct json_value *v)
{
    static const struct evm_address none;
    const struct evm_address *snp = &net->contract[PC_NET_SNP_VERIFIER],
                             *nitro = &net->contract[PC_NET_NITRO_VERIFIER];
    struct json_value list;
    size_t n;
    if (!evm_addr_equal(snp, &none)) {
        if (!json_has(v, "snpRoots"))
            return PC_E_NOT_FOUND;
        PC_TRY(json_get_array(v, "snpRoots", &list, &n));
        if (n != PC_ARRAY_LEN(p->snp_root))
            return PC_E_MALFORMED;
        for (size_t i = 0; i < n; i++) {
            struct json_value one = json_at(&list, i);
            PC_TRY(json_get_hex(&one, NULL, p->snp_root[i], 32));
        }
    }
    if (!evm_addr_equal(nitro, &none)) {
        if (!json_has(v, "nitroRoot"))
            return PC_E_NOT_FOUND;
        PC_TRY(json_get_hex(v, "nitroRoot", p->nitro_root, 32));
    }
    return PC_OK;
}

static enum err_code read_policy(struct deployment_policy *p, const struct network *net,
                                 const struct json_value *root)
{
    struct json_value v;
    uint64_t margin, age, phase;
    if (json_has(root, "firstBlock"))
        PC_TRY(json_get_u64(root, "firstBlock", UINT64_C(1) << 53, &p->first_block));
    if (!json_has(root, "policy"))
        return PC_OK;
    PC_TRY(json_get_hex(root, "blockHash", p->block_hash, 32));
    PC_TRY(json_get_object(root, "policy", &v));
    PC_TRY(json_get_hex(&v, "tdxRoot", p->tdx_root, 32));
    PC_TRY(json_get_u64(&v, "margin", UINT16_MAX, &margin));
    PC_TRY(json_get_u64(&v, "maxBoundAgeBlocks", UINT32_MAX, &age));
    if (!json_has(&v, "phaseBlocks") || !json_has(&v, "vendorQuota"))
        return PC_OK; /* an older file: the chain is asked */
    PC_TRY(json_get_u64(&v, "phaseBlocks", UINT32_MAX, &phase));
    PC_TRY(json_get_bool(&v, "vendorQuota", &p->vendor_quota));
    enum err_code e = read_roots(p, net, &v);
    if (e == PC_E_NOT_FOUND)
        return PC_OK;
    PC_TRY(e);
    p->phase_blocks = (uint32_t)phase;
    p->margin = (uint16_t)margin;
    p->max_bound_age = (uint32_t)age;
    p->there = true;
    return PC_OK;
}

int deployment_read(struct network *out, struct deployment_policy *policy, const char *path)
{
    struct deployment_policy ignored;
    if (policy == NULL)
        policy = &ignored;
    memset(policy, 0, sizeof *policy);
    struct bytes text;
    struct json_doc *doc = NULL;
    char why[160];
    memset(out, 0, sizeof *out);
    enum err_code e = cli_read_file(&text, path, FILE_MAX);
    if (e != PC_OK)
        return cli_fail(PC_CLI_USAGE, "cannot read", path,
                        "it is written by contracts/deploy; name it with --deployment");
    e = json_parse(&doc, text, FILE_MAX, 6);
    if (e == PC_OK) {
        struct json_value root = json_root(doc);
        e = read_root(out, &root);
        if (e == PC_OK)
            e = read_policy(policy, out, &root);
    }
    (void)snprintf(why, sizeof why, "%.150s", doc != NULL ? json_error(doc) : pc_err_text(e));
    json_free(doc);
    cli_free(&text);
    if (e == PC_OK)
        return PC_CLI_YES;
    return cli_fail(PC_CLI_USAGE, path, why, "write it anew with contracts/deploy --readback");
}

int deployment_network(struct network *out, struct deployment_policy *policy,
                       const struct cli_args *a)
{
    int code = deployment_read(out, policy, cli_arg(a, "deployment"));
    size_t n = cli_count(a, "rpc");
    if (code != PC_CLI_YES)
        return code;
    if (n > PC_ENDPOINTS_MAX)
        return cli_fail(PC_CLI_USAGE, "too many endpoints", "--rpc", "eight at most");
    for (size_t i = 0; i < n; i++) {
        const char *url = cli_arg_at(a, "rpc", i);
        if (strlen(url) >= PC_NETWORK_URL_MAX)
            return cli_fail(PC_CLI_USAGE, "URL too long", url, "255 characters at most");
        memcpy(out->rpc[i], url, strlen(url) + 1);
    }
    out->n_rpc = (unsigned)n;
    return PC_CLI_YES;
}

static int write_all(int fd, struct bytes b)
{
    while (b.n != 0) {
        ssize_t n = write(fd, b.p, b.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        b = bytes_of(b.p + n, b.n - (size_t)n);
    }
    return 0;
}

int file_replace(const char *path, struct bytes text, unsigned mode)
{
    char aside[4096];
    if (snprintf(aside, sizeof aside, "%s.part", path) >= (int)sizeof aside)
        return cli_fail(PC_CLI_USAGE, "name too long", path, "choose a shorter one");
    (void)unlink(aside);
    int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    bool ok = fd >= 0 && write_all(fd, text) == 0 && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0)
        ok = false;
    if (ok && rename(aside, path) == 0)
        return PC_CLI_YES;
    int why = errno;
    (void)unlink(aside);
    return cli_fail(PC_CLI_USAGE, "cannot write", path, strerror(why));
}
