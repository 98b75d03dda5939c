// SPDX-License-Identifier: GPL-3.0-or-later
// Behaves as the documentation's sample in JavaScript does, which waits as the one in Python.
async function isStarting(answer) {
  return answer.status === 503 && (await answer.json()).error?.code === 'DEPLOYMENT_SCALING_UP';
}

async function queryDeploymentWithRetry(url, payload, sends = 30, wait = 5000) {
  for (let send = 0; send < sends; send += 1) {
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(payload),
      headers: { 'Content-Type': 'application/json', ...headers } });
    if (answer.ok) return answer.json();
    if (!await isStarting(answer)) throw new Error(`status ${answer.status}`);
    const length = wait;
    await new Promise((then) => setTimeout(then, length));
    wait = Math.min(1.5 * wait, 60000);
  }
  throw new Error(`refused ${sends} times`);
}
