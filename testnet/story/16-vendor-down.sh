#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[16]="one hardware vendor is gone, then back"

vendor_signal()
{
    local i
    for i in $(nodes_of "$1"); do pc_signal "node-$i" "$2"; done
}

line_16()
{
    local k=$RUN/key-vendor vendor served=()
    need 5 || return 1
    for vendor in tdx snp nitro; do
        vendor_signal "$vendor" STOP
        [ "$SABOTAGE" = 16 ] && [ "$vendor" = nitro ] && vendor_signal snp STOP # two vendors gone
        key_get one a "$k-$vendor" --timeout 20
        vendor_signal "$vendor" CONT
        [ "$SABOTAGE" = 16 ] && vendor_signal snp CONT
        same_key "$k-$vendor" "$RUN/key-1a" || why "with every $vendor node stopped the key was not served" || return 1
        served+=("without $vendor $(members_with "$k-$vendor" good)")
        pc_wait 60 "the nodes of $vendor to serve again" all_serve || why "$vendor does not serve again" || return 1
    done
    FIGURE="served by $(IFS=,; echo "${served[*]}") of $NODES members, T $(jq -r .t "$k-tdx.json"): no vendor is needed"
}
