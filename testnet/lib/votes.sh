#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# votes.sh - sourced: proposals of the nodes' owners.

# Bonds vote once matured: after probation, which is none at genesis. Once is enough.
votes_from_bonds()
{
    local i
    [ -f "$RUN/matured" ] && return 0
    for ((i = 1; i <= NODES; i++)); do
        as "owner-$i" node mature --id "$(node_id "$i")" --json || return 1
    done
    touch "$RUN/matured"
}

proposal_is() { [ "$(pc gov show --proposal "$1" --json | jq -r .state)" = "$2" ]; }

# proposal_voted ID: two thirds of the owners vote for it.
proposal_voted()
{
    local i
    pc_wait 30 "voting to begin" proposal_is "$1" active || return 1
    for ((i = 1; i <= 2 * NODES / 3; i++)); do
        as "owner-$i" gov vote --proposal "$1" --support for --json || return 1
    done
}

# proposal_ready ID: the vote is won and the notice over.
proposal_ready()
{
    pc_wait 60 "the vote to succeed" proposal_is "$1" succeeded || return 1
    as owner-1 gov queue --proposal "$1" --json || return 1
    pc_wait 60 "the notice to pass" proposal_is "$1" ready
}
