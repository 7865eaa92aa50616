/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/board.h"

void board_init(struct board *b)
{
    memset(b, 0, sizeof *b);
}

static void start(struct board *b, enum board_phase p, const struct evm_word *value)
{
    b->acc[p] = *value;
    b->known[p] = true;
}

static enum board_phase ready_phase(uint64_t epoch)
{
    return epoch % 2 == 0 ? PC_ACC_READY_EVEN : PC_ACC_READY_ODD;
}

static enum err_code fold(struct board *b, enum board_phase p, const struct event *e)
{
    struct evm_word h;
    if (!b->known[p])
        return PC_E_SEQUENCE;
    ncall_struct_hash(&h, &e->u.ncall.call);
    evm_keccak_pair(&b->acc[p], &b->acc[p], &h);
    return PC_OK;
}

static void announced(struct board *b, const struct event *e)
{
    struct evm_word epoch = evm_word_u64(e->epoch), attempt = evm_word_u64(e->attempt), first;
    evm_keccak_pair(&first, &epoch, &attempt);
    start(b, PC_ACC_ENROL, &first);
}

static void opened(struct board *b, const struct event *e)
{
    start(b, PC_ACC_COMMIT, &e->u.opened.member_root);
    start(b, PC_ACC_VOTE, &e->u.opened.member_root);
    start(b, PC_ACC_COMPLAIN, &e->u.opened.member_root);
    start(b, ready_phase(e->epoch), &e->u.opened.member_root);
}

enum err_code board_event(struct board *b, const struct event *e)
{
    switch (e->kind) {
    case PC_EV_ANNOUNCED:
        announced(b, e);
        return PC_OK;
    case PC_EV_OPENED:
        opened(b, e);
        return PC_OK;
    case PC_EV_ENROLLED:
        return fold(b, PC_ACC_ENROL, e);
    case PC_EV_COMMITTED:
        return fold(b, PC_ACC_COMMIT, e);
    case PC_EV_VOTED:
        return fold(b, PC_ACC_VOTE, e);
    case PC_EV_COMPLAINED:
        return fold(b, PC_ACC_COMPLAIN, e);
    case PC_EV_READY:
        return fold(b, ready_phase(e->epoch), e);
    case PC_EV_COMMITS_COMPLETE:
    case PC_EV_VOIDED:
    case PC_EV_ACTIVATED:
    case PC_EV_FAILED:
    case PC_EV_RECOVERING:
    case PC_EV_JOINED:
    case PC_EV_REATTESTED:
    case PC_EV_ENDPOINT:
    case PC_EV_LEFT:
    case PC_EV_NODE_REVOKED:
    case PC_EV_ATTESTED:
    case PC_EV_RECHECKED:
    case PC_EV_MEASUREMENT_ADDED:
    case PC_EV_MEASUREMENT_SUNSET:
    case PC_EV_MEASUREMENT_REVOKED:
    case PC_EV_APP_REGISTERED:
    case PC_EV_APP_QUEUED:
    case PC_EV_APP_END_QUEUED:
    case PC_EV_APP_CHANGE_CANCELLED:
    case PC_EV_APP_FROZEN:
    case PC_EV_APP_REVOKED:
        return PC_OK; /* these have slots of their own */
    }
    pc_bug("kind of event");
}

enum err_code board_check(const struct board *b, enum board_phase p, const struct evm_word *proved)
{
    if (!b->known[p])
        return PC_E_SEQUENCE;
    return evm_word_equal(&b->acc[p], proved) ? PC_OK : PC_E_MISMATCH;
}
