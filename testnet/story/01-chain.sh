#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[1]="chain and contracts, genesis measurements of three vendors sealed"
line_1()
{
    local names=() i vendor
    net_chain_start || why "anvil did not start" || return 1
    net_proxies_start || why "the endpoints did not start" || return 1
    for ((i = 1; i <= NODES + 1; i++)); do names+=("owner-$i" "payer-$i"); done
    net_keys "${names[@]}" guardian-1 guardian-2 guardian-3 app-owner app-payer stranger ||
        why "keys could not be made" || return 1
    net_vendors || why "no simulated vendors" || return 1
    net_deploy || why "the deploy script failed" || return 1
    net_policies || why "policy.bin could not be made" || return 1
    SOURCE_DIGEST=0x$(git -C "$ROOT" ls-files -z | sort -z | (cd "$ROOT" && xargs -0 sha256sum) | sha256sum | cut -d' ' -f1)
    BUILD_DIGEST=0x$(cd "$BIN" && sha256sum ./* | sha256sum | cut -d' ' -f1)
    # What the nodes run, and whoever joins later.
    local sealed=() runs='' run count=0
    for ((i = 1; i <= NODES + 1; i++)); do runs+="$(build_of "$i") $(vendor_of "$i")"$'\n'; done
    while read -r run vendor; do
        count=$((count + 1))
        [ "$SABOTAGE" = 1 ] && [ "$run" = build-2 ] && continue
        sealed+=(--measurement "$vendor:$(measurement_of "$run" "$vendor")")
    done < <(sort -u <<<"${runs%$'\n'}")
    net_describe || why "network.json could not be made" || return 1
    as deployer gov seal --source "$SOURCE_DIGEST" --build "$BUILD_DIGEST" \
        "${sealed[@]}" --json >"$RUN/sealed.json" || why "the measurements could not be sealed" || return 1
    [ "$(jq .sealed "$RUN/sealed.json")" = "$count" ] || why "$count measurements were not sealed" || return 1
    for vendor in tdx snp; do
        as stranger collateral post --vendor "$vendor" --dir "$(vendor_dir "$vendor")/collateral" --json >"$RUN/collateral-$vendor.json" ||
            why "the collateral of $vendor could not be posted" || return 1
    done
    FIGURE="Epochs $(jq -r .contracts.Epochs.address "$RUN/deployment.json"), $(
        jq '.contracts | length' "$RUN/deployment.json") contracts, TDX measurements $(
        measurement_of build-1 | cut -c 1-10) and $(measurement_of build-2 | cut -c 1-10), one each of SNP and Nitro"
}
