#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[20]="all shares of a hardware vendor are given away: they are not the key"

# given NODE: "INDEX SHARE" as its vault gave it away.
given()
{
    sed -n 's/.*event=given_away.* index=\([0-9]*\) share=\([0-9a-f]*\).*/\1 \2/p' "$RUN/logs/node-$1.log" | tail -n 1
}

line_20()
{
    local k=$RUN/key-broken shares=$RUN/shares-given i said givers
    need 5 || return 1
    givers=$(nodes_of tdx)
    [ "$SABOTAGE" = 20 ] && givers=$(seq "$NODES") # all vendors do
    for i in $givers; do cheat_signal "$i" HUP; done
    key_get one a "$k" --ask-all || why "no key" || return 1 # a share is used at each request, and given away then
    for i in $givers; do given "$i"; done >"$shares"
    [ "$(wc -l <"$shares")" = "$(wc -w <<<"$givers")" ] || why "not all of them gave their share away" || return 1
    curl -fsS -m 5 "$(node_url 1)/v1/epoch" >"$RUN/epoch.bin" || why "no epoch from node 1" || return 1
    said=$("$ROOT/build/release/tools/reconstruct" "$RUN/app-one/pin" "$RUN/epoch.bin" <"$shares") ||
        why "the shares could not be tried" || return 1
    echo "$said"
    [ "$(jq '.genuine == .shares and .completed' <<<"$said")" = true ] || why "these are not the nodes' shares" || return 1
    [ "$(jq '.shares < .t and (.key | not)' <<<"$said")" = true ] || why "the shares that were given away are the key" || return 1
    FIGURE="$(jq -r '"\(.shares) shares, genuine, T \(.t): none of \(.subsets) subsets has the key; with \(.t - .shares) public shares more they meet PK, so only secrets are missing"' <<<"$said")"
}
