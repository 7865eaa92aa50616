#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# network.sh - sourced: a chain, contracts, simulated machines, relays and nodes in $RUN.
#
# What is simulated: the machines (quotes under throw-away roots, docs/EVIDENCE.md) and the money. All
# else goes the way it goes on a real network: the same deploy script, programs and command line.

BIN=$ROOT/build/release/bin
CLOUDS=(cloud-a cloud-b cloud-c)
DEPLOYER_WEI=0x56bc75e2d63100000 # 100 ether, from the development chain
GENESIS_BUILDS=(build-1 build-2)

# free: an address that anvil's operator fills. Only on a development chain is there such a thing.
net_fund()
{
    cast rpc --rpc-url "$RPC" anvil_setBalance "$1" "${2:-$DEPLOYER_WEI}" >/dev/null
}

net_chain_start()
{
    CHAIN_PORT=$(pc_free_port "$BASE_PORT")
    RPC=http://127.0.0.1:$CHAIN_PORT
    pc_spawn chain anvil --hardfork osaka --slots-in-an-epoch 1 --block-time 1 \
        --enable-tx-gas-limit --port "$CHAIN_PORT" --silent
    pc_wait 20 "the chain at $RPC" cast block-number --rpc-url "$RPC"
}

# Two more endpoints: relays of their own, the second of which the story makes lie, lag and die.
net_proxies_start()
{
    local i
    PROXY=()
    for i in 1 2; do
        PROXY[i]=$(pc_free_port $((CHAIN_PORT + i)))
        pc_spawn "rpc-$i" "$ROOT/testnet/tools/rpc-proxy" --listen "127.0.0.1:${PROXY[i]}" \
            --upstream "$RPC" --control "$RUN/rpc-$i.sock"
        pc_wait 10 "endpoint $i" cast block-number --rpc-url "http://127.0.0.1:${PROXY[i]}"
    done
    RPCS=("$RPC" "http://127.0.0.1:${PROXY[1]}" "http://127.0.0.1:${PROXY[2]}")
}

# proxy_tell I COMMAND: to an endpoint's control socket.
proxy_tell()
{
    python3 - "$RUN/rpc-$1.sock" "$2" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(10)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\n")
answer = s.recv(4096).decode().strip()
print(answer)
sys.exit(answer.startswith("error"))
PY
}

# net_key NAME: a keystore under $RUN/keys, its address in NAME.address; funded.
net_key()
{
    local file=$RUN/keys/$1
    (umask 077 && head -c 24 /dev/urandom | base64 >"$file.pass")
    "$BIN/polyclave-relay" keygen --keystore "$file.json" --password-file "$file.pass" >"$file.out" &&
        "$BIN/polyclave-relay" address --keystore "$file.json" --password-file "$file.pass" \
            >"$file.address" && net_fund "$(cat "$file.address")"
}

# net_keys NAME...: two at a time, a keystore takes a second of scrypt.
net_keys()
{
    local name
    export -f net_key net_fund
    export BIN RUN RPC DEPLOYER_WEI
    printf '%s\n' "$@" | xargs -P 2 -I{} bash -c 'set -e; net_key {}'
    for name in "$@"; do
        [ -s "$RUN/keys/$name.address" ] || { echo "testnet: no key for $name" >&2; return 1; }
    done
}

address_of() { cat "$RUN/keys/$1.address"; }

# The parameters of the deployment: the committed ones of chain 31337 with this network's guardians.
net_deploy()
{
    local guardians
    (umask 077 && head -c 32 /dev/urandom | xxd -p -c 64 >"$RUN/keys/deployer.hex")
    # A throw-away key of a throw-away chain: only here may a key stand on a command line.
    cast wallet import deployer.json --keystore-dir "$RUN/keys" --unsafe-password deployer \
        --private-key "0x$(cat "$RUN/keys/deployer.hex")" >/dev/null
    (umask 077 && echo deployer >"$RUN/keys/deployer.pass" && chmod 600 "$RUN/keys/deployer.json")
    net_fund "$(cast wallet address --private-key "0x$(cat "$RUN/keys/deployer.hex")")"
    # The contract wants them ascending.
    guardians=$(for i in 1 2 3; do address_of "guardian-$i"; done | jq -R . | jq -s 'sort_by(ascii_downcase)')
    jq --argjson g "$guardians" --argjson n "$NODES" \
        '.guardians = $g | .guardianThreshold = 2 | .targetN = $n | .probationSeconds = 120 |
         .kinds = ["vendor", "cloud", "operator"] | .graceSeconds = 45' \
        "$ROOT/contracts/script/params/31337.json" >"$RUN/params.json"
    "$ROOT/contracts/deploy" --rpc "$RPC" --params "$RUN/params.json" \
        --key-file "$RUN/keys/deployer.hex" "${VENDOR_ROOTS[@]}" \
        --out "$RUN/deployment.json" >"$RUN/logs/deploy.log" 2>&1 || {
        tail -n 5 "$RUN/logs/deploy.log" >&2
        return 1
    }
}

