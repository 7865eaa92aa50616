/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.h - from a request of relay.wire to (to, calldata).
 */
#ifndef PC_CLIENT_RELAY_BUILD_H
#define PC_CLIENT_RELAY_BUILD_H

#include "client/relay/relay.h"
#include "protocol/relay_wire.h"

struct relay_built {
    struct evm_address to;
    struct bytes data; /* in the buffer that was given */
};

/* PC_E_MALFORMED and other codes of class PEER: the request makes no call. PC_E_RETRY: the chain
 * could not be asked for the hint. */
PC_MUST_USE enum err_code relay_build_ncall(struct relay_built *out, void *buf, size_t cap,
                                            struct relay *r, const struct relay_relay_ncall *m);
PC_MUST_USE enum err_code relay_build_plain(struct relay_built *out, void *buf, size_t cap,
                                            const struct relay *r,
                                            const struct relay_relay_plain *m);
PC_MUST_USE enum err_code relay_build_activate(struct relay_built *out, void *buf, size_t cap,
                                               const struct relay *r,
                                               const struct relay_relay_activate *m);

/* The candidate behind whom a node stands in its vendor's list, which is in order of (bond
 * descending, id); 0: it stands first. ids and bonds: n words each. */
uint32_t relay_enrol_hint(struct bytes ids, struct bytes bonds, size_t n,
                          const struct evm_word *our_bond, uint32_t our_id);

/* Of evidence and collateral; a vendor that is not built in is PC_E_UNSUPPORTED. PC_E_NOT_FOUND:
 * what the call builds upon was not posted (collateral of a quote, issuer of a certificate).
 * PC_E_EXISTS: the post would change nothing. */
PC_MUST_USE enum err_code relay_build_attest(struct relay_built *out, void *buf, size_t cap,
                                             struct relay *r, const struct relay_relay_attest *m);
/* The certificate of that machine which the contract lacks, from its vendor's root downwards.
 * PC_E_EXISTS: it has them all. */
PC_MUST_USE enum err_code relay_build_certificate(struct relay_built *out, void *buf, size_t cap,
                                                  struct relay *r,
                                                  const struct relay_relay_attest *m);
PC_MUST_USE enum err_code relay_build_reattest(struct relay_built *out, void *buf, size_t cap,
                                               struct relay *r,
                                               const struct relay_relay_reattest *m);
PC_MUST_USE enum err_code relay_build_post(struct relay_built *out, void *buf, size_t cap,
                                           struct relay *r, const struct relay_relay_post *m);

#endif
