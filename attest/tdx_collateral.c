/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tdx_collateral.h"

#include "attest/der.h"
#include "base/hex.h"
#include "base/json.h"

#define DEPTH_MAX   10
#define INTEGER_MAX 999999999

enum err_code tdx_object_open(struct bytes *span, uint8_t rs[static 64], struct bytes body,
                              const char *key)
{
    struct bytes quoted;
    *span = (struct bytes){NULL, 0};
    memset(rs, 0, 64);
    if (body.n > PC_TDX_JSON_MAX)
        return PC_E_TOO_LARGE;
    /* Intel prints plain ASCII without escapes, and the contract's reader knows no other. */
    for (size_t i = 0; i < body.n; i++)
        if (body.p[i] >= 0x80 || body.p[i] == '\\')
            return PC_E_MALFORMED;
    PC_TRY(json_member_span(&quoted, body, "signature", DEPTH_MAX));
    if (quoted.n != 130 || quoted.p[0] != '"')
        return PC_E_MALFORMED;
    PC_TRY(hex_decode(rs, 64, (const char *)quoted.p + 1, 128));
    return json_member_span(span, body, key, DEPTH_MAX);
}

/* "2026-08-13T10:45:38Z", exactly. */
static enum err_code get_date(uint64_t *out, const struct json_value *o, const char *key)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    struct bytes s;
    unsigned n[6] = {0}, field = 0;
    PC_TRY(json_get_str(o, key, &s));
    if (s.n != sizeof(form) - 1)
        return PC_E_MALFORMED;
    for (size_t i = 0; i < s.n; i++) {
        if (form[i] != 'd') {
            if (s.p[i] != (uint8_t)form[i])
                return PC_E_MALFORMED;
            field++;
            continue;
        }
        if (s.p[i] < '0' || s.p[i] > '9')
            return PC_E_MALFORMED;
        n[field] = n[field] * 10 + (unsigned)(s.p[i] - '0');
    }
    return time_of_civil(out, n[0], n[1], n[2], n[3], n[4], n[5]) ? PC_OK : PC_E_MALFORMED;
}

static enum err_code get_uint(uint32_t *out, const struct json_value *o, const char *key,
                              uint32_t max)
{
    uint64_t v;
    PC_TRY(json_get_u64(o, key, max, &v));
    *out = (uint32_t)v;
    return PC_OK;
}

/* Hexadecimal without prefix: Intel writes none, and both verifiers have one grammar. */
static enum err_code get_hex(const struct json_value *o, const char *key, uint8_t *out, size_t n)
{
    struct bytes s;
    PC_TRY(json_get_str(o, key, &s));
    if (s.n != 2 * n)
        return PC_E_MALFORMED;
    return hex_decode(out, n, (const char *)s.p, s.n);
}

static bool text_is(struct bytes s, const char *want)
{
    return bytes_equal_var(s, bytes_of(want, strlen(want)));
}

static enum err_code get_result(struct tdx_level_result *out, const struct json_value *level)
{
    struct bytes s;
    struct json_value list;
    size_t n;
    PC_TRY(get_date(&out->date, level, "tcbDate"));
    PC_TRY(json_get_str(level, "tcbStatus", &s));
    out->status = verdict_status_of(s);
    if (out->status == PC_TCB_NONE)
        return PC_E_MALFORMED;
    if (!json_has(level, "advisoryIDs"))
        return PC_OK;
    PC_TRY(json_get_array(level, "advisoryIDs", &list, &n));
    if (n > PC_TDX_ADVISORIES_MAX)
        return PC_E_TOO_LARGE;
    for (size_t i = 0; i < n; i++) {
        struct json_value v = json_at(&list, i);
        PC_TRY(json_get_str(&v, NULL, &s));
        if (s.n == 0 || s.n >= PC_ADVISORY_LEN)
            return PC_E_TOO_LARGE;
        memcpy(out->advisories[i], s.p, s.n);
    }
    out->advisory_count = n;
    return PC_OK;
}

