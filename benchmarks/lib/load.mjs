// The load generator: wrk when it is installed, autocannon otherwise. Both run beside the app, on the second core.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { runBeside } from './processes.mjs';

const require = createRequire(import.meta.url);
/** Undefined when there is neither. */
export const generator = hasWrk() ? 'wrk' : hasAutocannon() ? 'autocannon' : undefined;

function hasWrk() {
  return spawnSync('wrk', ['-v']).error === undefined;
}

function hasAutocannon() {
  try {
    require.resolve('autocannon');
    return true;
  } catch {
    return false;
  }
}

/** Closed-loop load. @returns {Promise<{requests: number, perSecond: number}>} completed requests */
export async function load(url, seconds, connections) {
  return generator === 'wrk' ? wrk(url, seconds, connections) : autocannon(url, seconds, connections);
}

async function wrk(url, seconds, connections) {
  // wrk takes whole seconds only.
  const duration = String(Math.max(1, Math.round(seconds)));
  const output = await runBeside('wrk', ['-t1', `-c${connections}`, `-d${duration}s`, url]);
  const requests = Number(/(\d+) requests in/.exec(output)?.[1] ?? 0);
  // Timeouts (over 2 s) are left to the reader: a busy machine is no fault of the app.
  const failed =
    /Non-2xx or 3xx responses: \d+/.exec(output) ??
    /Socket errors: (?!connect 0, read 0, write 0).*/.exec(output);
  if (failed || requests === 0) throw new Error(`the app failed under load: ${failed?.[0] ?? output}`);
  return { requests, perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)[1]) };
}

async function autocannon(url, seconds, connections) {
  const args = [
    require.resolve('autocannon'),
    '-j',
    '-n',
    '-c',
    String(connections),
    '-d',
    String(seconds),
    url,
  ];
  const result = JSON.parse(await runBeside(process.execPath, args));
  const failed = result.errors - result.timeouts + result.non2xx;
  if (failed > 0 || result.requests.total === 0)
    throw new Error(`the app failed under load: ${failed} requests`);
  return { requests: result['2xx'], perSecond: result['2xx'] / result.duration };
}
