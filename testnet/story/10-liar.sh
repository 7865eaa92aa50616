#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[10]="a node gives wrong partials and is named"

line_10()
{
    local k=$RUN/key-liar liar
    need 5 || return 1
    [ "$SABOTAGE" = 10 ] || cheat_signal "$NODES" USR1
    # Who answers first decides whose partials are looked at: ask until the liar was among them.
    local tries
    for ((tries = 1; tries <= 8; tries++)); do
        key_get one a "$k" || why "no key beside a liar" || return 1
        same_key "$k" "$RUN/key-1a" || why "the key is wrong" || return 1
        [ "$(members_with "$k" lied)" != 0 ] && break
    done
    cheat_signal "$NODES" USR2
    same_key "$k" "$RUN/key-1a" || why "the key is wrong" || return 1
    liar=$(jq -r '[.members[] | select(.state == "lied") | .node_id] | join(" ")' "$k.json")
    [ "$liar" = "$(node_id "$NODES")" ] || why "the client named '$liar', not node $(node_id "$NODES")" || return 1
    FIGURE="the client names node $liar, the key is right, $(
        members_with "$k" good) partials were proved (the liar's simulated quote claims the honest measurement)"
}
