#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[7]="forged, old and stale evidence refused by the contract and by the nodes alone"

FORGERIES=(other-root flipped-bit debug other-subject no-reserved)
# What the contract answers; of another root it takes no certificate.
declare -A CONTRACT_SAYS=(
    [other-root]=SignatureInvalid [flipped-bit]=QuoteSignature [debug]=TdDebug
    [other-subject]=ReportDataMismatch [no-reserved]=ReportDataNotReserved)
# What each node's C verifier says; the last two are genuine quotes, and the vault finds that they
# do not bind the keys which ask.
declare -A VERIFIER_SAYS=(
    [other-root]=untrusted_root [flipped-bit]=quote_signature [debug]=td_debug
    [other-subject]=none [no-reserved]=none)

# probe VERB APP CLIENT [ARGS...]: one client of that app, its keys in forged/CLIENT.
probe()
{
    local verb=$1 app=$2 client=$3
    shift 3
    "$ROOT/build/release/tools/release-probe" "$verb" --network "$RUN/network.json" \
        --pin "$RUN/app-$app/pin" --state "$RUN/forged/$client" "$@"
}

# probe_attest APP CLIENT [KIND]: its answer in forged/CLIENT.attest.
probe_attest()
{
    probe attest "$1" "$2" --relay "$RUN/app-$1/relay.sock" --platform "$RUN/app-$1/enclave-a" \
        --forge "${3:-none}" >"$RUN/forged/$2.attest" && cat "$RUN/forged/$2.attest"
}

attest_said() { jq -r "$2" "$RUN/forged/$1.attest"; }

# probe_ask APP CLIENT OUT [ARGS...]: the answers in forged/OUT.
probe_ask()
{
    local out=$RUN/forged/$3
    probe ask "$1" "$2" "${@:4}" >"$out" && jq -c '.answers[]' "$out"
}

# answers OUT STATUS CODE: how many of them.
answers()
{
    jq --argjson s "$2" --arg c "$3" '[.answers[] | select(.status == $s and .code == $c)] | length' \
        "$RUN/forged/$1"
}

# all_said OUT STATUS CODE: every node said so.
all_said()
{
    local n
    n=$(answers "$1" "$2" "$3")
    [ "$n" = "$NODES" ] || why "only $n of $NODES nodes answered $2 $3 ($1)"
}

# An app that approves debug TDs too, once its notice has passed, so that the debug bit itself is what
# the nodes refuse.
forged_app()
{
    app_make forged --quota 2 && enclave_make forged a &&
        as app-owner app queue --app "$(app_id forged)" --measurement "$(cat "$RUN/app-forged/measurement")" \
            --measurement "$("$ROOT/build/release/tools/release-probe" measure --forge debug \
                --platform "$RUN/app-forged/enclave-a")" --json
}

attestations() { jq -r .contracts.Attestations.address "$RUN/deployment.json"; }

# call_again CLIENT BLOCK: the very call by which CLIENT attested, simulated in that block; its revert.
call_again()
{
    local input call
    input=$(cast tx --rpc-url "$RPC" "$(attest_said "$1" .tx)" input) || return 1
    call=$(jq -n --arg to "$(attestations)" --arg data "$input" '{to: $to, data: $data}')
    cast rpc --rpc-url "$RPC" eth_call "$call" '"latest"' '{}' "$(
        jq -n --arg n "$(printf '0x%x' "$2")" '{number: $n}')" 2>&1
}

reverts_with() { grep -q "$(cast sig "$1")" <<<"$2"; }

forged_by_contract()
{
    local kind said
    for kind in "${FORGERIES[@]}"; do
        probe_attest forged "c-$kind" "$kind" || why "the relay gave no answer about $kind" || return 1
        said=$(attest_said "c-$kind" .code)
        [ "$(attest_said "c-$kind" .outcome)" = reverts ] && [ "$said" = "${CONTRACT_SAYS[$kind]}" ] ||
            why "the contract said '$said' about $kind" || return 1
    done
}

# Evidence of a block too long ago, and older evidence than the record has.
old_by_contract()
{
    local bound said
    probe_attest forged honest && cp "$RUN/forged/honest.attest" "$RUN/forged/former.attest" ||
        why "genuine evidence was not recorded" || return 1
    bound=$(($(attest_said former .block) + 3601))
    said=$(call_again former "$bound")
    reverts_with 'BoundBlockTooOld(uint256,uint256)' "$said" ||
        why "evidence of 3,601 blocks ago: $said" || return 1
    probe_attest forged honest || why "a renewal was not recorded" || return 1
    said=$(call_again former "$(cast block-number --rpc-url "$RPC")")
    reverts_with 'BoundBlockNotNewer(uint40,uint40)' "$said" ||
        why "older evidence than recorded: $said" || return 1
}

# What the log of node 1 says since the mark, each reason once.
verifier_reasons()
{
    tail -n "+$((LOG_MARK + 1))" "$RUN/logs/node-1.log" | sed -n 's/.*evidence_refused.* reason=\([^ ]*\).*/\1/p' |
        sort -u
}

