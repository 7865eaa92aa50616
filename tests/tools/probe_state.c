/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_state.c - the state file: Ed25519 seed 32, X25519 key 32, number of the bound block u64,
 * its hash 32, then the evidence.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/tools/probe.h"

#define HEAD (32 + 32 + 8 + 32)

bool probe_fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "release-probe: %s: %s\n", what, why);
    return false;
}

bool probe_save(const struct polyclave *pc, const char *path)
{
    uint8_t head[HEAD];
    memcpy(head, pc->secrets->sign.b, 32);
    memcpy(head + 32, pc->secrets->hpke.b, 32);
    store_be64(head + 64, pc->evidence.bound.number);
    memcpy(head + 72, pc->evidence.bound.hash, 32);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, head, HEAD) == HEAD &&
              write(fd, pc->evidence.p, pc->evidence.n) == (ssize_t)pc->evidence.n;
    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    pc_wipe(head, sizeof head);
    return ok || probe_fail(path, strerror(errno));
}

static bool take_state(struct polyclave *pc, struct bytes b, const char *path)
{
    if (b.n <= HEAD || b.n - HEAD > POLYCLAVE_MAX_EVIDENCE)
        return probe_fail(path, "not a state file");
    ed25519_from_seed(&pc->secrets->sign, &pc->sign_pk, b.p);
    memcpy(pc->secrets->hpke.b, b.p + 32, 32);
    x25519_public(&pc->hpke_pk, &pc->secrets->hpke);
    id_keys_app(pc->subject, pc->sign_pk.b, pc->hpke_pk.b);
    pc->evidence.bound.number = load_be64(b.p + 64);
    memcpy(pc->evidence.bound.hash, b.p + 72, 32);
    pc->evidence.n = b.n - HEAD;
    memcpy(pc->evidence.p, b.p + HEAD, pc->evidence.n);
    if (vendor_claims(&pc->evidence.claims, PC_VENDOR_TDX,
                      bytes_of(pc->evidence.p, pc->evidence.n)) != PC_OK)
        return probe_fail(path, "its evidence is no quote");
    return true;
}

static bool load(struct polyclave *pc, const char *path)
{
    static uint8_t all[HEAD + POLYCLAVE_MAX_EVIDENCE + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || probe_fail(path, strerror(errno));
    ssize_t n = read(fd, all, sizeof all);
    (void)close(fd);
    bool ok =
        n >= 0 ? take_state(pc, bytes_of(all, (size_t)n), path) : probe_fail(path, strerror(errno));
    pc_wipe(all, sizeof all);
    return ok;
}

struct polyclave *probe_open(const struct probe_options *o)
{
    char why[160];
    struct polyclave *pc = calloc(1, sizeof *pc);
    if (pc == NULL)
        return NULL;
    pc->rng = rng_system();
    pc->vendor = POLYCLAVE_TDX;
    bool ok = polyclave_pin_read(&pc->pin, o->pin) == POLYCLAVE_OK ||
              probe_fail(o->pin, polyclave_error(NULL));
    if (ok)
        ok = network_read(&pc->net, why, o->network) == PC_OK || probe_fail(o->network, why);
    if (ok) {
        enum err_code e = client_init(pc);
        if (e == PC_OK)
            e = client_world_open(pc);
        pc->evidence.p = malloc(POLYCLAVE_MAX_EVIDENCE);
        ok = (e == PC_OK && pc->evidence.p != NULL) || probe_fail("start", pc_err_text(e));
    }
    if (ok && load(pc, o->state))
        return pc;
    polyclave_close(pc);
    return NULL;
}
