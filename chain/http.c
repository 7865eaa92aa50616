/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <unistd.h>

struct slot {
    CURL *easy;
    struct curl_slist *headers;
    struct http_request *req;
    size_t cap;
    bool too_large;
    bool refused;
    bool running;
    const struct http_client *client;
};

struct http_client {
    CURLM *multi;
    bool public_only;
    struct slot slot[PC_HTTP_PARALLEL_MAX];
};

static bool prefix_is(const uint8_t *a, const uint8_t *net, unsigned bits)
{
    for (unsigned i = 0; i < bits; i++)
        if (((a[i / 8] ^ net[i / 8]) >> (7 - i % 8) & 1) != 0)
            return false;
    return true;
}

/* RFC 6890: what is not reachable by everybody. */
static bool v4_is_local(const uint8_t a[static 4])
{
    static const struct {
        uint8_t net[4];
        unsigned bits;
    } nets[] = {
        {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10},
        {{127, 0, 0, 0}, 8},    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},
        {{192, 0, 0, 0}, 24},   {{192, 0, 2, 0}, 24},   {{192, 88, 99, 0}, 24},
        {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15},  {{198, 51, 100, 0}, 24},
        {{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 3},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(nets); i++)
        if (prefix_is(a, nets[i].net, nets[i].bits))
            return true;
    return false;
}

static bool v6_is_local(const uint8_t a[static 16])
{
    /* Only global unicast 2000::/3 is public; inside it the ranges that lead elsewhere. */
    static const uint8_t global[1] = {0x20}, doc[4] = {0x20, 0x01, 0x0d, 0xb8};
    static const uint8_t ietf[3] = {0x20, 0x01, 0x00}, sixto4[2] = {0x20, 0x02};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (prefix_is(a, mapped, 96) || prefix_is(a, nat64, 96))
        return v4_is_local(a + 12);
    if (prefix_is(a, sixto4, 16))
        return v4_is_local(a + 2);
    return !prefix_is(a, global, 3) || prefix_is(a, doc, 32) || prefix_is(a, ietf, 23);
}

bool http_address_is_local(const char *text)
{
    uint8_t a[16];
    if (inet_pton(AF_INET, text, a) == 1)
        return v4_is_local(a);
    if (inet_pton(AF_INET6, text, a) == 1)
        return v6_is_local(a);
    return true;
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *addr)
{
    struct slot *s = ctx;
    bool local = true;
    if (addr->family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)&addr->addr;
        local = v4_is_local((const uint8_t *)&in->sin_addr);
    } else if (addr->family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)&addr->addr;
        local = v6_is_local(in6->sin6_addr.s6_addr);
    }
    if (purpose != CURLSOCKTYPE_IPCXN || (s->client->public_only && local)) {
        s->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct slot *s = ctx;
    struct http_request *r = s->req;
    size_t n = size * count;
    if (n > r->max_answer - r->answer_len) {
        s->too_large = true;
        return 0;
    }
    if (n > s->cap - r->answer_len) {
        size_t cap = s->cap;
        while (n > cap - r->answer_len)
            cap = cap == 0 ? 4096 : cap * 2;
        uint8_t *p = realloc(r->answer, cap);
        if (p == NULL)
            return 0;
        r->answer = p;
        s->cap = cap;
    }
    memcpy(r->answer + r->answer_len, data, n);
    r->answer_len += n;
    return n;
}

enum err_code http_client_new(struct http_client **out, const struct http_options *o)
{
    *out = NULL;
    static bool global_done;
    if (!global_done && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return PC_E_MEMORY;
    global_done = true;
    struct http_client *c = calloc(1, sizeof *c);
    if (c == NULL)
        return PC_E_MEMORY;
    c->multi = curl_multi_init();
    c->public_only = o->public_only;
    if (c->multi == NULL) {
        free(c);
        return PC_E_MEMORY;
    }
    *out = c;
    return PC_OK;
}

void http_client_free(struct http_client *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < PC_HTTP_PARALLEL_MAX; i++)
        if (c->slot[i].easy != NULL)
            curl_easy_cleanup(c->slot[i].easy);
    curl_multi_cleanup(c->multi);
    free(c);
}

void http_request_free(struct http_request *r)
{
    free(r->answer);
    r->answer = NULL;
    r->answer_len = 0;
}

static bool set_method(struct slot *s)
{
    const struct http_request *r = s->req;
    CURL *e = s->easy;
    bool ok = true;
    if (r->method == PC_HTTP_GET)
        return curl_easy_setopt(e, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_POSTFIELDS, r->body.n ? (const char *)r->body.p : "") ==
          CURLE_OK;
    if (r->method == PC_HTTP_PUT)
        ok &= curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, "PUT") == CURLE_OK;
    return ok;
}

