/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/nitro_doc.h"

#include "attest/cbor.h"

/* Names of the fields, as bits of what was found. */
enum field {
    F_MODULE_ID,
    F_DIGEST,
    F_TIMESTAMP,
    F_PCRS,
    F_CERTIFICATE,
    F_CABUNDLE,
    F_PUBLIC_KEY,
    F_USER_DATA,
    F_NONCE,
    F_COUNT
};

static const char *const names[F_COUNT] = {"module_id",  "digest",      "timestamp",
                                           "pcrs",       "certificate", "cabundle",
                                           "public_key", "user_data",   "nonce"};

/* A field that is there and wrong; faults of CBOR itself stand in the cursor. */
struct reading {
    struct nitro_doc *doc;
    struct cbor c;
    bool field_bad;
    bool digest_bad;
};

static void check(struct reading *r, bool ok)
{
    if (r->c.err == PC_OK && !ok)
        r->field_bad = true;
}

/* Is the next item of this kind? If not the field is wrong, and the item is passed over. */
static bool is_a(struct reading *r, enum cbor_kind kind)
{
    if (cbor_peek(&r->c) == kind)
        return true;
    cbor_skip(&r->c);
    check(r, false);
    return false;
}

static struct bytes take_text(struct reading *r, size_t max)
{
    if (!is_a(r, PC_CBOR_TEXT))
        return (struct bytes){NULL, 0};
    struct bytes b = cbor_take_text(&r->c);
    check(r, b.n >= 1 && b.n <= max);
    return b;
}

static struct bytes take_bytes(struct reading *r, size_t min, size_t max)
{
    if (!is_a(r, PC_CBOR_BYTES))
        return (struct bytes){NULL, 0};
    struct bytes b = cbor_take_bytes(&r->c);
    check(r, b.n >= min && b.n <= max);
    return b;
}

static struct nitro_optional take_optional(struct reading *r, size_t min, size_t max)
{
    if (cbor_take_null(&r->c))
        return (struct nitro_optional){false, {NULL, 0}};
    return (struct nitro_optional){true, take_bytes(r, min, max)};
}

static void take_pcrs(struct reading *r)
{
    struct cbor_map m;
    struct cbor key;
    if (!is_a(r, PC_CBOR_MAP))
        return;
    cbor_map_open(&r->c, &m);
    while (cbor_map_next(&r->c, &m, &key)) {
        bool number = cbor_peek(&key) == PC_CBOR_UINT;
        uint64_t index = number ? cbor_take_uint(&key) : PC_NITRO_PCRS;
        check(r, index < PC_NITRO_PCRS);
        struct bytes value = take_bytes(r, PC_NITRO_PCR_LEN, PC_NITRO_PCR_LEN);
        if (index < PC_NITRO_PCRS)
            r->doc->pcr[index] = value.p;
    }
    check(r, m.count > 0);
}

static void take_cabundle(struct reading *r)
{
    struct cbor_array a;
    if (!is_a(r, PC_CBOR_ARRAY))
        return;
    cbor_array_open(&r->c, &a);
    while (cbor_array_next(&r->c, &a)) {
        struct bytes der = take_bytes(r, 1, PC_NITRO_CERT_MAX);
        check(r, r->doc->ca_count < PC_NITRO_CHAIN_MAX);
        if (r->doc->ca_count < PC_NITRO_CHAIN_MAX)
            r->doc->ca[r->doc->ca_count++] = der;
    }
    check(r, r->doc->ca_count > 0);
}

static void take_field(struct reading *r, enum field f)
{
    struct nitro_doc *d = r->doc;
    switch (f) {
    case F_MODULE_ID:
        d->module_id = take_text(r, PC_NITRO_DOC_MAX);
        break;
    case F_DIGEST:
        r->digest_bad = !bytes_equal_var(take_text(r, 16), PC_BYTES_STR("SHA384"));
        break;
    case F_TIMESTAMP:
        if (is_a(r, PC_CBOR_UINT))
            d->timestamp_ms = cbor_take_uint(&r->c);
        check(r, d->timestamp_ms > 0);
        break;
    case F_PCRS:
        take_pcrs(r);
        break;
    case F_CERTIFICATE:
        d->certificate = take_bytes(r, 1, PC_NITRO_CERT_MAX);
        break;
    case F_CABUNDLE:
        take_cabundle(r);
        break;
    case F_PUBLIC_KEY:
        d->public_key = take_optional(r, 1, PC_NITRO_KEY_MAX);
        break;
    case F_USER_DATA:
        d->user_data = take_optional(r, 0, PC_NITRO_DATA_MAX);
        break;
    case F_NONCE:
        d->nonce = take_optional(r, 0, PC_NITRO_DATA_MAX);
        break;
    case F_COUNT:
        break;
    }
}

