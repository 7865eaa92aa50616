/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/view.h"

#include "crypto/abihash.h"
#include "crypto/labels.h"

/* A number at a place of layout.h (slot, offset, size: the macros expand to all three). */
static uint64_t num(const struct evm_word *w, unsigned slot, unsigned offset, unsigned size)
{
    return slot_field_u64(&w[slot], offset, size);
}

static struct evm_word whole(const struct evm_word *w, unsigned slot, unsigned offset,
                             unsigned size)
{
    PC_ASSERT(offset == 0 && size == 32);
    return w[slot];
}

static struct evm_address addr(const struct evm_word *w, unsigned slot, unsigned offset,
                               unsigned size)
{
    PC_ASSERT(size == 20);
    return slot_field_addr(&w[slot], offset);
}

/* Bytes where the layout has no field are zero. */
static bool clean(const struct evm_word *w, const uint32_t *used, size_t words)
{
    for (size_t i = 0; i < words; i++)
        for (unsigned b = 0; b < 32; b++)
            if ((used[i] >> b & 1) == 0 && w[i].b[31 - b] != 0)
                return false;
    return true;
}

/* On a bad word nothing is told: the caller sees zeros. */
static enum err_code done(void *out, size_t n, bool good)
{
    if (!good)
        memset(out, 0, n);
    return good ? PC_OK : PC_E_MALFORMED;
}

enum err_code view_now(struct view_now *out, const struct evm_word *w)
{
    uint64_t degraded = num(w, PC_AT_NOW_DEGRADED), demanded = num(w, PC_AT_NOW_DEMANDED);
    *out = (struct view_now){.epoch = num(w, PC_AT_NOW_EPOCH),
                             .attempt = (uint32_t)num(w, PC_AT_NOW_ATTEMPT),
                             .n = (uint16_t)num(w, PC_AT_NOW_N),
                             .t = (uint16_t)num(w, PC_AT_NOW_T),
                             .degraded = degraded == 1,
                             .demanded = demanded == 1,
                             .activated_at = num(w, PC_AT_NOW_ACTIVATED_AT),
                             .full_n = (uint16_t)num(w, PC_AT_NOW_FULL_N)};
    return done(out, sizeof *out,
                degraded <= 1 && demanded <= 1 && clean(w, used_now, PC_WORDS_NOW));
}

enum err_code view_attempt(struct view_attempt *out, const struct evm_word *w)
{
    uint64_t state = num(w, PC_AT_ATTEMPT_STATE), flags = num(w, PC_AT_ATTEMPT_FLAGS);
    *out = (struct view_attempt){.epoch = num(w, PC_AT_ATTEMPT_EPOCH),
                                 .attempt = (uint32_t)num(w, PC_AT_ATTEMPT_ATTEMPT),
                                 .tag = (uint32_t)num(w, PC_AT_ATTEMPT_TAG),
                                 .state = (enum attempt_state)state,
                                 .n = (uint16_t)num(w, PC_AT_ATTEMPT_N),
                                 .t = (uint16_t)num(w, PC_AT_ATTEMPT_T),
                                 .complaint = flags & 1,
                                 .degraded = flags & 2,
                                 .start = num(w, PC_AT_ATTEMPT_START),
                                 .b1 = num(w, PC_AT_ATTEMPT_B1)};
    return done(out, sizeof *out,
                state <= PC_ATTEMPT_OPEN && flags <= 3 && clean(w, used_attempt, PC_WORDS_ATTEMPT));
}

enum err_code view_opening(struct view_opening *out, const struct evm_word *w)
{
    *out = (struct view_opening){.protocol = (uint32_t)num(w, PC_AT_OPENING_PROTOCOL),
                                 .reasons = (uint8_t)num(w, PC_AT_OPENING_REASONS),
                                 .announced_at = num(w, PC_AT_OPENING_ANNOUNCED_AT)};
    return done(out, sizeof *out, clean(w, used_opening, PC_WORDS_OPENING));
}

