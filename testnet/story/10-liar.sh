#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[10]="node 6 gives wrong partials and is named"

# The liar's programs: all honest but the vault; its simulated machine claims the honest measurement.
liar_setup()
{
    local program
    mkdir -p "$RUN/liar"
    for program in "$BIN"/*; do ln -sf "$program" "$RUN/liar/"; done
    ln -sf "$ROOT/build/release/byzantine/byzantine-vault-liar" "$RUN/liar/polyclave-vault"
    cat >"$RUN/liar/quote-helper" <<EOF
#!/bin/bash
# Claims what the honest programs measure to: only a simulated machine can.
args=()
while [ \$# -gt 0 ]; do
    case \$1 in
    --bin) args+=(--bin "$BIN") && shift ;;
    *) args+=("\$1") ;;
    esac
    shift
done
exec "$BIN/polyclave-quote-sim" "\${args[@]}"
EOF
    chmod +x "$RUN/liar/quote-helper"
}

liar_signal()
{
    local pid
    for pid in $(pc_children "$(pc_pid node-6)"); do
        [ "$(basename "$(readlink -f "/proc/$pid/exe")")" = byzantine-vault-liar ] && kill "-$1" "$pid"
    done
}

line_10()
{
    local k=$RUN/key-liar liar
    need 5 || return 1
    [ "$SABOTAGE" = 10 ] || liar_signal USR1
    # Who answers first decides whose partials are looked at: ask until the liar was among them.
    local tries
    for ((tries = 1; tries <= 8; tries++)); do
        key_get one a "$k" || why "no key beside a liar" || return 1
        same_key "$k" "$RUN/key-1a" || why "the key is wrong" || return 1
        [ "$(members_with "$k" lied)" != 0 ] && break
    done
    liar_signal USR2
    same_key "$k" "$RUN/key-1a" || why "the key is wrong" || return 1
    liar=$(jq -r '[.members[] | select(.state == "lied") | .node_id] | join(" ")' "$k.json")
    [ "$liar" = "$(node_id 6)" ] || why "the client named '$liar', not node $(node_id 6)" || return 1
    FIGURE="the client names node $liar, the key is right, $(
        members_with "$k" good) partials were proved (the liar's simulated quote claims the honest measurement)"
}
