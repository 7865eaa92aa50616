/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkg_sid.h - what an attempt is bound to: the member root and the session id (SPEC 7).
 *
 * Public data, variable time.
 */
#ifndef PC_DKG_SID_H
#define PC_DKG_SID_H

#include "dkg/dkg_msg.h"

/* Member root over seats 1..n (member[0] is seat 1): r_0 = 0, r_i = keccak256(r_{i-1}, leaf_i). An
 * empty seat's leaf has node id, keysHash and ekDigest zero and no domains (docs/decisions/0020).
 * PC_E_TOO_LARGE for more than DKG_MAX_DOMAINS domains, PC_E_MALFORMED for an empty seat with
 * anything in it; *root is then zero. */
PC_MUST_USE enum err_code dkg_member_root(uint8_t root[static 32], const struct dkg_member *member,
                                          uint16_t n);

/* sid = SHA-256(enc(label sid, network_id, u64 epoch, u32 attempt, open hash, u64 old epoch, u16
 * old n, u16 old t, old root, u16 count and the old yHashes, u16 n, u16 t, root, u16 count and the
 * keys (u32 index, u8 class, of), u32 protocol)). PC_E_TOO_LARGE for a count over DKG_KEYS. */
PC_MUST_USE enum err_code dkg_sid(uint8_t sid[static 32], const struct dkg_open *o);

#endif
