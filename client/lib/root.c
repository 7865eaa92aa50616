/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/root.h"

#include <stdlib.h>

#include "base/mem.h"

struct polyclave_root {
    struct arena *arena;
    struct kdf_prk *prk;
};

enum err_code root_new(struct polyclave_root **out, const uint8_t y[static 64])
{
    struct polyclave_root *r = calloc(1, sizeof *r);
    *out = NULL;
    if (r == NULL)
        return PC_E_MEMORY;
    enum err_code e = arena_open(&r->arena, 4096);
    if (e == PC_OK) {
        r->prk = arena_alloc(r->arena, sizeof *r->prk);
        e = r->prk != NULL ? PC_OK : PC_E_MEMORY;
    }
    if (e != PC_OK) {
        polyclave_root_free(r);
        return e;
    }
    kdf_extract(r->prk, y);
    *out = r;
    return PC_OK;
}

void polyclave_root_free(struct polyclave_root *root)
{
    if (root == NULL)
        return;
    arena_close(root->arena); /* wipes */
    free(root);
}

int polyclave_derive(const struct polyclave_root *root, enum polyclave_key_type type,
                     const void *path, size_t path_len, uint32_t index, uint8_t *key, size_t len)
{
    enum err_code e =
        kdf_expand(key, len, root->prk, (enum kdf_type)type, bytes_of(path, path_len), index);
    return e == PC_OK ? POLYCLAVE_OK : POLYCLAVE_USAGE;
}
