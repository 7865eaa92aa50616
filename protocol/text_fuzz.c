/* SPDX-License-Identifier: Apache-2.0 */
/* text_fuzz: endpoints as strangers publish them, and the texts of the HTTP server. */
#include "protocol/endpoint.h"
#include "protocol/http_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct endpoint e;
    struct sockaddr_storage a;
    if (endpoint_parse(&e, bytes_of(data, size)) == PC_OK) {
        PC_ASSERT(e.peer_port != 0 && e.http_port != 0 && strlen(e.host) > 0);
        bool literal = endpoint_address(&a, &e, e.peer_port) == PC_OK;
        PC_ASSERT(literal == (e.kind != ENDPOINT_NAME));
        /* whoever is reachable from the public network is so in development too */
        if (literal && address_reachable(&a, false))
            PC_ASSERT(address_reachable(&a, true));
    }
    (void)!endpoint_parse_listen(&e, bytes_of(data, size));
    char text[300], json[HTTP_ERROR_MAX];
    size_t n = size < sizeof text - 1 ? size : sizeof text - 1, v;
    memcpy(text, data, n);
    text[n] = '\0';
    PC_ASSERT(http_error_json(json, text, text, (unsigned)size) < sizeof json);
    (void)http_parse_length(&v, text);
    (void)http_path_matches("/v1/", text);
    return 0;
}
