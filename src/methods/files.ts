import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { entryFiles, exportedFiles, type Manifest } from '../load/package.ts';

const ENDINGS = ['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts', '.tsx', '.jsx'];
/** TypeScript imports `./x.js` where the file is `./x.ts`. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.jsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

/**
 * The files that a target's module may be loaded from, as Node.js names them: real paths, and, for `--preserve-symlinks`, those that were
 * written. Empty if there are none.
 */
export function filesOf(module: string, cwd: string, entry: string | undefined): string[] {
  const isPath = /^[./\\]|^[A-Za-z]:[\\/]/.test(module);
  const found = isPath ? existing(resolve(cwd, module)) : packageFiles(module, cwd, entry);
  return [...new Set(found.flatMap((file) => [real(file), file]))];
}

/** A file as it is named, with another ending, or that of a folder. */
function existing(path: string): string[] {
  const ending = /\.[cm]?js$/.exec(path)?.[0];
  const base = ending === undefined ? path : path.slice(0, -ending.length);
  const candidates = [
    path,
    ...(ending === undefined ? [] : SOURCES[ending]!).map((other) => base + other),
    ...ENDINGS.map((other) => path + other),
    ...ENDINGS.map((other) => join(path, `index${other}`)),
  ];
  return candidates.filter(isFile);
}

/** The files of a package as the app itself would find it: from its folder and that of its entry upwards. */
function packageFiles(specifier: string, cwd: string, entry: string | undefined): string[] {
  const [, name, subpath] = /^((?:@[^/]+\/)?[^/]+)(?:\/(.+))?$/.exec(specifier) as unknown as [
    string,
    string,
    string?,
  ];
  const starts = entry === undefined ? [cwd] : [cwd, dirname(entry), dirname(real(entry))];
  const files: string[] = [];
  for (const baseDir of new Set(starts.flatMap((start) => packageDirectories(start, name)))) {
    const manifest = manifestOf(baseDir);
    if (manifest === undefined) continue;
    const names =
      subpath === undefined
        ? [...entryFiles(manifest)].filter((file) => isFile(join(baseDir, file)))
        : exportedFiles(manifest, subpath);
    files.push(...names.map((file) => join(baseDir, file)).filter(isFile));
    if (subpath !== undefined) files.push(...existing(join(baseDir, subpath)));
  }
  return files;
}

function packageDirectories(start: string, name: string): string[] {
  const found: string[] = [];
  for (let at = start; ; at = dirname(at)) {
    const directory = join(at, 'node_modules', name);
    if (isFile(join(directory, 'package.json'))) found.push(directory);
    if (dirname(at) === at) return found;
  }
}

function manifestOf(baseDir: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(baseDir, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    // Below something that is a file itself.
    return false;
  }
}

function real(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
