#!/bin/sh
# Writes requirements.lock anew from pyproject.toml: every version and hash, and no address of an index.
# Needs uv (`python -m pip install uv` in any venv). Give --upgrade to take newer versions.
set -eu
cd "$(dirname "$0")/.."
exec "${UV:-uv}" pip compile pyproject.toml --extra test --extra build --extra server --universal --generate-hashes \
    --no-emit-index-url --no-emit-find-links --quiet \
    --custom-compile-command "installer/lock.sh" --output-file requirements.lock "$@"
