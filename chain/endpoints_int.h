/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints_int.h - shared by endpoints.c, endpoints_agree.c and endpoints_fetch.c alone. */
#ifndef PC_CHAIN_ENDPOINTS_INT_H
#define PC_CHAIN_ENDPOINTS_INT_H

#include "chain/endpoints.h"

struct endpoint {
    char url[PC_HTTP_URL_MAX + 1];
    struct endpoint_status status;
    uint64_t not_before_ms; /* left alone until then */
    unsigned penalty;       /* doublings */
};

struct endpoints {
    struct http_client *http;
    struct endpoint at[PC_ENDPOINTS_MAX];
    unsigned m, k;
    uint64_t chain_id;
    unsigned timeout_ms;
    bool fetch_only;
    uint64_t next_id;
    unsigned turn; /* whom to ask first */
};

void endpoint_good(struct endpoint *ep);
void endpoint_failed(struct endpoint *ep, uint64_t now_ms, enum err_code e, const char *text);
void endpoint_lied(struct endpoint *ep, uint64_t now_ms, enum err_code e, const char *text);

struct http_request endpoint_post(const struct endpoints *e, unsigned i, struct bytes body,
                                  size_t max_answer);
/* The transport's part of an answer: PC_OK if there is a body of status 200 to parse. */
enum err_code endpoint_http_verdict(const struct http_request *r);

#endif
