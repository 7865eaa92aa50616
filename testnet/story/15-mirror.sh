#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # LINE_TITLE, FIGURE and WHY are read by testnet/lib/story.sh
LINE_TITLE[15]="accepted evidence is verified again from a bundle, with no network"
line_15()
{
    local bundle=$RUN/mirror.bundle hash vendor forged n=0 out apart=(unshare -n)
    need 5 || return 1
    unshare -n true 2>/dev/null || apart=()
    pc mirror export --out "$bundle" --json >"$RUN/mirror.json" || why "the mirrors lack something" || return 1
    # What line 7's stand-in for Attestations recorded was accepted by nobody else.
    forged=$(app_id forged 2>/dev/null)
    [ "$SABOTAGE" = 15 ] && printf '\125' | dd of="$bundle" bs=1 seek=5000 conv=notrunc status=none
    while read -r hash vendor; do
        out=$("${apart[@]}" "$BIN/polyclave" evidence replay "$hash" --bundle "$bundle" \
            --root "$(vendor_root "$vendor")" --json) ||
            why "$hash is refused: $(jq -r '(.reasons + .evidence_reasons) | join(" ")' <<<"$out")" || return 1
        [ "$(jq -r .bound <<<"$out")" = true ] || why "$hash is not bound to its keys" || return 1
        n=$((n + 1))
    done < <(jq -r --arg forged "$forged" '.evidence[] | select(.context != $forged) | .hash + " " + .vendor' "$RUN/mirror.json")
    [ "$n" -ge "$NODES" ] || why "only $n evidences" || return 1
    hash=$(jq -r --arg forged "$forged" '[.evidence[] | select(.context != $forged)][0].hash' "$RUN/mirror.json")
    out=$("$BIN/polyclave" evidence replay "$hash" --bundle "$bundle" --json)
    [ "$(jq -r '.evidence_reasons | join(" ")' <<<"$out")" = untrusted_root ] ||
        why "it verifies under the real vendor's root" || return 1
    pc collateral watch --root "$RUN/intel/root.der" --json >"$RUN/watch.json" || why "no forecast" || return 1
    FIGURE="$n evidences of $(jq -r '[.evidence[].vendor] | unique | join(", ")' "$RUN/mirror.json"), $(jq -r .proved "$RUN/mirror.json") records proved, another root: untrusted_root; $(
        jq -r '[.nodes[] | select(.judged)] | length' "$RUN/watch.json") nodes have a forecast"
}
