#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[18]="an application on three vendors; a scope without one"

# An enclave of each vendor that runs the same image; the app approves the three measurements.
three_make()
{
    local dir=$RUN/app-three salt id vendor measured=()
    mkdir -p "$dir"
    salt=0x$(head -c 32 /dev/urandom | xxd -p -c 64)
    id=$(pc app id --salt "$salt" --owner "$(address_of app-owner)" --json | jq -r .app_id) || return 1
    pc key pin --app "$id" --out "$dir/pin" || return 1
    for vendor in tdx snp nitro; do
        "$BIN/polyclave-quote-sim" init-platform "$dir/enclave-$vendor" --vendor "$(vendor_dir "$vendor")" \
            --file "$BIN/polyclave" --policy "$dir/pin" >/dev/null || return 1
        measured+=(--measurement "$("$BIN/polyclave" evidence measure --sim --vendor "$vendor" \
            --file "$BIN/polyclave" --policy "$dir/pin" --json | jq -r .measurement)")
    done
    # Without --min-tcb every product that the network knows is accepted.
    as app-owner app register --salt "$salt" "${measured[@]}" --notice 10 --vendors tdx,snp,nitro \
        --json >"$dir/app.json" || return 1
    printf '%s\n' "$id" >"$dir/id"
    app_relay_start three || return 1
    # A scope's policy is a change: it waits for the notice.
    as app-owner app queue --app "$id" --scope cautious "${measured[@]}" --vendors \
        "$([ "$SABOTAGE" = 18 ] && echo tdx,snp,nitro || echo tdx,snp)" --json
}

line_18()
{
    local k=$RUN/key-three vendor
    need 5 || return 1
    three_make || why "the app could not be registered" || return 1
    for vendor in tdx snp nitro; do
        KEY_VENDOR=$vendor key_get three "$vendor" "$k-$vendor" || why "the enclave on $vendor got no key" || return 1
        same_key "$k-$vendor" "$k-tdx" || why "the enclave on $vendor got another key" || return 1
    done
    pc_wait 60 "the scope's policy to be in force" scope_settled || why "the scope's policy is not in force" || return 1
    KEY_VENDOR=snp key_get three snp "$k-scope" --scope cautious || why "the scope is closed to SNP" || return 1
    ! KEY_VENDOR=nitro key_get three nitro "$k-closed" --scope cautious --ask-all || why "the scope is open to Nitro" || return 1
    refused_as "$k-closed" vendor_not_accepted "$NODES" || return 1
    FIGURE="one key on TDX, SNP and Nitro; scope without Nitro: SNP served, $NODES of $NODES refuse Nitro with vendor_not_accepted"
}

scope_settled()
{
    [ "$(pc app show --app "$(app_id three)" --scope cautious --json | jq -r '.pending // "none"')" = none ]
}
