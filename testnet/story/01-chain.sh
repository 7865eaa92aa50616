#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[1]="chain and contracts, two genesis measurements sealed"
line_1()
{
    local names=() i
    net_chain_start || why "anvil did not start" || return 1
    net_proxies_start || why "the endpoints did not start" || return 1
    for ((i = 1; i <= NODES + 1; i++)); do names+=("owner-$i" "payer-$i"); done
    net_keys "${names[@]}" guardian-1 guardian-2 guardian-3 app-owner app-payer stranger ||
        why "keys could not be made" || return 1
    "$BIN/polyclave-quote-sim" init-vendor "$RUN/intel" || why "no simulated vendor" || return 1
    net_deploy || why "the deploy script failed" || return 1
    net_policies || why "policy.bin could not be made" || return 1
    SOURCE_DIGEST=0x$(git -C "$ROOT" ls-files -z | sort -z | (cd "$ROOT" && xargs -0 sha256sum) | sha256sum | cut -d' ' -f1)
    BUILD_DIGEST=0x$(cd "$BIN" && sha256sum ./* | sha256sum | cut -d' ' -f1)
    local sealed=(--measurement "$(cat "$RUN/measurement-build-1")")
    [ "$SABOTAGE" = 1 ] || sealed+=(--measurement "$(cat "$RUN/measurement-build-2")")
    net_describe || why "network.json could not be made" || return 1
    as deployer gov seal --source "$SOURCE_DIGEST" --build "$BUILD_DIGEST" \
        "${sealed[@]}" --json >"$RUN/sealed.json" || why "the measurements could not be sealed" || return 1
    [ "$(jq .sealed "$RUN/sealed.json")" = 2 ] || why "two measurements were not sealed" || return 1
    as stranger collateral post --vendor tdx --dir "$RUN/intel/collateral" --json >"$RUN/collateral.json" ||
        why "the vendor's collateral could not be posted" || return 1
    FIGURE="Epochs $(jq -r .contracts.Epochs.address "$RUN/deployment.json"), $(
        jq '.contracts | length' "$RUN/deployment.json") contracts, measurements $(
        cut -c 1-10 <"$RUN/measurement-build-1") and $(cut -c 1-10 <"$RUN/measurement-build-2")"
}
