#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[6]="unapproved measurement refused by every node"
line_6()
{
    local k=$RUN/key-unapproved
    need 5 || return 1
    enclave_make one other "$BIN/polyclaved" || return 1
    [ "$SABOTAGE" = 6 ] && { # somebody approves the wrong measurement
        as app-owner app queue --app "$(app_id one)" --measurement "$(cat "$RUN/app-one/measurement")" \
            --measurement "$(app_measure one "$BIN/polyclaved")" --json && app_wait_settled one
    }
    ! key_get one other "$k" --ask-all || why "an unapproved measurement got a key" || return 1
    refused_as "$k" measurement_not_active "$NODES" || return 1
    FIGURE="$NODES of $NODES answered 403 measurement_not_active"
}
