/* SPDX-License-Identifier: Apache-2.0 */
/* replay_testkit.h - a block whose state holds a record and what is in force, with its proofs. For
 * tests only. */
#ifndef PC_CLIENT_LIB_REPLAY_TESTKIT_H
#define PC_CLIENT_LIB_REPLAY_TESTKIT_H

#include "client/lib/bundle.h"

/* Bytes behind the views of the last proof; a test may change them. */
struct replay_kit {
    uint8_t header[1024], record[8192], in_force[16384];
};

/* The state of block `number` is as `t` says, in the contracts of begin and t: its header and
 * proofs become out->proof, with views into k. */
void replay_kit_prove(struct replay_kit *k, struct bundle_accepted *out,
                      const struct bundle_begin *begin, const struct wire_attested *t,
                      uint64_t number, uint64_t time);

#endif
