/* SPDX-License-Identifier: Apache-2.0 */
/*
 * min_tcb.h - the least TCB that TcbPolicy demands of a product (SPEC 8), and those that wait in
 * the Timelock to be demanded.
 */
#ifndef PC_CLI_MIN_TCB_H
#define PC_CLI_MIN_TCB_H

#include "client/cli/net.h"
#include "client/cli/vendor.h"

#define PC_MIN_TCB_BYTES   64u
#define PC_MIN_TCB_WAITING 64u

struct min_tcb {
    struct vendor_product of;
    size_t n; /* 0: none is demanded; else the length of the vendor's rawTcb */
    uint8_t least[PC_MIN_TCB_BYTES];
};

/* Is it enough? A machine whose rawTcb has not the vendor's length is below every minimum. */
bool min_tcb_met(const struct min_tcb *m, struct bytes raw_tcb);

/* What TcbPolicy holds now. Errors of net_view; PC_E_MALFORMED. */
PC_MUST_USE enum err_code min_tcb_now(struct min_tcb *out, struct cli_net *n,
                                      const struct vendor_product *of);

/* Calldata of setMinTcb(uint8,bytes32,bytes), as TcbPolicy would take it; false: it is none. Total.
 */
bool min_tcb_of_call(struct min_tcb *out, struct bytes calldata);
/* The same of an operation's CallScheduled, its data; `policy` is the contract that it must call.
 */
bool min_tcb_of_scheduled(struct min_tcb *out, const struct evm_address *policy, struct bytes data);

/* Operations that set a minimum, scheduled and neither executed, cancelled nor lapsed. */
struct min_tcb_waiting {
    size_t n; /* newest first; more than there is room for are left out */
    struct {
        struct evm_word id;
        struct min_tcb min;
        uint64_t at; /* from when anybody can execute it */
    } op[PC_MIN_TCB_WAITING];
};
PC_MUST_USE enum err_code min_tcb_waiting(struct min_tcb_waiting *out, struct cli_net *n);
/* From when can a machine of that product be refused by what waits? `now` at the earliest;
 * UINT64_MAX: never. */
uint64_t min_tcb_refused_at(const struct min_tcb_waiting *w, const struct vendor_product *of,
                            struct bytes raw_tcb, uint64_t now);

#endif
