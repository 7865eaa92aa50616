/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkg_ek.h - the encryption key of one attempt, and the rule that no two attempts share one (SPEC
 * 2, 7).
 *
 * A slot holds at most one key that is enrolled and not yet opened. Enrolling again for the same
 * (epoch, attempt) gives the same key: it has served nothing yet. A newer attempt replaces it. An
 * attempt that was opened, and everything older, is never enrolled again, so a key that has
 * received shares cannot come back.
 *
 * The secret lies in the arena. Erased: by the attempt that takes it (dkg.h), when a newer attempt
 * is enrolled, when open() froze another key, by dkg_ek_slot_wipe.
 */
#ifndef PC_DKG_EK_H
#define PC_DKG_EK_H

#include "dkg/dkg_msg.h"

struct dkg_ek {
    struct scalar secret;
    struct point pub;
    struct pok pop;
    uint32_t node_id;
    uint64_t epoch;
    uint32_t attempt;
};

struct dkg_ek_slot {
    struct arena *arena; /* borrowed */
    struct dkg_ek *pending;
    bool opened_any;
    uint64_t opened_epoch; /* newest attempt that took a key or passed by, valid if opened_any */
    uint32_t opened_attempt;
};

void dkg_ek_slot_init(struct dkg_ek_slot *s, struct arena *arena);
/* Forget everything, the memory of opened attempts included: only when the vault ends. */
void dkg_ek_slot_wipe(struct dkg_ek_slot *s);

/* Make (or repeat) the enrolment of (epoch, attempt). PC_E_STALE for an attempt that was opened or
 * is older than the pending one, PC_E_MISMATCH for another node id than the pending one's,
 * PC_E_MEMORY if the arena is full. *out is zeroed on error. */
PC_MUST_USE enum err_code dkg_ek_enrol(struct dkg_enrol *out, struct dkg_ek_slot *s,
                                       const struct group *g, struct rng *r,
                                       const uint8_t network_id[static 32], uint64_t epoch,
                                       uint32_t attempt, uint32_t node_id);

/* An open() of (epoch, attempt) that froze `frozen` for this node is final (frozen zero: this node
 * has no seat). Gives the key to the caller (who arena_frees it) if it is that one; PC_E_NOT_FOUND
 * otherwise, and a pending key of this or an older attempt is erased. PC_E_STALE if that attempt or
 * a newer one was opened before. */
PC_MUST_USE enum err_code dkg_ek_take(struct dkg_ek **out, struct dkg_ek_slot *s, uint64_t epoch,
                                      uint32_t attempt, const uint8_t frozen[static 32]);

#endif
