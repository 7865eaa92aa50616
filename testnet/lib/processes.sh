#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# processes.sh - sourced: start, find and stop the testnet's own processes, and only those.
#
# Each process has a file in $RUN/pids: "PID STARTTIME". A pid alone may be somebody else's by now;
# pid and start time (field 22 of /proc/PID/stat) together name one process.

# pc_start_time PID: the kernel's start tick of a live process, nothing otherwise.
pc_start_time()
{
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The command name may hold blanks: fields are counted from the last ')'.
    read -ra fields <<<"${stat##*) }"
    printf '%s\n' "${fields[19]}"
}

# pc_spawn NAME COMMAND...: in the background, own session, output in $RUN/logs/NAME.log.
pc_spawn()
{
    local name=$1 pid
    shift
    setsid "$@" >>"$RUN/logs/$name.log" 2>&1 </dev/null &
    pid=$!
    disown "$pid"
    printf '%s %s\n' "$pid" "$(pc_start_time "$pid")" >"$RUN/pids/$name"
}

# pc_pid NAME: its pid if it still is the process that was started.
pc_pid()
{
    local pid began
    read -r pid began 2>/dev/null <"$RUN/pids/$1" || return 1
    [ -n "$began" ] && [ "$(pc_start_time "$pid")" = "$began" ] && printf '%s\n' "$pid"
}

# pc_children PID: PID and all its descendants, parents first.
pc_children()
{
    local child
    printf '%s\n' "$1"
    for child in $(pgrep -P "$1"); do pc_children "$child"; done
}

# pc_signal NAME SIGNAL: to the process and its descendants.
pc_signal()
{
    local pid
    pid=$(pc_pid "$1") || return 1
    # shellcheck disable=SC2046
    kill "-$2" $(pc_children "$pid") 2>/dev/null
}

# pc_stop NAME: ask, wait up to 5 s, insist; forgets the pid file.
pc_stop()
{
    local name=$1 pid all i
    if pid=$(pc_pid "$name"); then
        all=$(pc_children "$pid")
        # shellcheck disable=SC2086
        kill -CONT $all 2>/dev/null
        kill -TERM "$pid" 2>/dev/null
        for ((i = 0; i < 50; i++)); do
            pc_pid "$name" >/dev/null || break
            sleep 0.1
        done
        # shellcheck disable=SC2086
        kill -KILL $all 2>/dev/null
    fi
    rm -f "$RUN/pids/$name"
}

# pc_stop_all: newest first.
pc_stop_all()
{
    local name names
    # Names are this file's own: no blanks in them.
    mapfile -t names < <(cd "$RUN/pids" 2>/dev/null && find . -type f -printf '%T@ %f\n' |
        sort -rn | cut -d' ' -f2)
    for name in "${names[@]}"; do pc_stop "$name"; done
}

# pc_wait SECONDS WHAT COMMAND...: until the command succeeds; says what did not happen in time.
pc_wait()
{
    local limit=$(($1 + SECONDS)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$limit" ]; then
            echo "testnet: gave up waiting for $what" >&2
            return 1
        fi
        sleep 0.2
    done
}

# pc_free_port FROM: the first port at or above FROM that nobody listens on.
pc_free_port()
{
    local port=$1
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    printf '%s\n' "$port"
}