/* tcbLevels of a module or of the QE. */
static enum err_code get_svn_levels(struct tdx_svn_level *out, size_t *count,
                                    const struct json_value *o, uint32_t svn_max)
{
    struct json_value list;
    size_t n;
    PC_TRY(json_get_array(o, "tcbLevels", &list, &n));
    if (n > PC_TDX_SVN_LEVELS_MAX)
        return PC_E_TOO_LARGE;
    for (size_t i = 0; i < n; i++) {
        struct json_value level = json_at(&list, i), tcb;
        uint32_t svn;
        PC_TRY(json_get_object(&level, "tcb", &tcb));
        PC_TRY(get_uint(&svn, &tcb, "isvsvn", svn_max));
        out[i].isvsvn = (uint16_t)svn;
        PC_TRY(get_result(&out[i].result, &level));
    }
    *count = n;
    return PC_OK;
}

static enum err_code get_module(struct tdx_module *out, const struct json_value *o)
{
    PC_TRY(get_hex(o, "mrsigner", out->mrsigner, sizeof(out->mrsigner)));
    PC_TRY(get_hex(o, "attributes", out->attributes, sizeof(out->attributes)));
    return get_hex(o, "attributesMask", out->attributes_mask, sizeof(out->attributes_mask));
}

/* tdxModuleIdentities: absent in older TCB info. An id is "TDX_" and two hexadecimal digits. */
static enum err_code get_identities(struct tdx_tcb_info *out, const struct json_value *o)
{
    struct json_value list;
    size_t n;
    if (!json_has(o, "tdxModuleIdentities"))
        return PC_OK;
    PC_TRY(json_get_array(o, "tdxModuleIdentities", &list, &n));
    if (n > PC_TDX_IDENTITIES_MAX)
        return PC_E_TOO_LARGE;
    for (size_t i = 0; i < n; i++) {
        struct json_value v = json_at(&list, i);
        struct tdx_module *m = &out->identities[i];
        struct bytes id;
        PC_TRY(json_get_str(&v, "id", &id));
        if (id.n != 6 || (memcmp(id.p, "TDX_", 4) != 0 && memcmp(id.p, "tdx_", 4) != 0))
            return PC_E_MALFORMED;
        PC_TRY(hex_decode(&m->major, 1, (const char *)id.p + 4, 2));
        for (size_t j = 0; j < i; j++)
            if (out->identities[j].major == m->major)
                return PC_E_MALFORMED;
        PC_TRY(get_module(m, &v));
        PC_TRY(get_svn_levels(m->levels, &m->level_count, &v, 0xff));
    }
    out->identity_count = n;
    return PC_OK;
}

static enum err_code get_components(uint8_t out[static 16], const struct json_value *tcb,
                                    const char *key)
{
    struct json_value list;
    size_t n;
    PC_TRY(json_get_array(tcb, key, &list, &n));
    if (n != 16)
        return PC_E_MALFORMED;
    for (size_t i = 0; i < 16; i++) {
        struct json_value c = json_at(&list, i);
        uint32_t svn;
        PC_TRY(get_uint(&svn, &c, "svn", 0xff));
        out[i] = (uint8_t)svn;
    }
    return PC_OK;
}

static enum err_code get_levels(struct tdx_tcb_info *out, const struct json_value *o)
{
    struct json_value list;
    size_t n;
    PC_TRY(json_get_array(o, "tcbLevels", &list, &n));
    if (n > PC_TDX_LEVELS_MAX)
        return PC_E_TOO_LARGE;
    for (size_t i = 0; i < n; i++) {
        struct json_value level = json_at(&list, i), tcb;
        struct tdx_level *l = &out->levels[i];
        uint32_t pcesvn;
        PC_TRY(json_get_object(&level, "tcb", &tcb));
        PC_TRY(get_components(l->sgx, &tcb, "sgxtcbcomponents"));
        PC_TRY(get_components(l->tdx, &tcb, "tdxtcbcomponents"));
        PC_TRY(get_uint(&pcesvn, &tcb, "pcesvn", 0xffff));
        l->pcesvn = (uint16_t)pcesvn;
        PC_TRY(get_result(&l->result, &level));
    }
    out->level_count = n;
    return PC_OK;
}

