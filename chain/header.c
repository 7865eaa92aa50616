/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/header.h"

#include "chain/rlp.h"

static enum err_code fields(struct block_header *out, struct bytes rlp)
{
    struct rlp_reader r = rlp_list_of(rlp);
    uint8_t skipped[256];
    rlp_next_fixed(&r, out->parent.b, 32);
    rlp_next_fixed(&r, skipped, 32); /* uncles */
    rlp_next_fixed(&r, skipped, 20); /* beneficiary */
    rlp_next_fixed(&r, out->state_root.b, 32);
    rlp_next_fixed(&r, skipped, 32); /* transactions root */
    rlp_next_fixed(&r, out->receipts_root.b, 32);
    rlp_next_fixed(&r, skipped, 256); /* logs bloom */
    struct evm_word wide;
    rlp_next_uint256(&r, &wide); /* difficulty */
    out->number = rlp_next_u64(&r);
    out->gas_limit = rlp_next_u64(&r);
    rlp_next_u64(&r); /* gas used */
    out->time = rlp_next_u64(&r);
    rlp_next_string(&r, PC_HEADER_MAX); /* extra data */
    rlp_next_fixed(&r, skipped, 32);    /* mix hash, prevRandao */
    rlp_next_fixed(&r, skipped, 8);     /* nonce */
    if (rlp_more(&r))
        out->base_fee = rlp_next_u64(&r);
    for (unsigned n = PC_HEADER_FIELDS_MIN + 1; rlp_more(&r); n++) {
        if (n == PC_HEADER_FIELDS_MAX)
            rlp_fail(&r, PC_E_TOO_LARGE);
        rlp_next_string(&r, PC_HEADER_MAX);
    }
    return rlp_end(&r);
}

enum err_code header_decode(struct block_header *out, struct bytes rlp)
{
    memset(out, 0, sizeof *out);
    if (rlp.n > PC_HEADER_MAX)
        return PC_E_TOO_LARGE;
    enum err_code e = fields(out, rlp);
    if (e == PC_OK)
        evm_keccak(&out->hash, rlp);
    else
        memset(out, 0, sizeof *out);
    return e;
}
