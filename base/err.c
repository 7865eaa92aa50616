/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>

const char *pc_err_name(enum err_code e)
{
    switch (e) {
#define PC_ERR_CASE(id, value, name, text)                                                         \
    case id:                                                                                       \
        return name;
        PC_ERR_LIST(PC_ERR_CASE)
#undef PC_ERR_CASE
    }
    return "unknown_error";
}

const char *pc_err_text(enum err_code e)
{
    switch (e) {
#define PC_ERR_CASE(id, value, name, text)                                                         \
    case id:                                                                                       \
        return text;
        PC_ERR_LIST(PC_ERR_CASE)
#undef PC_ERR_CASE
    }
    return "an error without a name";
}

void pc_bug_at(const char *file, int line, const char *what)
{
    fprintf(stderr, "polyclave: bug at %s:%d: %s\n", file, line, what);
    abort();
}
