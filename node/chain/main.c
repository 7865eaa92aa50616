/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave-chain: see chain.h. */
#include "node/chain/chain.h"

static struct chain chain; /* one per process; large */

int main(int argc, char **argv)
{
    static struct daemon_spec spec;
    chain_spec(&spec, &chain);
    if (daemon_begin(&chain.d, &spec, argc, argv) != PC_OK)
        return DAEMON_EXIT_USAGE;
    if (chain_start(&chain) != PC_OK || daemon_seal(&chain.d, NULL, 0) != PC_OK)
        return DAEMON_EXIT_FAULT;
    return daemon_run(&chain.d);
}
