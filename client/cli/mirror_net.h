/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirror_net.h - the nodes' mirrors over HTTP, for commands that need evidence and collateral.
 *
 * Any node will do, and none is believed: whatever comes by hash is compared with the hash here;
 * the rest (which record an evidence belongs to, what was in force) is judged by who asked.
 */
#ifndef PC_CLI_MIRROR_NET_H
#define PC_CLI_MIRROR_NET_H

#include "client/cli/net.h"
#include "client/lib/client.h"
#include "protocol/client_wire.h"

#define PC_MIRROR_NODES 64

struct mirror_net {
    struct cli_net *n;
    struct http_client *http;
    unsigned nodes;
    char base[PC_MIRROR_NODES][PC_CLIENT_URL];
    unsigned first; /* who answered last is asked first */
};

/* Nodes of --node (host:peerPort:httpPort), else of the network's file and the chain's events. An
 * exit code. */
int mirror_net_open(struct mirror_net *m, struct cli_net *n, const struct cli_args *a);
void mirror_net_close(struct mirror_net *m);

/* Judges an answer: PC_OK takes it, anything else asks the next node. */
typedef enum err_code (*mirror_check)(void *ctx, struct bytes answer);

/* GET path of one node after the other until `check` takes an answer: *out is it (free it).
 * PC_E_NOT_FOUND: all that answered do not hold it, or hold what was not taken. PC_E_RETRY: nobody
 * answered. */
PC_MUST_USE enum err_code mirror_get(struct mirror_net *m, struct bytes *out, const char *path,
                                     size_t cap, mirror_check check, void *ctx);

/* By hash. An object by the hash of what the vendor signed is compared by the verifier. */
PC_MUST_USE enum err_code mirror_evidence(struct mirror_net *m, struct bytes *out,
                                          const uint8_t hash[static 32]);
PC_MUST_USE enum err_code mirror_collateral(struct mirror_net *m, struct bytes *out,
                                            const uint8_t name[static 32]);
/* What was accepted with an evidence; `check` gets struct attested's encoding, after its key was
 * compared with its fields. */
PC_MUST_USE enum err_code mirror_attested(struct mirror_net *m, struct wire_attested *out,
                                          const uint8_t hash[static 32], mirror_check check,
                                          void *ctx);
/* Hash of the newest evidence of a record, as the first node that knows one says. */
PC_MUST_USE enum err_code mirror_newest(struct mirror_net *m, uint8_t hash[static 32],
                                        const uint8_t record[static 32]);

/* Every evidence that any node lists, once each, in *out (free it). A node that cannot be asked is
 * named on stderr and left out; PC_E_RETRY if none could. */
PC_MUST_USE enum err_code mirror_list(struct mirror_net *m, struct client_evidence_item **out,
                                      size_t *n);

#endif
