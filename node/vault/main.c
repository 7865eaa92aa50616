/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polyclave-vault - the process that holds the keys.
 *
 * It opens one file, the measured policy, before its sandbox closes, and from then on reads and
 * writes records of fixed width over the links that polyclave-init gave it: to polyclaved, peer,
 * attest, chain and the quote helper. Everything that is decided is decided in the core (vault.h),
 * which this file only feeds: a frame in, frames out. When init goes, or asks it to end, it wipes
 * and leaves; it is never started again with what it knew. Next: vault_core.c, the table of who may
 * ask what.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "node/init/links.h"
#include "node/sandbox/sandbox.h"
#include "node/vault/vault_state.h"
#include "protocol/ipc.h"

#define EXIT_USAGE 2
#define EXIT_FAULT 3

static const struct ipc_limits ctl_limits = {64, 4096, true};

struct end {
    struct ipc_end *end; /* NULL: down */
    enum ipc_process other;
    bool mine;
};

static struct vault core;
static struct dkg_complaint_rec room[DKG_MAX_N * DKG_MAX_N];
static struct loop loop;
static struct ipc_end *ctl;
static struct end ends[LINK_COUNT + 1]; /* by enum ipc_link */
static struct vault *vault;
static volatile sig_atomic_t told_to_end;

/* ---- links ---- */

static enum err_code on_frame(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    struct end *l = ctx;
    (void)end, (void)fd; /* these links take no descriptors */
    enum err_code e = vault_frame(vault, l->other, frame, loop_now(&loop));
    if (e != PC_OK)
        log_error("ipc_protocol_error", LOG_STR("from", ipc_process_name(l->other)),
                  LOG_STR("message", ipc_type_name(ipc_type_of(frame))),
                  LOG_STR("error", pc_err_name(e)));
    return e;
}

static void on_gone(void *ctx, struct ipc_end *end, enum err_code why)
{
    struct end *l = ctx;
    ipc_end_free(end);
    l->end = NULL;
    log_warn("link_down", LOG_STR("to", ipc_process_name(l->other)),
             LOG_STR("error", pc_err_name(why)));
    vault_link_new(vault, l->other);
}

static const struct ipc_events link_events = {on_frame, on_gone};

static enum err_code link_open(struct end *l, int fd)
{
    PC_TRY(ipc_end_new(&l->end, &loop, fd, &IPC_LIMITS_RECORDS, &link_events, l));
    /* Who asks may have the next question ready before the vault looks again, and statements made
     * in between are to be heard first: one question in a turn. */
    if (l->other == IPC_PROC_PEER || l->other == IPC_PROC_POLYCLAVED)
        ipc_end_packets(l->end, 1);
    return PC_OK;
}

static void send_frame(void *ctx, enum ipc_process to, struct bytes frame)
{
    (void)ctx;
    for (size_t i = 1; i <= LINK_COUNT; i++) {
        if (!ends[i].mine || ends[i].other != to)
            continue;
        enum err_code e = ends[i].end == NULL ? PC_E_CLOSED : ipc_end_send(ends[i].end, frame);
        /* Who does not read loses what was for it, and asks again. */
        if (e != PC_OK)
            log_warn("message_dropped", LOG_STR("to", ipc_process_name(to)),
                     LOG_STR("message", ipc_type_name(ipc_type_of(frame))),
                     LOG_STR("error", pc_err_name(e)));
        return;
    }
}

static void drop_link(void *ctx, enum ipc_process other)
{
    (void)ctx;
    for (size_t i = 1; i <= LINK_COUNT; i++)
        if (ends[i].mine && ends[i].other == other) {
            ipc_end_free(ends[i].end);
            ends[i].end = NULL;
            log_warn("link_dropped", LOG_STR("to", ipc_process_name(other)));
        }
}

/* ---- init ---- */

static enum err_code on_ctl_frame(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    struct ipc_ctl_link m;
    (void)ctx, (void)end;
    enum err_code e = ipc_decode_ctl_link(&m, frame);
    if (e == PC_OK && (fd < 0 || !ends[m.link].mine))
        e = PC_E_REFUSED;
    if (e != PC_OK) {
        if (fd >= 0)
            close(fd);
        return e;
    }
    struct end *l = &ends[m.link];
    ipc_end_free(l->end);
    l->end = NULL;
    vault_link_new(vault, l->other);
    if (link_open(l, fd) != PC_OK)
        log_error("link_unusable", LOG_STR("to", ipc_process_name(l->other)));
    return PC_OK;
}

