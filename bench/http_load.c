/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/http_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

#define CONNECTIONS_MAX 32
#define ANSWER_MAX      4096
#define WAIT_MS         60000

struct conn {
    int fd;
    unsigned sent;
    size_t n;
    char answer[ANSWER_MAX + 1];
};

static void must(int ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "http_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_in loopback(uint8_t subnet, uint8_t host, uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(UINT32_C(127) << 24 | (uint32_t)subnet << 8 | host);
    return a;
}

uint16_t http_free_port(void)
{
    struct sockaddr_in a = loopback(0, 1, 0);
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0, "bind");
    must(getsockname(fd, (struct sockaddr *)&a, &n) == 0, "getsockname");
    close(fd);
    return ntohs(a.sin_port);
}

void http_wait(uint16_t port)
{
    struct sockaddr_in to = loopback(0, 1, port);
    double start = bench_wall_us();
    for (int done = 0; !done;) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(fd >= 0 && bench_wall_us() - start < WAIT_MS * 1e3, "nobody listens");
        done = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
        close(fd);
        if (!done)
            (void)poll(NULL, 0, 1);
    }
}

static void open_conn(struct conn *c, uint16_t port, uint8_t subnet, uint8_t host)
{
    struct sockaddr_in from = loopback(subnet, host, 0), to = loopback(0, 1, port);
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(c->fd >= 0 && bind(c->fd, (struct sockaddr *)&from, sizeof from) == 0, "bind");
    must(setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0, "TCP_NODELAY");
    must(connect(c->fd, (struct sockaddr *)&to, sizeof to) == 0, "connect");
}

static void post(struct conn *c, const char *path, struct bytes body)
{
    char packet[8192];
    int head = snprintf(packet, sizeof packet,
                        "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                        "application/octet-stream\r\nContent-Length: %zu\r\n\r\n",
                        path, body.n);
    must(head > 0 && (size_t)head + body.n <= sizeof packet, "a body is too large");
    memcpy(packet + head, body.p, body.n);
    must(send(c->fd, packet, (size_t)head + body.n, MSG_NOSIGNAL) == head + (ssize_t)body.n,
         "send");
    c->sent++;
    c->n = 0;
}

/* Read what is there; 1 when the answer is whole. */
static int take(struct conn *c)
{
    ssize_t got = recv(c->fd, c->answer + c->n, ANSWER_MAX - c->n, 0);
    must(got > 0, "recv");
    c->n += (size_t)got;
    c->answer[c->n] = '\0';
    const char *end = strstr(c->answer, "\r\n\r\n");
    const char *length = strcasestr(c->answer, "\r\nContent-Length:");
    if (end == NULL)
        return 0;
    if (strncmp(c->answer, "HTTP/1.1 200", 12) != 0 || length == NULL || length > end) {
        (void)fprintf(stderr, "http_load: refused: %s\n", c->answer);
        exit(1);
    }
    size_t body = strtoul(length + 17, NULL, 10);
    return c->n >= (size_t)(end + 4 - c->answer) + body;
}

double http_load(uint16_t port, const char *path, const struct bytes *bodies, unsigned connections,
                 unsigned each, uint8_t subnet)
{
    static struct conn conns[CONNECTIONS_MAX];
    struct pollfd polled[CONNECTIONS_MAX];
    unsigned left = connections * each;
    must(connections <= CONNECTIONS_MAX, "too many connections");
    memset(conns, 0, sizeof conns);
    for (unsigned i = 0; i < connections; i++) {
        open_conn(&conns[i], port, subnet, (uint8_t)(i + 1));
        polled[i] = (struct pollfd){conns[i].fd, POLLIN, 0};
    }
    double start = bench_wall_us();
    for (unsigned i = 0; i < connections; i++)
        post(&conns[i], path, bodies[i * each]);
    while (left > 0) {
        must(poll(polled, connections, WAIT_MS) > 0, "no answer");
        for (unsigned i = 0; i < connections; i++) {
            struct conn *c = &conns[i];
            if (polled[i].revents == 0 || !take(c))
                continue;
            left--;
            if (c->sent < each)
                post(c, path, bodies[i * each + c->sent]);
            else
                polled[i].fd = -1;
        }
    }
    double us = bench_wall_us() - start;
    for (unsigned i = 0; i < connections; i++)
        close(conns[i].fd);
    return connections * each / us * 1e6;
}
