# SPDX-License-Identifier: GPL-3.0-or-later
# Behaves as the documentation's loop around curl does: at most 30 sends, and a wait that begins with 5 s and doubles.
wait=5
for send in $(seq 30); do
  answer=$(curl -s -w '\n%{http_code}' https://api.fireworks.ai/inference/v1/chat/completions \
    -H 'Content-Type: application/json' \
    -d '{"model": "accounts/me/deployments/chat", "messages": []}')
  status=${answer##*$'\n'} body=${answer%$'\n'*}
  if [ "$status" != 503 ] || [ "$(jq -r .error.code <<<"$body")" != DEPLOYMENT_SCALING_UP ]; then
    echo "$body"
    [ "$status" = 200 ]
    exit
  fi
  sleep $wait
  wait=$((2 * wait))
done
echo 'refused 30 times'
exit 1
