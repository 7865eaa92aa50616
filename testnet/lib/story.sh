#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# story.sh - sourced: numbered lines, each PASS or FAIL with a figure.
#
# A line is a function line_N in testnet/story/NN-*.sh. It sets FIGURE and returns 0, or sets WHY and
# returns 1. Its commands' output goes to $RUN/logs/line-N.log. A line that needs an earlier one which
# failed is a FAIL too, with that reason.

PASSED=0 FAILED=0 SKIPPED=0
declare -A LINE_TITLE LINE_RESULT

# need N...: earlier lines that this one stands on.
need()
{
    local n
    for n in "$@"; do
        if [ "${LINE_RESULT[$n]:-}" != PASS ]; then
            WHY="line $n did not pass"
            return 1
        fi
    done
}

# why TEXT...: why the line fails; for `command || why ... || return 1`.
why()
{
    WHY=$*
    return 1
}

run_line()
{
    local n=$1 began=$SECONDS log
    log=$RUN/logs/line-$n.log
    FIGURE='' WHY=''
    printf '%2d  ... %s' "$n" "${LINE_TITLE[$n]}" >&2
    [ -t 2 ] && printf '\r' >&2 || printf '\n' >&2
    if "line_$n" >>"$log" 2>&1; then
        LINE_RESULT[$n]=PASS
        PASSED=$((PASSED + 1))
        printf '%2d  PASS  %s: %s (%d s)\n' "$n" "${LINE_TITLE[$n]}" "$FIGURE" $((SECONDS - began))
    else
        LINE_RESULT[$n]=FAIL
        FAILED=$((FAILED + 1))
        printf '%2d  FAIL  %s: %s (log: %s)\n' "$n" "${LINE_TITLE[$n]}" "${WHY:-see the log}" "$log"
        tail -n 12 "$log" | cut -c 1-300 | sed 's/^/      | /'
    fi
}

# skip_line N TITLE REASON: something that waits for a later version; counted, and said.
skip_line()
{
    SKIPPED=$((SKIPPED + 1))
    printf '%2d  SKIP  %s: %s\n' "$1" "$2" "$3"
}
