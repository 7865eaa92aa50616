#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[13]="one RPC endpoint lies, lags, then dies"

# endpoint_named STATE: has node 1's log a line that names endpoint 2 in that state?
endpoint_named()
{
    grep -a "event=endpoint_state" "$RUN/logs/node-1.log" | grep -a ":${PROXY[2]} " | grep -q "state=$1"
}

line_13()
{
    endpoint_story
    local status=$?
    proxy_tell 2 honest
    return $status
}

endpoint_story()
{
    local k=$RUN/key-endpoint mode named=()
    need 5 || return 1
    for mode in lie "lag 30" die; do
        [ "$SABOTAGE" = 13 ] || proxy_tell 2 "$mode" || return 1
        case $mode in
        lie) pc_wait 60 "the lie to be named" endpoint_named lying || why "the lie was not named" || return 1 ;;
        lag*) pc_wait 90 "the lag to be named" endpoint_named lagging || why "the lag was not named" || return 1 ;;
        die) pc_wait 60 "the death to be named" endpoint_named failing || why "the death was not named" || return 1 ;;
        esac
        named+=("${mode%% *}")
        key_get two a "$k" || why "no service while one endpoint does: $mode" || return 1
    done
    FIGURE="endpoint $((2 + 1)) of 3 named for ${named[*]}; served each time"
}
