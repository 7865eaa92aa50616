/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/takeover/takeover.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct stage stage;
static char policy_path[64];

/* Ids of head signatures that only wait for the vault; adversaries use small ones. */
#define COOKIE (UINT64_C(1) << 63)

uint64_t below(uint64_t n)
{
    return rng_seeded_below(&stage.rng, n);
}

void noise(void *p, size_t n)
{
    rng_fill(&stage.rng.rng, p, n);
}

/* ---- what it says ---- */

static void heard(void *ctx, enum ipc_link link, struct bytes frame)
{
    struct ipc_vp_head_signed s;
    struct ipc_vd_keys k;
    struct ipc_vp_lease_nonce n;
    enum ipc_process other;
    (void)ctx;
    if (!link_peer(link, IPC_PROC_VAULT, &other))
        broken("a link that the vault has not");
    oracle_heard(link, frame);
    switch (ipc_type_of(frame)) {
    case IPC_MSG_VP_HEAD_SIGNED:
        if (ipc_decode_vp_head_signed(&s, frame) == PC_OK && s.id >= COOKIE) {
            stage.cookie_heard = s.id - COOKIE;
            return;
        }
        break;
    case IPC_MSG_VD_KEYS:
        if (ipc_decode_vd_keys(&k, frame) != PC_OK)
            broken("keys that do not decode");
        stage.keys = k.keys;
        stage.keys_heard++;
        return;
    case IPC_MSG_VP_LEASE_NONCE:
        if (ipc_decode_vp_lease_nonce(&n, frame) == PC_OK) {
            memcpy(stage.nonce, n.nonce, 32);
            stage.have_nonce = true;
        }
        break;
    default:
        break;
    }
    if (stage.c != NULL)
        cell_heard(stage.c, other, frame);
}

/* ---- what it is told ---- */

static enum ipc_link link_of(enum ipc_process from)
{
    switch (from) {
    case IPC_PROC_POLYCLAVED:
        return IPC_LINK_VD;
    case IPC_PROC_PEER:
        return IPC_LINK_VP;
    case IPC_PROC_ATTEST:
        return IPC_LINK_VA;
    case IPC_PROC_CHAIN:
        return IPC_LINK_VC;
    default:
        return IPC_LINK_VQ;
    }
}

static void say(enum ipc_process from, const void *m, size_t n)
{
    (void)proc_frame(&stage.vault, link_of(from), bytes_of(m, n));
}

/* The vault serves vq, vc, va, vd and then vp in a turn, one frame of vp and vd each, 32 of the
 * others: an answer on vp, and then on vd, comes after everything that was sent before. */
static void wait_for_peer_link(void)
{
    struct ipc_vp_head_sign m = {.id = COOKIE + ++stage.cookie};
    uint8_t buf[64];
    struct bytes f;
    stage.asked_peer = false;
    if (!proc_up(&stage.vault, IPC_LINK_VP) ||
        ipc_encode_vp_head_sign(&f, buf, sizeof buf, &m) != PC_OK)
        return;
    say(IPC_PROC_PEER, f.p, f.n);
    while (stage.cookie_heard != stage.cookie && proc_up(&stage.vault, IPC_LINK_VP))
        proc_pump(&stage.vault, 1000);
}

static void wait_for_others(void)
{
    static const uint8_t get[2] = {IPC_MSG_VD_KEYS_GET >> 8, IPC_MSG_VD_KEYS_GET & 0xff};
    for (size_t turns = stage.flood / 32 + 1; turns > 0; turns--) {
        size_t want = ++stage.keys_asked;
        say(IPC_PROC_POLYCLAVED, get, sizeof get);
        while (stage.keys_heard < want)
            proc_pump(&stage.vault, 1000);
    }
    stage.flood = 0;
}

void stage_settle(void)
{
    static const enum ipc_process all[] = {IPC_PROC_PEER, IPC_PROC_ATTEST, IPC_PROC_CHAIN,
                                           IPC_PROC_QUOTE};
    if (stage.asked_peer)
        wait_for_peer_link();
    wait_for_others();
    proc_pump(&stage.vault, 0);
    for (size_t i = 0; i < PC_ARRAY_LEN(all); i++)
        if (!proc_up(&stage.vault, link_of(all[i]))) {
            stage.f.dropped++;
            stage_renew(all[i]);
        }
}

