#!/usr/bin/env bash
# Does the staging stack work? Every check is made, each is a line: green OK, yellow WARN, red FAIL with what to do. Exit code 0 without a FAIL, else 1.
#
#   ops/smoke_test_staging.sh [--no-call]
#
# The stack is that of COMPOSE_FILE (docker-compose.staging.yml beside this folder); ports as in .env.staging (STAGING_API_PORT, ...).
# Needs docker compose, curl and python3. Changes nothing, but for one telephone call and its record.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export COMPOSE_FILE=${COMPOSE_FILE:-$here/../docker-compose.staging.yml}
call=yes
case ${1:-} in
    "") ;;
    --no-call) call=no ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

# What .env.staging says, unless the environment says otherwise.
env_file=$(dirname "$COMPOSE_FILE")/.env.staging
if [ -f "$env_file" ]; then
    while IFS='=' read -r name value; do
        [[ $name == STAGING_* && -z ${!name:-} ]] && export "$name=$value"
    done <"$env_file"
fi

if [ -n "${FORCE_COLOR:-}" ] || [ -t 1 ]; then
    green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
else
    green='' yellow='' red='' dim='' plain=''
fi
oks=0 warnings=0 failures=0

# report VERDICT CHECK SEEN [TODO]
report() {
    local colour todo=
    case $1 in
        OK) colour=$green oks=$((oks + 1)) ;;
        WARN) colour=$yellow warnings=$((warnings + 1)) ;;
        *) colour=$red failures=$((failures + 1)) ;;
    esac
    [ -n "${4:-}" ] && todo="  ${dim}-> $4${plain}"
    printf '%s%-4s%s  %-34s %s%s\n' "$colour" "$1" "$plain" "$2" "$3" "$todo"
}

compose() { timeout "${limit:-20}" docker compose "$@" 2>&1; }
inside() { compose exec -T "$@"; }
fetch() { curl -sSk --max-time "${limit:-5}" "$@" 2>&1; }
status_of() { fetch -o /dev/null -w '%{http_code}' "$@" | tail -c 3; }
logs() { echo "docker compose -f docker-compose.staging.yml logs --tail 50 $1"; }

# judge KIND [ARGUMENT ...] <ANSWER: its lines, reported
judge() {
    local verdict check seen todo
    while IFS=$'\t' read -r verdict check seen todo; do
        report "$verdict" "$check" "$seen" "$todo"
    done < <(python3 "$here/smoke_answers.py" "$@")
}

# equal CHECK EXPECTED SEEN TODO
equal() {
    case $3 in
        "$2") report OK "$1" "$3" ;;
        "" | 000) report FAIL "$1" "no answer" "$4" ;;
        *) report FAIL "$1" "$3 instead of $2" "$4" ;;
    esac
}

api=http://127.0.0.1:${STAGING_API_PORT:-18080}
shop=http://127.0.0.1:${STAGING_SHOP_PORT:-18090}
prometheus=http://127.0.0.1:${STAGING_PROMETHEUS_PORT:-19090}
alertmanager=http://127.0.0.1:${STAGING_ALERTMANAGER_PORT:-19093}
grafana=http://127.0.0.1:${STAGING_GRAFANA_PORT:-13000}
tls=https://localhost:${STAGING_TLS_PORT:-8443}
http=http://localhost:${STAGING_HTTP_PORT:-8081}

# It takes as long as people speak, so it is made meanwhile.
called=$(mktemp)
trap 'rm -f "$called"' EXIT
if [ $call = yes ]; then
    limit=90 compose run --rm --no-deps -T caller python -m ops.seed.one_call >"$called" </dev/null &
    calling=$!
fi

mapfile -t names < <(docker compose config --services 2>/dev/null | sort)
if [ ${#names[@]} -eq 0 ]; then
    report FAIL "compose file" "$(docker compose config --services 2>&1 | tail -1)" "docker compose config shows what is wrong with it"
fi
judge services "${names[@]}" < <(timeout 20 docker compose ps -a --format json 2>/dev/null)

equal "controller: /health" 200 "$(status_of "$api/health")" "$(logs controller)"
judge ready < <(fetch "$api/health/ready")

# The key goes in by standard input, so that it is in no list of processes.
key=$(inside shop cat /run/secrets/shop_api_key)
judge tyres < <(printf 'Authorization: Bearer %s\n' "$key" | fetch -H @- "$shop/api/v1/tires/search?per_page=5")

# shellcheck disable=SC2016 # expanded in the container
equal "Redis: PING" PONG "$(inside redis sh -c 'REDISCLI_AUTH=$(cat /run/secrets/redis_password) redis-cli ping' | tail -1)" "$(logs redis)"
if answer=$(inside controller callctl db status); then
    report OK "PostgreSQL and its schema" "$(head -1 <<<"$answer")"
else
    report FAIL "PostgreSQL and its schema" "$(tail -1 <<<"$answer")" "callctl db upgrade, if it answers; else $(logs postgres)"
fi

# shellcheck disable=SC2016 # expanded in the container
placeholders=$(inside controller sh -c '
    cd /run/secrets || exit
    for file in *; do
        [ -s "$file" ] || echo "$file is empty"
        grep -Eiq "^(staging-only-)?(change.?me|changeit|placeholder|example|password|secret|test|your[-_ ]|todo|xxx)" "$file" && echo "$file is a placeholder"
    done
    set -- *
    echo "$# secrets"')
case $placeholders in
    [1-9]*" secrets") report OK "secrets" "$placeholders, none of them empty or a placeholder" ;;
    *) report FAIL "secrets" "$(tr '\n' ' ' <<<"$placeholders")" "down -v lets the stack make new ones" ;;
esac

judge targets < <(fetch "$prometheus/api/v1/targets?state=active")
judge rules < <(fetch "$prometheus/api/v1/rules")
judge alertmanagers < <(fetch "$prometheus/api/v1/alertmanagers")
equal "Alertmanager: ready" 200 "$(status_of "$alertmanager/-/ready")" "$(logs alertmanager)"
judge alerts < <(fetch "$prometheus/api/v1/alerts")

answer=$(fetch "$grafana/api/health")
judge grafana <<<"$answer"
# The stand-in that takes Grafana's place without a registry asks every panel's query.
if [[ $answer == *STAND-IN* ]]; then judge panels < <(limit=20 fetch "$grafana/standin/check"); fi

equal "proxy: console by TLS" 200 "$(status_of "$tls/")" "$(logs proxy)"
equal "proxy: hides /metrics" 404 "$(status_of "$tls/metrics")" "ops/proxy/Caddyfile"
equal "proxy: sends to TLS" "$tls/" "$(fetch -o /dev/null -w '%{redirect_url}' "$http/")" "$(logs proxy)"

if [ $call = no ]; then
    report WARN "a telephone call" "left out (--no-call)"
elif wait "$calling"; then
    report OK "a telephone call" "$(tail -1 "$called")"
else
    report FAIL "a telephone call" "$(tail -1 "$called")" "docker compose -f docker-compose.staging.yml exec controller callctl calls -n 1, then callctl show"
fi

printf '\n%s OK, %s WARN, %s FAIL\n' "$oks" "$warnings" "$failures"
[ "$failures" -eq 0 ]