forged_by_nodes()
{
    local kind reasons
    # All recorded at once: each waits for its block to be final.
    for kind in none "${FORGERIES[@]}"; do probe_attest forged "n-$kind" "$kind" & done
    wait
    # What that contract records is right in all but what was forged: genuine evidence is served.
    probe_ask forged n-none asked-genuine ||
        why "the nodes gave no answer about genuine evidence" || return 1
    all_said asked-genuine 200 ok || return 1
    for kind in "${FORGERIES[@]}"; do
        LOG_MARK=$(wc -l <"$RUN/logs/node-1.log")
        [ "$(attest_said "n-$kind" .outcome)" = mined ] ||
            why "the contract that records anything did not record $kind" || return 1
        probe_ask forged "n-$kind" "asked-$kind" || why "the nodes gave no answer about $kind" || return 1
        all_said "asked-$kind" 403 evidence_rejected || return 1
        reasons=$(verifier_reasons)
        if [ "${VERIFIER_SAYS[$kind]}" = none ]; then
            [ -z "$reasons" ]
        else
            grep -qx "${VERIFIER_SAYS[$kind]}" <<<"$reasons"
        fi || why "node 1's verifier said '$reasons' about $kind" || return 1
    done
}

# The contract replaced by one that verifies nothing, for as long as the function runs.
with_anything_recorded()
{
    local code fake status=0
    code=$(cast code --rpc-url "$RPC" "$(attestations)") &&
        fake=$(jq -er .deployedBytecode.object \
            "$ROOT/contracts/out/AnythingAttestations.sol/AnythingAttestations.json") ||
        why "no contract to put in the place of Attestations" || return 1
    cast rpc --rpc-url "$RPC" anvil_setCode "$(attestations)" "$fake" || return 1
    pc_wait 90 "all nodes to follow the chain again" heads_above "$(cast block-number --rpc-url "$RPC")" || return 1
    "$@" || status=1
    cast rpc --rpc-url "$RPC" anvil_setCode "$(attestations)" "$code" || return 1
    # Code that changes within a block makes its proofs wrong: who asked just then mistrusts all endpoints a while.
    pc_wait 90 "all nodes to follow the chain again" heads_above "$(cast block-number --rpc-url "$RPC")" || return 1
    return $status
}

# heads_above BLOCK: every node's.
heads_above()
{
    local i
    for ((i = 1; i <= NODES; i++)); do [ "$(node_status "$i" head.number)" -gt "$1" ] || return 1; done
}

# Nothing is counted in two hours of chain time: near the end of one, wait for the next.
hour_has_room() { [ $((3600 - $(cast block --rpc-url "$RPC" latest -f timestamp) % 3600)) -gt 30 ]; }

replay()
{
    local how=(--repeat 2) seals
    [ "$SABOTAGE" = 7 ] && how=(--repeat 2 --fresh)
    pc_wait 60 "the hour to be young" hour_has_room || return 1
    probe_ask forged honest replayed --node 1 "${how[@]}" || return 1
    seals=$(jq -r '.answers[].sealed' "$RUN/forged/replayed" | sort -u)
    [ "$(answers replayed 200 ok)" = 2 ] && [ "$(wc -w <<<"$seals")" = 1 ] ||
        why "a replayed request got other sealed bytes" || return 1
    # Of a quota of two an hour one is left, and then none.
    probe_ask forged honest counted --node 1 --repeat 2 --fresh || return 1
    [ "$(jq -r '[.answers[] | "\(.status) \(.code)"] | join(", ")' "$RUN/forged/counted")" = \
        "200 ok, 429 quota" ] || why "the replay was charged" || return 1
}

# A head of 66 blocks before the agreed one.
stale()
{
    local head
    pc_wait 90 "66 final blocks" test_final_above 66 || return 1
    head=$(($(cast block --rpc-url "$RPC" finalized -f number) - 66))
    probe_ask forged honest stale --head "$head:$(cast block --rpc-url "$RPC" "$head" -f hash)" || return 1
    all_said stale 409 stale_request
}

test_final_above() { [ "$(cast block --rpc-url "$RPC" finalized -f number)" -gt "$1" ]; }

# older_than SECONDS CLIENT: the agreed head's time is so long after the client's record.
older_than()
{
    local made now
    made=$(cast block --rpc-url "$RPC" "$(attest_said "$2" .block)" -f timestamp) &&
        now=$(cast block --rpc-url "$RPC" finalized -f timestamp) && [ $((now - made)) -gt "$1" ]
}

# Within its 20 s. A machine that was too busy to ask in time may attest anew.
young_is_served()
{
    local i
    for i in 1 2 3 4 5; do
        probe_attest aged aged && probe_ask aged aged young || return 1
        [ "$(answers young 200 ok)" = "$NODES" ] && return 0
    done
    return 1
}

line_7()
{
    need 5 || return 1
    mkdir -p "$RUN/forged"
    forged_app && app_make aged --max-age 20 && enclave_make aged a ||
        why "the apps could not be registered" || return 1
    young_is_served || why "a fresh record of the app with a maximum age was refused" || return 1
    forged_by_contract && old_by_contract && stale && replay || return 1
    app_wait_settled forged || why "the app's notice did not pass" || return 1
    with_anything_recorded forged_by_nodes || return 1
    probe_attest forged after && probe_ask forged after again && all_said again 200 ok ||
        why "${WHY:-genuine evidence is refused afterwards}" || return 1
    pc_wait 60 "the record to be 20 s old" older_than 20 aged || why "chain time stands still" || return 1
    probe_ask aged aged old && all_said old 403 attestation_expired || return 1
    FIGURE="contract: ${CONTRACT_SAYS[*]} BoundBlockTooOld BoundBlockNotNewer; $NODES nodes each, any record standing: evidence_rejected ${#FORGERIES[@]} times ($(
        for kind in "${FORGERIES[@]:0:3}"; do printf '%s ' "${VERIFIER_SAYS[$kind]}"; done)and two by the vault's join), attestation_expired after 20 s, stale_request; a replay got the same $(
        jq -r '.answers[0].sealed' "$RUN/forged/replayed" | cut -c 1-8)... and cost nothing"
}
