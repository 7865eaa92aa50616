/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/hash.h"

#define RENEW_CHECK_MS 1000u

static const struct ipc_limits ctl_limits = {64, 4096, true};

/* A link with the vault carries records only. */
static struct ipc_limits limits_of(const struct daemon_link *l)
{
    return l->other == IPC_PROC_VAULT ? IPC_LIMITS_RECORDS : IPC_LIMITS_FRAMES;
}

static enum err_code on_frame(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    struct daemon_link *l = ctx;
    (void)end;
    (void)fd; /* these links take none */
    enum err_code e =
        ipc_dispatch(l->d->spec->handlers, l->d->spec->ctx, l->other, l->d->spec->self, frame);
    if (e != PC_OK)
        log_error("ipc_protocol_error", LOG_STR("from", ipc_process_name(l->other)),
                  LOG_STR("message", ipc_type_name(ipc_type_of(frame))),
                  LOG_STR("error", pc_err_name(e)));
    return e;
}

static void link_ended(struct daemon_link *l)
{
    ipc_end_free(l->end);
    l->end = NULL;
    l->down_since = loop_now(&l->d->loop);
    if (l->d->spec->link_down != NULL)
        l->d->spec->link_down(l->d->spec->ctx, l->link);
}

static void on_gone(void *ctx, struct ipc_end *end, enum err_code why)
{
    struct daemon_link *l = ctx;
    (void)end;
    log_warn("link_down", LOG_STR("to", ipc_process_name(l->other)),
             LOG_STR("error", pc_err_name(why)));
    link_ended(l);
}

static const struct ipc_events link_events = {on_frame, on_gone};

static enum err_code link_open(struct daemon_link *l, int fd)
{
    struct ipc_limits limits = limits_of(l);
    return ipc_end_new(&l->end, &l->d->loop, fd, &limits, &link_events, l);
}

/* ctl: a new end for a link that died at the other side. */
static enum err_code on_ctl_frame(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    struct daemon *d = ctx;
    struct ipc_ctl_link m;
    (void)end;
    enum err_code e = ipc_decode_ctl_link(&m, frame);
    if (e == PC_OK && (fd < 0 || !d->links[m.link].mine))
        e = PC_E_REFUSED;
    if (e != PC_OK) {
        if (fd >= 0)
            close(fd);
        return e;
    }
    return daemon_attach(d, m.link, fd);
}

enum err_code daemon_attach(struct daemon *d, enum ipc_link link, int fd)
{
    struct daemon_link *l = &d->links[link];
    if (l->end != NULL)
        link_ended(l);
    PC_TRY(link_open(l, fd));
    if (d->spec->link_up != NULL)
        d->spec->link_up(d->spec->ctx, link);
    return PC_OK;
}

static void on_ctl_gone(void *ctx, struct ipc_end *end, enum err_code why)
{
    struct daemon *d = ctx;
    (void)end;
    log_warn("init_gone", LOG_STR("error", pc_err_name(why)));
    ipc_end_free(d->ctl);
    d->ctl = NULL;
    daemon_stop(d, DAEMON_EXIT_FAULT);
}

static const struct ipc_events ctl_events = {on_ctl_frame, on_ctl_gone};

static void renew_later(struct daemon *d)
{
    uint64_t ms = d->renew_ms < RENEW_CHECK_MS ? d->renew_ms : RENEW_CHECK_MS;
    loop_timer_set(&d->loop, &d->renew, ms);
}

static void on_renew_timer(void *ctx)
{
    struct daemon *d = ctx;
    for (size_t i = 1; i <= LINK_COUNT; i++) {
        struct daemon_link *l = &d->links[i];
        if (l->mine && l->end == NULL && loop_now(&d->loop) - l->down_since >= d->renew_ms) {
            log_error("link_not_renewed", LOG_STR("to", ipc_process_name(l->other)));
            daemon_stop(d, DAEMON_EXIT_FAULT);
        }
    }
    renew_later(d);
}

