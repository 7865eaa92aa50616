/* SPDX-License-Identifier: Apache-2.0 */
/* Own keys, and everything that is signed or multiplied with them. */
#include "base/buf.h"
#include "crypto/abihash.h"
#include "crypto/ids.h"
#include "crypto/keccak.h"
#include "crypto/labels.h"
#include "node/vault/vault_state.h"

enum err_code vault_keys_make(struct vault *v)
{
    struct ed25519_pk identity;
    struct x25519_pk channel;
    struct evm_address account;
    v->secrets = arena_alloc(v->env.arena, sizeof *v->secrets);
    if (v->secrets == NULL)
        return PC_E_MEMORY;
    ed25519_generate(&v->secrets->identity, &identity, v->env.rng);
    x25519_generate(&v->secrets->channel, &channel, v->env.rng);
    evm_generate(&v->secrets->account, &account, v->env.rng);
    memcpy(v->keys.ed25519, identity.b, sizeof v->keys.ed25519);
    memcpy(v->keys.x25519, channel.b, sizeof v->keys.x25519);
    memcpy(v->keys.account, account.b, sizeof v->keys.account);
    id_keys_node(v->keys_hash, v->keys.ed25519, v->keys.x25519, v->keys.account);
    return PC_OK;
}

VAULT_HANDLER(vd_keys_get)
{
    struct vault *v = ctx;
    struct ipc_vd_keys answer = {.keys = v->keys};
    (void)m;
    VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_keys, &answer);
    return PC_OK;
}

/* ---- N calls: typed structs that the vault knows (contracts.md 8) ---- */

static const uint8_t *type_hash(enum ipc_ncall_kind kind)
{
    switch (kind) {
    case IPC_NCALL_KIND_ENROL:
        return pc_typehash_enrol;
    case IPC_NCALL_KIND_COMMIT:
        return pc_typehash_commit;
    case IPC_NCALL_KIND_VOTE:
        return pc_typehash_vote;
    case IPC_NCALL_KIND_READY:
        return pc_typehash_ready;
    case IPC_NCALL_KIND_COMPLAIN:
        return pc_typehash_complain;
    case IPC_NCALL_KIND_SET_ENDPOINT:
        return pc_typehash_set_endpoint;
    }
    pc_bug("no such call");
}

/* Where the body's field of variable length begins (`bytes`, hashed in EIP-712); 0: it has none. */
static size_t tail_at(enum ipc_ncall_kind kind)
{
    switch (kind) {
    case IPC_NCALL_KIND_ENROL: /* ek, pop */
        return 32;
    case IPC_NCALL_KIND_COMPLAIN: /* dealer, k, proof */
        return 64;
    case IPC_NCALL_KIND_COMMIT:
    case IPC_NCALL_KIND_VOTE:
    case IPC_NCALL_KIND_READY:
    case IPC_NCALL_KIND_SET_ENDPOINT:
        return 0;
    }
    pc_bug("no such call");
}

/* keccak256(abi.encode(type hash, id, [epoch, attempt,] words of the body, [keccak256(tail),] seq))
 */
static void struct_hash(uint8_t out[static 32], const struct ipc_vd_ncall *m)
{
    struct abi_args a = abi_args_init();
    uint8_t tail[32];
    size_t words = tail_at(m->kind) != 0 ? tail_at(m->kind) : m->body_n;
    abi_b32(&a, type_hash(m->kind));
    abi_uint(&a, m->node_id);
    if (m->kind != IPC_NCALL_KIND_SET_ENDPOINT) {
        abi_uint(&a, m->epoch);
        abi_uint(&a, m->attempt);
    }
    for (size_t at = 0; at < words; at += 32)
        abi_b32(&a, m->body + at);
    if (tail_at(m->kind) != 0) {
        keccak256(tail, bytes_of(m->body + words, m->body_n - words));
        abi_b32(&a, tail);
    }
    abi_uint(&a, m->seq);
    abi_keccak256(out, &a);
}

static struct evm_domain domain_of(const struct vault *v, enum ipc_ncall_kind kind)
{
    struct evm_domain d = {.chain_id = v->env.policy.chain_id};
    memcpy(d.contract.b,
           kind == IPC_NCALL_KIND_SET_ENDPOINT ? v->env.policy.node_registry : v->env.policy.epochs,
           sizeof d.contract.b);
    return d;
}

void vault_ncall(struct vault *v, const struct ipc_vd_ncall *m)
{
    struct ipc_vd_ncall signed_ = *m;
    struct evm_domain d = domain_of(v, m->kind);
    struct evm_sig sig;
    uint8_t hash[32];
    struct_hash(hash, m);
    if (evm_sign_typed(&sig, &v->secrets->account, &d, hash, v->env.rng) != PC_OK)
        pc_bug("the account key is out of range");
    memcpy(signed_.signature, sig.b, sizeof signed_.signature);
    VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_ncall, &signed_);
}

bool vault_enrol_signed(const struct vault *v, const struct ipc_vc_member *m, uint64_t epoch,
                        uint32_t attempt)
{
    struct ipc_vd_ncall call = {.kind = IPC_NCALL_KIND_ENROL,
                                .node_id = m->node_id,
                                .epoch = epoch,
                                .attempt = attempt,
                                .seq = m->enrol_seq,
                                .body_n = sizeof m->ek + sizeof m->pop};
    struct evm_domain d = domain_of(v, call.kind);
    struct evm_address who;
    struct evm_sig sig;
    uint8_t hash[32];
    memcpy(call.body, m->ek, sizeof m->ek);
    memcpy(call.body + sizeof m->ek, m->pop, sizeof m->pop);
    memcpy(who.b, m->keys.account, sizeof who.b);
    memcpy(sig.b, m->enrol_signature, sizeof sig.b);
    struct_hash(hash, &call);
    return evm_verify_typed_var(&who, &d, hash, &sig) == PC_OK;
}

VAULT_HANDLER(vd_sign_endpoint)
{
    struct vault *v = ctx;
    struct ipc_vd_ncall call = {.kind = IPC_NCALL_KIND_SET_ENDPOINT,
                                .node_id = m->node_id,
                                .seq = m->seq,
                                .body_n = sizeof m->endpoint_hash};
    memcpy(call.body, m->endpoint_hash, sizeof m->endpoint_hash);
    vault_ncall(v, &call);
    return PC_OK;
}

/* ---- channel ---- */

VAULT_HANDLER(vp_dh)
{
    struct vault *v = ctx;
    struct ipc_vp_dh_r answer = {.id = m->id};
    struct x25519_pk remote;
    if (!vault_rate_take(&v->dh, v->now_ms, VAULT_DH_BURST, VAULT_DH_PER_SECOND)) {
        answer.error = PC_E_FULL;
    } else {
        memcpy(remote.b, m->remote, sizeof remote.b);
        answer.error = (uint16_t)x25519_dh(answer.shared, &v->secrets->channel, &remote);
    }
    VAULT_SEND(v, IPC_PROC_PEER, vp_dh_r, &answer);
    pc_wipe(&answer, sizeof answer);
    return PC_OK;
}
