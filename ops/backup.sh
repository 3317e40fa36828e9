#!/bin/bash
# A backup of the database: one consistent dump, looked through before it counts; older ones beyond KEEP are removed.
#
#   DATABASE_URL=postgresql://... ops/backup.sh DIRECTORY      with PostgreSQL's own programs on this machine
#   ops/backup.sh --compose DIRECTORY                          with those in the stack's container (COMPOSE_FILE, COMPOSE_PROJECT_NAME
#                                                              as for docker compose)
#
# Beside the dumps it keeps erasures.jsonl, the receipts of erased customers: ops/restore.sh erases them again, and asks for the file.
# docs/operations.md tells what a backup does not hold.
set -euo pipefail
umask 077
. "$(dirname "$0")/database.sh"

usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; }

while (($#)); do
  case $1 in
    --compose) COMPOSE=1 ;;
    -h | --help) usage && exit ;;
    -*) fail "$1 is no option" ;;
    *) directory=$1 ;;
  esac
  shift
done
[[ -n ${directory:-} ]] || { usage >&2; exit 2; }
keep=${KEEP:-14}
[[ $keep =~ ^[1-9][0-9]*$ ]] || fail "KEEP=$keep: how many backups are kept must be a number, at least 1"
mkdir -p "$directory"
exec 9>"$directory/.lock"
flock -n 9 || fail "Another backup into $directory is running"
rm -f "$directory"/.*.partial # of one that was cut short
connect

final=$directory/callctl-$(date -u +%Y%m%dT%H%M%SZ).dump
partial=$directory/.${final##*/}.partial
trap 'rm -f "$partial"' EXIT

say "Dumping ..."
# Through a pipe, as it comes from a container anyway: some builds write a second table of contents behind a file that they can seek in.
pg pg_dump --format=custom --no-owner --no-privileges --lock-wait-timeout=60s </dev/null | cat >"$partial" || fail "The dump failed; no backup was made"
say "Reading it back ..."
readable "$partial" || fail "The dump cannot be read back; no backup was made"
sync "$partial"
[[ ! -e $final ]] || fail "$final exists already; no backup was made"
mv "$partial" "$final"
touch "$directory/erasures.jsonl" # an empty one says that nobody was erased
keep_erasures "$directory/erasures.jsonl"

mapfile -t dumps < <(find "$directory" -maxdepth 1 -name 'callctl-*.dump' | sort -r)
for old in "${dumps[@]:keep}"; do
  rm -f "$old"
  say "Removed ${old##*/}: $keep are kept"
done
say "$final, $(du -h "$final" | cut -f1), $(took)"
