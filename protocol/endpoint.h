/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint.h - where a node listens, as published on chain: ASCII "host:peerPort:httpPort" of at
 * most 128 bytes (SPEC 8). host is a DNS name, an IPv4 address or an IPv6 address in brackets.
 *
 * A published endpoint is a stranger's word. Whoever connects resolves the host, asks
 * address_reachable about each result, and connects to that very address: names are not resolved a
 * second time. Pure functions on public data.
 */
#ifndef PC_PROTOCOL_ENDPOINT_H
#define PC_PROTOCOL_ENDPOINT_H

#include "base/bytes.h"
#include "base/err.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define ENDPOINT_TEXT_MAX 128

enum endpoint_kind { ENDPOINT_NAME, ENDPOINT_IPV4, ENDPOINT_IPV6 };

struct endpoint {
    enum endpoint_kind kind;
    char host[ENDPOINT_TEXT_MAX]; /* NUL-terminated, an IPv6 address without its brackets */
    uint16_t peer_port;           /* never 0 */
    uint16_t http_port;
};

/* PC_E_TOO_LARGE, PC_E_MALFORMED. Strict: decimal ports without leading zeros, names of letters,
 * digits, hyphens and dots whose last label is not a number (so that no resolver reads one as an
 * odd IPv4 address), IPv4 in four plain decimal parts, IPv6 without zone. */
PC_MUST_USE enum err_code endpoint_parse(struct endpoint *out, struct bytes text);

/* "host:port" as in a configuration's listen address; the same rules. */
PC_MUST_USE enum err_code endpoint_parse_listen(struct endpoint *out, struct bytes text);

/* Address of a literal host with this port. PC_E_USAGE for a name. */
PC_MUST_USE enum err_code endpoint_address(struct sockaddr_storage *out, const struct endpoint *e,
                                           uint16_t port);

/* May a node connect to an address that a stranger published? Not to loopback, private, shared
 * (100.64/10), link-local, multicast, unspecified, broadcast, benchmarking, documentation or
 * reserved ones, nor to IPv6 forms that wrap such an IPv4 address. `development` (chain 31337)
 * allows all but multicast and unspecified. */
bool address_reachable(const struct sockaddr_storage *a, bool development);

/* Do caps per address count these as one? The same IPv4 address, the same IPv6 /64. Never two unix
 * sockets, which have no place. */
bool address_same_place(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* Eight bytes that say which place it is, for tables: zero for unix sockets. */
void address_place(uint8_t out[static 8], const struct sockaddr_storage *a);

/* ::ffff:a.b.c.d, as a socket of both families shows an IPv4 caller, becomes AF_INET; an unnamed
 * address becomes AF_UNIX, the only kind that has none. */
void address_unmap(struct sockaddr_storage *a);

#endif
