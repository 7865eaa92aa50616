/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kit.h - a daemon of a node in a test: its parts run in the test's process, and the test speaks as
 * every neighbour over real socketpairs. For tests only.
 *
 *     chain_spec(&spec, c);
 *     kit_begin(&k, &c->d, &spec);             // loop, a test policy, all links down
 *     chain_start(c);
 *     kit_connect_all(&k);                     // link_up for each
 *     KIT_SAY(&k, IPC_LINK_DC, dc_keys, &m);   // as polyclaved
 *     KIT_HEAR(&k, IPC_LINK_CR, cr_ask, CR_ASK, &ask);
 *     kit_cut(&k, IPC_LINK_CR);                // rpc died
 *     kit_end(&k);
 *
 * Both ends of each link are on the daemon's loop, so a turn delivers what was sent and no wait
 * is needed. What a message points to stays until kit_end.
 */
#ifndef PC_NODE_KIT_H
#define PC_NODE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/daemon/daemon.h"

struct kit_frame {
    struct kit_frame *next;
    bool taken;
    size_t n;
    uint8_t bytes[];
};

struct kit_far {
    struct kit *k;
    enum ipc_link link;
    struct ipc_end *end;            /* NULL: not connected, or the daemon closed it */
    struct kit_frame *first, *last; /* what the daemon sent, in order */
    enum err_code gone;             /* why the far end saw it end; PC_OK: it did not */
};

struct kit {
    struct daemon *d;
    struct kit_far far[LINK_COUNT + 1];
};

/* daemon_prepare and a policy of chain 31337, kind dev, whose addresses are 20 bytes of 0x11
 * (epochs), 0x22 and so on in the schema's order, network_id 32 bytes of 0x77. */
void kit_begin(struct kit *k, struct daemon *d, const struct daemon_spec *spec);
/* Frees both ends of every link and all frames; the daemon's own memory is the test's. */
void kit_end(struct kit *k);

/* A new pair for the link, as after the neighbour's (re)start. */
void kit_connect(struct kit *k, enum ipc_link link);
void kit_connect_all(struct kit *k);
/* The neighbour died. */
void kit_cut(struct kit *k, enum ipc_link link);
bool kit_up(const struct kit *k, enum ipc_link link); /* as the daemon sees it */

/* Turns of the loop until everything that was sent is handled. */
void kit_settle(struct kit *k);
/* As kit_settle, but turn until timers of up to ms have fired. */
void kit_run(struct kit *k, uint64_t ms);

/* The first frame of that type (any if 0) that was not taken yet; it is taken. Empty: none. */
struct bytes kit_take(struct kit *k, enum ipc_link link, uint16_t type);
size_t kit_count(const struct kit *k, enum ipc_link link, uint16_t type); /* not taken yet */
/* What was heard so far on every link does not matter. */
void kit_forget(struct kit *k);

/* A message as the neighbour at the other end of the link; the daemon has handled it afterwards. */
#define KIT_SAY(k, link, name, m)                                                                  \
    do {                                                                                           \
        assert_non_null((k)->far[link].end);                                                       \
        assert_int_equal(IPC_SEND((k)->far[link].end, name, (m)), PC_OK);                          \
        kit_settle(k);                                                                             \
    } while (0)

/* Decode the first waiting message of the type into *m: false if there is none. */
#define KIT_HEARD(k, link, name, TYPE, m)                                                          \
    __extension__({                                                                                \
        struct bytes kit_f = kit_take((k), (link), IPC_MSG_##TYPE);                                \
        if (kit_f.n != 0)                                                                          \
            assert_int_equal(ipc_decode_##name((m), kit_f), PC_OK);                                \
        kit_f.n != 0;                                                                              \
    })
#define KIT_HEAR(k, link, name, TYPE, m) assert_true(KIT_HEARD(k, link, name, TYPE, m))
#define KIT_SILENT(k, link, TYPE)        assert_int_equal(kit_count((k), (link), IPC_MSG_##TYPE), 0)

#endif
