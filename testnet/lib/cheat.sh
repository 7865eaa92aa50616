#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cheat.sh - sourced: the nodes whose vault cheats when told (lib/network.sh says which these are).

# Their programs: all honest but the vault; the simulated machine claims the honest measurement.
cheat_setup()
{
    local program
    mkdir -p "$RUN/cheat"
    for program in "$BIN"/*; do ln -sf "$program" "$RUN/cheat/"; done
    ln -sf "$ROOT/build/release/byzantine/byzantine-vault" "$RUN/cheat/polyclave-vault"
    cat >"$RUN/cheat/quote-helper" <<EOF
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
    chmod +x "$RUN/cheat/quote-helper"
}

# cheat_signal NODE SIGNAL: to that node's vault; tests/byzantine/cheat.c says what each means.
cheat_signal()
{
    local pid
    for pid in $(pc_children "$(pc_pid "node-$1")"); do
        [ "$(basename "$(readlink -f "/proc/$pid/exe")")" = byzantine-vault ] && kill "-$2" "$pid"
    done
}
