/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkg_board.h - what the chain has said about one attempt: the bulletin board, finalized part only.
 *
 * Facts come in chain order, and PHASE_END after every fact of the blocks that it closes. The board
 * holds the contract's rules once more (SPEC 7): a fact that the contract would have refused is
 * refused here, so a chain process that lies is noticed, and what the board says is consistent
 * whatever it was told. Public data.
 */
#ifndef PC_DKG_BOARD_H
#define PC_DKG_BOARD_H

#include "dkg/dkg_msg.h"

struct dkg_board {
    struct dkg_params p;
    uint16_t dealers;
    struct dkg_bitmap may_deal; /* dealers that are not empty seats */
    struct dkg_bitmap seats;    /* receivers that are not empty seats */

    enum dkg_phase phase;
    uint64_t block; /* of the latest fact */
    struct dkg_bitmap committed;
    struct dkg_commit commit[DKG_MAX_N + 1];
    struct dkg_bitmap voted;
    struct dkg_vote vote[DKG_MAX_N + 1]; /* the latest of each */
    struct dkg_bitmap readied;
    struct dkg_ready ready[DKG_MAX_N + 1];
    struct dkg_bitmap complained[DKG_MAX_N + 1]; /* by receiver: dealers */
    struct dkg_complaint_rec *complaint;         /* borrowed, room for one per pair */
    size_t complaints, complaints_cap;
    uint8_t active[32]; /* transcript, in DKG_PHASE_ACTIVE */
    bool active_early;  /* activated before B2c, so by n equal votes for all commits */
};

/* room: memory for one complaint per (receiver, dealer); less than p->n * dealers is PC_E_USAGE. */
PC_MUST_USE enum err_code dkg_board_init(struct dkg_board *b, const struct dkg_params *p,
                                         uint16_t dealers, const struct dkg_bitmap *may_deal,
                                         const struct dkg_bitmap *seats,
                                         struct dkg_complaint_rec *room, size_t room_count);

/* PC_E_SEQUENCE if the contract allows no such fact now (phase, order of blocks, second commit,
 * second complaint of a pair, vote with a transcript that lacks a commit's bit), PC_E_MALFORMED if
 * it names nobody or sets bits that nobody has. The board is then unchanged. */
PC_MUST_USE enum err_code dkg_board_apply(struct dkg_board *b, const struct dkg_fact *f);

/* Latest votes with the dealer's bit. */
uint16_t dkg_board_votes(const struct dkg_board *b, party_index dealer);

/* Dealers that count in QUAL so far: committed and with q votes. */
void dkg_board_available(struct dkg_bitmap *out, const struct dkg_board *b);

#endif
