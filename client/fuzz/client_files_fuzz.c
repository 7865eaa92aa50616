/* SPDX-License-Identifier: Apache-2.0 */
/* Pin and network.json: what is accepted as a pin is written again and read as the same; what is
 * accepted as a network has usable parts. First byte: which of them. */
#include <stdlib.h>

#include "client/lib/network.h"
#include "client/lib/pin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pin(struct bytes text)
{
    struct polyclave_pin p, again;
    char out[PC_PIN_TEXT_MAX];
    unsigned line;
    if (pin_parse(&p, &line, text) != PC_OK)
        return;
    if (pin_text(out, sizeof out, &p) != PC_OK ||
        pin_parse(&again, &line, bytes_of(out, strlen(out))) != PC_OK ||
        memcmp(&p, &again, sizeof p) != 0)
        abort();
}

static void network(struct bytes text)
{
    static struct network n;
    char why[160];
    if (network_parse(&n, why, text) != PC_OK) {
        if (why[0] == '\0' || n.n_rpc != 0 || n.n_nodes != 0)
            abort();
        return;
    }
    if (n.n_rpc == 0 || n.n_rpc > PC_ENDPOINTS_MAX || n.rpc_agree > n.n_rpc)
        abort();
    for (unsigned i = 0; i < n.n_rpc; i++)
        if (n.rpc[i][0] == '\0' || strlen(n.rpc[i]) >= PC_NETWORK_URL_MAX)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 2 == 0)
        pin(bytes_of(data + 1, size - 1));
    else
        network(bytes_of(data + 1, size - 1));
    return 0;
}
