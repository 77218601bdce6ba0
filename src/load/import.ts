import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';

import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { log } from '../log.ts';
import { installedPackages } from './installed.ts';
import type { Builtins } from './builtins.ts';
import { epilogues, type Loaded } from './epilogue.ts';
import { epilogueUrls, receiveExports } from './exports.ts';
import {
  type ImportHook,
  importHook,
  startEpilogueThread,
  startLoaderThread,
  watchLoaders,
} from './loader-thread.ts';
import type { Registry } from './registry.ts';
import { hasAsyncHooks, loadFromDisk } from './sources.ts';

type Next = (request: string, context?: unknown) => { url: string; format?: string | null };
type Hook = (request: string, context: unknown, next: Next) => { url: string; format?: string | null };

/** import-in-the-middle, the parts in use. */
interface Wrapper {
  resolveSync: Hook;
  loadSync: Hook;
}
/** `module.registerHooks`: Node 22.15 and up, not in the types of all versions. */
const { registerHooks } = nodeModule as {
  registerHooks?: (hooks: { resolve?: Hook; load?: Hook }) => unknown;
};

/**
 * Whether synchronous hooks can carry import-in-the-middle: `registerHooks` came with 22.15 and 24.0, but refused CommonJS
 * without a source, which wrapping leads to, until https://github.com/nodejs/node/pull/59929. The same as its
 * `supportsSyncHooks()`, which sits in an ES module: importing it from CommonJS makes Node 20 print a warning.
 */
export function supportsSyncWrapping(version = process.versions.node): boolean {
  const [major, minor, patch] = version.split('.', 3).map((part) => Number.parseInt(part, 10));
  const from = (oldestMinor: number, oldestPatch: number): boolean =>
    minor > oldestMinor || (minor === oldestMinor && patch >= oldestPatch);
  if (major === 22) return from(22, 3);
  if (major === 24) return from(11, 1);
  if (major === 25) return from(1, 0);
  return major >= 26;
}

/** Loads import-in-the-middle into this thread: 13 to 15 ms, so only when a listed ES module is really imported. */
function loadWrapper(registry: Registry): Wrapper {
  // `require` of the bundle: it is CommonJS, and import-in-the-middle has to stay on disk, its wrappers import it by URL.
  const { addHook } = require('import-in-the-middle') as { addHook(hook: ImportHook): void };
  const { createHook } = require('import-in-the-middle/create-hook.mjs') as {
    createHook(meta: { url: string }): Wrapper & { applyOptions(options: object): void };
  };
  const url = pathToFileURL(require.resolve('import-in-the-middle/create-hook.mjs')).href;
  const wrapper = createHook({ url });
  wrapper.applyOptions({ shouldInclude: (target: string) => isWanted(registry, target) });
  addHook(importHook(registry));
  return wrapper;
}

function isWanted(registry: Registry, url: string): boolean {
  return url.startsWith('file:') && registry.isListedModule(fileURLToPath(url));
}

/** Hooks in this thread, and what puts them in place. */
function syncHooks(
  registry: Registry,
  builtins: Builtins,
  register: NonNullable<typeof registerHooks>,
): { register: () => void; isRegistered: () => boolean } {
  const wraps = registry.esmPackages.length > 0 && supportsSyncWrapping();
  let wrapper: Wrapper | undefined;
  let broken = false;

  function wrapperFor(url: string): Wrapper | undefined {
    if (wrapper !== undefined || broken) return wrapper;
    try {
      if (!isWanted(registry, url)) return undefined;
      wrapper = loadWrapper(registry);
      register({ load: wrapper.loadSync });
    } catch (error) {
      broken = true;
      wrapper = undefined;
      log.warn(`import-in-the-middle does not load (${(error as Error).message}); ES modules are not traced`);
    }
    return wrapper;
  }

  let readsFromDisk = false;
  /** Only then: a `load` hook costs each `require`, too. */
  function watchSources(context: unknown): void {
    const { conditions } = context as { conditions?: string[] };
    if (conditions?.includes('import') !== true || !hasAsyncHooks()) return;
    readsFromDisk = true;
    register({ load: loadFromDisk });
  }

  const resolve: Hook = (specifier, context, next) => {
    builtins.beforeImport(specifier);
    if (!readsFromDisk && supportsSyncWrapping()) watchSources(context);
    if (!wraps) return next(specifier, context);
    if (wrapper !== undefined) return wrapper.resolveSync(specifier, context, next);
    const result = next(specifier, context);
    return wrapperFor(result.url)?.resolveSync(specifier, context, next) ?? result;
  };

  let registered = false;
  return {
    register() {
      if (registered) return;
      registered = true;
      register({ resolve });
      // Elsewhere a thread does it.
      if (registry.epilogues.size > 0 && supportsSyncWrapping())
        register({ load: epilogueHook(registry) as never });
    },
    isRegistered: () => registered,
  };
}

