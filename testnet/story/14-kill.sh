#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[14]="kill -9 of each process of node 4"

# process_of PROGRAM: pid of node 4's child that runs it.
process_of()
{
    local pid
    for pid in $(pc_children "$(pc_pid node-4)"); do
        [ "$(basename "$(readlink -f "/proc/$pid/exe" 2>/dev/null)")" = "$1" ] && printf '%s\n' "$pid" && return 0
    done
    return 1
}

replaced() { local pid; pid=$(process_of "$1") && [ "$pid" != "$2" ]; }

line_14()
{
    local program old k=$RUN/key-kill
    need 5 || return 1
    for program in polyclave-rpc polyclave-chain polyclave-attest polyclave-peer polyclaved; do
        old=$(process_of "$program") || why "node 4 has no $program" || return 1
        kill -9 "$old"
        pc_wait 30 "$program to be restarted" replaced "$program" "$old" || why "$program was not restarted" ||
            return 1
        [ "$SABOTAGE" = 14 ] && kill -STOP "$(process_of "$program")"
        pc_wait 60 "node 4 to serve after $program died" node_serves 4 ||
            why "node 4 does not serve after $program died" || return 1
    done
    old=$(process_of polyclave-vault) || why "node 4 has no vault" || return 1
    kill -9 "$old"
    pc_wait 30 "the vault to be restarted" replaced polyclave-vault "$old" || why "no new vault" || return 1
    pc_wait 90 "node 4 to be recovering after its vault died" node_recovering 4 ||
        why "node 4 is not recovering after its vault died" || return 1
    kill -9 "$(pc_pid node-4)"
    node_start 4 || why "node 4 did not start again" || return 1
    pc_wait 90 "node 4 to be recovering after init died" node_recovering 4 ||
        why "node 4 is not recovering after init died" || return 1
    key_get two a "$k" || why "the others do not serve" || return 1
    same_key "$k" "$RUN/key-2a" || why "another key came out" || return 1
    FIGURE="rpc, chain, attest, peer, polyclaved: restarted and serving; vault, init: recovering; $(
        members_with "$k" good) others serve"
}
