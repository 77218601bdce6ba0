/** Runs an app in a process of its own under the agent, as an operator would start it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, onTestFinished } from 'vitest';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The `node` that apps are run with: the matrix sets NODE_UNDER_TEST to other versions. */
export const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;

export interface RunOptions {
  /** The app's file: absolute, or relative to `test/fixtures`. */
  file?: string;
  /** Code to run with `node -e` instead of a file. */
  eval?: string;
  args?: readonly string[];
  /** Added to (or with `undefined`: removed from) the environment. */
  env?: Record<string, string | undefined>;
  /** Another node binary than {@link NODE}. */
  node?: string;
  /** Further options for node, before the agent's own. */
  execArgv?: readonly string[];
  /** How the agent is preloaded. Default `import`. */
  agent?: 'import' | 'require' | 'none';
  /** Where the spans go. Without one nothing listens at the endpoint: set the exporter by `env`. */
  receiver?: { url: string };
  cwd?: string;
  /** Written to the app's stdin, which then ends; `true`: stdin stays open for {@link App.send}. Default: empty. */
  stdin?: string | true;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** From the start of the process to its end. */
  durationMs: number;
}

export interface App {
  readonly child: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when the process has ended and its output is complete. Never rejects because of an exit code. */
  readonly exited: Promise<Exit>;
  /** The port from the `{"port":N}` line that a server app prints when it listens. */
  listening(): Promise<number>;
  /** `http://127.0.0.1:<port>` of a server app. */
  url(path?: string): Promise<string>;
  /** The next line of stdout for which `wanted` holds, parsed as JSON where it is JSON. */
  line(wanted: (line: any) => boolean, timeoutMs?: number): Promise<any>;
  /** Writes a line of JSON to stdin. */
  send(message: unknown): void;
  /** Sends the signal (SIGTERM) and waits for the end; kills an app that is still there after 10 s. */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
}

const running = new Set<ChildProcess>();
const kill = (child: ChildProcess): void => {
  if (running.has(child)) child.kill('SIGKILL');
};
afterAll(() => running.forEach(kill));
process.on('exit', () => running.forEach(kill));

/**
 * The environment for apps: ours, without what belongs to the test runner and without settings of the agent that a
 * developer may have in the shell.
 */
export function cleanEnv(): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (
      /^(NODE_OPTIONS|NODE_ENV|NODE_CHANNEL_.*|VITEST.*|TEST|DEV|PROD|SSR|BASE_URL|MODE|OTEL_.*|FORETRACE_.*)$/.test(
        name,
      )
    )
      continue;
    env[name] = value;
  }
  return env;
}

/** The options of `node` that preload the agent. */
export function preload(agent: 'import' | 'require' | 'none'): string[] {
  if (agent === 'import') return ['--import', new URL('../../register.mjs', import.meta.url).href];
  if (agent === 'require') return ['--require', `${ROOT}register.cjs`];
  return [];
}

/** Starts an app. Within a test it is killed at the test's end, otherwise at the end of the test file. */
export function runApp(options: RunOptions): App {
  const { agent = 'import', receiver } = options;
  const target =
    options.eval === undefined
      ? [fileURLToPath(new URL(options.file!, new URL('../fixtures/', import.meta.url)))]
      : ['-e', options.eval];
  const started = performance.now();
  const child = spawn(
    options.node ?? NODE,
    [...(options.execArgv ?? []), ...preload(agent), ...target, ...(options.args ?? [])],
    {
      cwd: options.cwd,
      env: {
        ...cleanEnv(),
        ...(receiver && { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }),
        // The default of 5 s is for production; tests wait for spans.
        OTEL_BSP_SCHEDULE_DELAY: '50',
        // On a busy machine the export thread may take longer than the second that an app's end is put off by default.
        FORETRACE_EXIT_TIMEOUT: '10000',
        ...options.env,
      },
      stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    },
  );
  running.add(child);
  try {
    onTestFinished(() => kill(child));
  } catch {
    // Not inside a test (a beforeAll hook): the end of the file takes care of it.
  }
  child.stdin?.on('error', () => {}); // The app may end before it has read everything.
  if (typeof options.stdin === 'string') child.stdin!.end(options.stdin);

  let stdout = '';
  let stderr = '';
  let over: Exit | undefined;
  const watchers = new Set<() => void>();
  const changed = (): void => watchers.forEach((look) => look());
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    changed();
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', (error) => {
      running.delete(child);
      reject(error);
    });
    child.once('close', (code, signal) => {
      running.delete(child);
      over = { code, signal, stdout, stderr, durationMs: performance.now() - started };
      changed();
      resolve(over);
    });
  });

  exited.catch(() => {}); // Whoever awaits it still sees the error.

  let readTo = 0;
  function line(wanted: (line: any) => boolean, timeoutMs = 20_000): Promise<any> {
    return new Promise((resolve, reject) => {
      const failed = (why: string): void => {
        end();
        reject(new Error(`${why}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`));
      };
      const timer = setTimeout(() => failed(`no such line in ${timeoutMs} ms`), timeoutMs);
      const end = (): void => {
        clearTimeout(timer);
        watchers.delete(look);
      };
      function look(): void {
        for (let stop = stdout.indexOf('\n', readTo); stop !== -1; stop = stdout.indexOf('\n', readTo)) {
          const value = parsed(stdout.slice(readTo, stop));
          readTo = stop + 1;
          if (wanted(value)) {
            end();
            resolve(value);
            return;
          }
        }
        if (over) failed(`the app ended with code ${over.code}, signal ${over.signal} before that line`);
      }
      watchers.add(look);
      exited.catch((error) => failed(String(error)));
      look();
    });
  }

  let port: Promise<number> | undefined;
  const listening = (): Promise<number> =>
    (port ??= line((value) => typeof value?.port === 'number').then((value) => value.port));

  return {
    child,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    exited,
    listening,
    async url(path = '') {
      return `http://127.0.0.1:${await listening()}${path}`;
    },
    line,
    send(message) {
      child.stdin!.write(`${JSON.stringify(message)}\n`);
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const timer = setTimeout(() => kill(child), 10_000);
      const exit = await exited;
      clearTimeout(timer);
      return exit;
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
