#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install.sh - sourced: puts what the project builds and runs with on this machine.
#
# Debian packages and npm packages only. Does nothing when everything is there, so it is cheap to
# call at the start of every entry point (testnet/up, test).

PC_DEBIAN_PACKAGES=(
    build-essential cmake ninja-build pkg-config python3 git ca-certificates procps util-linux
    clang clang-format libclang-rt-14-dev llvm-14
    libsodium-dev libssl-dev libsecp256k1-dev libnng-dev liblmdb-dev libcurl4-openssl-dev
    libjansson-dev libmicrohttpd-dev libseccomp-dev libcmocka-dev libcbor-dev
    valgrind shellcheck jq curl xxd
)

# pc_missing_packages: those of the list that dpkg does not know as installed.
pc_missing_packages()
{
    local package
    for package in "${PC_DEBIAN_PACKAGES[@]}"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q 'ok installed' ||
            printf '%s\n' "$package"
    done
}

# pc_install_packages: asks apt for what is missing. Needs root only when something is.
pc_install_packages()
{
    local missing
    mapfile -t missing < <(pc_missing_packages)
    # Debian's npm conflicts with other vendors' nodejs: taken only where no node is found.
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    [ "${#missing[@]}" -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "install: these packages are missing and need root to install: ${missing[*]}" >&2
        return 1
    fi
    echo "install: ${missing[*]}" >&2
    apt-get update -qq >&2 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            "${missing[@]}" >&2
}

# pc_install_contracts ROOT: Foundry, solc and OpenZeppelin as package-lock.json pins them.
pc_install_contracts()
{
    local dir="$1/contracts" stamp
    stamp="$dir/node_modules/.polyclave-lock"
    cmp -s "$dir/package-lock.json" "$stamp" && return 0
    echo "install: contract tools (npm ci)" >&2
    (cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --silent >&2) &&
        cp "$dir/package-lock.json" "$stamp"
}
