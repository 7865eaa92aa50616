/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/quote_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 32

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

_Noreturn static void become(const struct quote_helper *h, int in, int out)
{
    char *argv[ARGS_MAX + 2];
    size_t n = 0;
    argv[n++] = (char *)(uintptr_t)h->program;
    for (size_t i = 0; h->args[i] != NULL && i < ARGS_MAX; i++)
        argv[n++] = (char *)(uintptr_t)h->args[i];
    argv[n] = NULL;
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
        _exit(127);
    (void)execvp(h->program, argv);
    _exit(127);
}

/* Read until the end; false when it is too much or too late. */
static bool drain(int fd, uint8_t *out, size_t cap, size_t *len, uint64_t end)
{
    *len = 0;
    for (;;) {
        uint64_t now = now_ms();
        struct pollfd p = {fd, POLLIN, 0};
        uint8_t over;
        if (now >= end || poll(&p, 1, (int)(end - now)) <= 0)
            return false;
        ssize_t n = *len < cap ? read(fd, out + *len, cap - *len) : read(fd, &over, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            return true;
        if (n < 0 || *len == cap)
            return false;
        *len += (size_t)n;
    }
}

bool quote_run(const struct quote_helper *h, const uint8_t report_data[static 64], uint8_t *out,
               size_t cap, size_t *len)
{
    int in[2], from[2], status = 0;
    *len = 0;
    if (pipe2(in, O_CLOEXEC) != 0)
        return cli_fail(PC_CLI_RETRY, "no pipe", h->program, strerror(errno)) == PC_CLI_YES;
    if (pipe2(from, O_CLOEXEC) != 0) {
        close(in[0]);
        close(in[1]);
        return cli_fail(PC_CLI_RETRY, "no pipe", h->program, strerror(errno)) == PC_CLI_YES;
    }
    pid_t pid = fork();
    if (pid == 0)
        become(h, in[0], from[1]);
    close(in[0]);
    close(from[1]);
    /* 64 bytes fit into any pipe; a helper that is gone must not kill us. */
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    bool ok = pid > 0 && write(in[1], report_data, 64) == 64;
    (void)signal(SIGPIPE, before);
    close(in[1]);
    ok = ok && drain(from[0], out, cap, len, now_ms() + h->timeout_ms);
    close(from[0]);
    if (pid > 0) {
        if (!ok)
            (void)kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    if (ok && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    *len = 0;
    (void)cli_fail(PC_CLI_RETRY, "the quote helper made no quote", h->program,
                   WIFEXITED(status) && WEXITSTATUS(status) == 127
                       ? "it cannot be run: check --quote-helper"
                       : "run it by hand to see what it says");
    return false;
}
