#!/usr/bin/env bash
# What `npm test` runs: lint, build, then both test rings. It ends at the first step that fails.
# The last line is always `N passed, N failed`, alone, for continuous integration to read; a step that fails before
# any test has run counts as one failure. Exit code 0 only when every step succeeded.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
# The Node.js of the lock file, not the machine's: the same when this is started without npm.
export PATH="$root/node_modules/.bin:$PATH"
export NX_DAEMON=false

step() {
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  "$@" || {
    printf '\nnpm test: the step "%s" failed\n0 passed, 1 failed\n' "$name"
    exit 1
  }
}

printf 'node %s\n' "$(node --version)"
step lint npm run --silent lint
step build npm run --silent build

printf '\n== tests\n'
result=$(mktemp)
trap 'rm -f "$result"' EXIT
code=0
NODE_OPTIONS="${NODE_OPTIONS-} --experimental-vm-modules" jest --maxWorkers=2 --json --outputFile="$result" >&2 || code=$?
node tools/ci/summary.mjs "$result" "$code"
