#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[9]="guardian council freezes the second measurement"

freeze_by()
{
    as "guardian-$1" gov freeze --kind measurement --id "$(measurement_of build-2)" --for 25 --json
}

line_9()
{
    local k=$RUN/key-freeze good i
    need 5 || return 1
    freeze_by 1 || why "the first guardian's approval was refused" || return 1
    [ "$SABOTAGE" = 9 ] || freeze_by 2 || why "the second guardian's approval was refused" || return 1
    for i in $((NODES - 1)) "$NODES"; do
        pc_wait 12 "node $i to see the freeze" node_is "$i" frozen || why "node $i is not frozen" || return 1
    done
    # Every member is asked, so that the frozen ones are heard.
    key_get one a "$k" --ask-all || why "the other nodes did not serve" || return 1
    refused_as "$k" node_frozen 2 || return 1
    good=$(members_with "$k" good)
    pc_wait 60 "the freeze to lapse" all_serve || why "they do not serve after the freeze" || return 1
    key_get one a "$k-after" || why "no key after the freeze" || return 1
    FIGURE="2 of 3 guardians; nodes $((NODES - 1)) and $NODES node_frozen, $good served; lapsed: $(
        members_with "$k-after" good) answer"
}
