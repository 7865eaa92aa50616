#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[11]="governance by votes from bonds; an app rotates its measurement"

node_measurement_added()
{
    PROPOSAL=$(as owner-1 gov propose --action measurement-add --measurement "$(measurement_of build-3)" \
        --source "$SOURCE_DIGEST" --build "$BUILD_DIGEST" --description "third build" --json | jq -r .proposal) || return 1
    [ "$SABOTAGE" = 11 ] || proposal_voted "$PROPOSAL" || return 1
    proposal_ready "$PROPOSAL" || return 1
    as owner-1 gov execute --proposal "$PROPOSAL" --json
}

# The last node runs the third build: other policy.bin, other measurement, a new vault.
last_reattests()
{
    local i=$NODES
    pc_stop "node-$i"
    pc_stop "relay-$i"
    echo build-3 >"$(node_dir "$i")/build"
    relay_start "$i" "$(node_id "$i")" && node_start "$i" || return 1
    as "owner-$i" node reattest --node-socket "$(node_dir "$i")/control.sock" --id "$(node_id "$i")" --json || return 1
    pc_wait 60 "node $i to be registered with the third build" last_has_third_build || return 1
    pc_wait 60 "node $i to be recovering" node_recovering "$i"
}

last_has_third_build()
{
    local now third
    now=$(pc node status --id "$(node_id "$NODES")" --json | jq -r .measurement)
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
    refused_as "$k-old" measurement_not_active $((NODES - 1)) # the last node is recovering
}

line_11()
{
    need 5 || return 1
    votes_from_bonds || why "bonds could not mature into votes" || return 1
    node_measurement_added || why "${WHY:-the measurement could not be added by vote}" || return 1
    last_reattests || why "node $NODES could not re-attest under the new measurement" || return 1
    app_rotates || why "${WHY:-the app could not rotate its measurement}" || return 1
    FIGURE="proposal ${PROPOSAL:0:12} executed after its notice; node $NODES re-attested and is recovering until resharing exists; new measurement: same key; old one refused"
}
