/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - HTTP requests to machines that may be hostile: the one home of libcurl.
 *
 * Several requests run side by side; each has a deadline for the whole of it and a cap on the
 * answer. No redirects, no proxies, no cookies, no compression, no netrc, http and https alone;
 * https verifies the certificate and the name. Blocking: http_run returns when all are done, or
 * when the caller has seen enough.
 */
#ifndef PC_CHAIN_HTTP_H
#define PC_CHAIN_HTTP_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_HTTP_PARALLEL_MAX 64
#define PC_HTTP_URL_MAX      1024

enum http_method { PC_HTTP_GET, PC_HTTP_POST, PC_HTTP_PUT };

struct http_request {
    /* the caller's */
    const char *url; /* NUL-terminated, at most PC_HTTP_URL_MAX */
    enum http_method method;
    const char *content_type; /* of the body; NULL: none */
    struct bytes body;        /* borrowed until http_run returns */
    size_t max_answer;
    unsigned timeout_ms; /* > 0, from the start of http_run to the last byte */

    /* filled by http_run */
    enum err_code err; /* PC_OK: a whole answer of any status. PC_E_TIMEOUT, PC_E_TOO_LARGE,
                          PC_E_REFUSED (address or scheme not allowed), PC_E_USAGE (bad URL),
                          PC_E_IO (everything else), PC_E_RETRY (stopped before it was done) */
    unsigned status;
    unsigned retry_after_s; /* of a Retry-After header in seconds; 0: none */
    uint8_t *answer;        /* allocated; free with http_request_free */
    size_t answer_len;
};

struct http_client;

struct http_options {
    bool public_only; /* refuse loopback, private, link-local, multicast and unspecified addresses
                         after resolution (SPEC 8) */
};

PC_MUST_USE enum err_code http_client_new(struct http_client **out, const struct http_options *o);
void http_client_free(struct http_client *c); /* NULL is fine */

/* Called after each request that is done; true ends the run. */
typedef bool (*http_enough)(void *ctx, struct http_request *done);

/* Run n (1..PC_HTTP_PARALLEL_MAX) requests. Earlier answers in them must have been freed. `enough`
 * may be NULL. */
void http_run(struct http_client *c, struct http_request *reqs, size_t n, http_enough enough,
              void *ctx);

/* Free the answer; the request may be run again. */
void http_request_free(struct http_request *r);

/* Is this textual IPv4 or IPv6 address one that `public_only` refuses? True also for anything that
 * is no address. */
bool http_address_is_local(const char *text);

#endif
