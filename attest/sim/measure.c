/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/measure.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "attest/policy.h"
#include "crypto/ids.h"

const char *const sim_node_programs[] = {
    "polyclave-init", "polyclaved",      "polyclave-vault",  "polyclave-peer",
    "polyclave-rpc",  "polyclave-chain", "polyclave-attest",
};
const size_t sim_node_program_count = PC_ARRAY_LEN(sim_node_programs);

static EVP_MD_CTX *hash_new(const EVP_MD *md)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL || EVP_DigestInit_ex(ctx, md, NULL) != 1)
        pc_bug("a hash could not be set up");
    return ctx;
}

static void hash_add(EVP_MD_CTX *ctx, const void *p, size_t n)
{
    if (EVP_DigestUpdate(ctx, p, n) != 1)
        pc_bug("a hash failed");
}

static void hash_done(uint8_t *out, EVP_MD_CTX *ctx)
{
    if (EVP_DigestFinal_ex(ctx, out, NULL) != 1)
        pc_bug("a hash failed");
    EVP_MD_CTX_free(ctx);
}

static enum err_code hash_file(uint8_t *out, const EVP_MD *md, const char *path)
{
    uint8_t buf[16384];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return PC_E_IO;
    EVP_MD_CTX *ctx = hash_new(md);
    while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
        hash_add(ctx, buf, n);
    bool failed = ferror(f) != 0;
    hash_done(out, ctx);
    if (fclose(f) != 0 || failed) {
        memset(out, 0, (size_t)EVP_MD_get_size(md));
        return PC_E_IO;
    }
    return PC_OK;
}

enum err_code sim_hash_file(uint8_t out[static 48], const char *path)
{
    return hash_file(out, EVP_sha384(), path);
}

enum err_code sim_hash_file_256(uint8_t out[static 32], const char *path)
{
    return hash_file(out, EVP_sha256(), path);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static int by_name(const void *a, const void *b)
{
    const struct sim_file *x = a, *y = b;
    return strcmp(base_name(x->path), base_name(y->path));
}

enum err_code sim_measure_files(uint8_t mrtd[static 48], const char **bad,
                                const struct sim_file *files, size_t n)
{
    struct sim_file sorted[PC_SIM_FILES_MAX];
    enum err_code e = PC_OK;
    *bad = "";
    memset(mrtd, 0, 48);
    if (n == 0 || n > PC_SIM_FILES_MAX)
        return PC_E_USAGE;
    memcpy(sorted, files, n * sizeof(*files));
    qsort(sorted, n, sizeof(*sorted), by_name);
    EVP_MD_CTX *ctx = hash_new(EVP_sha384());
    for (size_t i = 0; i < n && e == PC_OK; i++) {
        const char *name = base_name(sorted[i].path);
        uint8_t len[4], digest[48];
        *bad = sorted[i].path;
        if (i > 0 && by_name(&sorted[i - 1], &sorted[i]) == 0) {
            e = PC_E_EXISTS;
            break;
        }
        e = sim_hash_file(digest, sorted[i].path);
        store_be32(len, (uint32_t)strlen(name));
        hash_add(ctx, len, 4);
        hash_add(ctx, name, strlen(name));
        hash_add(ctx, digest, sizeof(digest));
    }
    hash_done(mrtd, ctx);
    if (e != PC_OK)
        memset(mrtd, 0, 48);
    return e;
}

enum err_code sim_measure_node(uint8_t mrtd[static 48], const char **bad, const char *dir)
{
    static char paths[PC_ARRAY_LEN(sim_node_programs)][4096];
    struct sim_file files[PC_ARRAY_LEN(sim_node_programs)];
    for (size_t i = 0; i < PC_ARRAY_LEN(files); i++) {
        int n = snprintf(paths[i], sizeof(paths[i]), "%s/%s", dir, sim_node_programs[i]);
        files[i].path = paths[i];
        *bad = dir;
        if (n < 0 || (size_t)n >= sizeof(paths[i]))
            return PC_E_USAGE;
    }
    return sim_measure_files(mrtd, bad, files, PC_ARRAY_LEN(files));
}

void sim_measurement(uint8_t out[static 32], const uint8_t mrtd[static 48],
                     const uint8_t mrconfigid[static 48])
{
    uint8_t fields[400] = {0};
    memcpy(fields, mrtd, 48);
    memcpy(fields + 240, mrconfigid, 48);
    store_le64(fields + 384, PC_TD_SEPT_VE_DISABLE);
    store_le64(fields + 392, 0xe7);
    id_measurement(out, PC_VENDOR_TDX, PC_BYTES(fields));
}
