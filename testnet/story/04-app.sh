#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[4]="application registered with its measurement"
line_4()
{
    need 3 || return 1
    app_make one || why "app one could not be registered" || return 1
    app_make two || why "app two could not be registered" || return 1
    local approved measured
    measured=$(cat "$RUN/app-one/measurement")
    approved=$(pc app show --app "$(app_id one)" --json | jq -r '.approvals[0].measurement')
    [ "$SABOTAGE" = 4 ] && approved=$(cat "$RUN/app-two/measurement")
    [ "${approved#0x}" = "${measured#0x}" ] || why "another measurement is approved" || return 1
    FIGURE="app_id $(app_id one | cut -c 1-18), measurement $(cut -c 1-18 <"$RUN/app-one/measurement"), gas $(
        jq -r .gas "$RUN/app-one/app.json")"
}
