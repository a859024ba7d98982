#!/bin/sh
# Make the environment in .venv and install a lock into it: sh requirements/install.sh run|dev
# Nothing outside .venv is written; nothing is done when the lock is already installed.
set -eu
lock="requirements/$1.lock"
stamp=".venv/.installed-$1"

say() { echo "regulars: $*" >&2; exit 1; }

if [ -f "$stamp" ] && cmp -s "$lock" "$stamp"; then exit 0; fi

python=""
for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python="$name"; break; fi
done
[ -n "$python" ] || say "Python 3.11 or newer is needed and none was found: install it, or name it with PYTHON=/path/to/python3."

if ! .venv/bin/python -c '' >/dev/null 2>&1; then
    mkdir -p .venv 2>/dev/null && [ -w .venv ] || say "this folder is read-only ($(pwd)): copy Regulars to a place you may write to."
    "$python" -m venv --clear .venv >/dev/null 2>&1 ||
        say "$python cannot make a virtual environment: install its venv module (on Debian: apt-get install python3-venv)."
fi
[ -w .venv ] || say "this folder is read-only ($(pwd)/.venv): copy Regulars to a place you may write to."

export UV_CACHE_DIR=.venv/.cache UV_LINK_MODE=hardlink PIP_NO_CACHE_DIR=1
echo "Installing the packages of $lock into .venv ..."
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock ||
    say "the package registry does not answer, so the installer could not be fetched; check the network and try again."
sync="-m uv pip install --quiet --python .venv/bin/python --require-hashes -r $lock"
# With the system's certificates, then with uv's own; then by pip, slower, which a mirror may be set up for.
.venv/bin/python $sync --system-certs 2>/dev/null || .venv/bin/python $sync 2>/dev/null ||
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" ||
    say "the packages of $lock could not be installed; check the network and try again."
rm -rf .venv/.cache
cp "$lock" "$stamp"
