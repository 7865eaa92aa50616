/* SPDX-License-Identifier: Apache-2.0 */
/*
 * links.h - who is joined to whom, and on which descriptor (docs/INTERNALS.md 1).
 *
 * One table for polyclave-init, which makes the socketpairs, and for the children, which find their
 * ends at fixed descriptors: LINK_FD_CTL for init, LINK_FD_FIRST + (link - 1) for each link that
 * the process has. Links that a process does not have are not open in it.
 */
#ifndef PC_NODE_LINKS_H
#define PC_NODE_LINKS_H

#include "protocol/ipc_wire.h"

#define LINK_FD_CTL   3
#define LINK_FD_FIRST 4
#define LINK_COUNT    13

struct link_ends {
    enum ipc_link link;
    enum ipc_process a, b;
};

static const struct link_ends link_table[LINK_COUNT] = {
    {IPC_LINK_VD, IPC_PROC_VAULT, IPC_PROC_POLYCLAVED},
    {IPC_LINK_VP, IPC_PROC_VAULT, IPC_PROC_PEER},
    {IPC_LINK_VA, IPC_PROC_VAULT, IPC_PROC_ATTEST},
    {IPC_LINK_VC, IPC_PROC_VAULT, IPC_PROC_CHAIN},
    {IPC_LINK_VQ, IPC_PROC_VAULT, IPC_PROC_QUOTE},
    {IPC_LINK_DP, IPC_PROC_POLYCLAVED, IPC_PROC_PEER},
    {IPC_LINK_DC, IPC_PROC_POLYCLAVED, IPC_PROC_CHAIN},
    {IPC_LINK_DA, IPC_PROC_POLYCLAVED, IPC_PROC_ATTEST},
    {IPC_LINK_PA, IPC_PROC_PEER, IPC_PROC_ATTEST},
    {IPC_LINK_PC, IPC_PROC_PEER, IPC_PROC_CHAIN},
    {IPC_LINK_CA, IPC_PROC_CHAIN, IPC_PROC_ATTEST},
    {IPC_LINK_CR, IPC_PROC_CHAIN, IPC_PROC_RPC},
    {IPC_LINK_PR, IPC_PROC_PEER, IPC_PROC_RPC},
};

/* Descriptor of a link in every process that has it. */
static inline int link_fd(enum ipc_link link)
{
    return LINK_FD_FIRST + (int)link - 1;
}

/* Is `p` an end of this link? Then *other is the process at the far end. */
static inline bool link_peer(enum ipc_link link, enum ipc_process p, enum ipc_process *other)
{
    for (size_t i = 0; i < LINK_COUNT; i++) {
        if (link_table[i].link != link)
            continue;
        if (link_table[i].a != p && link_table[i].b != p)
            return false;
        *other = link_table[i].a == p ? link_table[i].b : link_table[i].a;
        return true;
    }
    return false;
}

#endif
