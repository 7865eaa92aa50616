/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave-attest: see attest.h. */
#include "node/attest/attest.h"

static struct attest attest; /* one per process; large */

int main(int argc, char **argv)
{
    static struct daemon_spec spec;
    attest_spec(&spec, &attest);
    if (daemon_begin(&attest.d, &spec, argc, argv) != PC_OK)
        return DAEMON_EXIT_USAGE;
    worker_prepare();
    attest_start(&attest);
    if (daemon_seal(&attest.d, NULL, 0) != PC_OK)
        return DAEMON_EXIT_FAULT;
    return daemon_run(&attest.d);
}
