#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# apps.sh - sourced: applications and their simulated enclaves.
#
# An application's image here is the program `polyclave` and a pin file: MRTD is measured over the
# program, MRCONFIGID over the pin (docs/EVIDENCE.md), so the pin is part of what is attested.

# app_make NAME [REGISTER ARGS...]: pin, measurement, registration by app-owner; NAME.json has the id.
app_make()
{
    local name=$1 dir=$RUN/app-$1 salt id
    shift
    mkdir -p "$dir"
    salt=0x$(head -c 32 /dev/urandom | xxd -p -c 64)
    id=$(pc app id --salt "$salt" --owner "$(address_of app-owner)" --json | jq -r .app_id) || return 1
    pc key pin --app "$id" --out "$dir/pin" || return 1
    app_measure "$name" >"$dir/measurement" || return 1
    app_quote "$name" || return 1
    as app-owner app register --salt "$salt" --measurement "$(cat "$dir/measurement")" \
        --notice 10 --vendors tdx --min-tcb-of "$dir/quote" --versions 1-9 --json "$@" >"$dir/app.json" || return 1
    printf '%s\n' "$id" >"$dir/id"
    app_relay_start "$name"
}

# A quote of such a machine names the product that the app accepts.
app_quote()
{
    enclave_make "$1" sample &&
        head -c 64 /dev/zero | "$BIN/polyclave-quote-sim" --platform "$RUN/app-$1/enclave-sample" >"$RUN/app-$1/quote"
}

app_id() { cat "$RUN/app-$1/id"; }

# app_measure NAME [FILE]: measurement of an image of that program (default: polyclave itself).
app_measure()
{
    "$BIN/polyclave" evidence measure --sim --file "${2:-$BIN/polyclave}" --policy "$RUN/app-$1/pin" \
        --json | jq -r .measurement
}

# No pending change left: what was queued is in force at the finalized head.
app_settled() { [ "$(pc app show --app "$(app_id "$1")" --json | jq -r '.pending // "none"')" = none ]; }
app_wait_settled() { pc_wait 60 "the notice of app $1 to pass" app_settled "$1"; }

app_relay_start()
{
    local name=$1 dir=$RUN/app-$1 rpc args=()
    for rpc in "${RPCS[@]}"; do args+=(--rpc "$rpc"); done
    pc_spawn "relay-app-$name" "$BIN/polyclave-relay" --keystore "$RUN/keys/app-payer.json" \
        --password-file "$RUN/keys/app-payer.pass" --policy "$RUN/policy-build-1.bin" \
        --socket "$dir/relay.sock" --state "$dir/relay.state" --app "$(app_id "$name")" "${args[@]}"
    pc_wait 20 "the relay of app $name" test -S "$dir/relay.sock"
}

# enclave_make APP ENCLAVE [FILE]: a simulated machine that runs the app's image.
enclave_make()
{
    "$BIN/polyclave-quote-sim" init-platform "$RUN/app-$1/enclave-$2" --vendor "$RUN/intel" \
        --file "${3:-$BIN/polyclave}" --policy "$RUN/app-$1/pin" >/dev/null
}

# key_get APP ENCLAVE OUT [ARGS...]: the enclave boots, attests and asks; OUT.json tells how it went.
key_get()
{
    local enclave=$2 out=$3 dir=$RUN/app-$1
    shift 3
    rm -f "$out"
    pc key get --pin "$dir/pin" --vendor "${KEY_VENDOR:-tdx}" --quote-helper "${QUOTE_HELPER:-$BIN/polyclave-quote-sim}" \
        --platform "$dir/enclave-$enclave" --relay "$dir/relay.sock" --out "$out" --json "$@" >"$out.json"
}

# members_with OUT STATE [CODE]: how many members answered so.
members_with()
{
    jq --arg s "$2" --arg c "${3:-}" \
        '[.members[] | select(.state == $s and ($c == "" or .code == $c))] | length' "$1.json"
}

# refused_as OUT CODE COUNT: so many members refused with that code; else WHY says who said what.
refused_as()
{
    [ "$(members_with "$1" refused "$2")" = "$3" ] ||
        why "not $3 members answered $2: $(jq -r '[.members[] | "\(.node_id) \(.state) \(.code)"] | join(", ")' "$1.json")"
}

same_key() { [ -s "$1" ] && cmp -s "$1" "$2"; }
