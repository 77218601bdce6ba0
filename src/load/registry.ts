import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { log } from '../log.ts';
import type { Epilogue, ModulePatch } from './module-patch.ts';
import { entryFiles, type Package, packageDirectory, packageFinder } from './package.ts';
import { satisfies } from '../satisfies.ts';

/** One patch to run for one loaded file. */
export interface Target {
  patch: ModulePatch;
  file: string;
  version: string;
  baseDir: string;
  /** Of a file that is listed by its path. */
  path?: string;
}

/** The patches by what they are for, and the answers to what the hooks ask about a file. */
export interface Registry {
  /** Patches of builtins that this Node.js has, under each specifier that loads them. */
  builtins: Map<string, { name: string; patches: ModulePatch[] }>;
  /** Names of the packages that are traced and were loaded, without what only keeps the context. */
  loaded: ReadonlySet<string>;
  /** The CommonJS files that were patched. */
  seen: Set<string>;
  /** Those packages of these loaded files, with their version, that were never patched: something loads them past our hooks. */
  missed(filenames: readonly string[]): readonly string[];
  /** Names of the packages that list ES modules. */
  esmPackages: ModulePatch[];
  /** What is added to files that are listed by their path, if they are ES modules. */
  epilogues: ReadonlyMap<string, Epilogue>;
  /** Those of them that have handed out their exports. */
  handedOut: Set<string>;
  /** What to run for a file; undefined for most. The first file of an unsupported version is reported. */
  targets(filename: string): readonly Target[] | undefined;
  /** Whether a file is a listed ES module. */
  isListedModule(filename: string): boolean;
  /** Whether a file is an ES module by its name and its package's `type`, without a look for nested ones. */
  isModule(filename: string): boolean;
  /**
   * The listed ES modules of the package of a file that are not its entry; asked for once per package, from then on empty.
   * Whoever requires an ES module gets past the hooks for what that imports.
   */
  modulesBehind(filename: string): readonly string[];
  /** Reports the packages of these files, loaded before the agent, and leaves them alone from here on. */
  giveUp(filenames: readonly string[]): void;
}

type Targets = Map<string, Target[]>;

