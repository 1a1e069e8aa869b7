#!/bin/sh
# Migrates the database, then runs the tests that need no server: what starts after this one starts on what is proved.
set -eu

node dist/cli/migrate.js
if [ "${SKIP_TESTS:-}" = 1 ]; then exit 0; fi
# The tests set their environment themselves; what this service was given is not theirs.
env -i PATH="$PATH" HOME="$HOME" node scripts/test.mjs unit
