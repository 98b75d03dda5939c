# SPDX-License-Identifier: GPL-3.0-or-later
# Behaves as the documentation's sample in Python does: at most 30 sends, 5 s after the first refusal, each wait half as
# long again as the one before, 60 s at most, and only after a 503 that says that the deployment starts.
import time

import requests


def is_starting(answer):
    return answer.status_code == 503 and answer.json().get('error', {}).get('code') == 'DEPLOYMENT_SCALING_UP'


def query_deployment_with_retry(url, payload, sends=30, wait=5):
    for _ in range(sends):
        answer = requests.post(url, json=payload, headers=headers)  # noqa: F821: the reader's own
        if not is_starting(answer):
            answer.raise_for_status()
            return answer.json()
        time.sleep(wait)
        wait = min(1.5 * wait, 60)
    raise TimeoutError(f'refused {sends} times')
