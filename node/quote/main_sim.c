/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave-quote-sim: attest/quote_sim.c has the command, child.c the node's child. */
#include "node/quote/child.h"

int main(int argc, char **argv)
{
    struct quote_child_options o;
    if (!quote_child_options(&o, argc, argv))
        return quote_sim_main(argc, argv);
    /* The machine is set up before the sandbox closes: afterwards nothing is read any more. */
    if (quote_sim_open(o.platform, o.bin, o.policy) != PC_OK)
        return 2;
    return quote_child_run(&o, quote_sim_make, NULL);
}
