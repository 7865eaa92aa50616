/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/mutate_hints.h"

#include <string.h>

bool mutate_hints_make(struct mutate_hints *out, const uint8_t key[static 96],
                       const uint8_t digest[static 48], const uint8_t rs[static 96],
                       const struct mutate_hints *honest)
{
    static struct p384_maker *maker; /* until the program ends: it takes 10 ms to make */
    struct p384_statement s;
    memcpy(s.hash, digest, 48);
    memcpy(s.r, rs, 48);
    memcpy(s.s, rs + 48, 48);
    memcpy(s.x, key, 48);
    memcpy(s.y, key + 48, 48);
    if (maker == NULL && p384_maker_new(&maker) != PC_OK)
        pc_bug("no maker of hints");
    out->n = 0;
    if (p384_hints_make(maker, out->p, &out->n, &s) == PC_OK)
        return true;
    out->n = honest == NULL ? 0 : honest->n;
    if (out->n > 0)
        memcpy(out->p, honest->p, out->n);
    return false;
}
