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
export WARMFRONT_DATA_DIR=$data # so that commands of the tests find the server, too
# In a process group of its own: npx is not the server, and does not hand signals on.
set -m
$WARMFRONT start --test-controls yes >warmfront.log 2>&1 &
server=$!
set +m
stop() {
  kill -TERM -- "-$server" 2>/dev/null || true
  for ((tries = 300; tries > 0; tries--)); do kill -0 -- "-$server" 2>/dev/null || break; sleep 0.1; done
  kill -KILL -- "-$server" 2>/dev/null || true
  rm -rf "$data"
}
trap stop EXIT

# Ready means that viewers are served. A server that has ended will never be; the first start in a clone installs, which takes longer.
for ((tries = 1200; ; tries--)); do
  curl --silent --fail --output /dev/null "$API/_warmfront/ready" && break
  kill -0 "$server" 2>/dev/null && ((tries > 0)) || { cat warmfront.log >&2; exit 1; }
  sleep 0.1
done

"$@"
