#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[11]="governance by votes from bonds; an app rotates its measurement"

proposal_is() { [ "$(pc gov show --proposal "$1" --json | jq -r .state)" = "$2" ]; }

# Bonds vote once matured: after probation, which is none at genesis.
votes_from_bonds()
{
    local i
    for ((i = 1; i <= NODES; i++)); do
        as "owner-$i" node mature --id "$(node_id "$i")" --json || return 1
    done
}

node_measurement_added()
{
    local id third
    third=$(measurement_of build-3)
    id=$(as owner-1 gov propose --action measurement-add --measurement "$third" \
        --source "$SOURCE_DIGEST" --build "$BUILD_DIGEST" --description "third build" --json | jq -r .proposal) || return 1
    pc_wait 30 "voting to begin" proposal_is "$id" active || return 1
    local i
    for ((i = 1; i <= 4; i++)); do
        [ "$SABOTAGE" = 11 ] && continue
        as "owner-$i" gov vote --proposal "$id" --support for --json || return 1
    done
    pc_wait 60 "the vote to succeed" proposal_is "$id" succeeded || return 1
    as owner-1 gov queue --proposal "$id" --json || return 1
    pc_wait 60 "the notice to pass" proposal_is "$id" ready || return 1
    as owner-1 gov execute --proposal "$id" --json || return 1
    printf '%s\n' "$id" >"$RUN/proposal"
}

# Node 6 runs the third build: other policy.bin, other measurement, a new vault.
node_6_reattests()
{
    pc_stop node-6
    pc_stop relay-6
    echo build-3 >"$(node_dir 6)/build"
    relay_start 6 "$(node_id 6)" && node_start 6 || return 1
    as owner-6 node reattest --node-socket "$(node_dir 6)/control.sock" --id "$(node_id 6)" --json || return 1
    pc_wait 60 "node 6 to be registered with the third build" node_6_has_third_build || return 1
    pc_wait 60 "node 6 to be recovering" node_recovering 6
}

node_6_has_third_build()
{
    local now third
    now=$(pc node status --id "$(node_id 6)" --json | jq -r .measurement)
    third=$(measurement_of build-3)
    [ "${now#0x}" = "${third#0x}" ]
}

node_recovering() { [ "$(node_status "$1" recovering)" = true ]; }

app_rotates()
{
    local k=$RUN/key-rotate new
    cp "$BIN/polyclave" "$RUN/polyclave-2" && printf 'second build' >>"$RUN/polyclave-2"
    new=$(app_measure one "$RUN/polyclave-2")
    enclave_make one new "$RUN/polyclave-2" || return 1
    as app-owner app queue --app "$(app_id one)" --measurement "$(cat "$RUN/app-one/measurement")" \
        --measurement "$new" --json || return 1
    ! key_get one new "$k-early" || why "the new measurement was served before its notice" || return 1
    app_wait_settled one || return 1
    key_get one new "$k-new" || why "the new measurement got no key after its notice" || return 1
    same_key "$k-new" "$RUN/key-1a" || why "the new measurement got another key" || return 1
    as app-owner app queue --app "$(app_id one)" --measurement "$new" --json ||
        return 1
    app_wait_settled one || return 1
    ! key_get one a "$k-old" --ask-all || why "the old measurement is still served" || return 1
    refused_as "$k-old" measurement_not_active $((NODES - 1)) # node 6 is recovering
}

line_11()
{
    need 5 || return 1
    votes_from_bonds || why "bonds could not mature into votes" || return 1
    node_measurement_added || why "${WHY:-the measurement could not be added by vote}" || return 1
    node_6_reattests || why "node 6 could not re-attest under the new measurement" || return 1
    app_rotates || why "${WHY:-the app could not rotate its measurement}" || return 1
    FIGURE="proposal $(cut -c 1-12 <"$RUN/proposal") executed after its notice; node 6 re-attested and is recovering until resharing exists; new measurement: same key; old one refused"
}