static void on_ctl_gone(void *ctx, struct ipc_end *end, enum err_code why)
{
    (void)ctx, (void)end;
    log_warn("init_gone", LOG_STR("error", pc_err_name(why)));
    loop_stop(&loop);
}

static const struct ipc_events ctl_events = {on_ctl_frame, on_ctl_gone};

static void on_term(int signal)
{
    (void)signal;
    told_to_end = 1;
}

/* ---- start ---- */

static enum err_code read_policy(struct policy_policy *out, const char *path)
{
    uint8_t bytes[POLICY_POLICY_BYTES + 1]; /* one more, to see that there is no more */
    size_t n = 0;
    ssize_t got = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && n < sizeof bytes) {
        got = read(fd, bytes + n, sizeof bytes - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    if (fd >= 0)
        close(fd);
    return got < 0 ? PC_E_IO : policy_decode_policy(out, bytes_of(bytes, n));
}

static bool read_arguments(int argc, char **argv, const char **policy, uid_t *uid)
{
    char *rest = NULL;
    *policy = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--policy") == 0)
            *policy = argv[i + 1];
        else if (strcmp(argv[i], "--uid") == 0)
            *uid = (uid_t)strtoul(argv[i + 1], &rest, 10);
        else
            return false;
    }
    return argc % 2 == 1 && *policy != NULL && rest != NULL && *rest == '\0';
}

static enum err_code open_links(void)
{
    PC_TRY(ipc_end_new(&ctl, &loop, LINK_FD_CTL, &ctl_limits, &ctl_events, NULL));
    /* The loop serves in this order: a statement that was sent before a question is heard before it
     * where both wait, so peer last. */
    for (size_t i = LINK_COUNT; i >= 1; i--)
        if (ends[i].mine && i != IPC_LINK_VP)
            PC_TRY(link_open(&ends[i], link_fd((enum ipc_link)i)));
    return link_open(&ends[IPC_LINK_VP], link_fd(IPC_LINK_VP));
}

static enum err_code begin(const char *policy, uid_t uid, struct arena **arena)
{
    int keep[LINK_COUNT + 1] = {LINK_FD_CTL};
    size_t n = 1;
    struct vault_env env = {.rng = rng_system(),
                            .group = &group_ristretto255,
                            .room = room,
                            .room_count = PC_ARRAY_LEN(room),
                            .send = send_frame,
                            .drop = drop_link};
    struct sigaction term = {.sa_handler = on_term};
    for (size_t i = 1; i <= LINK_COUNT; i++) {
        ends[i].mine = link_peer((enum ipc_link)i, IPC_PROC_VAULT, &ends[i].other);
        if (ends[i].mine)
            keep[n++] = link_fd((enum ipc_link)i);
    }
    if (sigaction(SIGTERM, &term, NULL) != 0)
        return PC_E_IO;
    PC_TRY(sandbox_begin(SANDBOX_VAULT, keep, n, uid));
    PC_TRY(read_policy(&env.policy, policy));
    PC_TRY(arena_open(arena, VAULT_ARENA));
    loop_init(&loop);
    PC_TRY(open_links());
    PC_TRY(sandbox_seal(SANDBOX_VAULT, NULL, 0));
    env.arena = *arena;
    return vault_init(&vault, &core, &env);
}

int main(int argc, char **argv)
{
    struct arena *arena = NULL;
    const char *policy;
    uid_t uid = 0;
    log_init("polyclave-vault", PC_LOG_INFO);
    if (!read_arguments(argc, argv, &policy, &uid)) {
        log_error("usage", LOG_STR("expected", "--policy FILE --uid N"),
                  LOG_STR("hint", "polyclave-init starts this program"));
        return EXIT_USAGE;
    }
    enum err_code e = begin(policy, uid, &arena);
    if (e == PC_OK)
        log_info("vault_ready", LOG_HEX("identity", PC_BYTES(vault_public_keys(vault)->ed25519)),
                 LOG_HEX("account", PC_BYTES(vault_public_keys(vault)->account)));
    else
        log_error("vault_not_started", LOG_STR("error", pc_err_name(e)));
    while (e == PC_OK && !told_to_end && !loop.stop)
        e = loop_turn(&loop, 1000);
    vault_wipe(vault);
    arena_close(arena);
    log_info("vault_wiped", LOG_STR("error", pc_err_name(e)));
    return e == PC_OK ? 0 : EXIT_FAULT;
}
