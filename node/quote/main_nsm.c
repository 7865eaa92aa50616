/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave-quote-nsm: attest/quote_nsm.c has the command, child.c the node's child. */
#include "attest/nsm.h"
#include "node/quote/child.h"

int main(int argc, char **argv)
{
    struct quote_child_options o;
    if (!quote_child_options(&o, argc, argv))
        return quote_nsm_main(argc, argv);
    return quote_child_run(&o, quote_nsm_make, PC_NSM_DEVICE);
}
