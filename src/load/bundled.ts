import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { ModuleClass } from './builtins.ts';

/**
 * What bundlers leave in what they write: their helpers, the paths of what they took in, and, where that is minified, what stands for the
 * `module` of a file of CommonJS.
 */
const BUNDLE =
  /__webpack_require__|__nccwpck_require__|parcelRequire|__commonJS|__toESM|webpackChunk|\bexports:\s*\{\}\s*\}|^(?:\/\/|\s*\*) .*node_modules\//m;
/** Of its begin and of its end: webpack's own code stands behind that of all others. */
const LOOKED_AT_BYTES = 65_536;

/** Next.js bundles these, but not `pg`, `mongodb`, `mongoose` and the drivers of SQLite. */
const BUNDLED_BY_NEXT = [
  'ioredis',
  'redis',
  '@redis/client',
  'postgres',
  'mysql2',
  'mysql',
  'mariadb',
  'tedious',
  'mssql',
  'memcached',
  'memjs',
];
const NEXT_CONFIGS = ['next.config.js', 'next.config.mjs', 'next.config.ts', 'next.config.cjs'];

interface App {
  /** The traced packages that were loaded so far. */
  loaded: ReadonlySet<string>;
  entry: string | undefined;
  cwd: string;
  hasNext: boolean;
}

/**
 * Says, when the first span is there, why libraries are missing that were taken into a bundle: nothing loads them, so nothing else tells.
 * undefined where there is no sign of a bundle.
 */
export function bundleNotice({ loaded, entry, cwd, hasNext }: App): string | undefined {
  if (hasNext) {
    const inside = bundledByNext(cwd).filter((name) => !loaded.has(name));
    if (inside.length === 0) return undefined;
    const setting = `serverExternalPackages: ${JSON.stringify(inside)}`;
    return `Next.js bundles ${inside.join(', ')}, which is not traced so; ${setting} in next.config.js mends it`;
  }
  if (loaded.size > 0 || entry === undefined || !isBundle(entry)) return undefined;
  return 'the app is bundled: only what Node.js itself has is traced (HTTP, fetch); leave libraries out of the bundle to have them traced';
}

/** Whether Next.js serves in this process. */
export function isNextLoaded(): boolean {
  return Object.keys(ModuleClass._cache).some((file) =>
    /[\\/]node_modules[\\/]next[\\/]dist[\\/]server[\\/]/.test(file),
  );
}

function isBundle(entry: string): boolean {
  if (/[\\/]node_modules[\\/]/.test(entry)) return false;
  try {
    const file = openSync(entry, 'r');
    try {
      const { size } = fstatSync(file);
      return [0, Math.max(0, size - LOOKED_AT_BYTES)].some((from) => BUNDLE.test(textAt(file, from)));
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

function textAt(file: number, from: number): string {
  const bytes = Buffer.alloc(LOOKED_AT_BYTES);
  return bytes.toString('latin1', 0, readSync(file, bytes, 0, LOOKED_AT_BYTES, from));
}

/** What the app depends on and its configuration does not leave out. */
function bundledByNext(cwd: string): string[] {
  const { dependencies = {} } = readJson(join(cwd, 'package.json')) as { dependencies?: object };
  const isOutside = externals(cwd);
  return BUNDLED_BY_NEXT.filter((name) => Object.hasOwn(dependencies, name) && !isOutside(name));
}

/** What the configuration leaves out of the bundle. The build writes it down, and a standalone server has no other file. */
function externals(cwd: string): (name: string) => boolean {
  const built = readJson(join(cwd, '.next/required-server-files.json')) as {
    config?: { serverExternalPackages?: string[] };
  };
  const { serverExternalPackages: names } = built.config ?? {};
  if (names !== undefined) return (name) => names.includes(name);
  const config = NEXT_CONFIGS.map((name) => read(join(cwd, name))).join('');
  return (name) => new RegExp(`["'\`]${name}["'\`]`).test(config);
}

function readJson(file: string): object {
  try {
    return JSON.parse(read(file)) as object;
  } catch {
    return {};
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