enum err_code view_epoch(struct view_epoch *out, const struct evm_word w[static PC_WORDS_EPOCH])
{
    uint64_t degraded = num(w, PC_AT_EPOCH_DEGRADED);
    *out = (struct view_epoch){.member_root = whole(w, PC_AT_EPOCH_MEMBER_ROOT),
                               .transcript = whole(w, PC_AT_EPOCH_TRANSCRIPT),
                               .y_hash = whole(w, PC_AT_EPOCH_Y_HASH),
                               .ready = whole(w, PC_AT_EPOCH_READY),
                               .attempt = (uint32_t)num(w, PC_AT_EPOCH_ATTEMPT),
                               .n = (uint16_t)num(w, PC_AT_EPOCH_N),
                               .t = (uint16_t)num(w, PC_AT_EPOCH_T),
                               .degraded = degraded == 1,
                               .opened_at = num(w, PC_AT_EPOCH_OPENED_AT),
                               .activated_at = num(w, PC_AT_EPOCH_ACTIVATED_AT),
                               .new_seats = (uint16_t)num(w, PC_AT_EPOCH_NEW_SEATS)};
    return done(out, sizeof *out, degraded <= 1 && clean(w, used_epoch, PC_WORDS_EPOCH));
}

enum err_code view_seat(struct view_seat *out, const struct evm_word w[static PC_WORDS_SEAT])
{
    *out = (struct view_seat){.seq = num(w, PC_AT_SEAT_SEQ),
                              .tag = (uint32_t)num(w, PC_AT_SEAT_TAG),
                              .flags = (uint8_t)num(w, PC_AT_SEAT_FLAGS),
                              .index_even = (uint16_t)num(w, PC_AT_SEAT_INDEX_EVEN),
                              .index_odd = (uint16_t)num(w, PC_AT_SEAT_INDEX_ODD),
                              .enrol_tag = (uint32_t)num(w, PC_AT_SEAT_ENROL_TAG),
                              .vendor = (uint8_t)num(w, PC_AT_SEAT_VENDOR),
                              .keys_hash = whole(w, PC_AT_SEAT_KEYS_HASH),
                              .vote = whole(w, PC_AT_SEAT_VOTE),
                              .ready = whole(w, PC_AT_SEAT_READY),
                              .ek_digest = whole(w, PC_AT_SEAT_EK_DIGEST)};
    return done(out, sizeof *out, clean(w, used_seat, PC_WORDS_SEAT));
}

void view_ids(uint32_t out[static 8], const struct evm_word *w)
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint32_t)slot_field_u64(w, 4 * i, 4);
}

enum err_code view_node(struct view_node *out, const struct evm_word w[static PC_WORDS_NODE])
{
    uint64_t matured = num(w, PC_AT_NODE_MATURED), state = num(w, PC_AT_NODE_STATE);
    uint64_t revoked = num(w, PC_AT_NODE_REVOKED);
    *out = (struct view_node){
        .owner = addr(w, PC_AT_NODE_OWNER),
        .payer = addr(w, PC_AT_NODE_PAYER),
        .verifier = addr(w, PC_AT_NODE_VERIFIER),
        .left_at = num(w, PC_AT_NODE_LEFT_AT),
        .strikes = (uint8_t)num(w, PC_AT_NODE_STRIKES),
        .matured = matured == 1,
        .joined_at = num(w, PC_AT_NODE_JOINED_AT),
        .eligible_at = num(w, PC_AT_NODE_ELIGIBLE_AT),
        .vendor = (uint8_t)num(w, PC_AT_NODE_VENDOR),
        .state = (enum node_standing)state,
        .revoked = revoked != 0,
        .domain = {(uint32_t)num(w, PC_AT_NODE_DOMAIN0), (uint32_t)num(w, PC_AT_NODE_DOMAIN1)},
        .seq = num(w, PC_AT_NODE_SEQ),
        .keys_hash = whole(w, PC_AT_NODE_KEYS_HASH),
        .measurement = whole(w, PC_AT_NODE_MEASUREMENT),
        .platform = whole(w, PC_AT_NODE_PLATFORM),
        .product = whole(w, PC_AT_NODE_PRODUCT),
        .endpoint = whole(w, PC_AT_NODE_ENDPOINT),
        .record = whole(w, PC_AT_NODE_RECORD),
        .unlock_at = num(w, PC_AT_NODE_UNLOCK_AT)};
    static const unsigned bond[3] = {PC_AT_NODE_BOND};
    slot_field_copy(out->bond.b + 32 - bond[2], &w[bond[0]], bond[1], bond[2]);
    return done(out, sizeof *out,
                matured <= 1 && revoked <= 1 && state <= PC_NODE_WITHDRAWN &&
                    clean(w, used_node, PC_WORDS_NODE));
}

