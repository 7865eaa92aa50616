/* SPDX-License-Identifier: Apache-2.0 */
#include "node/quote/child.h"

#include "base/log.h"
#include "node/daemon/daemon.h"

static struct quote_child {
    struct daemon d;
    quote_maker *make;
    size_t n;
    uint8_t quote[PC_QUOTE_MAX];
} child; /* one per process; large */

bool quote_child_options(struct quote_child_options *o, int argc, char **argv)
{
    const struct {
        const char *name, **value;
    } known[] = {{"--policy", &o->policy},
                 {"--uid", &o->uid},
                 {"--bin", &o->bin},
                 {"--platform", &o->platform}};
    *o = (struct quote_child_options){0};
    for (int i = 1; i + 1 < argc; i += 2) {
        size_t k = 0;
        while (k < PC_ARRAY_LEN(known) && strcmp(argv[i], known[k].name) != 0)
            k++;
        if (k == PC_ARRAY_LEN(known))
            return false;
        *known[k].value = argv[i + 1];
    }
    return argc % 2 == 1 && o->uid != NULL && o->policy != NULL;
}

/* The quote in pieces, the last one marked; on an error one piece without data. */
static enum err_code send_quote(struct quote_child *c, enum err_code e)
{
    size_t at = 0;
    for (uint16_t seq = 0;; seq++) {
        struct ipc_vq_chunk m = {.chunk = {.seq = seq, .last = true, .error = (uint16_t)e}};
        if (e == PC_OK) {
            size_t left = c->n - at, room = sizeof m.chunk.data;
            m.chunk.data_n = (uint16_t)(left < room ? left : room);
            memcpy(m.chunk.data, c->quote + at, m.chunk.data_n);
            at += m.chunk.data_n;
            m.chunk.last = at == c->n;
        }
        PC_TRY(DAEMON_SEND(&c->d, IPC_LINK_VQ, vq_chunk, &m));
        if (m.chunk.last)
            return PC_OK;
    }
}

static enum err_code on_quote(void *ctx, const struct ipc_vq_quote *m)
{
    struct quote_child *c = ctx;
    enum err_code e = c->make(c->quote, &c->n, m->report_data);
    if (e == PC_OK && (c->n == 0 || c->n > WIRE_EVIDENCE_MAX))
        e = PC_E_TOO_LARGE;
    if (e != PC_OK)
        log_warn("quote_failed", LOG_STR("error", pc_err_name(e)));
    else
        log_info("quoted", LOG_U64("bytes", c->n));
    return send_quote(c, e);
}

static const struct ipc_handlers handlers = {.vq_quote = on_quote};

int quote_child_run(const struct quote_child_options *o, quote_maker *make, const char *path)
{
    static const struct daemon_spec spec = {.self = IPC_PROC_QUOTE,
                                            .role = SANDBOX_QUOTE,
                                            .name = "polyclave-quote",
                                            .handlers = &handlers,
                                            .ctx = &child};
    const char *argv[] = {"polyclave-quote", "--policy", o->policy, "--uid", o->uid, NULL};
    struct sandbox_path paths[] = {{path, true}};
    child.make = make;
    if (daemon_begin(&child.d, &spec, PC_ARRAY_LEN(argv) - 1, (char **)(uintptr_t)argv) != PC_OK)
        return DAEMON_EXIT_USAGE;
    if (daemon_seal(&child.d, paths, path != NULL ? 1 : 0) != PC_OK)
        return DAEMON_EXIT_FAULT;
    return daemon_run(&child.d);
}
