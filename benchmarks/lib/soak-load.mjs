// The load of soak.mjs: the same requests at the same moments for several apps, some of them destroyed before they are answered.
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const TICK_MS = 10;
const LOST_MS = 30_000;

/**
 * @param {string[]} urls one for each app
 * @param {number} rate requests per second, for each
 * @param {number} connections most at a time, for each
 * @param {number} abortEvery which requests are destroyed: each so-manieth
 */
export function startLoad(urls, rate, connections, abortEvery) {
  const targets = urls.map((url) => ({
    url,
    agent: new Agent({ keepAlive: true, maxSockets: connections }),
    open: 0,
    outcomes: { answered: 0, errors: 0, aborted: 0, failed: 0 },
  }));
  let sent = 0;
  let dueAt = performance.now();

  function send(target, abortAfterMs) {
    const { outcomes } = target;
    target.open++;
    const request = get(target.url, { agent: target.agent, timeout: LOST_MS });
    let outcome = 'failed';
    request.on('response', (response) => {
      response.resume();
      // An aborted one ends in an error.
      response.on('error', () => {});
      response.on('end', () => (outcome = response.statusCode === 200 ? 'answered' : 'errors'));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => {});
    request.on('close', () => {
      outcomes[outcome]++;
      target.open--;
    });
    if (abortAfterMs === undefined) return;
    setTimeout(() => {
      if (outcome !== 'failed') return;
      outcome = 'aborted';
      request.destroy();
    }, abortAfterMs);
  }

  function tick() {
    for (const now = performance.now(); dueAt <= now; dueAt += 1000 / rate) {
      const aborts = ++sent % abortEvery === 0;
      // Before it has been sent, while the app works on it, when it has been answered.
      for (const target of targets) send(target, aborts ? (sent / abortEvery) % 5 : undefined);
    }
  }
  let timer = setInterval(tick, TICK_MS);

  return {
    outcomes: targets.map(({ outcomes }) => outcomes),
    /** Resolves when nothing is under way. */
    async pause() {
      clearInterval(timer);
      while (targets.some(({ open }) => open > 0)) await sleep(TICK_MS);
    },
    resume() {
      dueAt = performance.now();
      timer = setInterval(tick, TICK_MS);
    },
    close() {
      clearInterval(timer);
      for (const { agent } of targets) agent.destroy();
    },
  };
}