static enum field field_of(struct bytes name)
{
    for (unsigned f = 0; f < F_COUNT; f++)
        if (bytes_equal_var(name, bytes_of(names[f], strlen(names[f]))))
            return (enum field)f;
    return F_COUNT;
}

static bool refuse(struct verdict *v, enum verdict_reason r)
{
    verdict_add(v, r);
    return false;
}

/* The payload: one map of text keys. */
static bool parse_payload(struct nitro_doc *out, struct verdict *v)
{
    struct reading r = {.doc = out, .c = cbor_of(out->payload)};
    struct cbor_map m;
    struct cbor key;
    unsigned found = 0;
    cbor_map_open(&r.c, &m);
    while (cbor_map_next(&r.c, &m, &key)) {
        if (cbor_peek(&key) != PC_CBOR_TEXT) {
            cbor_fail(&r.c, PC_E_MALFORMED);
            break;
        }
        enum field f = field_of(cbor_take_text(&key));
        if (f == F_COUNT)
            cbor_skip(&r.c); /* of a later version */
        else
            take_field(&r, f);
        found |= 1U << f;
    }
    if (!cbor_end(&r.c))
        return refuse(v, r.c.err == PC_E_TRUNCATED ? PC_R_QUOTE_TRUNCATED : PC_R_DOC_PAYLOAD);
    if (r.field_bad || (found & ((1U << F_COUNT) - 1)) != (1U << F_COUNT) - 1)
        return refuse(v, PC_R_DOC_FIELD);
    return !r.digest_bad || refuse(v, PC_R_DOC_DIGEST);
}

/* ["Signature1", protected, h'', payload] up to the payload's bytes. */
static void set_prefix(struct nitro_doc *out)
{
    static const uint8_t fixed[] = {0x84, 0x6a, 'S', 'i',  'g',  'n',  'a',  't',  'u',
                                    'r',  'e',  '1', 0x44, 0xa1, 0x01, 0x38, 0x22, 0x40};
    uint8_t *w = out->signed_prefix;
    size_t n = out->payload.n; /* of a document: below 2^16 */
    memcpy(w, fixed, sizeof(fixed));
    w += sizeof(fixed);
    if (n < 24)
        *w++ = (uint8_t)(0x40 | n);
    else if (n < 0x100) {
        *w++ = 0x58;
        *w++ = (uint8_t)n;
    } else {
        *w++ = 0x59;
        store_be16(w, (uint16_t)n);
        w += 2;
    }
    out->signed_prefix_n = (size_t)(w - out->signed_prefix);
}
_Static_assert(PC_NITRO_DOC_MAX < 0x10000, "a payload's length has two bytes at most");

/* The envelope. */
static bool parse_cose(struct nitro_doc *out, struct verdict *v, struct bytes document)
{
    static const uint8_t es384[4] = {0xa1, 0x01, 0x38, 0x22};
    struct cbor c = cbor_of(document);
    struct cbor_array a;
    struct cbor_map m;
    struct cbor key;
    if (cbor_peek(&c) == PC_CBOR_TAG)
        cbor_take_tag(&c, 18);
    cbor_array_open(&c, &a);
    if (a.indefinite || a.left != 4)
        cbor_fail(&c, PC_E_MALFORMED);
    struct bytes protected = cbor_take_bytes(&c);
    bool alone = c.left > 0 && c.p[0] == 0xa0;
    cbor_map_open(&c, &m);
    while (cbor_map_next(&c, &m, &key))
        cbor_skip(&c);
    out->payload = cbor_take_bytes(&c);
    struct bytes signature = cbor_take_bytes(&c);
    if (!cbor_end(&c))
        return refuse(v, c.err == PC_E_TRUNCATED ? PC_R_QUOTE_TRUNCATED : PC_R_COSE_FORM);
    if (!bytes_equal_var(protected, PC_BYTES(es384)) || !alone)
        return refuse(v, PC_R_COSE_HEADER);
    if (signature.n != 96)
        return refuse(v, PC_R_COSE_FORM);
    out->signature = signature.p;
    set_prefix(out);
    return true;
}

bool nitro_doc_parse(struct nitro_doc *out, struct verdict *v, struct bytes document)
{
    memset(out, 0, sizeof(*out));
    bool ok = document.n <= PC_NITRO_DOC_MAX || refuse(v, PC_R_QUOTE_TOO_LARGE);
    ok = ok && parse_cose(out, v, document) && parse_payload(out, v);
    if (!ok)
        memset(out, 0, sizeof(*out));
    return ok;
}

struct bytes nitro_host_of(struct bytes module_id)
{
    static const char mark[] = "-enc";
    size_t found = 0, at = 0;
    for (size_t i = 0; i + sizeof(mark) - 1 <= module_id.n; i++)
        if (memcmp(module_id.p + i, mark, sizeof(mark) - 1) == 0) {
            found++;
            at = i;
        }
    return found == 1 ? bytes_of(module_id.p, at) : (struct bytes){NULL, 0};
}