static enum err_code read_policy(struct daemon *d, const char *path)
{
    uint8_t bytes[POLICY_POLICY_BYTES + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    enum err_code e = PC_E_IO;
    if (fd < 0)
        goto out;
    for (;;) {
        ssize_t got = read(fd, bytes + n, sizeof bytes - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            goto out;
        if (got == 0)
            break;
        n += (size_t)got;
        if (n == sizeof bytes)
            break;
    }
    e = policy_decode_policy(&d->policy, bytes_of(bytes, n));
    sha256(d->policy_hash, bytes_of(bytes, n));
out:
    if (fd >= 0)
        close(fd);
    if (e != PC_OK)
        log_error("policy_unusable", LOG_STR("file", path), LOG_STR("error", pc_err_name(e)));
    return e;
}

struct arguments {
    const char *policy;
    const char *config;
    uid_t uid;
};

/* Decimal digits that fit. */
static bool parse_uid(uid_t *out, const char *text)
{
    uint64_t v = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        v = 10 * v + (uint64_t)(*text - '0');
        if (v >= UINT32_MAX) /* (uid_t)-1 means "leave it" to the kernel */
            return false;
    }
    *out = (uid_t)v;
    return true;
}

static enum err_code parse_arguments(struct arguments *a, int argc, char **argv)
{
    *a = (struct arguments){0};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--policy") == 0)
            a->policy = argv[i + 1];
        else if (strcmp(argv[i], "--config") == 0)
            a->config = argv[i + 1];
        else if (strcmp(argv[i], "--uid") != 0 || !parse_uid(&a->uid, argv[i + 1]))
            goto bad;
    }
    if (argc % 2 == 1 && a->policy != NULL)
        return PC_OK;
bad:
    log_error("usage", LOG_STR("expected", "--policy FILE [--config FILE] [--uid N]"),
              LOG_STR("hint", "polyclave-init starts this program"));
    return PC_E_USAGE;
}

void daemon_prepare(struct daemon *d, const struct daemon_spec *spec)
{
    memset(d, 0, sizeof *d);
    d->spec = spec;
    d->renew_ms = DAEMON_RENEW_MS;
    for (size_t i = 0; i < LINK_COUNT; i++) {
        struct daemon_link *l = &d->links[link_table[i].link];
        l->d = d;
        l->link = link_table[i].link;
        l->mine = link_peer(l->link, spec->self, &l->other);
    }
    loop_init(&d->loop);
    for (size_t i = 1; i <= LINK_COUNT; i++)
        d->links[i].down_since = loop_now(&d->loop);
    loop_timer_init(&d->renew, on_renew_timer, d);
}

enum err_code daemon_control(struct daemon *d, int fd)
{
    PC_TRY(ipc_end_new(&d->ctl, &d->loop, fd, &ctl_limits, &ctl_events, d));
    renew_later(d);
    return PC_OK;
}

void daemon_close(struct daemon *d)
{
    loop_timer_stop(&d->loop, &d->renew);
    for (size_t i = 1; i <= LINK_COUNT; i++) {
        ipc_end_free(d->links[i].end);
        d->links[i].end = NULL;
    }
    ipc_end_free(d->ctl);
    d->ctl = NULL;
}

enum err_code daemon_begin(struct daemon *d, const struct daemon_spec *spec, int argc, char **argv)
{
    struct arguments a;
    int keep[LINK_COUNT + 1] = {LINK_FD_CTL};
    size_t n = 1;

    daemon_prepare(d, spec);
    log_init(spec->name, PC_LOG_INFO);
    PC_TRY(parse_arguments(&a, argc, argv));
    d->config_path = a.config;
    for (size_t i = 1; i <= LINK_COUNT; i++)
        if (d->links[i].mine)
            keep[n++] = link_fd(d->links[i].link);
    PC_TRY(sandbox_begin(spec->role, keep, n, a.uid));
    PC_TRY(read_policy(d, a.policy));
    PC_TRY(daemon_control(d, LINK_FD_CTL));
    for (size_t i = 1; i <= LINK_COUNT; i++)
        if (d->links[i].mine)
            PC_TRY(link_open(&d->links[i], link_fd(d->links[i].link)));
    return PC_OK;
}

enum err_code daemon_seal(struct daemon *d, const struct sandbox_path *paths, size_t n)
{
    PC_TRY(sandbox_seal(d->spec->role, paths, n));
    for (size_t i = 1; i <= LINK_COUNT; i++)
        if (d->links[i].mine && d->spec->link_up != NULL)
            d->spec->link_up(d->spec->ctx, d->links[i].link);
    return PC_OK;
}

int daemon_run(struct daemon *d)
{
    log_info("started", LOG_HEX("policy", bytes_of(d->policy_hash, 8)));
    enum err_code e = loop_run(&d->loop);
    if (e != PC_OK) {
        log_error("loop_failed", LOG_STR("error", pc_err_name(e)));
        return DAEMON_EXIT_FAULT;
    }
    return d->exit_code;
}

void daemon_stop(struct daemon *d, int exit_code)
{
    d->exit_code = exit_code;
    loop_stop(&d->loop);
}

struct ipc_end *daemon_end(struct daemon *d, enum ipc_link link)
{
    return d->links[link].end;
}

void daemon_drop(struct daemon *d, enum ipc_link link)
{
    if (d->links[link].end != NULL)
        link_ended(&d->links[link]);
}
