#!/bin/sh
# Makes the secrets of a stack, each a file, and leaves alone what is there:   ops/make_secrets.sh [FOLDER]     (./secrets)
# What others give us is not made but asked for. With SECRET_PREFIX=staging-only- (the init service of staging) everything is made; ALERTS_TO is then
# the address that alerts are sent to.
set -eu
folder=${1:-secrets}
prefix=${SECRET_PREFIX:-}
own="database_password redis_password ari_password ari_supervisor_password operator_password grafana_password"
given="shop_api_key anthropic_api_key google_credentials alertmanager_webhook"

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make() {
    if [ -s "$folder/$1" ]; then echo "$1: there"; return; fi
    # Written beside and renamed: a half-written secret is never read. Readable for the accounts inside the containers; the folder is closed.
    printf '%s\n' "${2:-$prefix$(random)}" >"$folder/.$1" && chmod 444 "$folder/.$1" && mv "$folder/.$1" "$folder/$1" && echo "$1: made"
}

umask 077
mkdir -p "$folder"
for name in $own; do make "$name"; done
missing=
for name in $given; do
    if [ "$name" = alertmanager_webhook ] && [ -n "${ALERTS_TO:-}" ]; then make "$name" "$ALERTS_TO"
    elif [ -n "$prefix" ]; then make "$name"; elif [ -s "$folder/$name" ]; then echo "$name: there"; else missing="$missing $name"; fi
done
[ -z "$missing" ] || { for name in $missing; do echo "$name: still needed: write it to $folder/$name, chmod 444" >&2; done; exit 1; }
