/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dealer's blob on its way in. Its pieces are cut where the link cuts them; what the attempt gets
 * is the 32-byte records, and the header is compared with the one that the vault makes itself.
 */
#include "node/vault/vault_state.h"

static void answer(struct vault *v, uint64_t epoch, uint32_t attempt, uint16_t dealer,
                   const uint8_t hash[static 32], uint8_t check, enum err_code e)
{
    struct ipc_vd_blob_r m = {
        .epoch = epoch, .attempt = attempt, .dealer = dealer, .check = check, .error = (uint16_t)e};
    memcpy(m.hash, hash, sizeof m.hash);
    VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_blob_r, &m);
}

/* The feed is over: with a verdict of the attempt, or because of an error. */
static void end_feed(struct vault *v, uint8_t check, enum err_code e)
{
    struct vault_attempt *at = &v->attempt;
    answer(v, at->open.epoch, at->open.attempt, at->feeding, at->feed_hash, check, e);
    at->feeding = 0;
}

VAULT_HANDLER(vd_blob_head)
{
    struct vault *v = ctx;
    struct vault_attempt *at = &v->attempt;
    enum err_code e = PC_OK;
    if (!vault_attempt_is(v, m->epoch, m->attempt) || at->dkg == NULL)
        e = PC_E_SEQUENCE;
    else if (m->length != DKG_BLOB_BYTES(at->open.n))
        e = PC_E_MISMATCH;
    else
        e = dkg_attempt_blob_begin(at->dkg, m->dealer);
    at->feeding = e == PC_OK ? m->dealer : 0;
    if (e != PC_OK) {
        answer(v, m->epoch, m->attempt, m->dealer, m->hash, 0, e);
        return PC_OK;
    }
    at->fed = 0;
    at->length = m->length;
    at->record_n = 0;
    memcpy(at->feed_hash, m->hash, sizeof at->feed_hash);
    return PC_OK;
}

/* Bytes [fed, fed + n) of the header, if any of the piece lies there; how many were used. */
static enum err_code take_header(struct vault *v, struct bytes piece, size_t *used)
{
    struct vault_attempt *at = &v->attempt;
    uint8_t header[DKG_BLOB_HEADER];
    *used = 0;
    if (at->fed >= sizeof header)
        return PC_OK;
    dkg_blob_header(header, dkg_attempt_sid(at->dkg), at->feeding, at->open.n);
    size_t left = sizeof header - at->fed;
    *used = piece.n < left ? piece.n : left;
    return bytes_equal_var(bytes_of(header + at->fed, *used), bytes_of(piece.p, *used))
               ? PC_OK
               : PC_E_MISMATCH;
}

static enum err_code take_records(struct vault *v, struct bytes piece)
{
    struct vault_attempt *at = &v->attempt;
    while (piece.n > 0) {
        size_t room = sizeof at->record - at->record_n;
        size_t take = piece.n < room ? piece.n : room;
        memcpy(at->record + at->record_n, piece.p, take);
        at->record_n += take;
        piece = bytes_of(piece.p + take, piece.n - take);
        if (at->record_n < sizeof at->record)
            return PC_OK;
        at->record_n = 0;
        PC_TRY(dkg_attempt_blob_record(at->dkg, at->record));
    }
    return PC_OK;
}

/* The first of C1..C4 that failed, as far as the state tells. */
static uint8_t failed_check(enum dkg_blob_state state)
{
    switch (state) {
    case DKG_BLOB_UNKNOWN:
    case DKG_BLOB_GOOD:
        return 0;
    case DKG_BLOB_INVALID:
        return 3;
    case DKG_BLOB_BAD_SHARE:
        return 4;
    }
    pc_bug("no such state");
}

VAULT_HANDLER(vd_blob_rec)
{
    struct vault *v = ctx;
    struct vault_attempt *at = &v->attempt;
    struct bytes piece = bytes_of(m->data, m->data_n);
    enum dkg_blob_state state = DKG_BLOB_UNKNOWN;
    size_t used = 0;
    if (at->feeding == 0 || m->dealer != at->feeding || at->dkg == NULL)
        return PC_OK; /* of a blob that was refused */
    if (m->offset != at->fed || piece.n == 0 || piece.n > at->length - at->fed) {
        end_feed(v, 0, PC_E_SEQUENCE);
        return PC_OK;
    }
    enum err_code e = take_header(v, piece, &used);
    if (e == PC_OK)
        e = take_records(v, bytes_of(piece.p + used, piece.n - used));
    at->fed += (uint32_t)piece.n;
    if (e == PC_OK && at->fed < at->length)
        return PC_OK;
    if (e == PC_OK)
        e = dkg_attempt_blob_end(at->dkg, &state);
    end_feed(v, e == PC_OK ? failed_check(state) : 0, e);
    if (e == PC_OK)
        vault_attempt_pump(v);
    return PC_OK;
}
