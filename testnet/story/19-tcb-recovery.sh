#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[19]="a new TCB set: nodes warned, out of date after the grace, back after a veto"

RECOVERY_NUMBER=21 # the simulated vendor's first set has 20

# What the watch says of the TDX nodes: how many of them does the waiting set make out of date?
warned()
{
    pc collateral watch --root "$RUN/intel/root.der" --json >"$RUN/watch-recovery.json" || return 1
    [ "$(jq --argjson n "$RECOVERY_NUMBER" '[.nodes[] | select(.upcoming_number == $n and .upcoming_status == "OutOfDate")] | length' \
        "$RUN/watch-recovery.json")" = "$(nodes_of tdx | wc -l)" ]
}

# And what another vendor's node says in its metrics.
metric_warns()
{
    local i
    for i in $(nodes_of tdx); do
        curl -fsS -m 3 "$(node_url 1)/metrics" | grep -q "^polyclave_standing_seconds{node=\"$(node_id "$i")\",set=\"upcoming\"}" ||
            return 1
    done
}

set_in_force() { [ "$(pc collateral show --vendor tdx --json | jq -r '[.objects[] | select(.number != null) | .number] | unique | join(" ")')" = "$1" ]; }

grace_is_over()
{
    as stranger collateral settle --json >"$RUN/settled.json" && set_in_force "$RECOVERY_NUMBER"
}

# A stranger has the TDX nodes judged again, without their evidence; GAS is what that took.
tdx_rechecked()
{
    local i
    for i in $(nodes_of tdx); do
        GAS=$(as stranger node recheck --id "$(node_id "$i")" --json | jq -r .gas) || return 1
    done
}

line_19()
{
    local k=$RUN/key-recovery third veto GAS
    third=$(nodes_of tdx | wc -l)
    need 5 || return 1
    [ -f "$RUN/app-three/id" ] || three_make || why "the app could not be registered" || return 1
    votes_from_bonds || why "bonds could not mature into votes" || return 1
    "$BIN/polyclave-quote-sim" collateral "$RUN/intel" --out "$RUN/intel/recovery" --number "$RECOVERY_NUMBER" --recovery &&
        as stranger collateral post --vendor tdx --dir "$RUN/intel/recovery" --json >"$RUN/recovery.json" ||
        why "the new set could not be posted" || return 1
    set_in_force 20 || why "the new set is in force without grace" || return 1
    pc_wait 20 "the watch to warn" warned || why "the watch does not warn of the new set" || return 1
    pc_wait 20 "the metric to warn" metric_warns || why "no metric warns of the new set" || return 1
    veto=$(as owner-1 gov propose --action tcb-veto --vendor tdx --number "$RECOVERY_NUMBER" --in 3600 \
        --description "keep the set before" --json | jq -r .proposal) || return 1
    proposal_voted "$veto" && proposal_ready "$veto" || why "the veto was not voted" || return 1
    key_get one a "$k-grace" --ask-all && [ "$(members_with "$k-grace" good)" = "$NODES" ] ||
        why "a node stopped before the grace was over" || return 1
    pc_wait 60 "the grace to be over" grace_is_over || why "the new set did not come into force" || return 1
    tdx_rechecked || why "the TDX nodes could not be rechecked" || return 1
    pc_wait 20 "the TDX nodes to be out of date" vendor_is tdx expired || why "the TDX nodes go on" || return 1
    # An application on TDX is out of date as well; one on SEV-SNP is served.
    ! key_get one a "$k-tdx" || why "an enclave that is out of date was served" || return 1
    KEY_VENDOR=snp key_get three snp "$k-after" --ask-all || why "the other vendors' nodes did not serve" || return 1
    refused_as "$k-after" node_expired "$third" || return 1
    [ "$SABOTAGE" = 19 ] || as owner-1 gov execute --proposal "$veto" --json || why "the veto could not be carried out" || return 1
    as stranger collateral settle --json >"$RUN/settled.json" && set_in_force 20 || why "the set before did not return" || return 1
    tdx_rechecked || why "the TDX nodes could not be rechecked after the veto" || return 1
    pc_wait 60 "the TDX nodes to serve again" all_serve || why "the TDX nodes do not return" || return 1
    key_get one a "$k-back" --ask-all && same_key "$k-back" "$RUN/key-1a" || why "no key, or another one, after the veto" || return 1
    [ "$(members_with "$k-back" good)" = "$NODES" ] || why "not all serve after the veto" || return 1
    FIGURE="set $RECOVERY_NUMBER posted by a stranger: $third TDX nodes warned by watch and metrics, serving through the grace, node_expired after it and a recheck by anybody ($GAS gas) while $(
        members_with "$k-after" good) served; vetoed by vote: set 20 is back, $NODES of $NODES serve"
}
