#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[2]="nodes attested on chain and joined"
line_2()
{
    local i gas=()
    need 1 || return 1
    cheat_setup || why "the cheating nodes' programs are missing" || return 1
    for ((i = 1; i <= NODES; i++)); do
        node_setup "$i" || why "node $i has no machine" || return 1
        relay_start "$i" || why "relay $i did not start" || return 1
        node_start "$i" || why "node $i did not start" || return 1
    done
    for ((i = 1; i <= NODES; i++)); do
        [ "$SABOTAGE" = 2 ] && [ "$i" = 3 ] && continue # a node that never joins
        node_join "$i" || why "node $i could not join" || return 1
        # From now on the relay serves this node alone, and may re-attest it.
        pc_stop "relay-$i"
        relay_start "$i" "$(node_id "$i")" || why "relay $i did not start again" || return 1
        gas+=("$(vendor_of "$i") $(jq -r '[.transactions[]? | select(.what == "attest") | .gas] | first // "-"' "$(node_dir "$i")/join.json")")
    done
    for ((i = 1; i <= NODES; i++)); do
        pc_wait 40 "node $i to see itself registered" node_is "$i" live || why "node $i is not live" || return 1
    done
    FIGURE="$NODES nodes of three vendors in ${#CLOUDS[@]} declared clouds, attest gas $(IFS=,; echo "${gas[*]}")"
}
