#!/bin/sh
# The configuration is rendered anew at each start, into memory: secrets are in no image and on no disk.
set -eu
mkdir -p "$CONFIG_DIR" "$STATE_DIR/spool" "$STATE_DIR/cache"
perl /usr/local/lib/asterisk-callctl/render.pl /usr/local/lib/asterisk-callctl "$CONFIG_DIR"
exec "$@"
