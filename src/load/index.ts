import { bundleNotice, isNextLoaded } from './bundled.ts';
import { createBuiltins, ModuleClass } from './builtins.ts';
import { hookImport } from './import.ts';
import type { ModulePatch } from './module-patch.ts';
import { createRegistry, type Registry } from './registry.ts';
import { hookRequire } from './require.ts';
import { hasAsyncHooks } from './sources.ts';

export type { LoadedFile, ModulePatch } from './module-patch.ts';

/**
 * Hooks the loading of modules, so that each patch runs when its package or builtin is loaded. To be called once in a thread.
 *
 * @param options.esm false leaves loader hooks out: packages that are ES modules are not seen
 * @returns what to say when the first span is there of libraries that are not seen: loaded past the hooks, or part of a bundle
 */
export function hookModules(
  patches: readonly ModulePatch[],
  options: { esm: boolean },
): () => string | undefined {
  const registry = createRegistry(patches);
  registry.giveUp(Object.keys(ModuleClass._cache));
  const builtins = createBuiltins(
    registry.builtins,
    (specifier) => process.getBuiltinModule?.(specifier) ?? require(specifier),
  );
  const beforeModule = hookImport(registry, builtins, options.esm);
  hookRequire(registry, builtins, beforeModule);
  const [, entry] = process.argv;
  return () =>
    loaderNotice(registry) ??
    bundleNotice({ loaded: registry.loaded, entry, cwd: process.cwd(), hasNext: isNextLoaded() });
}

/** What a loader of the app's has changed the code of is loaded past our hooks. */
function loaderNotice(registry: Registry): string | undefined {
  if (!hasAsyncHooks()) return undefined;
  const missed = registry.missed(Object.keys(ModuleClass._cache));
  if (missed.length === 0) return undefined;
  return `${missed.join(', ')}: a loader (module.register) gives Node.js other code than the installed one; not traced`;
}