static bool set_headers(struct slot *s)
{
    char line[160];
    if (s->req->content_type != NULL) {
        int n = snprintf(line, sizeof line, "Content-Type: %s", s->req->content_type);
        if (n < 0 || (size_t)n >= sizeof line)
            return false;
        s->headers = curl_slist_append(NULL, line);
        if (s->headers == NULL)
            return false;
    }
    /* Never wait for a "100 Continue". */
    struct curl_slist *more = curl_slist_append(s->headers, "Expect:");
    if (more == NULL)
        return false;
    s->headers = more;
    return curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers) == CURLE_OK;
}

static bool prepare(struct slot *s)
{
    CURL *e = s->easy;
    bool ok = true;
    curl_easy_reset(e);
    ok &= curl_easy_setopt(e, CURLOPT_URL, s->req->url) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)s->req->timeout_ms) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)s->req->timeout_ms) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_WRITEDATA, s) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, s) == CURLE_OK;
    ok &= curl_easy_setopt(e, CURLOPT_PRIVATE, s) == CURLE_OK;
    return ok && set_method(s) && set_headers(s);
}

static void start(struct http_client *c, struct slot *s, struct http_request *r)
{
    r->err = PC_E_RETRY;
    r->status = r->retry_after_s = 0;
    r->answer = NULL;
    r->answer_len = 0;
    *s = (struct slot){.easy = s->easy, .req = r, .client = c};
    if (r->timeout_ms == 0 || r->url == NULL ||
        strnlen(r->url, PC_HTTP_URL_MAX + 1) > PC_HTTP_URL_MAX) {
        r->err = PC_E_USAGE;
        return;
    }
    if (strncmp(r->url, "http://", 7) != 0 && strncmp(r->url, "https://", 8) != 0) {
        r->err = PC_E_REFUSED;
        return;
    }
    if (s->easy == NULL)
        s->easy = curl_easy_init();
    if (s->easy == NULL || !prepare(s) || curl_multi_add_handle(c->multi, s->easy) != CURLM_OK) {
        r->err = PC_E_MEMORY;
        return;
    }
    s->running = true;
}

static enum err_code meaning(const struct slot *s, CURLcode code)
{
    if (s->too_large)
        return PC_E_TOO_LARGE;
    if (s->refused && code != CURLE_OK)
        return PC_E_REFUSED;
    switch (code) {
    case CURLE_OK:
        return PC_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return PC_E_TIMEOUT;
    case CURLE_URL_MALFORMAT:
        return PC_E_USAGE;
    default:
        return PC_E_IO;
    }
}

static void finish(struct http_client *c, struct slot *s, CURLcode code)
{
    struct http_request *r = s->req;
    long status = 0;
    curl_off_t wait = 0;
    r->err = meaning(s, code);
    if (r->err == PC_OK) {
        if (curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status > 0)
            r->status = (unsigned)status;
        if (curl_easy_getinfo(s->easy, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
            r->retry_after_s = wait > 86400 ? 86400 : (unsigned)wait;
    } else {
        http_request_free(r);
    }
    curl_multi_remove_handle(c->multi, s->easy);
    s->running = false;
}

static void stop(struct http_client *c, struct slot *s)
{
    if (s->running) {
        curl_multi_remove_handle(c->multi, s->easy);
        http_request_free(s->req);
        s->running = false;
    }
    curl_slist_free_all(s->headers);
    s->headers = NULL;
}

/* Hand finished requests on; true when the caller has seen enough. */
static bool collect(struct http_client *c, http_enough enough, void *ctx)
{
    int left;
    CURLMsg *m;
    while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
        if (m->msg != CURLMSG_DONE)
            continue;
        struct slot *s = NULL;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&s);
        PC_ASSERT(s != NULL);
        finish(c, s, code);
        if (enough != NULL && enough(ctx, s->req))
            return true;
    }
    return false;
}

void http_run(struct http_client *c, struct http_request *reqs, size_t n, http_enough enough,
              void *ctx)
{
    PC_ASSERT(n >= 1 && n <= PC_HTTP_PARALLEL_MAX);
    for (size_t i = 0; i < n; i++)
        start(c, &c->slot[i], &reqs[i]);
    int running = 0;
    do {
        if (curl_multi_perform(c->multi, &running) != CURLM_OK)
            break;
        if (collect(c, enough, ctx))
            break;
        if (running != 0 && curl_multi_poll(c->multi, NULL, 0, 1000, NULL) != CURLM_OK)
            break;
    } while (running != 0);
    for (size_t i = 0; i < n; i++)
        stop(c, &c->slot[i]);
}
