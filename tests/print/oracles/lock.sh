#!/bin/sh
# Writes the locks of the oracles anew: every version and hash, and no address of an index.
# Needs uv and npm. Give --upgrade to take newer versions.
set -eu
cd "$(dirname "$0")"
lock() {
    name=$1
    shift
    "${UV:-uv}" pip compile "$name.in" --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
        --no-annotate --quiet --custom-compile-command "tests/print/oracles/lock.sh" --output-file "$name.lock" "$@"
}
lock encoders --python-version 3.11 "$@"
# Only what its TSPL writer imports: the rest of it is a web service.
lock labeljetty --python-version 3.11 --no-deps "$@"
lock emupos --python-version 3.13 "$@"
lock node --python-version 3.11 "$@"
(cd zpl_renderer && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved)
