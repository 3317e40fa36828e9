#!/bin/bash
# Put a backup of ops/backup.sh into the database, in one transaction: it is there as a whole, or everything is as it was.
#
#   DATABASE_URL=postgresql://... ops/restore.sh [--replace] [--no-erasures] FILE   with PostgreSQL's own programs and callctl on this machine
#   ops/restore.sh --compose [--replace] [--no-erasures] FILE                       with those of the stack's containers
#
# A database that holds something is refused unless --replace says that it goes; and so is one that controllers are connected to.
# Afterwards the schema is brought up to date, months are made, customers who were erased since are erased again, and the state is shown.
# Who that is stands in erasures.jsonl beside FILE. Without it nothing is restored unless --no-erasures says that it is lost.
# CALLCTL is the command that does it (default: callctl).
set -euo pipefail
umask 077
. "$(dirname "$0")/database.sh"

usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; }

replace=
lost=
while (($#)); do
  case $1 in
    --compose) COMPOSE=1 ;;
    --replace) replace=1 ;;
    --no-erasures) lost=1 ;;
    -h | --help) usage && exit ;;
    -*) fail "$1 is no option" ;;
    *) file=$1 ;;
  esac
  shift
done
[[ -n ${file:-} ]] || { usage >&2; exit 2; }
[[ -r $file ]] || fail "$file cannot be read"
erasures=$(dirname "$file")/erasures.jsonl
[[ -e $erasures || $lost ]] || fail "$erasures is not beside it: without the receipts, customers who were erased after this backup come back. \
Bring the file of the same folder, or an empty one if nobody was ever erased; if it is lost, say --no-erasures, and erase them by hand afterwards"
[[ ! -e $erasures ]] || lost=
connect
say "Reading $file ..."
readable "$file" || fail "$file is no readable backup; nothing was changed"

there=$(ask "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')")
if ((there)); then
  [[ $replace ]] || fail "The database holds $there tables already. Restore into an empty one, or say --replace, and they are gone"
  connected=$(ask "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'callctl%'")
  ((connected == 0)) || fail "Controllers are connected to it ($connected connections). Stop them first; callers go to the operators meanwhile"
fi
keep_erasures "$erasures" # also those that are only in the database that goes

tables=$(pg_list <"$file" | grep -c ' TABLE DATA ')
progress() {
  local line table n=0
  while IFS= read -r line; do
    case $line in
      *'processing data for table'*)
        table=${line#*\"}
        table=${table#public.}
        say "Restoring ${table%\"*}, $((n += 1)) of $tables"
        ;;
      *'error:'*) say "$line" ;;
    esac
  done
}
# Without the last word there is no commit: whatever breaks on the way, the old contents stand.
script() {
  echo "BEGIN; SET lock_timeout = '30s'; DROP SCHEMA public CASCADE; CREATE SCHEMA public; ALTER SCHEMA public OWNER TO pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC;"
  pg_script <"$file" 2> >(progress >&2) || return
  echo 'COMMIT;'
}
script | pg psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --output /dev/null || fail "The restore failed; the database is as it was"
[[ $(ask "SELECT to_regclass('public.alembic_version') IS NOT NULL") == t ]] || fail "The restore failed; the database is as it was"

# From here on the backup is in the database: what breaks or is interrupted must not pass for a restore that is done.
left=("db upgrade" "db partitions")
[[ ! -s $erasures ]] || left+=("db erase --again - <$(printf %q "$erasures")")
left+=("db status")
unfinished() {
  say ""
  say "NOT FINISHED. The backup is in the database, but this is still to be done, in this order:"
  say ""
  for step in "${left[@]}"; do say "  $CALLCTL $step"; done
  say ""
  say "No controller may start before each has succeeded: erased customers may be back, or the schema too old."
}
trap unfinished EXIT
finished() { left=("${left[@]:1}"); }

callctl db upgrade
finished
callctl db partitions
finished
if [[ -s $erasures ]]; then
  say "Erasing again whom $erasures names ..."
  callctl db erase --again - <"$erasures" >/dev/null
  finished
fi
callctl db status
trap - EXIT
say "Restored from ${file##*/} in $(took). What callers left since that backup is gone, but for what waits in controllers' spools."
[[ ! $lost ]] || say "There was no erasures.jsonl: whoever was erased after this backup may be back. Erase them before the controllers start."
