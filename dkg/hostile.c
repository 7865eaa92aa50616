/* SPDX-License-Identifier: Apache-2.0 */
#include "dkg/hostile.h"

#include "base/buf.h"
#include "crypto/group_tiny.h"
#include "crypto/shamir.h"
#include "dkg/testkit.h"

#define N 4
#define T 3
#define KINDS                                                                                      \
    5 /* of blobs per dealer: right, garbage for member 1, high degree, shared E, invalid */
#define SELF 1

static struct kit kit;
static struct dkg_blob blob[N + 1][KINDS];
static struct dkg_commit commit[N + 1][KINDS];
static struct dkg_complaint complained; /* what the attempt itself said last; dealer 0: nothing */

/* The blobs of a committee whose session does not change; made once. */
static void prepare(void)
{
    struct scalar high[T + 1], e;
    struct dkg_session s;

    if (kit.g != NULL)
        return;
    kit_open(&kit, &group_tiny61, N, T, 99);
    kit_join(&kit, SELF);
    kit_session(&kit, &s);
    shamir_poly_random(kit.g, high, T + 1, &kit.rng.rng);
    group_scalar_random(kit.g, &e, &kit.rng.rng);
    for (party_index d = 1; d <= N; d++)
        for (unsigned kind = 0; kind < KINDS; kind++) {
            struct kit_forge spec = {0};
            if (kind == 1)
                dkg_bitmap_set(&spec.garbage, SELF);
            if (kind == 2) {
                spec.coeffs = high;
                spec.count = T + 1;
            }
            if (kind == 3)
                spec.e = &e;
            kit_forge(&kit, &blob[d][kind], d, &spec);
            if (kind == 4)
                memset(blob[d][kind].a[2], 0, 32);
            dkg_blob_hash(commit[d][kind].hash, NULL, &blob[d][kind], s.sid, d, N);
            commit[d][kind].length = DKG_BLOB_BYTES(N);
        }
    dkg_attempt_close(&kit.attempt[SELF]);
}

/* A fact out of whatever bytes come; indices a little out of range too. */
static void hostile_fact(struct dkg_attempt *a, struct reader *r, uint64_t *block)
{
    struct dkg_fact f = {.kind = (enum dkg_fact_kind)(read_u8(r) % (DKG_FACT_KINDS + 1))};
    uint8_t what = read_u8(r);
    const struct dkg_result *result = dkg_attempt_result(a);

    *block += what % 3;
    f.block = *block - (what == 255 ? 1 : 0);
    f.from = read_u8(r) % (N + 2);
    switch (f.kind) {
    case DKG_FACT_COMMIT:
        f.u.commit = commit[f.from % (N + 1)][what % KINDS];
        if (f.from == SELF && what % 2 == 0)
            memcpy(f.u.commit.hash, a->own_hash, 32);
        f.u.commit.length += what == 200 ? 32 : 0;
        break;
    case DKG_FACT_VOTE:
        f.u.vote.good.b[31] = read_u8(r);
        memset(f.u.vote.transcript, what % 4, 32);
        break;
    case DKG_FACT_COMPLAINT:
        f.u.complaint.dealer = read_u8(r) % (N + 2);
        memset(f.u.complaint.k, what, 32);
        if (what % 2 == 0 && complained.dealer != 0) {
            f.u.complaint = complained;
            f.from = SELF;
        }
        break;
    case DKG_FACT_READY:
    case DKG_FACT_ACTIVE:
        memset(f.u.transcript, what % 4, 32);
        if (what % 2 == 0 && result != NULL)
            memcpy(f.u.transcript, result->transcript, 32);
        break;
    case DKG_FACT_PHASE_END:
        f.u.ended = (enum dkg_phase)(what % 8);
        if (what >= 128)
            f.u.ended = dkg_attempt_phase(a);
        break;
    case DKG_FACT_FAILED:
        break;
    }
    (void)!dkg_attempt_fact(a, &f);
}

