/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/events_int.h"
#include "crypto/hash.h"

static void change(struct event *out, struct event_in *in)
{
    out->epoch = event_topic_u64(in, 64);
    out->attempt = (uint32_t)event_topic_u64(in, 32);
}

/* u32[] of at most PC_EVENT_MEMBERS. */
static uint16_t read_ids(uint32_t out[static PC_EVENT_MEMBERS], struct event_in *in)
{
    size_t n;
    struct bytes words = abi_in_array(&in->data, 1, PC_EVENT_MEMBERS, &n);
    for (size_t i = 0; i < n; i++) {
        struct evm_word w = evm_word_of(words.p + 32 * i);
        uint64_t id;
        enum err_code e = evm_word_to_u64(&id, &w, 32);
        if (e != PC_OK)
            abi_in_fail(&in->data, e);
        out[i] = (uint32_t)id;
    }
    return (uint16_t)n;
}

void event_announced(struct event *out, struct event_in *in)
{
    change(out, in);
    out->u.announced.enrol_until = abi_in_u64(&in->data, 64);
    out->u.announced.open_until = abi_in_u64(&in->data, 64);
}

/* What all calls of nodes have in front: who, for which change. */
static struct ncall *call_of(struct event *out, struct event_in *in, enum ncall_kind kind)
{
    struct ncall *c = &out->u.ncall.call;
    change(out, in);
    out->id = (uint32_t)event_topic_u64(in, 32);
    *c = (struct ncall){.kind = kind, .id = out->id, .epoch = out->epoch, .attempt = out->attempt};
    return c;
}

static void read_seat(struct event *out, struct event_in *in, struct ncall *c)
{
    out->index = (uint16_t)abi_in_u64(&in->data, 16);
    if (out->index == 0 || out->index > PC_EVENT_MEMBERS)
        abi_in_fail(&in->data, PC_E_MALFORMED);
    c->seq = abi_in_u64(&in->data, 64);
}

void event_enrolled(struct event *out, struct event_in *in)
{
    struct ncall *c = call_of(out, in, PC_NCALL_ENROL);
    c->seq = abi_in_u64(&in->data, 64);
    c->a = abi_in_word(&in->data);
    c->bytes = abi_in_bytes(&in->data, PC_NCALL_BYTES_MAX);
    out->u.ncall.keys_hash = abi_in_word(&in->data);
    struct bytes sig = abi_in_bytes(&in->data, 65);
    if (sig.n == 65)
        memcpy(out->u.ncall.signature.b, sig.p, 65);
    else
        abi_in_fail(&in->data, PC_E_MALFORMED);
    out->u.ncall.acc = abi_in_word(&in->data);
}

void event_opened(struct event *out, struct event_in *in)
{
    change(out, in);
    out->u.opened.n = (uint16_t)abi_in_u64(&in->data, 16);
    out->u.opened.t = (uint16_t)abi_in_u64(&in->data, 16);
    out->u.opened.degraded = abi_in_bool(&in->data);
    out->u.opened.reasons = (uint8_t)abi_in_u64(&in->data, 8);
    out->u.opened.protocol = (uint32_t)abi_in_u64(&in->data, 32);
    out->u.opened.member_root = abi_in_word(&in->data);
    out->u.opened.key_list = abi_in_bytes(&in->data, 2 + 37 * PC_EVENT_KEYS);
    uint16_t ids = read_ids(out->u.opened.ids, in);
    uint16_t reserved = read_ids(out->u.opened.reserved, in);
    uint16_t n = out->u.opened.n;
    if (n == 0 || out->u.opened.t == 0 || out->u.opened.t > n || ids != n || reserved != n)
        abi_in_fail(&in->data, PC_E_MALFORMED);
}

void event_committed(struct event *out, struct event_in *in)
{
    struct ncall *c = call_of(out, in, PC_NCALL_COMMIT);
    read_seat(out, in, c);
    c->a = abi_in_word(&in->data);
    c->length = (uint32_t)abi_in_u64(&in->data, 32);
    out->u.ncall.acc = abi_in_word(&in->data);
}

