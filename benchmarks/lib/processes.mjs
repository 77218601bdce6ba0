// Starting, measuring and ending processes. Everything started here is ended when the benchmark ends, however it ends.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';

export const APP_CORE = 0;
export const OTHER_CORE = availableParallelism() > 1 ? 1 : 0;

const canPin = spawnSync('taskset', ['-V']).error === undefined;
const ticksPerSecond = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout ?? 100) || 100;
const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
]) {
  process.once(signal, () => process.exit(128 + number));
}

/** `spawn`, pinned to a core where `taskset` exists. It replaces itself by the command, so the pid is the command's. */
export function spawnPinned(core, command, args, options) {
  const child = canPin
    ? spawn('taskset', ['-c', String(core), command, ...args], options)
    : spawn(command, args, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** User and system time of all threads, living and ended, in microseconds. The kernel counts in ticks of 10 ms. */
export function cpuMicroseconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
}

/** Time that a core was not idle, in microseconds: what is beyond the app's own share disturbs the measurement. */
export function coreBusyMicroseconds(core) {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`cpu${core} `));
  const [user, nice, system, , , irq, softirq, steal] = line.split(' ').slice(1).map(Number);
  return ((user + nice + system + irq + softirq + steal) * 1e6) / ticksPerSecond;
}

export function rssMegabytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

/** The caller's environment without anything that would configure an agent or Node.js itself. */
export function cleanEnvironment(extra) {
  const env = { PGHOST: '127.0.0.1', PGUSER: 'postgres', PGDATABASE: 'postgres' };
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(OTEL_|DD_|FORETRACE_|NODE_)/.test(name)) env[name] = value;
  }
  return { ...env, NODE_ENV: 'production', ...extra };
}

/**
 * Starts an app of apps/ under a variant and waits until it listens.
 *
 * @param {{env?: object, flags?: string[], onError?: (line: string) => void}} [how] `onError` gets the lines of its stderr
 * @returns an object with `url`, `startMs` (spawn to listening), `startCpuMs`, `pid`, `ask` and `stop`
 */
export async function startApp(node, variant, { env = {}, flags = [], onError } = {}) {
  const started = performance.now();
  const child = spawnPinned(APP_CORE, node, [...flags, ...variant.flags, variant.file], {
    env: cleanEnvironment({ ...variant.env, ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors = (errors + text).slice(-2000);
  });
  if (onError !== undefined) createInterface({ input: child.stderr }).on('line', onError);
  const lines = createInterface({ input: child.stdout });
  const waiting = [];
  lines.on('line', (line) => {
    const index = waiting.findIndex(({ prefix }) => line.startsWith(prefix));
    if (index !== -1) waiting.splice(index, 1)[0].resolve(line);
  });
  const died = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const exitedEarly = died.then(({ code, signal }) => {
    throw new Error(`${variant.label}: the app ended with ${signal ?? code}\n${errors}`);
  });
  exitedEarly.catch(() => {});
  const line = (prefix) =>
    Promise.race([new Promise((resolve) => waiting.push({ prefix, resolve })), exitedEarly]);

  const listening = await line('listening ');
  const startMs = performance.now() - started;
  const startCpuMs = cpuMicroseconds(child.pid) / 1000;
  return {
    pid: child.pid,
    startMs,
    startCpuMs,
    url: `http://127.0.0.1:${listening.split(' ')[1]}`,
    alive: () => child.exitCode === null && child.signalCode === null,
    /** How the app ended, with the end of its stderr. */
    death: () => `it ended with ${child.signalCode ?? child.exitCode} ${errors}`.trim(),
    /** Sends a signal and waits for a line with this prefix, which apps' preloads answer with. */
    ask(signal, prefix) {
      const answer = line(prefix);
      child.kill(signal);
      return answer;
    },
    /** SIGTERM, so that agents can send what is queued; not all of them let the process end, hence the limit. */
    async stop(graceMs = 500) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const limit = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await died;
      clearTimeout(limit);
    },
  };
}

/** Starts a server of lib/ that answers over IPC; see sink.mjs and upstream.mjs. */
export async function startServer(file, args = []) {
  const child = spawnPinned(
    OTHER_CORE,
    process.execPath,
    [new URL(file, import.meta.url).pathname, ...args],
    {
      env: cleanEnvironment({}),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  const [{ port }] = await once(child, 'message');
  let last = Promise.resolve();
  return {
    url: `http://127.0.0.1:${port}`,
    /** One after the other: answers carry no number. */
    request(message) {
      last = last.then(async () => {
        child.send(message);
        const [answer] = await once(child, 'message');
        return answer;
      });
      return last;
    },
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Runs a command on the second core to its end and returns its stdout. */
export async function runBeside(command, args, core = OTHER_CORE, env = cleanEnvironment({})) {
  const child = spawnPinned(core, command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (errors += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ended with ${code}\n${errors.slice(-2000)}`);
  return output;
}
