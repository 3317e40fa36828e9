# shellcheck shell=bash
# What ops/backup.sh and ops/restore.sh have in common: where PostgreSQL's programs are and how they reach the database. Sourced.

COMPOSE=
started=$(date +%s)

say() { printf '%s\n' "$*" >&2; }
took() { printf '%s s' "$(($(date +%s) - started))"; }
fail() { say "$*."; exit 1; }

# The password goes by the environment: a command line can be read by everybody on the machine.
connect() {
  if [[ $COMPOSE ]]; then
    CALLCTL='docker compose run --rm -T --no-deps migrate'
    return
  fi
  CALLCTL=${CALLCTL:-callctl}
  [[ -n ${DATABASE_URL:-} ]] || fail "DATABASE_URL is not set: postgresql://user:password@host:5432/database; or say --compose"
  local escaped=
  url=$DATABASE_URL
  if [[ $url =~ ^(postgres(ql)?://[^:/@]+):([^@/]*)@(.*)$ ]]; then
    escaped=${BASH_REMATCH[3]}
    url=${BASH_REMATCH[1]}@${BASH_REMATCH[4]}
    PGPASSWORD=$(printf '%b' "${escaped//%/\\x}")
  elif [[ -n ${DATABASE_PASSWORD_FILE:-} ]]; then
    PGPASSWORD=$(<"$DATABASE_PASSWORD_FILE")
  elif [[ -n ${DATABASE_PASSWORD:-} ]]; then
    PGPASSWORD=$DATABASE_PASSWORD
  fi
  [[ -z ${PGPASSWORD:-} ]] || export PGPASSWORD
  command -v pg_dump >/dev/null || fail "pg_dump is not here: install postgresql-client of the server's version or newer, or say --compose"
}

in_container() { docker compose exec -T postgres "$@"; }

# PROGRAM ARGUMENTS...: a client of PostgreSQL's, connected.
pg() {
  local program=$1
  shift
  if [[ $COMPOSE ]]; then
    # shellcheck disable=SC2016 # the container's own variables
    in_container sh -c 'program=$1; shift; exec "$program" --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" "$@"' sh "$program" "$@"
  else
    "$program" --dbname="$url" "$@"
  fi
}

ask() { pg psql --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 --command "$1" </dev/null; }

pg_archive() { if [[ $COMPOSE ]]; then in_container pg_restore "$@"; else pg_restore "$@"; fi; }
pg_list() { pg_archive --list; }
pg_script() { pg_archive --no-owner --no-privileges --verbose --file=-; }

# FILE: all of it is there and unpacks, and it is a backup of ours. --list alone reads the first pages.
readable() { pg_list <"$1" | grep ' TABLE DATA public alembic_version ' >/dev/null && pg_archive --file=/dev/null <"$1"; }

# FILE: the receipts of erasures that the database has, added to those that are in FILE. Without any there is no FILE.
keep_erasures() {
  [[ $(ask "SELECT to_regclass('public.audit') IS NOT NULL") == t ]] || return 0
  local new=$1.partial old=/dev/null
  [[ ! -e $1 ]] || old=$1
  { cat "$old" && ask "SELECT arguments FROM public.audit WHERE action = 'customer.erase' ORDER BY id"; } | sort -u >"$new"
  if [[ -e $1 || -s $new ]]; then mv "$new" "$1"; else rm "$new"; fi
}

# shellcheck disable=SC2086 # several words
callctl() { command $CALLCTL "$@"; }
