import { types } from 'node:util';
import { log } from '../log.ts';
import type { LoadedFile } from './module-patch.ts';
import type { Target } from './registry.ts';

const failed = new Set<string>();

/** Runs one patch; what it throws is reported, once for each package, and goes no further. */
export function runPatch(
  { patch, file, version, baseDir, path }: Target,
  exports: unknown,
  format: LoadedFile['format'],
  names?: readonly string[],
): unknown {
  try {
    return patch.patch(exports, { file, version, format, baseDir, path, names });
  } catch (error) {
    const key = `${patch.module} ${version}`;
    if (!failed.has(key)) {
      failed.add(key);
      const message = error instanceof Error ? error.message : String(error);
      log.warn(
        `${key}: could not patch ${file === '' ? 'its entry' : file} (${message}); it is left as it is`,
      );
    }
    return undefined;
  }
}

/**
 * A stand-in for an ES module's namespace whose exports can be replaced. `require()` of an ES module returns the namespace itself,
 * which nobody can write to; whoever requires the module gets this instead, still with live bindings.
 */
export function writableNamespace(namespace: object): Record<string, unknown> {
  const copy: Record<string, unknown> = Object.create(null);
  Object.defineProperty(copy, Symbol.toStringTag, { value: 'Module' });
  for (const key of Object.keys(namespace)) {
    Object.defineProperty(copy, key, {
      enumerable: true,
      configurable: true,
      get: () => (namespace as Record<string, unknown>)[key],
      set(value: unknown) {
        Object.defineProperty(copy, key, { enumerable: true, configurable: true, writable: true, value });
      },
    });
  }
  return copy;
}

/** Runs the patches of a file that was loaded by `require` (or by an import of CommonJS) and returns its new exports. */
export function patchRequired(targets: readonly Target[], exports: unknown): unknown {
  if (types.isModuleNamespaceObject(exports)) {
    const namespace = writableNamespace(exports as object);
    patchNamespace(targets, namespace);
    return namespace;
  }
  let current = exports;
  for (const target of targets) current = runPatch(target, current, 'commonjs') ?? current;
  return current;
}

/** Runs the patches of an ES module on its (writable) namespace. */
export function patchNamespace(targets: readonly Target[], namespace: Record<string, unknown>): void {
  for (const target of targets) {
    const replaced = runPatch(target, namespace, 'module');
    if (replaced !== undefined && replaced !== namespace && 'default' in namespace)
      namespace.default = replaced;
  }
}
