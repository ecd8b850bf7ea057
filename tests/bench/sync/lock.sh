#!/bin/sh
# Writes the locks of the peers anew: every version and hash, and no address of an index. Needs uv and npm; --upgrade takes newer.
set -eu
cd "$(dirname "$0")"
"${UV:-uv}" pip compile peers.in --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
    --no-annotate --quiet --custom-compile-command "tests/bench/sync/lock.sh" --python-version 3.11 \
    --output-file peers.lock "$@"
(cd pouch && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved)
