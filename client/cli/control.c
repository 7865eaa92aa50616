/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* Quoting takes seconds on real machines. */
#define TIMEOUT_S 90

static int dial(int *fd, const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct timeval t = {TIMEOUT_S, 0};
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof to.sun_path)
        return cli_fail(PC_CLI_USAGE, "no socket can have that path", path,
                        "name the control_socket of the node's config");
    memcpy(to.sun_path, path, n);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) == 0 &&
        connect(*fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return PC_CLI_YES;
    int why = errno;
    if (*fd >= 0)
        close(*fd);
    return cli_fail(PC_CLI_RETRY, "cannot reach the node", path, strerror(why));
}

static int talk(int fd, const char *path, const char *line, char *buf, size_t cap, size_t *len)
{
    char out[128];
    int m = snprintf(out, sizeof out, "%s\n", line);
    *len = 0;
    if (m < 0 || (size_t)m >= sizeof out || send(fd, out, (size_t)m, MSG_NOSIGNAL) != m)
        return cli_fail(PC_CLI_RETRY, "cannot ask the node", path, strerror(errno));
    for (;;) {
        ssize_t n = recv(fd, buf + *len, cap - *len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cli_fail(PC_CLI_RETRY, "no answer from the node", path, strerror(errno));
        if (n == 0)
            return PC_CLI_YES;
        *len += (size_t)n;
        if (*len == cap)
            return cli_fail(PC_CLI_RETRY, "the node answers too much", path, "is it a node?");
    }
}

static int judge(struct json_doc *doc, const char *path)
{
    struct json_value root = json_root(doc);
    struct bytes code, message = {NULL, 0};
    char text[200];
    if (json_get_str(&root, "code", &code) != PC_OK)
        return PC_CLI_YES;
    if (json_get_str(&root, "message", &message) != PC_OK)
        message = bytes_of("", 0);
    (void)snprintf(text, sizeof text, "%.*s", (int)(message.n < 180 ? message.n : 180),
                   (const char *)message.p);
    if (bytes_equal_var(code, PC_BYTES_STR("ok"))) {
        (void)fprintf(stderr, "polyclave: %s\n", text);
        return PC_CLI_YES;
    }
    bool retry = bytes_equal_var(code, PC_BYTES_STR("retry")) ||
                 bytes_equal_var(code, PC_BYTES_STR("quote_failed"));
    return cli_fail(retry ? PC_CLI_RETRY : PC_CLI_NO, "the node refuses", path, text);
}

int control_ask(struct json_doc **doc, const char *path, const char *line)
{
    int fd = -1;
    size_t n;
    *doc = NULL;
    int code = dial(&fd, path);
    if (code != PC_CLI_YES)
        return code;
    char *buf = malloc(PC_CONTROL_MAX);
    if (buf == NULL)
        pc_bug("no memory for an answer");
    code = talk(fd, path, line, buf, PC_CONTROL_MAX, &n);
    close(fd);
    if (code == PC_CLI_YES && json_parse(doc, bytes_of(buf, n), PC_CONTROL_MAX, 8) != PC_OK)
        code = cli_fail(PC_CLI_RETRY, "the node's answer is no JSON", path,
                        "is it the control socket?");
    free(buf);
    if (code == PC_CLI_YES)
        code = judge(*doc, path);
    if (code != PC_CLI_YES) {
        json_free(*doc);
        *doc = NULL;
    }
    return code;
}
