/* SPDX-License-Identifier: Apache-2.0 */
/* mutate_hints.h - hints for P384 of statements that need not be true. */
#ifndef PC_TESTS_TOOLS_MUTATE_HINTS_H
#define PC_TESTS_TOOLS_MUTATE_HINTS_H

#include "client/hints/p384_hints.h"

struct mutate_hints {
    size_t n;
    uint8_t p[PC_P384_HINTS_MAX];
};

/* The signature r||s over a digest by the key x||y. */
struct p384_statement mutate_statement(const uint8_t key[static 96],
                                       const uint8_t digest[static 48],
                                       const uint8_t rs[static 96]);
/* Does it verify? OpenSSL says. */
bool mutate_is_true(const struct p384_statement *s);

/* Hints of a statement. If it is false there are no hints that could make it true: then those of
 * `honest`, another statement. */
void mutate_hints_make(struct mutate_hints *out, const struct p384_statement *s,
                       const struct mutate_hints *honest);

#endif