enum err_code view_record(struct view_record *out, const struct evm_word w[static PC_WORDS_RECORD])
{
    uint64_t standing = num(w, PC_AT_RECORD_STANDING);
    memset(out, 0, sizeof *out);
    if (evm_word_is_zero(&w[0]) && evm_word_is_zero(&w[1]))
        return PC_E_NOT_FOUND;
    *out = (struct view_record){.claims = whole(w, PC_AT_RECORD_CLAIMS),
                                .vendor = (uint8_t)num(w, PC_AT_RECORD_VENDOR),
                                .kind = (uint8_t)num(w, PC_AT_RECORD_KIND),
                                .status = (uint8_t)num(w, PC_AT_RECORD_STATUS),
                                .standing = (enum record_standing)standing,
                                .verifier_id = (uint16_t)num(w, PC_AT_RECORD_VERIFIER_ID),
                                .collateral_epoch = (uint32_t)num(w, PC_AT_RECORD_COLLATERAL_EPOCH),
                                .bound_block = num(w, PC_AT_RECORD_BOUND_BLOCK),
                                .attested_at = num(w, PC_AT_RECORD_ATTESTED_AT),
                                .valid_until = num(w, PC_AT_RECORD_VALID_UNTIL),
                                .leaf_tag = num(w, PC_AT_RECORD_LEAF_TAG)};
    return done(out, sizeof *out,
                standing >= PC_RECORD_GOOD && standing <= PC_RECORD_LEAF_REVOKED &&
                    clean(w, used_record, PC_WORDS_RECORD));
}

enum err_code view_measurement(struct view_measurement *out, const struct evm_word *w)
{
    uint64_t revoked = num(w, PC_AT_MEASUREMENT_REVOKED);
    *out = (struct view_measurement){.index = (uint16_t)num(w, PC_AT_MEASUREMENT_INDEX),
                                     .vendor = (uint8_t)num(w, PC_AT_MEASUREMENT_VENDOR),
                                     .revoked = revoked == 1,
                                     .active_from = num(w, PC_AT_MEASUREMENT_ACTIVE_FROM),
                                     .sunset_at = num(w, PC_AT_MEASUREMENT_SUNSET_AT)};
    return done(out, sizeof *out, revoked <= 1 && clean(w, used_measurement, PC_WORDS_MEASUREMENT));
}

enum err_code view_vendor(struct view_vendor *out, const struct evm_word *w)
{
    uint64_t standing = num(w, PC_AT_VENDOR_STANDING);
    *out = (struct view_vendor){.epoch = (uint32_t)num(w, PC_AT_VENDOR_EPOCH),
                                .authority_epoch = (uint32_t)num(w, PC_AT_VENDOR_AUTHORITY_EPOCH),
                                .statuses = (uint16_t)num(w, PC_AT_VENDOR_STATUSES),
                                .out_of_date_until = num(w, PC_AT_VENDOR_OUT_OF_DATE_UNTIL),
                                .min_evaluation = (uint32_t)num(w, PC_AT_VENDOR_MIN_EVALUATION),
                                .standing = (enum vendor_standing)standing};
    return done(out, sizeof *out,
                standing <= PC_VENDOR_REVOKED && clean(w, used_vendor, PC_WORDS_VENDOR));
}

enum err_code view_product(struct view_product *out, const struct evm_word *w)
{
    uint64_t standing = num(w, PC_AT_PRODUCT_STANDING);
    *out = (struct view_product){.epoch = (uint32_t)num(w, PC_AT_PRODUCT_EPOCH),
                                 .standing = (enum product_standing)standing,
                                 .min_tcb_len = (uint8_t)num(w, PC_AT_PRODUCT_MIN_TCB_LENGTH),
                                 .statuses = (uint16_t)num(w, PC_AT_PRODUCT_STATUSES),
                                 .out_of_date_until = num(w, PC_AT_PRODUCT_OUT_OF_DATE_UNTIL)};
    return done(out, sizeof *out,
                standing <= PC_PRODUCT_REVOKED && clean(w, used_product, PC_WORDS_PRODUCT));
}

