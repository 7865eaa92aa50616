/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init_probe - a stand-in for any child of polyclave-init, for the test.
 *
 * The name it was started by tells its role. It says on stdout what happens to it, one line each:
 *
 *   ROLE start PID        with its command line right and only its own descriptors open
 *   ROLE wrong WHAT
 *   ROLE met OTHER LINK   a greeting of the process at the other end came
 *   ROLE end              end of file on the control link; then it leaves
 *
 * It greets over each link at start, and over each new end that it is given. The role "attest"
 * leaves with exit code 0 when it gets SIGUSR1; "rpc" after a SIGUSR1 ignores the end of the
 * control link.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "node/init/links.h"
#include "node/sandbox/sandbox.h"

static enum sandbox_role self;
static int ends[LINK_COUNT];
static volatile sig_atomic_t stubborn;

static const char *const names[SANDBOX_ROLE_COUNT] = {"polyclaved", "vault", "peer", "attest",
                                                      "chain",      "rpc",   "quote"};

static bool mine(size_t l)
{
    return (int)link_table[l].a == (int)self + 1 || (int)link_table[l].b == (int)self + 1;
}

static void say(const char *what, const char *a, const char *b)
{
    char line[128];
    int n = snprintf(line, sizeof line, "%s %s%s%s%s%s\n", names[self], what, *a ? " " : "", a,
                     *b ? " " : "", b);
    if (write(STDOUT_FILENO, line, (size_t)n) != n)
        _exit(9);
}

static void greet(size_t l)
{
    uint8_t me = (uint8_t)self;
    ssize_t n = send(ends[l], &me, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)n; /* the other end may be gone already */
}

static void hear(size_t l)
{
    uint8_t other = 0;
    char link[4];
    if (recv(ends[l], &other, 1, 0) != 1) {
        close(ends[l]);
        ends[l] = -1;
        return;
    }
    snprintf(link, sizeof link, "%d", (int)link_table[l].link);
    say("met", other < SANDBOX_ROLE_COUNT ? names[other] : "?", link);
}

static void take_end(void)
{
    uint8_t packet[8];
    struct iovec iov = {packet, sizeof packet};
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.space,
                       .msg_controllen = sizeof control.space};
    ssize_t n = recvmsg(LINK_FD_CTL, &m, MSG_CMSG_CLOEXEC);
    if (n <= 0) {
        say("end", "", "");
        while (stubborn)
            pause();
        exit(0);
    }
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (n != 4 || packet[0] != 3 || packet[1] != 1 || packet[2] != 1 || packet[3] < 1 ||
        packet[3] > LINK_COUNT || c == NULL || c->cmsg_type != SCM_RIGHTS) {
        say("wrong", "ctl", "");
        return;
    }
    size_t l = packet[3] - 1u;
    if (!mine(l))
        say("wrong", "link", "");
    if (ends[l] >= 0)
        close(ends[l]);
    memcpy(&ends[l], CMSG_DATA(c), sizeof(int));
    greet(l);
}

static bool command_line_right(int argc, char **argv)
{
    const char *want[10] = {"", "--policy", "POLICY", "--uid", "0"};
    int n = 5;
    if (self == SANDBOX_POLYCLAVED)
        want[n++] = "--config", want[n++] = "CONFIG";
    if (self == SANDBOX_QUOTE) {
        want[n++] = "--bin", want[n] = argc > n ? argv[n] : "", n++;
        want[n++] = "--platform", want[n++] = "PLATFORM";
    }
    for (int i = 1; i < n && i < argc; i++)
        if (strcmp(argv[i], want[i]) != 0)
            return false;
    return argc == n;
}

static void check_descriptors(void)
{
    for (int fd = 3; fd < 256; fd++) {
        bool want = fd == LINK_FD_CTL;
        for (size_t l = 0; l < LINK_COUNT; l++)
            want |= mine(l) && link_fd(link_table[l].link) == fd;
        if ((fcntl(fd, F_GETFD) >= 0) != want)
            say("wrong", "descriptor", "");
    }
}

static void be_told(int signal)
{
    (void)signal;
    if (self == SANDBOX_ATTEST)
        _exit(0);
    stubborn = 1;
    say("stubborn", "", "");
}

int main(int argc, char **argv)
{
    char pid[16];
    const char *base = strrchr(argv[0], '/') + 1;
    base += strncmp(base, "polyclave-", 10) == 0 ? 10 : 0;
    for (int r = 0; r < SANDBOX_ROLE_COUNT; r++)
        if (strncmp(base, names[r], strlen(names[r])) == 0)
            self = (enum sandbox_role)r;
    if (self == SANDBOX_ATTEST || self == SANDBOX_RPC)
        signal(SIGUSR1, be_told);
    if (!command_line_right(argc, argv))
        say("wrong", "arguments", "");
    check_descriptors();
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    say("start", pid, "");
    for (size_t l = 0; l < LINK_COUNT; l++) {
        ends[l] = mine(l) ? link_fd(link_table[l].link) : -1;
        if (mine(l))
            greet(l);
    }
    for (;;) {
        struct pollfd p[LINK_COUNT + 1];
        for (size_t l = 0; l < LINK_COUNT; l++)
            p[l] = (struct pollfd){ends[l], POLLIN, 0};
        p[LINK_COUNT] = (struct pollfd){LINK_FD_CTL, POLLIN, 0};
        if (poll(p, LINK_COUNT + 1, -1) < 0)
            continue;
        for (size_t l = 0; l < LINK_COUNT; l++)
            if (p[l].revents != 0)
                hear(l);
        if (p[LINK_COUNT].revents != 0)
            take_end();
    }
}
