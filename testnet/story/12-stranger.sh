#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[12]="a stranger's node joins with one command"
line_12()
{
    local i=$((NODES + 1))
    need 3 || return 1
    node_setup "$i" build-1 && relay_start "$i" && node_start "$i" || why "the node did not start" || return 1
    [ "$SABOTAGE" = 12 ] || node_join "$i" || why "the node could not join" || return 1
    pc_wait 40 "the node to see itself registered" node_is "$i" live || why "the node is not live" || return 1
    [ "$(pc node status --id "$(node_id "$i")" --json | jq -r .state)" = probation ] ||
        why "the node is not on probation" || return 1
    FIGURE="node $(node_id "$i") is in, on probation until $(
        pc node status --id "$(node_id "$i")" --json | jq -r .eligible_at_text), in no committee"
}
