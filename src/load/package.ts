import { readFileSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** The part of a package.json that the hooks read. */
export interface Manifest {
  name: string;
  version: string;
  main?: unknown;
  exports?: unknown;
}

/** A directory with a package.json, as far as the hooks care. */
export interface Package {
  baseDir: string;
  /** `"type": "module"`: its `.js` files are ES modules. */
  typeModule: boolean;
  named: boolean;
  /** Only for packages whose name is looked for. */
  manifest: Manifest | undefined;
}

const NODE_MODULES = `node_modules${sep}`;

/**
 * Directory of the package that a file below `node_modules` belongs to, with its scope; undefined elsewhere.
 * The innermost `node_modules` counts, so it holds for nested trees and pnpm's store as well.
 */
export function packageDirectory(filename: string): string | undefined {
  const at = filename.lastIndexOf(NODE_MODULES);
  if (at === -1 || (at > 0 && filename[at - 1] !== sep)) return undefined;
  const start = at + NODE_MODULES.length;
  let end = filename.indexOf(sep, start);
  if (end !== -1 && filename[start] === '@') end = filename.indexOf(sep, end + 1);
  return end === -1 ? undefined : filename.slice(0, end);
}

/** The names in the text of a package.json: its own, and those of authors. */
function namesIn(text: string): string[] {
  return Array.from(text.matchAll(/"name"\s*:\s*"([^"]*)"/g), ([, name]) => name!);
}

/** Answers to which package a file belongs to. */
export interface PackageFinder {
  /** The package that the file is published in. */
  packageOf(filename: string): Package | undefined;
  /** The nearest package.json, whose `type` decides on the file's format; builds have nested ones without a name. */
  scopeOf(filename: string): Package | undefined;
}

/**
 * Makes the lookup from a file to its package. The name that counts is the one in package.json: directories lie about it
 * for npm aliases (`"pg8": "npm:pg@8"`) and for linked workspaces.
 *
 * @param names packages whose manifest is kept; of the others only the `type` is
 */
export function packageFinder(names: Iterable<string>): PackageFinder {
  const wanted = new Set(names);
  const packages = new Map<string, Package | undefined>();

  function readPackage(baseDir: string): Package | undefined {
    let text: string;
    try {
      text = readFileSync(join(baseDir, 'package.json'), 'utf8');
    } catch {
      return undefined;
    }
    let manifest: Manifest | undefined;
    const mentioned = namesIn(text);
    // Parsing each package.json of a large app costs 10 µs apiece; a text search a tenth of it.
    if (mentioned.some((name) => wanted.has(name))) {
      try {
        const { name, version, main, exports } = JSON.parse(text) as Partial<Manifest>;
        if (typeof name === 'string' && typeof version === 'string')
          manifest = { name, version, main, exports };
      } catch {
        // Node.js itself complains about it when it matters.
      }
    }
    return {
      baseDir,
      typeModule: /"type"\s*:\s*"module"/.test(text),
      named: mentioned.length > 0,
      manifest,
    };
  }

  /** Nearest package.json upwards, remembered for each directory on the way. */
  function nearest(directory: string): Package | undefined {
    if (packages.has(directory)) return packages.get(directory);
    const parent = dirname(directory);
    let found: Package | undefined;
    if (statSync(join(directory, 'package.json'), { throwIfNoEntry: false }) !== undefined) {
      found = readPackage(directory);
    } else if (parent !== directory) {
      found = nearest(parent);
    }
    packages.set(directory, found);
    return found;
  }

  return {
    scopeOf: (filename) => nearest(dirname(filename)),
    packageOf(filename) {
      const baseDir = packageDirectory(filename);
      if (baseDir === undefined) {
        let found = nearest(dirname(filename));
        while (found !== undefined && !found.named) {
          const parent = dirname(found.baseDir);
          found = parent === found.baseDir ? undefined : nearest(parent);
        }
        return found;
      }
      let found = packages.get(baseDir);
      if (found === undefined && !packages.has(baseDir)) {
        found = readPackage(baseDir);
        packages.set(baseDir, found);
      }
      return found;
    },
  };
}

function addTarget(target: string, files: Set<string>): void {
  files.add(target.replace(/^\.\//, ''));
}

function addExportTargets(target: unknown, files: Set<string>): void {
  if (typeof target === 'string') addTarget(target, files);
  else if (Array.isArray(target)) for (const each of target) addExportTargets(each, files);
  else if (typeof target === 'object' && target !== null) {
    for (const each of Object.values(target)) addExportTargets(each, files);
  }
}

/**
 * The files that a bare import of the package can end in, whatever the conditions: the build for ES modules, the one for
 * `require`, and `main`, which may leave out its ending.
 */
export function entryFiles(manifest: Manifest): Set<string> {
  const files = new Set<string>();
  const { exports } = manifest;
  if (typeof exports === 'object' && exports !== null && !Array.isArray(exports) && '.' in exports) {
    addExportTargets(exports['.'], files);
  } else if (
    typeof exports !== 'object' ||
    exports === null ||
    !Object.keys(exports).some((key) => key.startsWith('.'))
  ) {
    addExportTargets(exports, files);
  }
  const main = typeof manifest.main === 'string' && manifest.main !== '' ? manifest.main : 'index.js';
  const trimmed = main.replace(/^\.?\//, '').replace(/\/$/, '');
  if (trimmed !== '' && trimmed !== '.') {
    addTarget(trimmed, files);
    addTarget(`${trimmed}.js`, files);
    addTarget(`${trimmed}/index.js`, files);
  } else {
    addTarget('index.js', files);
  }
  return files;
}

/** The files that `name/subpath` can end in by the package's `exports`, whatever the conditions; patterns are not followed. */
export function exportedFiles({ exports }: Manifest, subpath: string): string[] {
  const files = new Set<string>();
  if (typeof exports === 'object' && exports !== null && Object.hasOwn(exports, `./${subpath}`))
    addExportTargets((exports as Record<string, unknown>)[`./${subpath}`], files);
  return [...files];
}
