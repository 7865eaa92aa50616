/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_scan.h"

#include "base/json.h"

static int peek(const struct json_scan *s)
{
    return s->at < s->len ? s->text[s->at] : -1;
}

static bool take(struct json_scan *s, int c)
{
    if (peek(s) != c)
        return false;
    s->at++;
    return true;
}

void json_scan_space(struct json_scan *s)
{
    while (peek(s) == ' ' || peek(s) == '\t' || peek(s) == '\n' || peek(s) == '\r')
        s->at++;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(int c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static enum err_code scan_escape(struct json_scan *s)
{
    int c = peek(s);
    if (c < 0 || strchr("\"\\/bfnrtu", c) == NULL || c == 0)
        return PC_E_MALFORMED;
    s->at++;
    for (int i = 0; c == 'u' && i < 4; i++) {
        if (!is_hex(peek(s)))
            return PC_E_MALFORMED;
        s->at++;
    }
    return PC_OK;
}

enum err_code json_scan_string(struct json_scan *s, struct bytes *out)
{
    *out = (struct bytes){NULL, 0};
    if (!take(s, '"'))
        return PC_E_MALFORMED;
    size_t start = s->at;
    for (;;) {
        int c = peek(s);
        if (c < 0x20)
            return PC_E_MALFORMED;
        s->at++;
        if (c == '"')
            break;
        if (c == '\\')
            PC_TRY(scan_escape(s));
    }
    *out = bytes_of(s->text + start, s->at - 1 - start);
    return PC_OK;
}

static enum err_code scan_digits(struct json_scan *s)
{
    if (!is_digit(peek(s)))
        return PC_E_MALFORMED;
    while (is_digit(peek(s)))
        s->at++;
    return PC_OK;
}

static enum err_code scan_number(struct json_scan *s)
{
    (void)take(s, '-');
    if (!take(s, '0'))
        PC_TRY(scan_digits(s));
    if (take(s, '.'))
        PC_TRY(scan_digits(s));
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            (void)take(s, '-');
        PC_TRY(scan_digits(s));
    }
    return PC_OK;
}

static enum err_code scan_word(struct json_scan *s, const char *word)
{
    for (; *word != '\0'; word++)
        if (!take(s, *word))
            return PC_E_MALFORMED;
    return PC_OK;
}

/* Elements or members up to the closing bracket; the opening one is taken. */
static enum err_code scan_items(struct json_scan *s, bool object)
{
    int close = object ? '}' : ']';
    json_scan_space(s);
    if (take(s, close))
        return PC_OK;
    for (;;) {
        if (object) {
            struct bytes key;
            json_scan_space(s);
            PC_TRY(json_scan_string(s, &key));
            json_scan_space(s);
            if (!take(s, ':'))
                return PC_E_MALFORMED;
        }
        PC_TRY(json_scan_value(s));
        if (take(s, close))
            return PC_OK;
        if (!take(s, ','))
            return PC_E_MALFORMED;
    }
}

enum err_code json_scan_value(struct json_scan *s)
{
    enum err_code e;
    json_scan_space(s);
    int c = peek(s);
    if (c == '{' || c == '[') {
        if (s->depth == s->max_depth)
            return PC_E_TOO_LARGE;
        s->depth++;
        s->at++;
        e = scan_items(s, c == '{');
        s->depth--;
    } else if (c == '"') {
        struct bytes ignored;
        e = json_scan_string(s, &ignored);
    } else if (c == 't') {
        e = scan_word(s, "true");
    } else if (c == 'f') {
        e = scan_word(s, "false");
    } else if (c == 'n') {
        e = scan_word(s, "null");
    } else {
        e = scan_number(s);
    }
    json_scan_space(s);
    return e;
}

enum err_code json_member_span(struct bytes *out, struct bytes text, const char *key,
                               unsigned max_depth)
{
    *out = (struct bytes){NULL, 0};
    struct bytes found = {NULL, 0};
    struct json_scan s = {text.p, 0, text.n, 1, max_depth};
    if (max_depth == 0 || max_depth > PC_JSON_MAX_DEPTH)
        return PC_E_TOO_LARGE;
    json_scan_space(&s);
    if (!take(&s, '{'))
        return PC_E_MALFORMED;
    json_scan_space(&s);
    bool more = !take(&s, '}');
    while (more) {
        struct bytes name;
        json_scan_space(&s);
        PC_TRY(json_scan_string(&s, &name));
        json_scan_space(&s);
        if (!take(&s, ':'))
            return PC_E_MALFORMED;
        json_scan_space(&s);
        size_t start = s.at;
        PC_TRY(json_scan_value(&s));
        size_t end = s.at;
        while (end > start && strchr(" \t\n\r", text.p[end - 1]) != NULL)
            end--;
        if (bytes_equal_var(name, bytes_of(key, strlen(key)))) {
            if (found.p != NULL)
                return PC_E_MALFORMED;
            found = bytes_of(text.p + start, end - start);
        }
        more = take(&s, ',');
        if (!more && !take(&s, '}'))
            return PC_E_MALFORMED;
    }
    json_scan_space(&s);
    if (s.at != s.len)
        return PC_E_TRAILING;
    if (found.p == NULL)
        return PC_E_NOT_FOUND;
    *out = found;
    return PC_OK;
}
