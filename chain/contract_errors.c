/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/contract_errors.h"

#include "chain/contract_errors_table.h"

const char *contract_error_name(struct bytes revert_data)
{
    if (revert_data.n < 4)
        return "reverted";
    for (size_t i = 0; i < PC_ARRAY_LEN(errors); i++)
        if (memcmp(errors[i].selector, revert_data.p, 4) == 0)
            return errors[i].name;
    return "unknown_error";
}
