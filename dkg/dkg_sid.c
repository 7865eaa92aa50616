/* SPDX-License-Identifier: Apache-2.0 */
#include "dkg/dkg_sid.h"

#include "crypto/labels.h"
#include "crypto/transcript.h"

static bool seat_is_blank(const struct dkg_member *m)
{
    return m->domains == 0 && bytes_all_zero_var(PC_BYTES(m->keys_hash)) &&
           bytes_all_zero_var(PC_BYTES(m->ek)) && bytes_all_zero_var(PC_BYTES(m->pop.b));
}

enum err_code dkg_member_root(uint8_t root[static 32], const struct dkg_member *member, uint16_t n)
{
    uint8_t acc[32] = {0}, leaf[32];

    memset(root, 0, 32);
    for (uint32_t i = 0; i < n; i++) {
        const struct dkg_member *m = &member[i];
        uint8_t ek_digest[32] = {0};
        if (m->domains > DKG_MAX_DOMAINS)
            return PC_E_TOO_LARGE;
        if (m->node_id == 0 && !seat_is_blank(m))
            return PC_E_MALFORMED;
        if (m->node_id != 0)
            id_ek_digest(ek_digest, m->ek, m->pop.b);
        id_leaf(leaf, (uint16_t)(i + 1), m->node_id, m->keys_hash, ek_digest, m->domain,
                m->domains);
        id_chain_step(acc, leaf);
    }
    memcpy(root, acc, 32);
    return PC_OK;
}

enum err_code dkg_sid(uint8_t sid[static 32], const struct dkg_open *o)
{
    struct transcript t;

    memset(sid, 0, 32);
    if (o->old_keys > DKG_KEYS || o->keys > DKG_KEYS)
        return PC_E_TOO_LARGE;
    transcript_init256(&t, PC_LABEL_SID);
    transcript_fixed(&t, o->network_id, 32);
    transcript_u64(&t, o->epoch);
    transcript_u32(&t, o->attempt);
    transcript_fixed(&t, o->open_hash, 32);
    transcript_u64(&t, o->old_epoch);
    transcript_u16(&t, o->old_n);
    transcript_u16(&t, o->old_t);
    transcript_fixed(&t, o->old_root, 32);
    transcript_u16(&t, o->old_keys);
    for (uint16_t k = 0; k < o->old_keys; k++)
        transcript_fixed(&t, o->old_y_hash[k], 32);
    transcript_u16(&t, o->n);
    transcript_u16(&t, o->t);
    transcript_fixed(&t, o->root, 32);
    transcript_u16(&t, o->keys);
    for (uint16_t k = 0; k < o->keys; k++) {
        transcript_u32(&t, o->key[k].index);
        transcript_u8(&t, o->key[k].key_class);
        transcript_fixed(&t, o->key[k].of, 32);
    }
    transcript_u32(&t, o->protocol);
    transcript_final256(&t, sid);
    return PC_OK;
}
