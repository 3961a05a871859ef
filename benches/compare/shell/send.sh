#!/usr/bin/env bash
# Sends the picture of the day by mail, with common command-line tools.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

type=$(curl -sSf --cacert "$SSL_CERT_FILE" -o "$dir/picture" -w '%{content_type}' "$PICTURE_URL")
base64 -w0 "$dir/picture" >"$dir/base64"

# --rawfile, because the picture exceeds the maximum length of an argument.
jq -n -c --rawfile picture "$dir/base64" \
  --arg from "$BOT_EMAIL" --arg to "$RECEIVER_EMAIL" --arg type "$type" '{
    from: {email: $from},
    subject: "Picletter, your daily picture newsletter!",
    personalizations: [{to: [{email: $to}]}],
    content: [
      {type: "text/plain", value: "Your daily picture"},
      {type: "text/html", value: "<h1>Your daily picture</h1><img alt=\"Picture of the day\" src=\"cid:picture\">"}
    ],
    attachments: [{
      content: $picture, type: $type, filename: "picture.jpg",
      disposition: "inline", content_id: "picture"
    }]
  }' >"$dir/mail.json"

# The key is passed by a file descriptor: all processes can read arguments.
curl -sSf --cacert "$SSL_CERT_FILE" -o /dev/null -w 'sent %{http_code}\n' \
  -H @<(printf 'Authorization: Bearer %s\n' "$SG_KEY") -H 'Content-Type: application/json' \
  --data-binary "@$dir/mail.json" "$SENDGRID_API_URL/v3/mail/send"
