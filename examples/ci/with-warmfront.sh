#!/usr/bin/env bash
# Runs a command with a Warmfront of its own, which is stopped when the command has ended, however it ends:
#   ./with-warmfront.sh npm test
# The exit code is the command's. What Warmfront says goes to warmfront.log, its state to a folder that is removed.
set -euo pipefail

# From a clone; once it is published: WARMFRONT="npx --yes warmfront"
WARMFRONT=${WARMFRONT:-node warmfront/bin/warmfront.js}
API=http://127.0.0.1:${WARMFRONT_API_PORT:-7400}
export AWS_ENDPOINT_URL=$API AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

data=$(mktemp -d)
$WARMFRONT start --data-dir "$data" --test-controls yes >warmfront.log 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null && wait "$server" || true; rm -rf "$data"' EXIT

# Ready means that viewers are served. A server that has ended will never be; the first start in a clone installs, which takes longer.
for ((tries = 1200; ; tries--)); do
  curl --silent --fail --output /dev/null "$API/_warmfront/ready" && break
  kill -0 "$server" 2>/dev/null && ((tries > 0)) || { cat warmfront.log >&2; exit 1; }
  sleep 0.1
done

"$@"
