/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay_link.h - asking polyclave-relay, one request at a time (protocol/schema/relay.wire).
 */
#ifndef PC_CLIENT_LIB_RELAY_LINK_H
#define PC_CLIENT_LIB_RELAY_LINK_H

#include "protocol/relay_wire.h"

struct relay_link;

/* PC_E_NOT_FOUND: nobody listens there. PC_E_USAGE: the path is too long. PC_E_IO, PC_E_MEMORY. */
PC_MUST_USE enum err_code relay_link_open(struct relay_link **out, const char *path);
void relay_link_close(struct relay_link *l); /* NULL is fine */

struct relay_reply {
    enum relay_outcome outcome;
    uint8_t tx_hash[32];
    uint64_t block, gas_used;
    char text[RELAY_TEXT_MAX + 1]; /* stable code first, then perhaps a blank and more */
};

/* Send, wait for the answer. The id in m is replaced. PC_E_TIMEOUT after ms; PC_E_CLOSED: the relay
 * went away. A relay that answers nonsense: PC_E_MALFORMED. */
PC_MUST_USE enum err_code relay_link_attest(struct relay_link *l, struct relay_reply *out,
                                            struct relay_relay_attest *m, unsigned ms);
PC_MUST_USE enum err_code relay_link_post(struct relay_link *l, struct relay_reply *out,
                                          struct relay_relay_post *m, unsigned ms);
PC_MUST_USE enum err_code relay_link_call(struct relay_link *l, struct relay_reply *out,
                                          struct relay_relay_call *m, unsigned ms);

#endif