export function createRegistry(patches: readonly ModulePatch[]): Registry {
  const builtins: Registry['builtins'] = new Map();
  const byName = new Map<string, ModulePatch[]>();
  const byPath = new Map<string, Target[]>();
  const epilogues = new Map<string, Epilogue>();

  for (const patch of patches) {
    if (patch.paths !== undefined) {
      for (const path of patch.paths) addPath(path, patch);
    } else if (patch.versions === undefined) {
      // `sqlite` is a package of npm too; only `node:sqlite` is Node's.
      for (const specifier of [`node:${patch.module}`, patch.module]) {
        if (!isBuiltin(specifier)) continue;
        const known = builtins.get(specifier);
        if (known === undefined) builtins.set(specifier, { name: patch.module, patches: [patch] });
        else known.patches.push(patch);
      }
    } else {
      const known = byName.get(patch.module);
      if (known === undefined) byName.set(patch.module, [patch]);
      else known.push(patch);
    }
  }

  function addPath(path: string, patch: ModulePatch): void {
    const target: Target = { patch, file: '', version: '', baseDir: dirname(path), path };
    const known = byPath.get(path);
    if (known === undefined) byPath.set(path, [target]);
    else known.push(target);
    const { reads, replaces } = epilogues.get(path) ?? { reads: [], replaces: [] };
    const { epilogue = { reads: [], replaces: [] } } = patch;
    epilogues.set(path, {
      reads: [...new Set([...reads, ...epilogue.reads])],
      replaces: [...new Set([...replaces, ...epilogue.replaces])],
    });
  }

  const { packageOf, scopeOf } = packageFinder(byName.keys());
  const targetsOf = new Map<Package, Targets | undefined>();
  const opened = new Set<Package>();
  const loaded = new Set<string>();
  const seen = new Set<string>();

  function selectTargets({ manifest, baseDir }: Package): Targets | undefined {
    const candidates = manifest && byName.get(manifest.name);
    if (manifest === undefined || candidates === undefined) return undefined;
    const { name, version } = manifest;
    const suitable = candidates.filter((patch) => satisfies(version, patch.versions as string));
    if (suitable.length === 0) {
      const range = [...new Set(candidates.map((patch) => patch.versions))].join(' || ');
      const say = candidates.every(({ quiet }) => quiet === true) ? log.debug : log.warn;
      say(`${name} ${version} is outside the supported range ${range}; it is not traced`);
      return undefined;
    }
    if (suitable.some(({ quiet }) => quiet !== true)) loaded.add(name);
    const targets: Targets = new Map();
    const add = (path: string, target: Target): void => {
      const known = targets.get(path);
      if (known === undefined) targets.set(path, [target]);
      else if (!known.some((other) => other.patch === target.patch)) known.push(target);
    };
    for (const patch of suitable) {
      for (const file of patch.files) if (file !== '') add(file, { patch, file, version, baseDir });
    }
    for (const patch of suitable) {
      if (!patch.files.includes('')) continue;
      for (const entry of entryFiles(manifest)) add(entry, { patch, file: '', version, baseDir });
    }
    return targets;
  }

  function targets(filename: string): readonly Target[] | undefined {
    const listed = byPath.size === 0 ? undefined : byPath.get(filename);
    if (listed === undefined) return packageTargets(filename);
    return [...listed, ...(packageTargets(filename) ?? [])];
  }

  function packageTargets(filename: string): readonly Target[] | undefined {
    const found = packageOf(filename);
    if (found?.manifest === undefined) return undefined;
    let selected = targetsOf.get(found);
    if (selected === undefined) {
      if (targetsOf.has(found)) return undefined;
      selected = selectTargets(found);
      targetsOf.set(found, selected);
      if (selected === undefined) return undefined;
    }
    // `relative` would resolve both first, 10 µs a file.
    const path = filename.slice(found.baseDir.length + (found.baseDir.endsWith(sep) ? 0 : 1));
    return selected.get(sep === '/' ? path : path.replaceAll(sep, '/'));
  }

  function isModule(filename: string): boolean {
    if (/\.m[jt]s$/.test(filename)) return true;
    if (!/\.[jt]s$/.test(filename)) return false;
    return (packageDirectory(filename) === undefined ? scopeOf : packageOf)(filename)?.typeModule === true;
  }

  /** The same with a look at the nearest package.json, which is the one that counts. */
  function isNestedModule(filename: string): boolean {
    return /\.m[jt]s$/.test(filename) || (filename.endsWith('.js') && scopeOf(filename)?.typeModule === true);
  }

  return {
    builtins,
    loaded,
    seen,
    epilogues,
    handedOut: new Set(),
    missed(filenames) {
      const missed = new Set<string>();
      for (const filename of filenames) {
        if (packageDirectory(filename) === undefined || seen.has(filename)) continue;
        const [target] = packageTargets(filename) ?? [];
        if (target !== undefined) missed.add(`${target.patch.module} ${target.version}`);
      }
      return [...missed];
    },
    esmPackages: patches.filter((patch) => patch.esm === true && patch.versions !== undefined),
    targets,
    isModule,
    isListedModule(filename) {
      const found = targets(filename);
      return found !== undefined && found.some(({ patch }) => patch.esm === true) && isNestedModule(filename);
    },
    modulesBehind(filename) {
      const found = packageOf(filename);
      // A package of ES modules may have a folder of CommonJS: loading a file of that is no way past the hooks.
      if (found?.manifest === undefined || opened.has(found) || !isNestedModule(filename)) return [];
      opened.add(found);
      targets(filename);
      const behind: string[] = [];
      for (const [path, list] of targetsOf.get(found) ?? []) {
        if (!list.some(({ patch, file }) => patch.esm === true && file !== '')) continue;
        const file = join(found.baseDir, path);
        if (file !== filename && existsSync(file) && isNestedModule(file)) behind.push(file);
      }
      return behind;
    },
    giveUp(filenames) {
      for (const filename of filenames) {
        const found = packageOf(filename);
        if (found?.manifest === undefined || targetsOf.has(found)) continue;
        const { name, version } = found.manifest;
        targetsOf.set(found, undefined);
        if (byName.has(name)) {
          log.warn(
            `${name} ${version} was loaded before foretrace; it is not traced, preload foretrace first`,
          );
        }
      }
    },
  };
}
