/* SPDX-License-Identifier: Apache-2.0 */
/* http_load.h - a client that keeps several connections to one node busy. */
#ifndef PC_BENCH_HTTP_LOAD_H
#define PC_BENCH_HTTP_LOAD_H

#include <stdint.h>

#include "base/bytes.h"

/* A TCP port of loopback that nobody listens on at the moment. */
uint16_t http_free_port(void);

/* Until somebody does. */
void http_wait(uint16_t port);

/* Post `each` bodies over each of `connections` connections to 127.0.0.1:port, one at a time per
 * connection; connection i comes from the loopback address 127.0.<subnet>.<i + 1>. bodies has
 * connections * each entries. Every answer must be 200. Requests per second from the first byte to
 * the last answer. */
double http_load(uint16_t port, const char *path, const struct bytes *bodies, unsigned connections,
                 unsigned each, uint8_t subnet);

#endif
