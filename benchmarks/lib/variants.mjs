// What is preloaded into the app, and with which environment. Every variant gets the environment of BASE, so that all of
// them send traces only, to the same sink, under the same service name; everything else stays at its default.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const here = new URL('..', import.meta.url);
const REGISTER = new URL('../register.mjs', here);
const BUILT = new URL('../dist/agent.cjs', here);

export const NAMES = ['none', 'floor', 'foretrace', 'otel', 'dd'];
export const LABELS = {
  none: 'no agent',
  floor: 'hand-written floor',
  foretrace: 'foretrace',
  keep: 'foretrace, FORETRACE_KEEP',
  otel: 'OpenTelemetry',
  dd: 'dd-trace',
};

const versions = new Map();
const said = new Set();

/** A line on stderr, once per run. */
export function sayOnce(line) {
  if (said.has(line)) return;
  said.add(line);
  console.error(line);
}

/** `[24, 21, 0]` of a Node.js binary. */
export function nodeVersion(node) {
  if (!versions.has(node)) {
    const { stdout, error } = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    if (error) throw error;
    versions.set(node, stdout.trim().split('.').map(Number));
  }
  return versions.get(node);
}

/** The newest lines of the peers need Node 22.15; older Node gets the last lines that run there. */
function peersFor(node) {
  const [major, minor] = nodeVersion(node);
  const current = major > 22 || (major === 22 && minor >= 15);
  return createRequire(new URL(current ? 'package.json' : 'peers-node20/package.json', here));
}

function resolve(require, specifier) {
  try {
    return require.resolve(specifier);
  } catch {
    return undefined;
  }
}

function packageVersion(require, name) {
  for (const folder of require.resolve.paths(name)) {
    const file = `${folder}/${name}/package.json`;
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')).version;
  }
  return undefined;
}

/** The environment that selects a sampling rate, 0 to 1. 1 is every agent's default and sets nothing. */
function otelSampler(rate) {
  if (rate === 1) return {};
  if (rate === 0) return { OTEL_TRACES_SAMPLER: 'always_off' };
  return { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: String(rate) };
}

function ddSampler(rate) {
  // Setting a rate switches on a limit of 100 traces a second, which would hide the cost of the rate itself.
  return rate === 1 ? {} : { DD_TRACE_SAMPLE_RATE: String(rate), DD_TRACE_RATE_LIMIT: '-1' };
}

/**
 * How to start `app` (a file name in apps/ without ending) under a variant.
 *
 * @returns {{name, rate, label, file, flags: string[], env: object, version?: string} | {skip: string, peer: boolean}}
 */
export function variant(name, { app, esm = false, node, rate = 1, sinkUrl }) {
  const ending = esm ? 'mjs' : 'cjs';
  const file = new URL(`apps/${app}${name === 'floor' ? '-floor' : ''}.${ending}`, here).pathname;
  const suffix = rate === 1 ? '' : ` ${rate * 100} %`;
  const common = { name, rate, label: LABELS[name] + suffix, file, flags: [], env: {} };
  const require = peersFor(node);
  switch (name) {
    case 'none':
      return common;
    case 'floor':
      return { ...common, env: otlp(sinkUrl) };
    case 'keep':
    case 'foretrace': {
      if (!existsSync(REGISTER) || !existsSync(BUILT)) {
        return { skip: 'foretrace is not built (npm run build)', peer: false };
      }
      const { version } = JSON.parse(readFileSync(new URL('../package.json', here), 'utf8'));
      const flags = ['--import', REGISTER.href];
      const keep = name === 'keep' ? { FORETRACE_KEEP: 'errors, slow:500ms' } : {};
      return { ...common, version, flags, env: { ...otlp(sinkUrl), ...otelSampler(rate), ...keep } };
    }
    case 'otel': {
      const register = resolve(require, '@opentelemetry/auto-instrumentations-node/register');
      if (register === undefined) return { skip: 'OpenTelemetry is not installed', peer: true };
      const hook = resolve(require, '@opentelemetry/instrumentation/hook.mjs');
      const flags = ['--require', register];
      // The register file hooks `require` only; ES modules need the loader flag as its documentation says.
      if (esm) flags.unshift('--no-warnings', '--experimental-loader', pathToFileURL(hook).href);
      const version = packageVersion(require, '@opentelemetry/auto-instrumentations-node');
      return { ...common, version, flags, env: { ...otlp(sinkUrl), ...otelSampler(rate) } };
    }
    case 'dd': {
      const init = resolve(require, 'dd-trace/init');
      if (init === undefined) return { skip: 'dd-trace is not installed', peer: true };
      const flags = ['--require', init];
      if (esm) flags.unshift('--import', pathToFileURL(resolve(require, 'dd-trace/register.js')).href);
      const env = {
        DD_SERVICE: 'bench',
        DD_TRACE_AGENT_URL: sinkUrl,
        DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
        DD_REMOTE_CONFIGURATION_ENABLED: 'false',
        DD_TRACE_STARTUP_LOGS: 'false',
        ...ddSampler(rate),
      };
      return { ...common, version: packageVersion(require, 'dd-trace'), flags, env };
    }
    default:
      throw new Error(`unknown variant ${name}, one of ${NAMES.join(', ')}`);
  }
}

function otlp(sinkUrl) {
  return {
    OTEL_SERVICE_NAME: 'bench',
    OTEL_EXPORTER_OTLP_ENDPOINT: sinkUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  };
}

/** A variant, if it can run here. A missing peer is said in one line; a foretrace that is not built is a failure. */
export function available(name, settings, failures) {
  const made = variant(name, settings);
  if (made.skip === undefined) return made;
  sayOnce(`${made.skip}, skipped`);
  if (!made.peer) failures.push(made.skip);
  return undefined;
}
