import Module, { builtinModules, syncBuiltinESMExports } from 'node:module';
import { runPatch } from './run-patch.ts';
import type { Registry } from './registry.ts';

/** Patches Node's own modules, each at its first load: loading `http` in a process that never would costs 3 ms. */
export interface Builtins {
  /** To be called with what `require(specifier)` returned. */
  loaded(specifier: string, exports: unknown): void;
  /** To be called before an ES module links against a builtin. */
  beforeImport(specifier: string): void;
  /**
   * Loads and patches what is left, for where the imports of ES modules can't be seen.
   * @param rare those that few apps load as well: `http2` costs 5 ms
   */
  loadAll(rare: boolean): void;
}

/** @param load `require`, without our own hook */
export function createBuiltins(
  builtins: Registry['builtins'],
  load: (specifier: string) => unknown,
): Builtins {
  const waiting = new Map(builtins);

  function loaded(specifier: string, exports: unknown): void {
    const builtin = waiting.get(specifier);
    if (builtin === undefined) return;
    const { name, patches } = builtin;
    // First of all: what a patch requires must not lead back here.
    waiting.delete(name);
    waiting.delete(`node:${name}`);
    for (const patch of patches) {
      runPatch({ patch, file: '', version: process.versions.node, baseDir: '' }, exports, 'builtin');
    }
    // Named imports of ES modules are copies; this brings them up to date, those already linked included.
    syncBuiltinESMExports();
  }

  function beforeImport(specifier: string): void {
    if (waiting.has(specifier)) loaded(specifier, load(specifier));
  }

  const isLoaded = (name: string): boolean =>
    (process as { moduleLoadList?: string[] }).moduleLoadList?.includes(`NativeModule ${name}`) ?? false;
  for (const [specifier, { name }] of builtins) if (isLoaded(name)) beforeImport(specifier);

  return {
    loaded,
    beforeImport,
    loadAll(rare) {
      // Those that exist with `node:` alone are young, and loading them can print an ExperimentalWarning.
      for (const [specifier, { patches }] of builtins) {
        if (!rare && patches.every((patch) => patch.rare === true)) continue;
        if (builtinModules.includes(specifier)) beforeImport(specifier);
      }
    },
  };
}

/** Node's own view of `Module`, the parts that its types leave out. */
export const ModuleClass = Module as unknown as {
  prototype: {
    load(this: LoadingModule, filename: string): unknown;
    require(this: unknown, id: string): unknown;
    _compile(this: unknown, ...args: unknown[]): unknown;
  };
  _cache: Record<string, unknown>;
};

export interface LoadingModule {
  exports: unknown;
  _compile?: unknown;
}
