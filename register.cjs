'use strict';
// The preload: decides whether the agent may run in this process, then starts it. It keeps to what Node.js 10 parses,
// because an unsupported version has to read it before it can step aside, and nothing in it may throw.

/** Set on the global object of each thread that loaded the agent; several copies in one tree agree on it. */
const LOADED = Symbol.for('foretrace.loaded');

/** First supported version, as in `engines` of package.json. */
const OLDEST_NODE = { major: 20, minor: 19 };

/**
 * Main files of package managers: in their own `node_modules/<name>`, in distributions' `nodejs/<name>`, in the caches
 * of corepack and as `.yarn/releases/yarn-4.0.0.cjs`. What a package manager runs is a process of its own, and traced.
 */
const PACKAGE_MANAGER =
  /(?:^|[\\/])(?:np[mx]-cli\.js|(?:node_modules|nodejs)[\\/](?:npm|yarn|pnpm|corepack|@pnpm[\\/]exe)[\\/].+|(?:bin|dist|releases)[\\/](?:npm|npx|yarn|yarnpkg|yarn-\d[^\\/]*|pnpm|pnpx|corepack)(?:\.[cm]?js)?)$/;

/** pm2's commands and its daemon; the apps that it starts have `lib/ProcessContainer*.js` for a main file, and are traced. */
const PROCESS_MANAGER =
  /[\\/]node_modules[\\/]pm2[\\/](?:bin[\\/].+|lib[\\/](?:Daemon\.js|binaries[\\/].+))$/;

/** What builds when it is called at all, and what does so when its first argument is `build`. */
const BUILDS = /[\\/]node_modules[\\/](?:typescript|webpack|webpack-cli|rollup|esbuild|tsup)[\\/]/;
const MAY_BUILD =
  /[\\/]node_modules[\\/](?:next|nuxt|nuxi|@nuxt[\\/]cli|nitropack|vite|astro|parcel|@nestjs[\\/]cli|@remix-run[\\/]dev|@react-router[\\/]dev|@sveltejs[\\/]kit|gatsby)[\\/]/;

function write(message) {
  try {
    require('fs').writeSync(2, `foretrace: ${message}\n`);
  } catch {
    // A closed stderr is no reason to disturb the app.
  }
}

function debug(message) {
  if (/^(?:debug|verbose|all)$/i.test(process.env.OTEL_LOG_LEVEL || '')) write(message);
}

function nodeIsSupported() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > OLDEST_NODE.major || (major === OLDEST_NODE.major && minor >= OLDEST_NODE.minor);
}

/** Which tool this process is; undefined for an app. */
function ownTool() {
  let main = process.argv[1];
  if (!main) return undefined;
  try {
    main = require('fs').realpathSync.native(main);
  } catch {
    // `node app` without the ending, or no permission to look: judged by the path as given.
  }
  if (PACKAGE_MANAGER.test(main)) return 'package manager';
  if (PROCESS_MANAGER.test(main)) return 'process manager';
  if (BUILDS.test(main) || (MAY_BUILD.test(main) && process.argv[2] === 'build')) return 'build tool';
  // The processes that `next build` starts.
  return process.env.NEXT_PHASE === 'phase-production-build' ? 'build tool' : undefined;
}

/** Which thread without app code this is; undefined for the others. */
function ownThread() {
  const modules = process.moduleLoadList || [];
  // `--require` files are loaded in the thread of loader hooks as well.
  if (modules.includes('NativeModule internal/modules/esm/worker')) return 'loader';
  // worker_threads takes 2 to 5 ms to load in a main thread, where it has nothing to say.
  if (!modules.includes('NativeModule internal/process/worker_thread_only')) return undefined;
  const data = require('worker_threads').workerData;
  return data && data.foretrace === 'export-thread' ? 'export' : undefined;
}

/** Why this process stays as it is; undefined when it is to be traced. */
function refusal() {
  if (global[LOADED]) return 'it is loaded already, this copy does nothing';
  if (!nodeIsSupported()) {
    const { major, minor } = OLDEST_NODE;
    return `Node.js ${process.versions.node} is older than ${major}.${minor}, the app runs without tracing`;
  }
  if (/^\s*true\s*$/i.test(process.env.OTEL_SDK_DISABLED || '')) {
    return 'OTEL_SDK_DISABLED is true, the app runs without tracing';
  }
  const tool = ownTool();
  if (tool !== undefined) return `${process.argv[1]} is a ${tool}, it runs without tracing`;
  const thread = ownThread();
  if (thread !== undefined) return `the ${thread} thread is not traced`;
  return undefined;
}

function reasonOf(error) {
  const message = String((error && error.message) || error).split('\n')[0];
  const missing = error && error.code === 'MODULE_NOT_FOUND' && /dist[\\/]agent\.cjs/.test(message);
  return missing ? 'dist/agent.cjs is missing, `npm run build` makes it' : message;
}

try {
  const refused = refusal();
  if (refused === undefined) {
    // Not enumerable: test runners look for leaked globals.
    Object.defineProperty(global, LOADED, { value: true });
    require('./dist/agent.cjs').start();
  } else {
    debug(refused);
  }
} catch (error) {
  write(`could not start: ${reasonOf(error)}; the app runs without tracing`);
}
