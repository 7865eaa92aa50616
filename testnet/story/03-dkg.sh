#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[3]="distributed key generation"
line_3()
{
    local began=$SECONDS i
    need 2 || return 1
    [ "$SABOTAGE" = 3 ] && for i in 1 2 3; do pc_signal "node-$i" STOP; done
    pc_wait 150 "epoch 1" epoch_is_active || why "no epoch became active" || return 1
    for ((i = 1; i <= NODES; i++)); do
        pc_wait 40 "node $i to serve" node_serves "$i" || why "node $i does not serve" || return 1
    done
    net_describe || return 1
    pc epoch show --json >"$RUN/epoch.json" || why "epoch show failed" || return 1
    FIGURE="PK $(jq -r .pk "$RUN/epoch.json" | cut -c 1-18), QUAL $(jq -r .qual "$RUN/epoch.json"), T $(jq -r .t "$RUN/epoch.json") of $(
        jq -r .n "$RUN/epoch.json"), $((SECONDS - began)) s"
}

epoch_is_active() { [ "$(pc epoch show --json | jq -r .epoch)" = 1 ]; }
