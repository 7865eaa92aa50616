/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/mutate_hints.h"

#include <string.h>

#include "attest/ec.h"

struct p384_statement mutate_statement(const uint8_t key[static 96],
                                       const uint8_t digest[static 48], const uint8_t rs[static 96])
{
    struct p384_statement s;
    memcpy(s.hash, digest, 48);
    memcpy(s.r, rs, 48);
    memcpy(s.s, rs + 48, 48);
    memcpy(s.x, key, 48);
    memcpy(s.y, key + 48, 48);
    return s;
}

bool mutate_is_true(const struct p384_statement *s)
{
    uint8_t xy[96], rs[96];
    struct ec384_key *key;
    memcpy(xy, s->x, 48);
    memcpy(xy + 48, s->y, 48);
    memcpy(rs, s->r, 48);
    memcpy(rs + 48, s->s, 48);
    if (ec384_key_new(&key, xy) != PC_OK)
        return false;
    bool good = ec384_verify(key, s->hash, rs) == PC_OK;
    ec384_key_free(key);
    return good;
}

void mutate_hints_make(struct mutate_hints *out, const struct p384_statement *s,
                       const struct mutate_hints *honest)
{
    static struct p384_maker *maker; /* until the program ends: it takes 10 ms to make */
    if (maker == NULL && p384_maker_new(&maker) != PC_OK)
        pc_bug("no maker of hints");
    out->n = 0;
    if (p384_hints_make(maker, out->p, &out->n, s) == PC_OK)
        return;
    if (honest == NULL)
        pc_bug("a base has no hints");
    out->n = honest->n;
    memcpy(out->p, honest->p, out->n);
}
