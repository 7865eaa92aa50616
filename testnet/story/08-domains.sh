#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[8]="one failure domain stopped, then two, then resumed"

# Nodes I of a cloud: those with (I - 1) mod 3 = its number.
cloud_signal()
{
    local cloud=$1 signal=$2 i
    for ((i = 1; i <= NODES; i++)); do
        [ $(((i - 1) % 3)) = "$cloud" ] && pc_signal "node-$i" "$signal"
    done
    return 0
}

line_8()
{
    local k=$RUN/key-domain one
    need 5 || return 1
    cloud_signal 0 STOP
    key_get one a "$k-1" --timeout 20 || {
        cloud_signal 0 CONT
        why "with one of three clouds stopped the key was not served"
        return 1
    }
    one=$(members_with "$k-1" good)
    [ "$SABOTAGE" = 8 ] || cloud_signal 1 STOP
    if key_get one a "$k-2" --timeout 15; then
        cloud_signal 0 CONT && cloud_signal 1 CONT
        why "with two of three clouds stopped a key came out"
        return 1
    fi
    [ ! -e "$k-2" ] || why "a key file was written without T members" || return 1
    cloud_signal 0 CONT
    cloud_signal 1 CONT
    pc_wait 60 "the resumed nodes to serve" node_serves 1 && pc_wait 60 "node 2" node_serves 2 ||
        why "resumed nodes do not serve again" || return 1
    key_get one a "$k-3" || why "after resuming the key was not served" || return 1
    same_key "$k-1" "$RUN/key-1a" && same_key "$k-3" "$RUN/key-1a" || why "another key came out" || return 1
    FIGURE="one cloud down: served by $one members; two down: refused ($(
        jq -r .code "$k-2.json")); resumed: served by $(members_with "$k-3" good)"
}
