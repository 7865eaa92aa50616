/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

static const char *const contract_names[PC_NET_CONTRACTS] = {
    [PC_NET_EPOCHS] = "Epochs",
    [PC_NET_NODE_REGISTRY] = "NodeRegistry",
    [PC_NET_ATTESTATIONS] = "Attestations",
    [PC_NET_MEASUREMENTS] = "Measurements",
    [PC_NET_TCB_POLICY] = "TcbPolicy",
    [PC_NET_APPS] = "Apps",
    [PC_NET_VERIFIER_ROUTER] = "VerifierRouter",
    [PC_NET_GUARDIAN_COUNCIL] = "GuardianCouncil",
    [PC_NET_TDX_VERIFIER] = "TdxVerifier",
    [PC_NET_TIMELOCK] = "Timelock",
    [PC_NET_GOVERNOR] = "NetworkGovernor",
    [PC_NET_RATIFIER] = "Ratifier",
    [PC_NET_SNP_VERIFIER] = "SnpVerifier",
    [PC_NET_NITRO_VERIFIER] = "NitroVerifier",
};

const char *network_contract_name(enum network_contract c)
{
    return contract_names[c];
}

bool network_contract_optional(enum network_contract c)
{
    return c == PC_NET_SNP_VERIFIER || c == PC_NET_NITRO_VERIFIER;
}

enum network_contract network_verifier(enum vendor vendor)
{
    switch (vendor) {
    case PC_VENDOR_TDX:
        return PC_NET_TDX_VERIFIER;
    case PC_VENDOR_SNP:
        return PC_NET_SNP_VERIFIER;
    case PC_VENDOR_NITRO:
        return PC_NET_NITRO_VERIFIER;
    }
    return PC_NET_CONTRACTS;
}

static enum err_code copy_text(char *out, size_t cap, const struct json_value *v)
{
    struct bytes s;
    PC_TRY(json_get_str(v, NULL, &s));
    if (s.n == 0 || s.n >= cap)
        return PC_E_TOO_LARGE;
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return PC_OK;
}

static enum err_code read_rpc(struct network *out, const struct json_value *root)
{
    struct json_value list;
    size_t n;
    uint64_t agree = 0;
    PC_TRY(json_get_array(root, "rpc", &list, &n));
    if (n == 0 || n > PC_ENDPOINTS_MAX)
        return PC_E_TOO_LARGE;
    for (size_t i = 0; i < n; i++) {
        struct json_value v = json_at(&list, i);
        PC_TRY(copy_text(out->rpc[i], sizeof out->rpc[i], &v));
    }
    out->n_rpc = (unsigned)n;
    if (json_has(root, "rpc_agree"))
        PC_TRY(json_get_u64(root, "rpc_agree", n, &agree));
    out->rpc_agree = (unsigned)agree;
    return PC_OK;
}

static enum err_code read_nodes(struct network *out, const struct json_value *root)
{
    struct json_value list;
    struct endpoint ignored;
    size_t n;
    if (!json_has(root, "nodes"))
        return PC_OK;
    PC_TRY(json_get_array(root, "nodes", &list, &n));
    if (n > PC_NETWORK_NODES)
        return PC_E_TOO_LARGE;
    for (size_t i = 0; i < n; i++) {
        struct json_value v = json_at(&list, i);
        PC_TRY(copy_text(out->node[i], sizeof out->node[i], &v));
        PC_TRY(endpoint_parse(&ignored, bytes_of(out->node[i], strlen(out->node[i]))));
    }
    out->n_nodes = (unsigned)n;
    return PC_OK;
}

static enum err_code read_contracts(struct network *out, const struct json_value *root)
{
    struct json_value list;
    PC_TRY(json_get_object(root, "contracts", &list));
    PC_TRY(json_only(&list, contract_names, PC_NET_CONTRACTS));
    for (size_t i = 0; i < PC_NET_CONTRACTS; i++)
        if (!network_contract_optional(i) || json_has(&list, contract_names[i]))
            PC_TRY(json_get_hex(&list, contract_names[i], out->contract[i].b, 20));
    return PC_OK;
}

static enum err_code read_root(struct network *out, const struct json_value *root)
{
    static const char *const names[] = {"chain_id",  "rpc",   "rpc_agree", "from_block",
                                        "contracts", "nodes", "pk"};
    PC_TRY(json_only(root, names, PC_ARRAY_LEN(names)));
    PC_TRY(json_get_u64(root, "chain_id", UINT64_C(1) << 53, &out->chain_id));
    if (json_has(root, "from_block"))
        PC_TRY(json_get_u64(root, "from_block", UINT64_C(1) << 53, &out->from_block));
    PC_TRY(read_rpc(out, root));
    PC_TRY(read_contracts(out, root));
    PC_TRY(read_nodes(out, root));
    out->has_pk = json_has(root, "pk");
    if (out->has_pk)
        PC_TRY(json_get_hex(root, "pk", out->pk, 32));
    network_ids(out);
    return PC_OK;
}

void network_ids(struct network *n)
{
    static const uint8_t none[32];
    id_network(n->network_id, n->chain_id, n->contract[PC_NET_EPOCHS].b);
    id_key(n->key_id, n->network_id, 0, PC_CLASS_APPLICATION, none);
}

enum err_code network_parse(struct network *out, char why[static 160], struct bytes text)
{
    struct json_doc *doc;
    memset(out, 0, sizeof *out);
    why[0] = '\0';
    enum err_code e = json_parse(&doc, text, PC_NETWORK_FILE_MAX, 4);
    if (e == PC_OK) {
        struct json_value root = json_root(doc);
        e = read_root(out, &root);
    }
    if (e != PC_OK) {
        const char *said = doc != NULL ? json_error(doc) : "";
        (void)snprintf(why, 160, "%.150s", said[0] != '\0' ? said : pc_err_text(e));
        memset(out, 0, sizeof *out);
    }
    json_free(doc);
    return e;
}

enum err_code network_read(struct network *out, char why[static 160], const char *path)
{
    memset(out, 0, sizeof *out);
    FILE *f = fopen(path, "rbe");
    if (f == NULL) {
        (void)snprintf(why, 160, "%s", strerror(errno));
        return errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO;
    }
    uint8_t *text = malloc(PC_NETWORK_FILE_MAX + 1);
    size_t n = text != NULL ? fread(text, 1, PC_NETWORK_FILE_MAX + 1, f) : 0;
    bool failed = ferror(f) != 0;
    (void)fclose(f);
    enum err_code e = text == NULL ? PC_E_MEMORY : failed ? PC_E_IO : PC_OK;
    (void)snprintf(why, 160, "%s", pc_err_text(e));
    if (e == PC_OK)
        e = network_parse(out, why, bytes_of(text, n));
    free(text);
    return e;
}
