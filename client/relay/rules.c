/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/rules.h"

#include "chain/abi.h"

enum target {
    EPOCHS,
    NODE_REGISTRY,
    ATTESTATIONS,
    TDX_VERIFIER,
    SNP_VERIFIER,
    NITRO_VERIFIER,
};
enum check { NONE, NODE_FIRST, REATTEST, ATTEST };

#define NODE_CALL "(uint32,uint64,uint32,uint64,bytes32,bytes32,uint8,bytes32,bytes32)"

static const struct {
    enum target target;
    enum relay_kind kind;
    enum check check;
    bool app_mode; /* allowed there too */
    const char *signature;
} table[] = {
    {EPOCHS, PC_RELAY_PHASE, NONE, false, "announce()"},
    {EPOCHS, PC_RELAY_PHASE, NONE, false, "open()"},
    {EPOCHS, PC_RELAY_PHASE, NONE, false, "activate(bytes)"},
    {EPOCHS, PC_RELAY_PHASE, NONE, false, "fail()"},
    {EPOCHS, PC_RELAY_PHASE, NODE_FIRST, false, "enrol(" NODE_CALL ",bytes32,bytes,uint32)"},
    {EPOCHS, PC_RELAY_PHASE, NODE_FIRST, false, "commit(" NODE_CALL ",bytes32,uint32)"},
    {EPOCHS, PC_RELAY_PHASE, NODE_FIRST, false, "vote(" NODE_CALL ",uint256,bytes32)"},
    {EPOCHS, PC_RELAY_PHASE, NODE_FIRST, false, "complain(" NODE_CALL ",uint16,bytes32,bytes)"},
    {EPOCHS, PC_RELAY_PHASE, NODE_FIRST, false, "ready(" NODE_CALL ",bytes32)"},
    {NODE_REGISTRY, PC_RELAY_OTHER, NODE_FIRST, false,
     "setEndpoint(uint32,uint64,string,bytes32,bytes32,bytes)"},
    {NODE_REGISTRY, PC_RELAY_OTHER, NODE_FIRST, false, "mature(uint32)"},
    {NODE_REGISTRY, PC_RELAY_RENEWAL, REATTEST, false,
     "reattest(uint32,(bytes32,bytes32,address),address,"
     "(uint8,bytes32,bytes32,bytes,bytes32,bytes))"},
    {ATTESTATIONS, PC_RELAY_RENEWAL, ATTEST, true,
     "attest(uint8,bytes32,bytes32,address,uint64,bytes,bytes)"},
    {ATTESTATIONS, PC_RELAY_RENEWAL, NONE, false,
     "recheck(bytes32,(bytes32,bytes32,bytes32,bytes32,uint8,uint256),bytes,bytes)"},
    {TDX_VERIFIER, PC_RELAY_COLLATERAL, NONE, true, "addCert(bytes,bytes32)"},
    {TDX_VERIFIER, PC_RELAY_COLLATERAL, NONE, false, "addCrl(bytes,bytes32,uint256)"},
    {TDX_VERIFIER, PC_RELAY_COLLATERAL, NONE, false,
     "addCollateral(uint8,bytes,uint256,uint256,bytes32)"},
    {TDX_VERIFIER, PC_RELAY_COLLATERAL, NONE, false, "proveRevoked(bytes,bytes32,uint256[])"},
    {TDX_VERIFIER, PC_RELAY_COLLATERAL, NONE, false, "settle(bytes32)"},
    {SNP_VERIFIER, PC_RELAY_COLLATERAL, NONE, true, "addCert(bytes,bytes32,bytes)"},
    {SNP_VERIFIER, PC_RELAY_COLLATERAL, NONE, false, "addCrl(bytes,uint8,bytes)"},
    {SNP_VERIFIER, PC_RELAY_COLLATERAL, NONE, false, "proveRevoked(bytes,uint8,bytes,uint256[])"},
    {NITRO_VERIFIER, PC_RELAY_COLLATERAL, NONE, true, "addCert(bytes,bytes,bytes)"},
};

const char *relay_kind_name(enum relay_kind k)
{
    switch (k) {
    case PC_RELAY_PHASE:
        return "phase";
    case PC_RELAY_RENEWAL:
        return "renewal";
    case PC_RELAY_COLLATERAL:
        return "collateral";
    case PC_RELAY_OTHER:
        return "other";
    }
    pc_bug("kind of call");
}

