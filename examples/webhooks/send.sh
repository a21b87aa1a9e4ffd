#!/bin/sh
# Signs order.json, or the file that is named, and posts it. Needs curl and openssl.
# WEBHOOK_URL and WEBHOOK_SECRET are what POST /v1/connections answered.
set -eu
file=${1:-"$(dirname "$0")/order.json"}

now=$(date +%s)
# The signature is over the timestamp, a point and the raw bytes of the body.
mac=$({ printf '%s.' "$now" && cat "$file"; } | openssl dgst -sha256 -hmac "$WEBHOOK_SECRET" -r | cut -d' ' -f1)

curl --silent --show-error --fail --max-time 10 \
  --retry 5 --retry-connrefused \
  -H 'Content-Type: application/json' \
  -H "X-Timestamp: $now" \
  -H "X-Signature: sha256=$mac" \
  --data-binary "@$file" \
  "$WEBHOOK_URL"