void stage_renew(enum ipc_process other)
{
    proc_renew(&stage.vault, link_of(other));
}

/* What the oracle must know of before the vault does. */
static void note(enum ipc_process from, struct bytes frame)
{
    struct ipc_vc_head h;
    struct ipc_vp_request r;
    struct ipc_vp_lease_sig s;
    uint8_t digest[32];
    uint16_t type = ipc_type_of(frame);
    if (from == IPC_PROC_CHAIN && type == IPC_MSG_VC_HEAD && ipc_decode_vc_head(&h, frame) == PC_OK)
        oracle_head_told(h.head.number);
    if (from == IPC_PROC_PEER && type == IPC_MSG_VP_LEASE_SIG &&
        ipc_decode_vp_lease_sig(&s, frame) == PC_OK)
        oracle_lease_sig(&s);
    if (from == IPC_PROC_PEER && type == IPC_MSG_VP_REQUEST &&
        ipc_decode_vp_request(&r, frame) == PC_OK && r.request.version == 1) {
        request_digest(digest, &r.request);
        oracle_asked(digest, &r.request);
    }
    bend_note(frame);
}

void stage_push(enum ipc_process from, struct bytes frame)
{
    note(from, frame);
    stage.asked_peer |= from == IPC_PROC_PEER;
    stage.flood++;
    stage.f.frames++;
    (void)proc_frame(&stage.vault, link_of(from), frame);
}

void stage_packet(enum ipc_process from, struct bytes packet)
{
    stage.asked_peer |= from == IPC_PROC_PEER;
    stage.flood++;
    stage.f.frames++;
    (void)proc_packet(&stage.vault, link_of(from), packet);
}

bool stage_tell(enum ipc_process from, struct bytes frame)
{
    size_t before = stage.f.dropped;
    stage_push(from, frame);
    stage_settle();
    return stage.f.dropped == before;
}

/* As the testkit's committee tells member 1. */
static enum err_code tell_far(void *ctx, enum ipc_process from, struct bytes frame)
{
    (void)ctx;
    if (from == IPC_PROC_CHAIN && stage.mute_chain)
        return PC_OK;
    return stage_tell(from, frame) ? PC_OK : PC_E_CLOSED;
}

/* ---- start and end ---- */

static void write_policy(void)
{
    struct policy_policy p = world_policy();
    uint8_t buf[POLICY_POLICY_BYTES];
    struct bytes b;
    (void)snprintf(policy_path, sizeof policy_path, "/tmp/polyclave-takeover-XXXXXX");
    int fd = mkstemp(policy_path);
    if (fd < 0 || policy_encode_policy(&b, buf, sizeof buf, &p) != PC_OK ||
        write(fd, b.p, b.n) != (ssize_t)b.n)
        broken("the policy cannot be written");
    close(fd);
}

void stage_start(void)
{
    struct far_vault far = {.tell = tell_far};
    write_policy();
    stage.vault.heard = heard;
    stage.c = NULL;
    stage.have_nonce = stage.mute_chain = false;
    stage.f.starts++;
    oracle_begin();
    proc_start(&stage.vault, IPC_PROC_VAULT, policy_path);
    wait_for_others();
    far.keys = stage.keys;
    stage.mute_chain = true; /* the first head is told later */
    stage.w = world_new_far(4, &group_ristretto255, stage.seed * 1000003 + stage.sequence, &far);
    stage.c = stage.w->cell[1];
    stage.mute_chain = false;
}

const char *stage_policy(void)
{
    return policy_path;
}

void stage_stop(void)
{
    unlink(policy_path);
    proc_stop(&stage.vault);
    world_free(stage.w);
    stage.w = NULL;
    stage.c = NULL;
}

void stage_genesis(void)
{
    cell_head(stage.c, 0);
    world_genesis(stage.w);
    oracle_share();
}
