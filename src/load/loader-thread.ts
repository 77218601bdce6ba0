import { readFileSync } from 'node:fs';
import Module, * as nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { log } from '../log.ts';
import { mimic } from '../wrap.ts';
import { epilogueUrls } from './exports.ts';
import { patchNamespace } from './run-patch.ts';
import type { ModulePatch } from './module-patch.ts';
import type { Registry } from './registry.ts';
import { hasAsyncHooks, SOURCES_HOOK } from './sources.ts';

export type ImportHook = (
  url: string,
  namespace: Record<string, unknown>,
  specifier: string,
  format?: string,
) => void;

/** Whether import-in-the-middle is in the loader thread. */
let isThere = false;

/** Called by wrappers of import-in-the-middle after the module's own code, before the importer's. */
export function importHook(registry: Registry): ImportHook {
  return (url, namespace, _specifier, format) => {
    if (format === 'commonjs' || !url.startsWith('file:')) return;
    const filename = fileURLToPath(url);
    if (!registry.isListedModule(filename)) return;
    patchNamespace(registry.targets(filename) ?? [], namespace);
  };
}

/**
 * The loader thread, 45 to 50 ms and 13 MB: only where a package that needs it is installed. It has no access to the
 * registry, so it is told in names and patterns; the file is looked at again by {@link importHook}.
 */
export function startLoaderThread(registry: Registry, patches: readonly ModulePatch[]): void {
  // With --frozen-intrinsics import-in-the-middle fails after it is registered, and wraps every module from there on.
  // Under --require they are not frozen yet.
  if (Object.isFrozen(Error) || process.execArgv.includes('--frozen-intrinsics')) {
    throw new Error('intrinsics are frozen');
  }
  const include: (string | RegExp)[] = [];
  for (const { module, files } of patches) {
    for (const file of files) {
      if (file === '') include.push(module);
      else include.push(new RegExp(`/${`${module}/${file}`.replaceAll(/[^\w@/-]/g, '\\$&')}(?:[?#]|$)`));
    }
  }
  const { addHook } = require('import-in-the-middle') as { addHook(hook: ImportHook): void };
  addHook(importHook(registry));
  nodeModule.register('import-in-the-middle/hook.mjs', pathToFileURL(__filename), { data: { include } });
  isThere = true;
}

/** Starts the thread in which ES modules that are listed by their path get an epilogue; not for files that are certainly CommonJS. */
export function startEpilogueThread(registry: Registry): void {
  const wanted = epilogueUrls(registry).filter(([url]) => mayBeModule(fileURLToPath(url)));
  if (wanted.length === 0) return;
  try {
    const hook = pathToFileURL(join(dirname(__filename), 'epilogue-thread.cjs'));
    nodeModule.register(hook.href, { data: wanted });
  } catch (error) {
    log.warn(
      `the loader thread does not start (${(error as Error).message}); ES modules have no custom spans`,
    );
  }
}

function mayBeModule(file: string): boolean {
  if (/\.m[jt]s$/.test(file)) return true;
  try {
    return !file.endsWith('.cjs') && /\b(?:import|export)\b/.test(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Looks at the loaders that run in a thread of their own (`module.register`), for what comes with them: CommonJS with a source goes past
 * our hooks, unless ours is the last one registered; and what ts-node's hooks load does not come to those registered before them.
 * `Module.register` is left as it is but for a look at what it is given.
 */
export function watchLoaders(): void {
  const holder = Module as unknown as { register: (...args: never[]) => unknown };
  const { register } = holder;
  const addSourcesHook = (): void => {
    try {
      Reflect.apply(register, Module, [SOURCES_HOOK]);
    } catch (error) {
      log.debug(`CommonJS that loaders bring the source of is not traced: ${(error as Error).message}`);
    }
  };
  if (hasAsyncHooks()) addSourcesHook();

  let said = false;
  holder.register = function (this: unknown) {
    if (isThere && !said && isTsNode(arguments[0])) {
      said = true;
      log.warn(
        'ts-node/esm is registered after foretrace: packages that are ES modules are not traced, preload foretrace after it',
      );
    }
    const result = Reflect.apply(register, this, arguments);
    addSourcesHook();
    return result;
  };
  mimic(holder.register, register);
  nodeModule.syncBuiltinESMExports();
}

/** Asks nothing of an object of the app's: `register` itself may refuse it. */
function isTsNode(specifier: unknown): boolean {
  const text = specifier instanceof URL ? specifier.href : specifier;
  return typeof text === 'string' && /\bts-node\/esm\b/.test(text);
}
