/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/nitro_store.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "attest/sim/files.h"
#include "attest/sim/store.h"
#include "base/hex.h"

#define VENDOR_CONF "nitro_vendor.conf"
#define HOST_CONF   "nitro_host.conf"

static const char *const key_files[PC_SIM_LEAF] = {
    [PC_SIM_ROOT] = "root.key",
    [PC_SIM_REGIONAL] = "regional.key",
    [PC_SIM_ZONAL] = "zonal.key",
    [PC_SIM_INSTANCE] = "instance.key",
};

static bool there(const char *dir, const char *name)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/%s", dir, name);
    return n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0;
}

bool sim_nitro_is_vendor(const char *dir)
{
    return there(dir, VENDOR_CONF);
}

bool sim_nitro_is_host(const char *dir)
{
    return there(dir, HOST_CONF);
}

static bool save_keys(const char *dir, const struct sim_nitro *m, enum sim_nitro_level below)
{
    for (unsigned i = PC_SIM_ROOT; i < below; i++) {
        char text[98];
        hex_encode(text, PC_BYTES(m->key[i].d));
        text[96] = '\n';
        if (!sim_save(dir, key_files[i], text, 97, 0600))
            return false;
    }
    return true;
}

static bool load_keys(struct sim_nitro *out, const char *dir, enum sim_nitro_level below)
{
    for (unsigned i = PC_SIM_ROOT; i < below; i++) {
        char text[128];
        uint8_t d[48];
        size_t n;
        if (!sim_load(text, sizeof(text), &n, dir, key_files[i]))
            return false;
        if (n < 96 || hex_decode(d, 48, text, 96) != PC_OK ||
            sim_key384_of(&out->key[i], d) != PC_OK)
            return sim_complain("cannot use", dir, key_files[i]);
    }
    return true;
}

/* Text of a configuration, NUL-terminated. */
static bool load_conf(char *out, size_t cap, const char *dir, const char *name)
{
    size_t n;
    if (!sim_load(out, cap, &n, dir, name))
        return false;
    out[n] = '\0';
    return true;
}

bool sim_nitro_vendor_save(const char *dir, const struct sim_nitro *m)
{
    char conf[256];
    uint8_t from[8], der[PC_NITRO_CERT_MAX];
    size_t der_n;
    store_be64(from, m->root_from);
    size_t n = sim_conf_put(conf, sizeof(conf), 0, "root_from", PC_BYTES(from));
    sim_nitro_root(der, &der_n, m);
    return sim_make_dir(dir) && sim_save(dir, VENDOR_CONF, conf, n, 0644) &&
           save_keys(dir, m, PC_SIM_INSTANCE) && sim_save(dir, "root.der", der, der_n, 0644);
}

bool sim_nitro_vendor_load(struct sim_nitro *out, const char *dir)
{
    char conf[256];
    uint8_t from[8];
    memset(out, 0, sizeof(*out));
    if (!load_conf(conf, sizeof(conf), dir, VENDOR_CONF))
        return false;
    if (!sim_conf_hex(from, 8, conf, "root_from"))
        return sim_complain("cannot use", dir, VENDOR_CONF);
    out->root_from = load_be64(from);
    return load_keys(out, dir, PC_SIM_INSTANCE);
}

bool sim_nitro_host_save(const char *dir, const struct sim_nitro *m)
{
    char conf[1024];
    uint8_t from[8];
    size_t n = 0;
    store_be64(from, m->root_from);
    n = sim_conf_put(conf, sizeof(conf), n, "root_from", PC_BYTES(from));
    n = sim_conf_put(conf, sizeof(conf), n, "instance", PC_BYTES(m->instance));
    n = sim_conf_put(conf, sizeof(conf), n, "pcr0", PC_BYTES(m->program));
    n = sim_conf_put(conf, sizeof(conf), n, "pcr1", PC_BYTES(m->policy));
    return sim_make_dir(dir) && sim_save(dir, HOST_CONF, conf, n, 0644) &&
           save_keys(dir, m, PC_SIM_LEAF);
}

bool sim_nitro_host_load(struct sim_nitro *out, const char *dir)
{
    char conf[1024];
    uint8_t from[8];
    memset(out, 0, sizeof(*out));
    if (!load_conf(conf, sizeof(conf), dir, HOST_CONF))
        return false;
    if (!sim_conf_hex(from, 8, conf, "root_from") ||
        !sim_conf_hex(out->instance, 8, conf, "instance") ||
        !sim_conf_hex(out->program, 48, conf, "pcr0") ||
        !sim_conf_hex(out->policy, 48, conf, "pcr1"))
        return sim_complain("cannot use", dir, HOST_CONF);
    out->root_from = load_be64(from);
    return load_keys(out, dir, PC_SIM_LEAF);
}
