/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipc_fuzz: packets of a process that was taken over, up to the dispatcher of the schema. The input
 * is u16 lengths and packets; the first byte says who speaks to whom.
 */
#include "protocol/ipc.h"
#include "protocol/ipc_wire.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct loop loop;
static enum ipc_process from, to;
static bool over;

static enum err_code on_frame(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    static const struct ipc_handlers none;
    static struct ipc_msg m;
    static char text[512];
    (void)ctx;
    (void)end;
    PC_ASSERT(fd < 0 && frame.n <= 8192);
    if (ipc_decode(&m, frame) == PC_OK)
        ipc_text(text, sizeof text, &m);
    enum err_code e = ipc_dispatch(&none, NULL, from, to, frame);
    PC_ASSERT(e != PC_OK); /* nobody handles anything */
    return (frame.p[0] & 1) ? e : PC_OK;
}

static void on_gone(void *ctx, struct ipc_end *end, enum err_code why)
{
    (void)ctx;
    (void)end;
    PC_ASSERT(why != PC_OK && !over);
    over = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ipc_events events = {on_frame, on_gone};
    static const struct ipc_limits limits = {8192, 8192, false};
    struct ipc_end *end;
    int fds[2];
    if (size < 1)
        return 0;
    from = (enum ipc_process)(data[0] >> 4);
    to = (enum ipc_process)(data[0] & 15);
    over = false;
    loop_init(&loop);
    PC_ASSERT(ipc_pair(fds) == PC_OK);
    PC_ASSERT(ipc_end_new(&end, &loop, fds[0], &limits, &events, NULL) == PC_OK);
    for (size_t at = 1; at + 2 <= size && !over;) {
        size_t n = load_be16(data + at);
        at += 2;
        if (n > size - at)
            n = size - at;
        if (send(fds[1], data + at, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            break;
        at += n;
        PC_ASSERT(loop_turn(&loop, 0) == PC_OK);
    }
    (void)close(fds[1]);
    for (int i = 0; i < 100 && !over; i++)
        PC_ASSERT(loop_turn(&loop, 0) == PC_OK);
    PC_ASSERT(over);
    ipc_end_free(end);
    return 0;
}