static void hostile_feed(struct dkg_attempt *a, struct reader *r)
{
    uint8_t what = read_u8(r);
    party_index dealer = what % (N + 2);
    struct dkg_blob b = blob[dealer % (N + 1)][what / 8 % KINDS];
    size_t records = DKG_BLOB_RECORDS(N);
    enum dkg_blob_state state;

    if (what >= 250)
        b.ct[0][0] ^= 1;
    if (what == 249)
        records--;
    if (dkg_attempt_blob_begin(a, dealer) != PC_OK)
        return;
    for (size_t k = 0; k < records; k++)
        PC_ASSERT(dkg_attempt_blob_record(a, dkg_blob_record(&b, N, k)) == PC_OK);
    (void)!dkg_attempt_blob_end(a, &state);
}

static void drain(struct dkg_attempt *a)
{
    struct dkg_action act;
    unsigned actions = 0;

    while (dkg_attempt_next(a, &act)) {
        PC_ASSERT(++actions < 100);
        /* What a node says for itself is its own, whatever it was told. */
        if (act.kind == DKG_ACT_READY)
            PC_ASSERT(memcmp(act.u.ready.transcript, dkg_attempt_result(a)->transcript, 32) == 0 &&
                      dkg_attempt_phase(a) >= DKG_PHASE_READY);
        if (act.kind == DKG_ACT_RELEASE)
            PC_ASSERT(dkg_attempt_phase(a) != DKG_PHASE_COMMIT && dkg_attempt_blob(a) != NULL);
        if (act.kind == DKG_ACT_COMPLAIN) {
            PC_ASSERT(dkg_attempt_blob_state(a, act.u.complaint.dealer) == DKG_BLOB_BAD_SHARE);
            complained = act.u.complaint;
        }
    }
}

static struct dkg_key *try_key(struct dkg_attempt *a)
{
    struct dkg_key *key;
    struct point y;

    if (dkg_attempt_take_key(a, &key) != PC_OK)
        return NULL;
    group_base_mult(kit.g, &y, &key->share);
    PC_ASSERT(group_point_equal(&y, &key->pub.y[SELF]));
    PC_ASSERT(memcmp(dkg_attempt_board(a)->active, dkg_attempt_result(a)->transcript, 32) == 0);
    PC_ASSERT(!dkg_attempt_has_secrets(a));
    return key;
}

void hostile_attempt(struct bytes in)
{
    static struct dkg_complaint_rec room[N * N];
    struct reader r = reader_of(in);
    struct dkg_attempt *a;
    uint64_t block = 1;

    prepare();
    memset(&complained, 0, sizeof complained);
    struct dkg_env env = {
        .g = kit.g, .arena = kit.arena, .rng = &kit.rng.rng, .room = room, .room_count = N * N};
    struct dkg_ek *ek = arena_alloc(kit.arena, sizeof *ek);
    PC_ASSERT(ek != NULL);
    *ek = kit.ek[SELF];
    PC_ASSERT(dkg_attempt_open(&a, &env, &kit.open, kit.member, SELF, &ek) == PC_OK);
    while (r.left > 0) {
        uint8_t op = read_u8(&r);
        if (op < 120)
            hostile_fact(a, &r, &block);
        else if (op < 200)
            hostile_feed(a, &r);
        else if (op < 220)
            drain(a);
        else if (op < 230)
            dkg_attempt_rearm(a);
        else if (op < 235)
            dkg_attempt_vote_now(a);
        else if (op < 240)
            (void)!dkg_attempt_admit(a, (party_index)(op - 234));
        else if (op < 245)
            (void)!dkg_attempt_deal(a);
        else
            arena_free(kit.arena, try_key(a));
        PC_ASSERT(dkg_attempt_phase(a) != DKG_PHASE_FAILED || !dkg_attempt_has_secrets(a));
    }
    drain(a);
    dkg_attempt_close(&a);
    PC_ASSERT(arena_used(kit.arena) == 0);
}
