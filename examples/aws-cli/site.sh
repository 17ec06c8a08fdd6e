#!/usr/bin/env bash
# A site with a members' area, made with the AWS CLI: pages in a bucket that only the distribution can read (an origin access
# control), everything below /members/ for those who were given a signed URL (a key group). Makes it, shows it, removes it;
# KEEP=1 ./site.sh leaves it there. Against AWS it is the same, but that a distribution takes minutes.
set -euo pipefail

BUCKET=${BUCKET:-members-$RANDOM$RANDOM}
REFERENCE=$BUCKET-$(date +%s)                     # CallerReference: the same again would make nothing twice
PORT=${WARMFRONT_EDGE_HTTP_PORT:-7480}
WORK=$(mktemp -d)

# The AWS CLI before 2.13 does not read AWS_ENDPOINT_URL by itself.
aws() { command aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} --output text "$@"; }
say() { printf '%-14s%s\n' "$@"; }

# 1. A bucket with a page for everybody and one for members. Nobody but its owner can read it yet.
echo '<h1>Welcome</h1>' >"$WORK/index.html"
echo '<h1>Members only</h1>' >"$WORK/report.html"
aws s3 mb "s3://$BUCKET" >/dev/null
aws s3 cp --only-show-errors "$WORK/index.html" "s3://$BUCKET/index.html"
aws s3 cp --only-show-errors "$WORK/report.html" "s3://$BUCKET/members/report.html"
say bucket "$BUCKET"

# 2. A key pair. CloudFront gets its public half, in a key group; whoever has the private half can let people in.
# As "RSA PRIVATE KEY": `aws cloudfront sign` of version 1 reads no other, and OpenSSL before 3 writes no other.
openssl genrsa -traditional -out "$WORK/private.pem" 2048 2>/dev/null || openssl genrsa -out "$WORK/private.pem" 2048 2>/dev/null
openssl rsa -in "$WORK/private.pem" -pubout -out "$WORK/public.pem" 2>/dev/null
printf '{ "CallerReference": "%s", "Name": "%s", "EncodedKey": "%s" }' "$REFERENCE" "$REFERENCE" \
  "$(awk '{ printf "%s\\n", $0 }' "$WORK/public.pem")" >"$WORK/public-key.json" # PEM has lines, JSON has none
KEY=$(aws cloudfront create-public-key --public-key-config "file://$WORK/public-key.json" --query PublicKey.Id)
GROUP=$(aws cloudfront create-key-group --key-group-config "Name=$REFERENCE,Items=$KEY" --query KeyGroup.Id)
say key-group "$GROUP"

# 3. An origin access control: the distribution signs what it asks of the bucket.
CONTROL=$(aws cloudfront create-origin-access-control --query OriginAccessControl.Id --origin-access-control-config \
  "Name=$REFERENCE,SigningProtocol=sigv4,SigningBehavior=always,OriginAccessControlOriginType=s3")
say control "$CONTROL"

# 4. The distribution: /members/* wants a signature by a key of the group, the rest is for everybody.
config() { # Enabled
  local behavior='"TargetOriginId": "bucket", "ViewerProtocolPolicy": "allow-all", "MinTTL": 0,
    "ForwardedValues": { "QueryString": false, "Cookies": { "Forward": "none" } }'
  cat <<JSON
{
  "CallerReference": "$REFERENCE", "Comment": "members' area", "Enabled": $1, "DefaultRootObject": "index.html",
  "Origins": { "Quantity": 1, "Items": [ { "Id": "bucket", "DomainName": "$BUCKET.s3.amazonaws.com",
    "S3OriginConfig": { "OriginAccessIdentity": "" }, "OriginAccessControlId": "$CONTROL" } ] },
  "DefaultCacheBehavior": { $behavior },
  "CacheBehaviors": { "Quantity": 1, "Items": [ { "PathPattern": "members/*", $behavior,
    "TrustedKeyGroups": { "Enabled": true, "Quantity": 1, "Items": [ "$GROUP" ] } } ] }
}
JSON
}
config true >"$WORK/config.json"
read -r ID DOMAIN ARN <<<"$(aws cloudfront create-distribution --distribution-config "file://$WORK/config.json" \
  --query 'Distribution.[Id,DomainName,ARN]')"

# 5. The bucket lets this one distribution read.
cat >"$WORK/policy.json" <<JSON
{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::$BUCKET/*",
  "Principal": { "Service": "cloudfront.amazonaws.com" }, "Condition": { "StringEquals": { "AWS:SourceArn": "$ARN" } } } ] }
JSON
aws s3api put-bucket-policy --bucket "$BUCKET" --policy "file://$WORK/policy.json"
aws cloudfront wait distribution-deployed --id "$ID"
say distribution "$ID  http://$DOMAIN:$PORT/"

# 6. What viewers get. The signed URL is for one page and ends in an hour.
view() { curl -s -o /dev/null -w '%{http_code} %header{x-cache}' "$1"; }
PAGE=http://$DOMAIN:$PORT/members/report.html
SIGNED=$(aws cloudfront sign --url "$PAGE" --key-pair-id "$KEY" --private-key "file://$WORK/private.pem" \
  --date-less-than "$(($(date +%s) + 3600))")
say welcome "$(view "http://$DOMAIN:$PORT/")"
say again "$(view "http://$DOMAIN:$PORT/")"
say unsigned "$(view "$PAGE")"
say signed "$(view "$SIGNED")"

# 7. Everything goes again, in the order in which nothing is in use.
[ -z "${KEEP:-}" ] || { say signed-url "$SIGNED"; exit 0; }
revision() { aws cloudfront "$1" --id "$2" --query ETag; }
config false >"$WORK/config.json"
aws cloudfront update-distribution --id "$ID" --if-match "$(revision get-distribution-config "$ID")" \
  --distribution-config "file://$WORK/config.json" >/dev/null
aws cloudfront wait distribution-deployed --id "$ID"
aws cloudfront delete-distribution --id "$ID" --if-match "$(revision get-distribution-config "$ID")"
aws cloudfront delete-key-group --id "$GROUP" --if-match "$(revision get-key-group "$GROUP")"
aws cloudfront delete-public-key --id "$KEY" --if-match "$(revision get-public-key "$KEY")"
aws cloudfront delete-origin-access-control --id "$CONTROL" --if-match "$(revision get-origin-access-control "$CONTROL")"
aws s3 rb --force "s3://$BUCKET" >/dev/null
rm -r "$WORK"
say removed everything
