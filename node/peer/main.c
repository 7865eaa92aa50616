/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave-peer: see peer.h. */
#include "node/peer/peer.h"

static struct peer peer; /* one per process; large */

int main(int argc, char **argv)
{
    static struct daemon_spec spec;
    peer_spec(&spec, &peer);
    if (daemon_begin(&peer.d, &spec, argc, argv) != PC_OK)
        return DAEMON_EXIT_USAGE;
    peer_start(&peer);
    if (daemon_seal(&peer.d, NULL, 0) != PC_OK)
        return DAEMON_EXIT_FAULT;
    return daemon_run(&peer.d);
}