# Simulated vendors, with the roots that everything pins.
net_vendors()
{
    "$BIN/polyclave-quote-sim" init-vendor "$RUN/intel" &&
        "$BIN/polyclave-quote-sim" init-vendor "$RUN/amd" --tee snp --product Genoa &&
        "$BIN/polyclave-quote-sim" init-vendor "$RUN/aws" --tee nitro || return 1
    VENDOR_ROOTS=(--tdx-root "$(vendor_root tdx)" --snp-root "$(vendor_root snp)" --nitro-root "$(vendor_root nitro)")
}

# vendor_of NODE: a third of each; those that the story changes most are TDX (the last, and who joins later).
vendor_of()
{
    local third=$(((NODES + 2) / 3))
    if [ "$1" -le "$third" ]; then echo snp; elif [ "$1" -le $((2 * third)) ]; then echo nitro; else echo tdx; fi
}

# nodes_of VENDOR: their numbers.
nodes_of()
{
    local i
    for ((i = 1; i <= NODES; i++)); do [ "$(vendor_of "$i")" = "$1" ] && echo "$i"; done
}

# cheats NODE: the vendor of the TDX nodes is one that can be broken: theirs is a vault that cheats when told
# (tests/byzantine), on machines that claim the honest measurement.
cheats() { [ "$SABOTAGE" = 20 ] || { [ "$1" -le "$NODES" ] && [ "$(vendor_of "$1")" = tdx ]; }; }

vendor_dir() { case $1 in tdx) echo "$RUN/intel" ;; snp) echo "$RUN/amd" ;; nitro) echo "$RUN/aws" ;; esac; }

vendor_root() { if [ "$1" = snp ]; then echo "$RUN/amd/ark.der"; else echo "$(vendor_dir "$1")/root.der"; fi; }

# measurement_of BUILD [VENDOR]
measurement_of() { cat "$RUN/measurement-$1-${2:-tdx}"; }

# One policy.bin per build line, and the measurement that a node of each vendor running it has.
net_policies()
{
    local build vendor
    for build in "${GENESIS_BUILDS[@]}" build-3; do
        "$BIN/polyclave" policy build --deployment "$RUN/deployment.json" --rpc "$RPC" \
            "${VENDOR_ROOTS[@]}" --build "$build" --out "$RUN/policy-$build.bin" >/dev/null || return 1
        for vendor in tdx snp nitro; do
            "$BIN/polyclave" evidence measure --sim --vendor "$vendor" --bin "$BIN" \
                --policy "$RUN/policy-$build.bin" --json | jq -r .measurement >"$RUN/measurement-$build-$vendor" ||
                return 1
        done
    done
}

# network.json: what the command line and applications know of this network.
net_describe()
{
    local rpc i args=()
    for rpc in "${RPCS[@]}"; do args+=(--rpc "$rpc"); done
    for ((i = 1; i <= NODES; i++)); do
        [ -f "$(node_dir "$i")/config" ] && args+=(--node "$(sed -n 's/^endpoint = //p' "$(node_dir "$i")/config")")
    done
    "$BIN/polyclave" network make --deployment "$RUN/deployment.json" "${args[@]}" --out "$RUN/network.json"
}

# build_of NODE: the last two run the second genesis build, all others the first.
build_of() { if [ "$1" -ge $((NODES - 1)) ] && [ "$1" -le "$NODES" ]; then echo build-2; else echo build-1; fi; }

# pc ARGS...: the command line against this network.
pc() { "$BIN/polyclave" "$@" --network "$RUN/network.json"; }

# as NAME GROUP VERB ARGS...: signed and paid by that key.
as()
{
    local who=$1
    shift
    pc "$@" --key "$RUN/keys/$who.json" --pass-file "$RUN/keys/$who.pass"
}

