#!/bin/bash
# The staging stack from nothing to nothing: up, seed, smoke test, down.   ops/test_staging.sh [--failures] [--keep] [--replace]
#   --failures   also kills and cuts off each service in turn (tests/staging): a quarter of an hour more
#   --keep       leaves the stack up
#   --replace    takes away one that is there, with its data; else it is left alone and nothing is tried
# Its logs are left in var/staging-logs when anything fails.
set -euo pipefail
cd "$(dirname "$0")/.."
failures="" keep="" replace=""
for argument in "$@"; do
    case $argument in
        --failures) failures=1 ;;
        --keep) keep=1 ;;
        --replace) replace=1 ;;
        *) echo "unknown: $argument; see the top of ops/test_staging.sh" >&2; exit 2 ;;
    esac
done
{ docker compose version && docker info; } >/dev/null 2>&1 || { echo "No Docker engine answers here (docker info); the staging stack needs one." >&2; exit 2; }

compose=(docker compose -f docker-compose.staging.yml --env-file .env.staging)
project=callctl-staging
of_project() { # KIND: what is there of the stack
    case $1 in
        containers) docker ps -aq -f "label=com.docker.compose.project=$project" ;;
        *) docker "${1%s}" ls -q -f "label=com.docker.compose.project=$project" ;;
    esac
}
there() { of_project containers; of_project volumes; of_project networks; }
say() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

leave() {
    status=$?
    if [ "$status" != 0 ]; then
        mkdir -p var/staging-logs
        "${compose[@]}" logs --no-color --timestamps >var/staging-logs/all.log 2>&1 || true
        "${compose[@]}" ps -a >var/staging-logs/ps.txt 2>&1 || true
        say "failed; the logs are in var/staging-logs"
    fi
    if [ -z "$keep" ]; then
        say "down"
        "${compose[@]}" --profile tools down -v --timeout 20 2>&1 | tail -3
        left=$(there)
        if [ -n "$left" ]; then echo "left behind: $left" >&2; status=1; else echo "nothing is left"; fi
    fi
    say "ended with $status"
    exit "$status"
}
if [ -n "$(of_project containers; of_project volumes)" ]; then
    [ -n "$replace" ] || { echo "A staging stack is there already, with data that may be somebody's: --replace takes it away." >&2; exit 2; }
    say "take away what is there"
    "${compose[@]}" --profile tools down -v --timeout 20
fi
trap leave EXIT

say "up"
"${compose[@]}" up -d --build --wait --wait-timeout 300
say "seed"
"${compose[@]}" run --rm -T caller python -m ops.seed_staging
say "smoke test"
bash ops/smoke_test_staging.sh
if [ -n "$failures" ]; then
    say "failures"
    .venv/bin/python -m pytest tests/staging -q -p no:cacheprovider
fi