void event_commits_complete(struct event *out, struct event_in *in)
{
    change(out, in);
    out->u.commits_complete.b1 = abi_in_u64(&in->data, 64);
}

void event_voted(struct event *out, struct event_in *in)
{
    struct ncall *c = call_of(out, in, PC_NCALL_VOTE);
    read_seat(out, in, c);
    c->a = abi_in_word(&in->data);
    c->b = abi_in_word(&in->data);
    out->u.ncall.acc = abi_in_word(&in->data);
}

void event_complained(struct event *out, struct event_in *in)
{
    struct ncall *c = call_of(out, in, PC_NCALL_COMPLAIN);
    read_seat(out, in, c);
    c->dealer = (uint16_t)abi_in_u64(&in->data, 16);
    if (c->dealer == 0 || c->dealer > PC_EVENT_MEMBERS)
        abi_in_fail(&in->data, PC_E_MALFORMED);
    c->a = abi_in_word(&in->data);
    c->bytes = abi_in_bytes(&in->data, PC_NCALL_BYTES_MAX);
    out->u.ncall.acc = abi_in_word(&in->data);
}

void event_ready(struct event *out, struct event_in *in)
{
    struct ncall *c = call_of(out, in, PC_NCALL_READY);
    read_seat(out, in, c);
    c->a = abi_in_word(&in->data);
    out->u.ncall.acc = abi_in_word(&in->data);
}

void event_voided(struct event *out, struct event_in *in)
{
    change(out, in);
    out->id = (uint32_t)event_topic_u64(in, 32);
}

void event_recovering(struct event *out, struct event_in *in)
{
    out->epoch = event_topic_u64(in, 64);
    out->id = (uint32_t)event_topic_u64(in, 32);
}

static size_t read_words(struct evm_word out[static PC_EVENT_KEYS], struct abi_in *r)
{
    size_t n;
    struct bytes words = abi_in_array(r, 1, PC_EVENT_KEYS, &n);
    for (size_t i = 0; i < n; i++)
        out[i] = evm_word_of(words.p + 32 * i);
    return n;
}

/* The preimage as crypto/ids.h, id_dkg_preimage, makes it; its hash is what members agreed on. */
static enum err_code read_preimage(struct event *out)
{
    struct bytes preimage = out->u.activated.preimage;
    struct evm_word hash;
    sha256(hash.b, preimage);
    if (!evm_word_equal(&hash, &out->u.activated.transcript))
        return PC_E_MISMATCH;
    struct abi_in r = abi_in_of(preimage, 7);
    out->u.activated.sid = abi_in_word(&r);
    out->u.activated.qual = abi_in_word(&r);
    out->u.activated.blame_dealers = abi_in_word(&r);
    out->u.activated.blame_receivers = abi_in_word(&r);
    size_t keys = read_words(out->u.activated.pk, &r);
    if (read_words(out->u.activated.y_hash, &r) != keys || keys == 0)
        abi_in_fail(&r, PC_E_MALFORMED);
    out->u.activated.n_keys = (uint8_t)keys;
    out->u.activated.t = (uint16_t)abi_in_u64(&r, 16);
    return abi_in_end(&r);
}

void event_activated(struct event *out, struct event_in *in)
{
    change(out, in);
    out->u.activated.transcript = abi_in_word(&in->data);
    out->u.activated.ready = abi_in_word(&in->data);
    out->u.activated.preimage = abi_in_bytes(&in->data, PC_EVENT_PREIMAGE);
    enum err_code e = in->data.err == PC_OK ? read_preimage(out) : PC_OK;
    if (e != PC_OK)
        abi_in_fail(&in->data, e);
}

void event_failed(struct event *out, struct event_in *in)
{
    change(out, in);
    out->u.failed.hash = abi_in_word(&in->data);
    out->u.failed.n_struck = read_ids(out->u.failed.struck, in);
}