node_dir() { printf '%s/node-%s' "$RUN" "$1"; }

# node_setup I [BUILD]: ports, machine, configuration.
node_setup()
{
    local i=$1 dir build=${2:-$(build_of "$1")} peer http rpc vendor version=()
    dir=$(node_dir "$i")
    mkdir -p "$dir/data"
    peer=$(pc_free_port $((BASE_PORT + 100 + 10 * i)))
    http=$(pc_free_port $((peer + 1)))
    printf '%s\n' "$build" >"$dir/build"
    printf 'http://127.0.0.1:%s\n' "$http" >"$dir/url"
    vendor=$(vendor_of "$i")
    case $vendor in tdx) version=(--quote-version $((4 + i % 2))) ;; snp) version=(--quote-version $((3 + 2 * (i % 2)))) ;; esac
    "$BIN/polyclave-quote-sim" init-platform "$dir/machine" --vendor "$(vendor_dir "$vendor")" \
        "${version[@]}" --bin "$BIN" --policy "$RUN/policy-$build.bin" >/dev/null || return 1
    {
        for rpc in "${RPCS[@]}"; do echo "rpc = $rpc"; done
        echo "peer_listen = 127.0.0.1:$peer"
        echo "http_listen = 127.0.0.1:$http"
        echo "endpoint = 127.0.0.1:$peer:$http"
        echo "relay_socket = $dir/relay.sock"
        echo "data_dir = $dir/data"
        echo "control_socket = $dir/control.sock"
        echo "vendor = $vendor"
        for vendor in tdx snp nitro; do echo "vendor_root = $(vendor_root "$vendor")"; done
        echo "owner = $(address_of "owner-$i")"
    } >"$dir/config"
}

# relay_start I [NODE_ID]: the operator's paying account.
relay_start()
{
    local i=$1 dir rpc args=()
    dir=$(node_dir "$i")
    for rpc in "${RPCS[@]}"; do args+=(--rpc "$rpc"); done
    [ -n "${2:-}" ] && args+=(--node-id "$2")
    pc_spawn "relay-$i" "$BIN/polyclave-relay" --keystore "$RUN/keys/payer-$i.json" \
        --password-file "$RUN/keys/payer-$i.pass" --policy "$RUN/policy-$(cat "$dir/build").bin" \
        --socket "$dir/relay.sock" --state "$dir/relay.state" --owner "$(address_of "owner-$i")" \
        "${args[@]}"
    pc_wait 20 "relay $i" test -S "$dir/relay.sock"
}

node_start()
{
    local i=$1 dir bin=$BIN helper=$BIN/polyclave-quote-sim
    dir=$(node_dir "$i")
    cheats "$i" && bin=$RUN/cheat helper=$RUN/cheat/quote-helper
    pc_spawn "node-$i" "$bin/polyclave-init" --policy "$RUN/policy-$(cat "$dir/build").bin" \
        --config "$dir/config" --bin "$bin" --quote-helper "$helper" --platform "$dir/machine"
    pc_wait 20 "node $i" test -S "$dir/control.sock"
}

# node_join I: attest and join with the owner's cold key; prints the JSON of the command.
node_join()
{
    local i=$1 dir
    dir=$(node_dir "$i")
    as "owner-$i" node join --node-socket "$dir/control.sock" --bond 2 \
        --cloud "${CLOUDS[$(((i - 1) % 3))]}" --operator "operator-$i" --payer "$(address_of "payer-$i")" \
        --json >"$dir/join.json"
}

node_id() { jq -r .node_id "$(node_dir "$1")/join.json"; }

# node_status I FIELD: of the node's own control socket.
node_status()
{
    pc node status --node-socket "$(node_dir "$1")/control.sock" --json | jq -r ".$2"
}

node_url() { cat "$(node_dir "$1")/url"; }
node_serves() { curl -fsS -m 3 "$(node_url "$1")/healthz" >/dev/null 2>&1; }

all_serve()
{
    local i
    for ((i = 1; i <= NODES; i++)); do node_serves "$i" || return 1; done
}

node_is() { [ "$(node_status "$1" state)" = "$2" ]; }

# vendor_is VENDOR STATE: all its nodes say so of themselves.
vendor_is()
{
    local i
    for i in $(nodes_of "$1"); do node_is "$i" "$2" || return 1; done
}