enum err_code view_verifier(struct view_verifier *out, const struct evm_word *w)
{
    uint64_t state = num(w, PC_AT_VERIFIER_STATE);
    *out = (struct view_verifier){.id = (uint16_t)num(w, PC_AT_VERIFIER_ID),
                                  .vendor = (uint8_t)num(w, PC_AT_VERIFIER_VENDOR),
                                  .state = (uint8_t)state,
                                  .proposed_at = num(w, PC_AT_VERIFIER_PROPOSED_AT),
                                  .activated_at = num(w, PC_AT_VERIFIER_ACTIVATED_AT)};
    return done(out, sizeof *out, state <= 4 && clean(w, used_verifier, PC_WORDS_VERIFIER));
}

enum err_code view_revoked(bool *out, const struct evm_word *w)
{
    uint64_t state = num(w, PC_AT_MARK_STATE);
    bool good = state <= 2 && clean(w, used_mark, PC_WORDS_MARK);
    *out = !good || state == 1; /* a word that nobody understands forbids */
    return good ? PC_OK : PC_E_MALFORMED;
}

enum err_code view_freeze(struct view_freeze *out, const struct evm_word w[static PC_WORDS_FREEZE])
{
    *out = (struct view_freeze){.until = num(w, PC_AT_FREEZE_UNTIL),
                                .begun = num(w, PC_AT_FREEZE_BEGUN),
                                .ratified = num(w, PC_AT_FREEZE_RATIFIED)};
    return done(out, sizeof *out, clean(w, used_freeze, PC_WORDS_FREEZE));
}

enum err_code view_app(struct view_app *out, const struct evm_word w[static PC_WORDS_APP])
{
    uint64_t waits = num(w, PC_AT_APP_REVOKE_WAITS);
    *out = (struct view_app){.owner = addr(w, PC_AT_APP_OWNER),
                             .notice = num(w, PC_AT_APP_NOTICE),
                             .registered_at = num(w, PC_AT_APP_REGISTERED_AT),
                             .revoke_waits = waits == 1,
                             .frozen_until = num(w, PC_AT_APP_FROZEN_UNTIL),
                             .freeze_begun = num(w, PC_AT_APP_FREEZE_BEGUN)};
    return done(out, sizeof *out, waits <= 1 && clean(w, used_app, PC_WORDS_APP));
}

enum err_code view_policy(struct view_policy *out, const struct evm_word w[static PC_WORDS_POLICY])
{
    uint64_t kind = num(w, PC_AT_POLICY_KIND);
    *out = (struct view_policy){.current = whole(w, PC_AT_POLICY_CURRENT),
                                .next = whole(w, PC_AT_POLICY_NEXT),
                                .at = num(w, PC_AT_POLICY_AT),
                                .kind = (enum change_kind)kind,
                                .target = addr(w, PC_AT_POLICY_TARGET)};
    return done(out, sizeof *out,
                kind <= PC_CHANGE_MOVE && (kind == 0) == (out->at == 0) &&
                    clean(w, used_policy, PC_WORDS_POLICY));
}

enum err_code view_policy_in_force(struct evm_word *out, const struct view_policy *p, uint64_t time)
{
    bool ripe = p->kind != PC_CHANGE_NONE && p->at <= time;
    memset(out, 0, sizeof *out);
    switch (p->kind) {
    case PC_CHANGE_END:
    case PC_CHANGE_MOVE:
        if (ripe)
            return PC_E_REFUSED;
        *out = p->current;
        break;
    case PC_CHANGE_POLICY:
        *out = ripe ? p->next : p->current;
        break;
    case PC_CHANGE_NONE:
        *out = p->current;
        break;
    }
    return evm_word_is_zero(out) ? PC_E_NOT_FOUND : PC_OK;
}

struct evm_word object_name(enum object_kind kind, const struct evm_word *id)
{
    struct evm_word out;
    struct abi_args a = abi_args_init();
    abi_b32(&a, pc_tag_object);
    abi_uint(&a, kind);
    abi_b32(&a, id->b);
    abi_keccak256(out.b, &a);
    return out;
}

struct evm_word object_product_id(uint8_t vendor, const struct evm_word *product)
{
    struct evm_word out, v = evm_word_u64(vendor);
    evm_keccak_pair(&out, &v, product);
    return out;
}

struct evm_word object_serial_id(uint8_t vendor, uint8_t issuer, const struct evm_word *serial)
{
    struct evm_word out;
    struct abi_args a = abi_args_init();
    abi_uint(&a, vendor);
    abi_uint(&a, issuer);
    abi_b32(&a, serial->b);
    abi_keccak256(out.b, &a);
    return out;
}
