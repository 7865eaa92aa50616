/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/endpoint.h"

#include <arpa/inet.h>

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool parse_port(uint16_t *out, struct bytes t)
{
    uint32_t v = 0;
    if (t.n == 0 || t.n > 5 || t.p[0] == '0')
        return false;
    for (size_t i = 0; i < t.n; i++) {
        if (!is_digit(t.p[i]))
            return false;
        v = v * 10 + (uint32_t)(t.p[i] - '0');
    }
    *out = (uint16_t)v;
    return v <= UINT16_MAX;
}

/* Cut "...:port" off the end of *t. */
static bool cut_port(uint16_t *out, struct bytes *t)
{
    for (size_t i = t->n; i > 0; i--)
        if (t->p[i - 1] == ':') {
            struct bytes port = bytes_of(t->p + i, t->n - i);
            t->n = i - 1;
            return parse_port(out, port);
        }
    return false;
}

/* Labels of 1..63 letters, digits and inner hyphens; the last one not all digits. */
static bool is_name(struct bytes t)
{
    size_t start = 0;
    if (t.n == 0 || t.n >= ENDPOINT_TEXT_MAX)
        return false;
    for (size_t i = 0; i <= t.n; i++) {
        if (i < t.n && t.p[i] != '.') {
            if (!is_alnum(t.p[i]) && t.p[i] != '-')
                return false;
            continue;
        }
        size_t len = i - start;
        if (len == 0 || len > 63 || t.p[start] == '-' || t.p[i - 1] == '-')
            return false;
        if (i == t.n) {
            bool number = true;
            for (size_t k = start; k < i; k++)
                number = number && is_digit(t.p[k]);
            /* 0x7f.1 and the like: some resolvers take them for addresses */
            if (number || (len > 1 && t.p[start] == '0' && (t.p[start + 1] | 0x20) == 'x'))
                return false;
        }
        start = i + 1;
    }
    return true;
}

static enum err_code parse_host(struct endpoint *out, struct bytes t)
{
    uint8_t raw[16];
    bool brackets = t.n >= 2 && t.p[0] == '[' && t.p[t.n - 1] == ']';
    if (brackets)
        t = bytes_of(t.p + 1, t.n - 2);
    if (t.n == 0 || t.n >= sizeof out->host || memchr(t.p, 0, t.n) != NULL)
        return PC_E_MALFORMED;
    memcpy(out->host, t.p, t.n);
    out->host[t.n] = '\0';
    if (brackets) {
        out->kind = ENDPOINT_IPV6;
        return inet_pton(AF_INET6, out->host, raw) == 1 ? PC_OK : PC_E_MALFORMED;
    }
    if (inet_pton(AF_INET, out->host, raw) == 1) {
        out->kind = ENDPOINT_IPV4;
        return PC_OK;
    }
    out->kind = ENDPOINT_NAME;
    return is_name(t) ? PC_OK : PC_E_MALFORMED;
}

static enum err_code parse(struct endpoint *out, struct bytes text, bool two_ports)
{
    memset(out, 0, sizeof *out);
    if (text.n > ENDPOINT_TEXT_MAX)
        return PC_E_TOO_LARGE;
    enum err_code e = PC_E_MALFORMED;
    if ((!two_ports || cut_port(&out->http_port, &text)) && cut_port(&out->peer_port, &text))
        e = parse_host(out, text);
    if (!two_ports)
        out->http_port = out->peer_port;
    if (e != PC_OK)
        memset(out, 0, sizeof *out);
    return e;
}

enum err_code endpoint_parse(struct endpoint *out, struct bytes text)
{
    return parse(out, text, true);
}

enum err_code endpoint_parse_listen(struct endpoint *out, struct bytes text)
{
    return parse(out, text, false);
}

