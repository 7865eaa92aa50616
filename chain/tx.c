/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/tx.h"

#include "chain/rlp.h"

#define TYPE_1559 0x02

static void put_fields(struct rlp_writer *w, const struct tx1559 *t)
{
    rlp_put_u64(w, t->chain_id);
    rlp_put_u64(w, t->nonce);
    rlp_put_u64(w, t->max_priority_fee);
    rlp_put_u64(w, t->max_fee);
    rlp_put_u64(w, t->gas);
    rlp_put_string(w, (struct bytes){t->to.b, t->create ? 0 : sizeof t->to.b});
    rlp_put_uint256(w, &t->value);
    rlp_put_string(w, t->data);
    rlp_list_end(w, rlp_list_begin(w)); /* access list: empty */
}

/* 0x02 and the list; sig may be NULL. */
static enum err_code serialize(struct bytes *out, void *buf, size_t cap, const struct tx1559 *t,
                               const struct tx_signature *sig)
{
    static const uint8_t type = TYPE_1559;
    struct rlp_writer w = rlp_writer_of(buf, cap);
    rlp_put_raw(&w, (struct bytes){&type, 1});
    size_t list = rlp_list_begin(&w);
    put_fields(&w, t);
    if (sig != NULL) {
        rlp_put_u64(&w, sig->y_parity);
        rlp_put_uint256(&w, &sig->r);
        rlp_put_uint256(&w, &sig->s);
    }
    rlp_list_end(&w, list);
    return rlp_writer_end(&w, out);
}

enum err_code tx_unsigned(struct bytes *out, void *buf, size_t cap, const struct tx1559 *t)
{
    return serialize(out, buf, cap, t, NULL);
}

enum err_code tx_encode(struct bytes *out, struct evm_word *hash, void *buf, size_t cap,
                        const struct tx1559 *t, const struct tx_signature *sig)
{
    *out = (struct bytes){NULL, 0};
    memset(hash, 0, sizeof *hash);
    if (sig->y_parity > 1 || evm_word_is_zero(&sig->r) || evm_word_is_zero(&sig->s))
        return PC_E_NOT_CANONICAL;
    PC_TRY(serialize(out, buf, cap, t, sig));
    evm_keccak(hash, *out);
    return PC_OK;
}
