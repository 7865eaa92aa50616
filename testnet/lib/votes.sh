#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# votes.sh - sourced: proposals of the nodes' owners.

# Bonds vote once matured: after probation, which is none at genesis. Once is enough.
votes_from_bonds()
{
    [ -f "$RUN/matured" ] && return 0
    owners_all "$NODES" owner_matures && touch "$RUN/matured"
}

owner_matures() { as "owner-$1" node mature --id "$(node_id "$1")" --json; }

# owners_all COUNT COMMAND...: for the owners 1 to COUNT at once; a vote has its time.
owners_all()
{
    local i count=$1 pids=() status=0
    shift
    for ((i = 1; i <= count; i++)); do
        "$@" "$i" &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" || status=1; done
    return $status
}

proposal_is() { [ "$(pc gov show --proposal "$1" --json | jq -r .state)" = "$2" ]; }

# proposal_voted ID: two thirds of the owners vote for it.
proposal_voted()
{
    pc_wait 30 "voting to begin" proposal_is "$1" active && owners_all $((2 * NODES / 3)) owner_votes "$1"
}

owner_votes() { as "owner-$2" gov vote --proposal "$1" --support for --json; }

# proposal_ready ID: the vote is won and the notice over.
proposal_ready()
{
    pc_wait 60 "the vote to succeed" proposal_is "$1" succeeded || return 1
    as owner-1 gov queue --proposal "$1" --json || return 1
    pc_wait 60 "the notice to pass" proposal_is "$1" ready
}
