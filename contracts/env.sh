# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by the scripts of this folder: installs the pinned tools if they are missing and puts the
# native forge, anvil and cast (not their launchers, whose death orphans the real program) on PATH.
contracts_dir=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cd "$contracts_dir" || exit 2
if ! cmp -s package-lock.json node_modules/.polyclave-lock; then
    echo "contracts: installing the pinned build tools (npm ci)" >&2
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 || {
        echo "contracts: npm ci failed; node.js 18+ and npm are needed, and a reachable package registry" >&2
        exit 2
    }
    cp package-lock.json node_modules/.polyclave-lock
fi
for tool in forge anvil cast; do
    PATH="$contracts_dir/node_modules/@foundry-rs/$tool-linux-amd64/bin:$PATH"
done
export PATH FOUNDRY_DISABLE_NIGHTLY_WARNING=1
