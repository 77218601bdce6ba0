import { types } from 'node:util';
import { Hook } from 'require-in-the-middle';
import { mimic } from '../wrap.ts';
import { patchRequired } from './run-patch.ts';
import { type Builtins, type LoadingModule, ModuleClass } from './builtins.ts';
import type { Registry, Target } from './registry.ts';

/**
 * Sees each CommonJS file that Node.js loads, by `require` or by an import from an ES module, once, when it is loaded.
 *
 * Files of packages are not left to require-in-the-middle: it never sees the entry of a CommonJS package that an ES module imports
 * (`import fastify from 'fastify'`), for which Node.js calls `Module._load` itself, and what it puts in place of a module's
 * exports is not what an ES module gets. `Module.prototype.load` is called once for each file, with its resolved name.
 *
 * @param beforeModule called with the file before `require` loads an ES module
 */
export function hookRequire(
  registry: Registry,
  builtins: Builtins,
  beforeModule: (filename: string) => void,
): void {
  const { prototype } = ModuleClass;
  const originalLoad = prototype.load;

  function isModuleFile(filename: string): boolean {
    try {
      return registry.isModule(filename);
    } catch {
      // Names that are no paths: loaders of tests and bundlers bring their own.
      return false;
    }
  }

  function targetsOf(filename: string, isModule: boolean): readonly Target[] | undefined {
    try {
      if (isModule) beforeModule(filename);
      return registry.targets(filename);
    } catch {
      return undefined;
    }
  }

  /** Gets at the ES modules that a required one has imported: they are loaded by now, and `require` hands them out. */
  function openModule(module: LoadingModule, filename: string): void {
    try {
      for (const file of registry.modulesBehind(filename)) prototype.require.call(module, file);
    } catch {
      // A module that can't be required (top-level await) stays as it is.
    }
  }

  prototype.load = function load(filename) {
    // Asked once: for each file of the app it counts.
    const isModule = isModuleFile(filename);
    const targets = targetsOf(filename, isModule);
    if (targets === undefined) {
      const result = originalLoad.apply(this, arguments as never);
      if (isModule) openModule(this, filename);
      return result;
    }

    let patched = false;
    const patch = (): void => {
      if (patched) return;
      patched = true;
      registry.seen.add(filename);
      // An ES module that has handed out its exports itself.
      if (registry.handedOut.has(filename) && types.isModuleNamespaceObject(this.exports)) return;
      this.exports = patchRequired(targets, this.exports);
    };
    // When `load` is through, Node 20 and 22 have taken their copy of `module.exports` for ES modules already, so the
    // patch has to run right after the file's code. `_compile` of this one module is the place: it is called by name.
    Object.defineProperty(this, '_compile', {
      configurable: true,
      writable: true,
      value(this: LoadingModule, ...args: unknown[]) {
        delete this._compile;
        const result = prototype._compile.apply(this, args);
        patch();
        return result;
      },
    });
    try {
      const result = originalLoad.apply(this, arguments as never);
      patch();
      if (isModule) openModule(this, filename);
      return result;
    } finally {
      delete this._compile;
    }
  };

  hookBuiltins(registry, builtins);
}

/** Sees the builtins that are required or got with `process.getBuiltinModule`; what is put in their place looks as before. */
function hookBuiltins(registry: Registry, builtins: Builtins): void {
  if (registry.builtins.size === 0) return;
  const { prototype } = ModuleClass;
  const { require } = prototype;
  const { getBuiltinModule } = process;
  // oxlint-disable-next-line no-new -- require-in-the-middle is all effect
  new Hook([...registry.builtins.keys()], (exports, name) => {
    builtins.loaded(name, exports);
    return exports;
  });
  const hooked = prototype.require;
  // It resolves the name of whatever is required, a second time: 25 us a call.
  prototype.require = function (id) {
    return Reflect.apply(registry.builtins.has(id) ? hooked : require, this, arguments);
  };
  mimic(prototype.require, require);
  if (typeof getBuiltinModule === 'function') mimic(process.getBuiltinModule, getBuiltinModule);
}