enum err_code endpoint_address(struct sockaddr_storage *out, const struct endpoint *e,
                               uint16_t port)
{
    memset(out, 0, sizeof *out);
    if (e->kind == ENDPOINT_IPV4) {
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
        if (inet_pton(AF_INET, e->host, &a.sin_addr) != 1)
            return PC_E_MALFORMED;
        memcpy(out, &a, sizeof a);
        return PC_OK;
    }
    if (e->kind == ENDPOINT_IPV6) {
        struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
        if (inet_pton(AF_INET6, e->host, &a.sin6_addr) != 1)
            return PC_E_MALFORMED;
        memcpy(out, &a, sizeof a);
        return PC_OK;
    }
    return PC_E_USAGE;
}

struct block4 {
    uint32_t net;
    unsigned bits;
};

static bool v4_reachable(uint32_t a, bool development)
{
    static const struct block4 never[] = {{0x00000000, 8}, {0xe0000000, 4}, {0xffffffff, 32}};
    static const struct block4 special[] = {
        {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16}, {0xac100000, 12},
        {0xc0000000, 24}, {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16}, {0xc6120000, 15},
        {0xc6336400, 24}, {0xcb007100, 24}, {0xf0000000, 4},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(never); i++)
        if ((a ^ never[i].net) >> (32 - never[i].bits) == 0)
            return false;
    for (size_t i = 0; !development && i < PC_ARRAY_LEN(special); i++)
        if ((a ^ special[i].net) >> (32 - special[i].bits) == 0)
            return false;
    return true;
}

static bool v6_reachable(const uint8_t a[static 16], bool development)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:a.b.c.d */
    static const uint8_t zero[12];
    if (memcmp(a, mapped, 12) == 0)
        return v4_reachable(load_be32(a + 12), development);
    if (a[0] == 0xff || bytes_all_zero_var(bytes_of(a, 16)))
        return false;
    if (development)
        return true;
    if (memcmp(a, zero, 12) == 0) /* ::1 and the old ::a.b.c.d */
        return false;
    /* Only global unicast, 2000::/3; of that not documentation (2001:db8::/32, 3fff::/20),
     * benchmarking and Teredo (all of 2001::/23), nor 6to4 of an address that is out itself. */
    if ((a[0] & 0xe0) != 0x20)
        return false;
    if (a[0] == 0x20 && a[1] == 0x01 && (a[2] < 0x02 || (a[2] == 0x0d && a[3] == 0xb8)))
        return false;
    if (a[0] == 0x3f && a[1] == 0xff && a[2] < 0x10)
        return false;
    if (a[0] == 0x20 && a[1] == 0x02)
        return v4_reachable(load_be32(a + 2), false);
    return true;
}

bool address_reachable(const struct sockaddr_storage *a, bool development)
{
    if (a->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, a, sizeof in);
        return v4_reachable(ntohl(in.sin_addr.s_addr), development);
    }
    if (a->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, a, sizeof in6);
        return v6_reachable(in6.sin6_addr.s6_addr, development);
    }
    return false;
}

bool address_same_place(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET)
        return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
               ((const struct sockaddr_in *)b)->sin_addr.s_addr;
    if (a->ss_family == AF_INET6)
        return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
                      &((const struct sockaddr_in6 *)b)->sin6_addr, 8) == 0;
    return false;
}

void address_place(uint8_t out[static 8], const struct sockaddr_storage *a)
{
    memset(out, 0, 8);
    if (a->ss_family == AF_INET)
        memcpy(out, &((const struct sockaddr_in *)a)->sin_addr.s_addr, 4);
    else if (a->ss_family == AF_INET6)
        memcpy(out, &((const struct sockaddr_in6 *)a)->sin6_addr, 8);
}

void address_unmap(struct sockaddr_storage *a)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct sockaddr_in6 in6;
    if (a->ss_family == AF_UNSPEC)
        a->ss_family = AF_UNIX;
    if (a->ss_family != AF_INET6)
        return;
    memcpy(&in6, a, sizeof in6);
    if (memcmp(in6.sin6_addr.s6_addr, mapped, sizeof mapped) != 0)
        return;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = in6.sin6_port};
    memcpy(&in.sin_addr.s_addr, in6.sin6_addr.s6_addr + 12, 4);
    memset(a, 0, sizeof *a);
    memcpy(a, &in, sizeof in);
}
