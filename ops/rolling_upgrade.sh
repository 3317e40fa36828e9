#!/usr/bin/env bash
# Restart several controllers of one Asterisk, one after the other, without a caller who notices: each takes no new calls, ends those that it
# has, is restarted by a command of yours, and takes calls again before it is the next one's turn.
#
#   ops/rolling_upgrade.sh 'callctl-1=systemctl restart callctl@1' 'callctl-2=systemctl restart callctl@2'
#
# Settings as for callctl (ARI_URL, ARI_USERNAME, ARI_PASSWORD); and: CALLCTL, how it is called; UPGRADE_WAIT_S, how long a controller may take to
# end its calls (default: half an hour, the longest talk); UPGRADE_START_S, how long to start (default: two minutes).
# It stops, and says where, when something is not as it should be; the controller in question takes calls again if it can.
set -euo pipefail

read -ra callctl <<<"${CALLCTL:-callctl}"
wait_s=${UPGRADE_WAIT_S:-1830}
start_s=${UPGRADE_START_S:-120}

say() { printf '%s  %s\n' "$(date -u +%H:%M:%S)" "$*"; }
stop() { say "Stopped: $*" >&2; exit 1; }

[ $# -ge 1 ] || stop "name the controllers, each with the command that restarts it: NAME=COMMAND ..."
for pair; do
  [[ $pair == ?*=?* ]] || stop "$pair is not NAME=COMMAND"
done

for pair; do
  name=${pair%%=*} restart=${pair#*=}
  "${callctl[@]}" workers | awk -v name="$name" '$1 != name && $2 == "taken" { found = 1 } END { exit !found }' ||
    stop "no controller but $name has room for new calls: they would go to the operators"
  say "$name: takes no new calls, ends those that it has"
  if ! "${callctl[@]}" drain --app "$name" --wait "$wait_s"; then
    "${callctl[@]}" undrain --app "$name" || true
    stop "$name was not restarted"
  fi
  say "$name: $restart"
  bash -c "$restart" || stop "$name could not be restarted"
  began=$SECONDS
  until "${callctl[@]}" undrain --app "$name" 2>/dev/null; do
    [ $((SECONDS - began)) -lt "$start_s" ] || stop "$name takes no calls after its restart: see its log and its /health/ready"
    sleep 1
  done
done
say "All run anew."
