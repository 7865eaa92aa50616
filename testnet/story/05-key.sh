#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[5]="attested enclaves receive their keys"
line_5()
{
    local k=$RUN/key
    need 4 || return 1
    enclave_make one a && enclave_make one b && enclave_make two a || return 1
    key_get one a "$k-1a" || why "the enclave got no key" || return 1
    local scope=()
    [ "$SABOTAGE" = 5 ] && scope=(--scope other)
    key_get one b "$k-1b" "${scope[@]}" || why "a second enclave got no key" || return 1
    same_key "$k-1a" "$k-1b" || why "two enclaves of one app got different keys" || return 1
    key_get two a "$k-2a" && key_get one a "$k-scope" --scope other && key_get one a "$k-version" --version 2 ||
        why "another app, scope or version got no key" || return 1
    local other
    for other in 2a scope version; do
        ! same_key "$k-1a" "$k-$other" || why "another $other got the same key" || return 1
    done
    FIGURE="$(members_with "$k-1a" good) members' partials proved, T $(jq -r .t "$k-1a.json"), pinned PK checked"
}
