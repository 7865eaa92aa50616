/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave-quote-tsm: attest/quote_tsm.c has the command, child.c the node's child. */
#include "attest/tsm.h"
#include "node/quote/child.h"

int main(int argc, char **argv)
{
    struct quote_child_options o;
    if (!quote_child_options(&o, argc, argv))
        return quote_tsm_main(argc, argv);
    return quote_child_run(&o, quote_tsm_make, PC_TSM_ROOT);
}
