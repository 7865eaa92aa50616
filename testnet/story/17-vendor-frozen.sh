#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[17]="guardian council freezes a hardware vendor"

vendor_frozen_by() { as "guardian-$1" gov freeze --kind vendor --id nitro --for 25 --json; }

# How many members the chain's record calls frozen.
members_frozen()
{
    pc epoch show --json | jq '[.members[] | select(.state == "frozen")] | length'
}

line_17()
{
    local k=$RUN/key-vendor-frozen third marked
    need 5 || return 1
    third=$(nodes_of nitro | wc -l)
    vendor_frozen_by 1 || why "the first guardian's approval was refused" || return 1
    [ "$SABOTAGE" = 17 ] || vendor_frozen_by 2 || why "the second guardian's approval was refused" || return 1
    pc_wait 12 "the vendor's nodes to see the freeze" vendor_is nitro frozen || why "its nodes are not frozen" || return 1
    key_get one a "$k" --ask-all || why "the other vendors' nodes did not serve" || return 1
    same_key "$k" "$RUN/key-1a" || why "another key came out" || return 1
    marked=$(members_frozen)
    refused_as "$k" node_frozen "$third" || return 1
    [ "$marked" = "$third" ] || why "epoch show marks $marked members as frozen" || return 1
    [ "$(pc epoch show --json | jq -r .attempt_state)" = none ] || why "an epoch was opened by a freeze" || return 1
    pc_wait 60 "the freeze to lapse" all_serve || why "its nodes do not serve after the freeze" || return 1
    FIGURE="one transaction, 2 of 3 guardians; $third Nitro nodes node_frozen and marked, $(members_with "$k" good) others served; no epoch opened; lapsed"
}
