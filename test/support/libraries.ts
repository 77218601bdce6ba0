/** The libraries that fixtures load: see `test/fixtures/lib/library.cjs`. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROOT } from './run-app.ts';

/**
 * Their folder. Also the working directory for apps with ES modules: on Node 20 the agent looks there, and beside the app's file,
 * for packages that need its loader thread.
 */
export const LIBRARIES = resolve(process.env.TEST_LIBRARIES ?? join(ROOT, 'test/libraries'));

/** The version of a library that the fixtures load; undefined if it is not installed there. */
export function libraryVersion(name: string): string | undefined {
  const file = join(LIBRARIES, 'node_modules', name, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}

/** Its major version; NaN if it is not installed. */
export function libraryMajor(name: string): number {
  return Number(libraryVersion(name)?.split('.')[0]);
}
