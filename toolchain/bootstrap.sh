#!/bin/sh
# Make the project's Python environment (.venv) from uv.lock on a machine with Python 3.11.
#
# Quick when there is nothing to do. uv itself is pinned by hash and kept in the cache, where
# bin/uv names the current one.
set -eu

start=$(date +%s)
checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cache=${MILLRACE_CACHE:-$HOME/.cache/millrace}
requirement=$checkout/toolchain/uv.txt
stamp=$checkout/.venv/.from-lock

say() {
    printf '[%5ss] %s\n' "$(($(date +%s) - start))" "$*" >&2
}

fail() {
    say "bootstrap: $*"
    exit 1
}

# A pyenv shim exists for versions that are not active, so each candidate is asked.
find_python() {
    for candidate in python3.11 python3 /usr/bin/python3.11 /usr/bin/python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    fail "no Python 3.11 here; install it (Debian 12: apt-get install python3)"
}

# Debian keeps ensurepip, without which a venv has no pip, in a package of its own.
require_venv() {
    if "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        return
    fi
    command -v apt-get >/dev/null || fail "$1 has no venv module; install your system's package for it"
    [ "$(id -u)" -eq 0 ] || fail "$1 has no venv module; run: sudo apt-get install python3-venv"
    say "installing python3-venv"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && apt-get -qq install --yes --no-install-recommends python3-venv; } >&2 ||
        fail "apt-get could not install python3-venv; is the package registry reachable?"
}

# Appears in the cache by a rename, so that a kill never leaves half of it under its name.
require_uv() {
    home=$cache/uv-$(sha256sum "$requirement" | cut -c1-16)
    if [ ! -x "$home/bin/uv" ]; then
        require_venv "$1"
        say "installing $(sed -n 's/^\(uv==[0-9.]*\).*/\1/p' "$requirement")"
        rm -rf "$home" "$home.partial"
        "$1" -m venv "$home.partial"
        "$home.partial/bin/python" -m pip --disable-pip-version-check install --quiet \
            --only-binary :all: --require-hashes --requirement "$requirement" >&2
        mv "$home.partial" "$home"
    fi
    mkdir -p "$cache/bin"
    ln -sfn "$home/bin/uv" "$cache/bin/uv"
}

wanted() {
    cat "$checkout/uv.lock" "$checkout/pyproject.toml" "$requirement" | sha256sum | cut -d' ' -f1
}

is_current() {
    [ -x "$checkout/.venv/bin/python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(wanted)" ]
}

mkdir -p "$cache/locks"
exec 9>"$cache/locks/bootstrap.lock"
flock 9
if is_current && [ -x "$cache/bin/uv" ]; then
    exit 0
fi
python=$(find_python)
require_uv "$python"
say "uv sync with $python"
UV_PYTHON_DOWNLOADS=never "$cache/bin/uv" sync --quiet --frozen --directory "$checkout" \
    --python "$python" >&2
wanted >"$stamp"
say "environment ready: $checkout/.venv"