type Load = (url: string, context: unknown, next: (url: string, context?: unknown) => Loaded) => Loaded;

function epilogueHook(registry: Registry): Load {
  const finish = epilogues(epilogueUrls(registry));
  return (url, context, next) => {
    const loaded = next(url, context);
    try {
      return finish(url, loaded);
    } catch (error) {
      log.warn(`${url} can not be read (${(error as Error).message}); its functions are not traced`);
      return loaded;
    }
  };
}

const STATIC_IMPORT = /\b(?:import|from)\s*["']([^"'\n]+)["']/g;

/**
 * Whether an ES module imports, before it runs, what only hooks see: a builtin or a file to be patched, a package that may be of ES modules. What
 * CommonJS it imports is seen anyway, and an `import()` is announced when it is called. Small packages that most apps have
 * (`async-function`) import their own CommonJS from a file for `require`.
 */
function needsHooks(filename: string, registry: Registry, seen = new Set<string>()): boolean {
  seen.add(filename);
  let source: string;
  try {
    source = readFileSync(filename, 'utf8');
  } catch {
    return true;
  }
  for (const [, specifier] of source.matchAll(STATIC_IMPORT)) {
    if (/^\.\.?\//.test(specifier)) {
      const file = join(dirname(filename), specifier);
      if (seen.has(file) || !registry.isModule(file)) continue;
      if (registry.epilogues.has(file) || registry.isListedModule(file) || needsHooks(file, registry, seen))
        return true;
    } else if (registry.builtins.has(specifier) || !nodeModule.isBuiltin(specifier)) {
      return true;
    }
  }
  return false;
}

/** Whether a file can't be anything but CommonJS; only asked for the entry. */
function isCertainlyCommonJs(filename: string, registry: Registry): boolean {
  if (filename.endsWith('.cjs')) return true;
  if (!filename.endsWith('.js') || registry.isModule(filename)) return false;
  try {
    // Without a `type` in package.json, Node.js finds out by the syntax.
    return !/\b(?:import|export|await)\b/.test(readFileSync(filename, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Puts the hooks in place when the first ES module is about to be loaded: while they are there, each `require` of the
 * process costs 3 to 8 µs more, and most of a CommonJS app's start is `require`. Node.js announces every import
 * but the static ones, the entry included.
 */
function onFirstImport(registry: Registry, register: () => void): void {
  const channel = 'tracing:module.import:start';
  const listener = (message: unknown): void => {
    try {
      // With `--import`, a CommonJS entry is announced as well.
      // A text or a `URL`, by the version of Node.js.
      const url = String((message as { url?: unknown }).url);
      const filename = url.startsWith('file:') ? fileURLToPath(url) : undefined;
      if (filename !== undefined && filename === process.argv[1] && isCertainlyCommonJs(filename, registry))
        return;
    } catch {
      // What can't be told is taken for an ES module.
    }
    unsubscribe(channel, listener);
    register();
  };
  subscribe(channel, listener);
}

/**
 * Sees what ES modules import. CommonJS packages are seen by {@link hookRequire} however they are loaded, so what is left is
 * builtins, which need a `resolve` hook or to be loaded ahead, and packages that are ES modules themselves, which
 * need import-in-the-middle.
 *
 * @param esm false leaves loader hooks out
 * @returns to be called with the file before `require` loads an ES module, which Node.js does not announce
 */
export function hookImport(registry: Registry, builtins: Builtins, esm: boolean): (filename: string) => void {
  if (!esm || registerHooks === undefined) {
    const entry = process.argv[1];
    builtins.loadAll(entry !== undefined && !isCertainlyCommonJs(entry, registry));
  }
  if (!esm) return () => undefined;
  if (registry.epilogues.size > 0) receiveExports(registry);

  if (!supportsSyncWrapping() && 'register' in nodeModule) {
    watchLoaders();
    const installed = installedPackages(registry.esmPackages);
    if (installed.length > 0) {
      // Yarn Plug'n'Play without its loader: ES modules find no package then, neither do we, and nothing is missed.
      const say = 'pnp' in process.versions && !hasAsyncHooks() ? log.debug : log.warn;
      try {
        startLoaderThread(registry, installed);
      } catch (error) {
        say(`the loader thread does not start (${(error as Error).message}); ES modules are not traced`);
      }
    }
    startEpilogueThread(registry);
  }
  if (registerHooks === undefined) return () => undefined;
  const hooks = syncHooks(registry, builtins, registerHooks);
  onFirstImport(registry, hooks.register);
  return (filename) => {
    if (hooks.isRegistered()) return;
    if (registry.epilogues.has(filename) || needsHooks(filename, registry)) hooks.register();
  };
}
