import { bundleNotice, isNextLoaded } from './bundled.ts';
import { createBuiltins, ModuleClass } from './builtins.ts';
import { hookImport } from './import.ts';
import type { ModulePatch } from './module-patch.ts';
import { createRegistry } from './registry.ts';
import { hookRequire } from './require.ts';

export type { LoadedFile, ModulePatch } from './module-patch.ts';
export { satisfies } from './satisfies.ts';

/**
 * Hooks the loading of modules, so that each patch runs when its package or builtin is loaded. To be called once in a thread.
 *
 * @param options.esm false leaves loader hooks out: packages that are ES modules are not seen
 * @returns what to say when the first span is there of libraries that nothing loads, because they are bundled
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
  return () => bundleNotice({ loaded: registry.loaded, entry, cwd: process.cwd(), hasNext: isNextLoaded() });
}