static bool is_zero(const struct evm_address *a)
{
    return bytes_all_zero_var(bytes_of(a->b, sizeof a->b));
}

static bool is_target(const struct relay_rules *r, enum target t, const struct evm_address *to)
{
    const struct evm_address *one = NULL;
    switch (t) {
    case EPOCHS:
        one = &r->epochs;
        break;
    case NODE_REGISTRY:
        one = &r->node_registry;
        break;
    case ATTESTATIONS:
        one = &r->attestations;
        break;
    case TDX_VERIFIER:
    case SNP_VERIFIER:
    case NITRO_VERIFIER:
        one = &r->verifier[t - TDX_VERIFIER];
        break;
    }
    return !is_zero(one) && evm_addr_equal(to, one);
}

/* The i-th word of the arguments; false if the call is too short. */
static bool word_at(struct evm_word *out, struct bytes data, size_t i)
{
    if (data.n < 4 + 32 * (i + 1))
        return false;
    *out = evm_word_of(data.p + 4 + 32 * i);
    return true;
}

static const char *check_node(const struct relay_rules *r, struct bytes data, bool must_be_known)
{
    struct evm_word id, ours = evm_word_u64(r->node_id);
    if (!word_at(&id, data, 0))
        return "short_call";
    if (r->node_id == 0)
        return must_be_known ? "not_our_node" : NULL;
    return evm_word_equal(&id, &ours) ? NULL : "not_our_node";
}

/* attest(kind, subject, context, ...): of a node of our owner, or of our app. */
static const char *check_attest(const struct relay_rules *r, struct bytes data)
{
    struct evm_word kind, context, want = evm_word_u64(r->app_mode ? 2 : 1);
    if (!word_at(&kind, data, 0) || !word_at(&context, data, 2))
        return "short_call";
    if (r->app_mode) {
        bool ours = evm_word_equal(&kind, &want) && evm_word_equal(&context, &r->app_id);
        return ours ? NULL : "not_our_app";
    }
    if (!evm_word_equal(&kind, &want))
        return "not_a_node_record";
    struct evm_word owner = evm_word_addr(&r->owner);
    return is_zero(&r->owner) || evm_word_equal(&context, &owner) ? NULL : "not_our_context";
}

static const char *check_arguments(const struct relay_rules *r, enum check c, struct bytes data)
{
    switch (c) {
    case NONE:
        return NULL;
    case NODE_FIRST:
        return check_node(r, data, false);
    case REATTEST:
        return check_node(r, data, true);
    case ATTEST:
        return check_attest(r, data);
    }
    pc_bug("check of a call");
}

enum err_code relay_rules_judge(enum relay_kind *kind, const char **why,
                                const struct relay_rules *r, const struct evm_address *to,
                                struct bytes data)
{
    bool known_target = false;
    *kind = PC_RELAY_OTHER;
    *why = "short_call";
    if (data.n < 4)
        return PC_E_REFUSED;
    for (size_t i = 0; i < PC_ARRAY_LEN(table); i++) {
        if (!is_target(r, table[i].target, to) || (r->app_mode && !table[i].app_mode))
            continue;
        known_target = true;
        struct abi_selector s = abi_selector(table[i].signature);
        if (memcmp(s.b, data.p, sizeof s.b) != 0)
            continue;
        *kind = table[i].kind;
        *why = check_arguments(r, table[i].check, data);
        return *why == NULL ? PC_OK : PC_E_REFUSED;
    }
    *why = known_target ? "selector_not_allowed" : "to_not_allowed";
    return PC_E_REFUSED;
}

bool relay_rules_line(size_t i, const char **contract, const char **signature)
{
    static const char *const names[] = {[EPOCHS] = "Epochs",
                                        [NODE_REGISTRY] = "NodeRegistry",
                                        [ATTESTATIONS] = "Attestations",
                                        [TDX_VERIFIER] = "TdxVerifier",
                                        [SNP_VERIFIER] = "SnpVerifier",
                                        [NITRO_VERIFIER] = "NitroVerifier"};
    if (i >= PC_ARRAY_LEN(table))
        return false;
    *contract = names[table[i].target];
    *signature = table[i].signature;
    return true;
}
