import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageDirectory } from './package.ts';

interface Loaded {
  url: string;
  format?: string | null;
  source?: unknown;
}
type LoadHook = (url: string, context: unknown, next: (url: string, context?: unknown) => Loaded) => Loaded;

/** Whether something has registered hooks that run in a thread of their own: Node.js loads the code for them then. */
export function hasAsyncHooks(): boolean {
  const { moduleLoadList } = process as { moduleLoadList?: string[] };
  return moduleLoadList?.includes('NativeModule internal/modules/esm/hooks') ?? false;
}

/**
 * Loaders (Yarn Plug'n'Play, some for TypeScript) give Node.js the source of CommonJS that is imported. It then has a way of its own to run
 * the file and all that it requires, past `Module.prototype.load`. Where the source is what stands on disk, it is left out:
 * Node.js loads the file as if there were no loader. What a loader has changed stays as it is.
 */
export const loadFromDisk: LoadHook = (url, context, next) => {
  const result = next(url, context);
  try {
    if (result.format !== 'commonjs' || result.source === undefined || result.source === null) return result;
    if (isRequired(context) || !url.startsWith('file:')) return result;
    const filename = fileURLToPath(url);
    if (packageDirectory(filename) === undefined || readFileSync(filename, 'utf8') !== textOf(result.source))
      return result;
    return { ...result, source: undefined };
  } catch {
    // A query in the URL, a file that only the loader knows.
    return result;
  }
};

/** By `require` proper, which goes past nothing and needs its source. */
function isRequired(context: unknown): boolean {
  return (context as { conditions?: string[] }).conditions?.includes('require') ?? false;
}

function textOf(source: unknown): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source as Uint8Array);
}

/**
 * The same for Node.js whose synchronous hooks can't do so: a module for `module.register`. As text, since it runs in the thread of the
 * loaders, which has none of our code, and does not see into the archives of Yarn Plug'n'Play.
 */
export const SOURCES_HOOK = `data:text/javascript,${encodeURIComponent(`
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
export async function load(url, context, next) {
  const result = await next(url, context);
  try {
    const { format, source } = result;
    if (format !== 'commonjs' || source == null || !url.includes('/node_modules/')) return result;
    const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
    return (await readFile(fileURLToPath(url), 'utf8')) === text ? { ...result, source: undefined } : result;
  } catch {
    return result;
  }
}`)}`;