static enum err_code get_tcb_info(struct tdx_tcb_info *out, const struct json_value *o)
{
    struct bytes id;
    struct json_value module;
    uint32_t version, type = 0;
    PC_TRY(json_get_str(o, "id", &id));
    PC_TRY(get_uint(&version, o, "version", INTEGER_MAX));
    if (json_has(o, "tcbType"))
        PC_TRY(get_uint(&type, o, "tcbType", INTEGER_MAX));
    PC_TRY(get_date(&out->issue_date, o, "issueDate"));
    PC_TRY(get_date(&out->next_update, o, "nextUpdate"));
    PC_TRY(get_uint(&out->number, o, "tcbEvaluationDataNumber", 0xffff));
    PC_TRY(get_hex(o, "fmspc", out->fmspc, sizeof(out->fmspc)));
    PC_TRY(get_hex(o, "pceId", out->pceid, sizeof(out->pceid)));
    out->id_ok = text_is(id, "TDX");
    out->version_ok = version == 3 && type == 0;
    if (!out->id_ok || !out->version_ok)
        return PC_OK;
    PC_TRY(json_get_object(o, "tdxModule", &module));
    PC_TRY(get_module(&out->module, &module));
    PC_TRY(get_identities(out, o));
    return get_levels(out, o);
}

static enum err_code get_qe_identity(struct tdx_qe_identity *out, const struct json_value *o)
{
    struct bytes id;
    uint32_t version, prodid;
    PC_TRY(json_get_str(o, "id", &id));
    PC_TRY(get_uint(&version, o, "version", INTEGER_MAX));
    PC_TRY(get_date(&out->issue_date, o, "issueDate"));
    PC_TRY(get_date(&out->next_update, o, "nextUpdate"));
    PC_TRY(get_uint(&out->number, o, "tcbEvaluationDataNumber", 0xffff));
    out->id_ok = text_is(id, "TD_QE");
    out->version_ok = version == 2;
    if (!out->version_ok)
        return PC_OK;
    PC_TRY(get_hex(o, "miscselect", out->miscselect, 4));
    PC_TRY(get_hex(o, "miscselectMask", out->miscselect_mask, 4));
    PC_TRY(get_hex(o, "attributes", out->attributes, 16));
    PC_TRY(get_hex(o, "attributesMask", out->attributes_mask, 16));
    PC_TRY(get_hex(o, "mrsigner", out->mrsigner, 32));
    PC_TRY(get_uint(&prodid, o, "isvprodid", 0xffff));
    out->isvprodid = (uint16_t)prodid;
    return get_svn_levels(out->levels, &out->level_count, o, 0xffff);
}

enum err_code tdx_tcb_info_parse(struct tdx_tcb_info *out, struct bytes span)
{
    struct json_doc *doc;
    memset(out, 0, sizeof(*out));
    enum err_code e = json_parse(&doc, span, PC_TDX_JSON_MAX, DEPTH_MAX);
    if (e == PC_OK) {
        struct json_value root = json_root(doc);
        e = get_tcb_info(out, &root);
    }
    if (e != PC_OK)
        memset(out, 0, sizeof(*out));
    json_free(doc);
    return e;
}

enum err_code tdx_qe_identity_parse(struct tdx_qe_identity *out, struct bytes span)
{
    struct json_doc *doc;
    memset(out, 0, sizeof(*out));
    enum err_code e = json_parse(&doc, span, PC_TDX_JSON_MAX, DEPTH_MAX);
    if (e == PC_OK) {
        struct json_value root = json_root(doc);
        e = get_qe_identity(out, &root);
    }
    if (e != PC_OK)
        memset(out, 0, sizeof(*out));
    json_free(doc);
    return e;
}
