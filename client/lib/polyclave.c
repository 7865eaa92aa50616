/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polyclave.c - opening and closing a handle, and what it says about itself.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/lib/client.h"
#include "client/lib/pin.h"

/* Of polyclave_open and polyclave_pin_read. */
static _Thread_local struct client_failure opening = {"ok", ""};

int client_fail(struct client_failure *f, int status, const char *code, const char *format, ...)
{
    va_list args;
    client_code_copy(f->code, bytes_of(code, strlen(code)));
    va_start(args, format);
    (void)vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
    return status;
}

void client_fine(struct client_failure *f)
{
    memset(f, 0, sizeof *f);
    memcpy(f->code, "ok", 2);
}

int polyclave_pin_read(struct polyclave_pin *pin, const char *path)
{
    unsigned line;
    client_fine(&opening);
    enum err_code e = pin_read(pin, &line, path);
    if (e == PC_OK)
        return POLYCLAVE_OK;
    if (line != 0)
        return client_fail(&opening, POLYCLAVE_USAGE, "bad_pin",
                           "%s, line %u: want `name = 0x` and 64 digits, each name once", path,
                           line);
    return client_fail(&opening, POLYCLAVE_USAGE, "bad_pin",
                       "%s: %s; it needs network_id, key_id, pk and app_id", path, pc_err_text(e));
}

enum err_code client_init(struct polyclave *pc)
{
    enum err_code e = arena_open(&pc->arena, sizeof *pc->secrets + 4096);
    if (e != PC_OK)
        return e;
    pc->secrets = arena_alloc(pc->arena, sizeof *pc->secrets);
    if (pc->secrets == NULL)
        return PC_E_MEMORY;
    ed25519_generate(&pc->secrets->sign, &pc->sign_pk, pc->rng);
    x25519_generate(&pc->secrets->hpke, &pc->hpke_pk, pc->rng);
    id_keys_app(pc->subject, pc->sign_pk.b, pc->hpke_pk.b);
    return PC_OK;
}

const struct evm_address *client_verifier(const struct polyclave *pc)
{
    enum network_contract c = network_verifier((enum vendor)pc->vendor);
    return c == PC_NET_CONTRACTS ? NULL : &pc->net.contract[c];
}

static int take_config(struct polyclave *pc, const struct polyclave_config *c)
{
    char why[160];
    pc->vendor = c->vendor;
    if (client_verifier(pc) == NULL)
        return client_fail(&opening, POLYCLAVE_USAGE, "vendor_unsupported",
                           "vendor %d: there is none of that number", (int)c->vendor);
    if (c->quote == NULL || c->network_file == NULL || c->relay_socket == NULL ||
        strlen(c->relay_socket) >= sizeof pc->relay_socket ||
        c->platform_proof_len > PC_PLATFORM_PROOF_MAX)
        return client_fail(&opening, POLYCLAVE_USAGE, "bad_config",
                           "the configuration lacks quote, network_file or relay_socket, or has a "
                           "longer proof or path than can be");
    if (network_read(&pc->net, why, c->network_file) != PC_OK)
        return client_fail(&opening, POLYCLAVE_USAGE, "bad_network_file", "%s: %s", c->network_file,
                           why);
    if (bytes_all_zero_var(PC_BYTES(client_verifier(pc)->b)))
        return client_fail(&opening, POLYCLAVE_USAGE, "vendor_unsupported",
                           "%s names no verifier of vendor %d's evidence", c->network_file,
                           (int)c->vendor);
    pc->quote = c->quote;
    pc->quote_user = c->quote_user;
    memcpy(pc->relay_socket, c->relay_socket, strlen(c->relay_socket) + 1);
    pc->timeout_ms = c->timeout_ms != 0 ? c->timeout_ms : 30000;
    pc->attest_timeout_ms = c->attest_timeout_ms != 0 ? c->attest_timeout_ms : 1200000;
    pc->ask_all = c->ask_all != 0;
    for (size_t i = 0; i < c->platform_proof_len; i++)
        memcpy(pc->platform_proof[i], c->platform_proof[i], 32);
    pc->platform_proof_n = (uint16_t)c->platform_proof_len;
    /* Chain id and Epochs name the network; so a file of another network is known at once. */
    if (memcmp(pc->net.network_id, pc->pin.network_id, 32) != 0)
        return client_fail(&opening, POLYCLAVE_UNTRUSTED, "pin_mismatch",
                           "%s is of another network than the pin: its chain id and Epochs address "
                           "give another network_id",
                           c->network_file);
    return POLYCLAVE_OK;
}

int polyclave_open(struct polyclave **out, const struct polyclave_config *config,
                   const struct polyclave_pin *pin)
{
    *out = NULL;
    client_fine(&opening);
    if (pin == NULL || bytes_all_zero_var(PC_BYTES(pin->pk)))
        return client_fail(&opening, POLYCLAVE_USAGE, "bad_pin",
                           "without a pin nothing works: read one with polyclave_pin_read");
    struct polyclave *pc = calloc(1, sizeof *pc);
    if (pc == NULL)
        return client_fail(&opening, POLYCLAVE_RETRY, "memory", "memory is short");
    pc->pin = *pin;
    pc->rng = rng_system();
    client_fine(&pc->failure);
    int status = take_config(pc, config);
    if (status == POLYCLAVE_OK) {
        enum err_code e = client_init(pc);
        if (e == PC_OK)
            e = client_world_open(pc);
        if (e != PC_OK)
            status = client_fail(
                &opening, e == PC_E_MEMORY ? POLYCLAVE_RETRY : POLYCLAVE_USAGE, pc_err_name(e),
                e == PC_E_MEMORY ? "memory for keys cannot be locked: raise RLIMIT_MEMLOCK"
                                 : "%s: its rpc endpoints cannot be used",
                config->network_file);
    }
    if (status == POLYCLAVE_OK) {
        status = client_epoch_fetch(pc);
        if (status != POLYCLAVE_OK)
            opening = pc->failure;
    }
    if (status != POLYCLAVE_OK) {
        polyclave_close(pc);
        return status;
    }
    *out = pc;
    return POLYCLAVE_OK;
}

void polyclave_close(struct polyclave *pc)
{
    if (pc == NULL)
        return;
    client_world_close(pc);
    arena_close(pc->arena); /* wipes */
    free(pc->evidence.p);
    free(pc);
}

uint64_t polyclave_valid_until(const struct polyclave *pc)
{
    return pc->valid_until;
}

size_t polyclave_members(const struct polyclave *pc, struct polyclave_member_report *out,
                         size_t cap)
{
    size_t n = pc->has_epoch ? pc->epoch.seats : 0;
    for (size_t i = 0; i < n && i < cap; i++) {
        out[i] = pc->report[i];
        out[i].index = pc->epoch.seat[i].index; /* before the first call too */
        out[i].node_id = pc->epoch.seat[i].node_id;
    }
    return n;
}

void polyclave_epoch_of(const struct polyclave *pc, struct polyclave_epoch *out)
{
    memset(out, 0, sizeof *out);
    if (!pc->has_epoch)
        return;
    out->number = pc->epoch.pub.epoch;
    out->n = pc->epoch.pub.n;
    out->t = pc->epoch.pub.t;
}

const char *polyclave_error(const struct polyclave *pc)
{
    return pc != NULL ? pc->failure.text : opening.text;
}

const char *polyclave_error_code(const struct polyclave *pc)
{
    return pc != NULL ? pc->failure.code : opening.code;
}
