/** The libraries that fixtures load: see `test/fixtures/lib/library.cjs`. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { NODE, ROOT } from './run-app.ts';

/**
 * Their folder. Also the working directory for apps with ES modules: on Node 20 the agent looks there, and beside the app's file,
 * for packages that need its loader thread.
 */
export const LIBRARIES = resolve(process.env.TEST_LIBRARIES ?? join(ROOT, 'test/libraries'));

/** Whether the version matrix runs the tests: the folder then has one version of one library. */
export const inMatrix = process.env.TEST_LIBRARIES !== undefined;

/**
 * For libraries whose old versions use `punycode`, which Node.js deprecates from 21 on: it warns if the caller of `require` is not in a
 * folder `node_modules`, and under the agent the caller is the agent, which in its own repository is in none.
 */
export const oldVersions = inMatrix ? { execArgv: ['--no-deprecation'] } : {};

/** The version of a library that the fixtures load; undefined if it is not installed there. */
export function libraryVersion(name: string): string | undefined {
  const file = join(LIBRARIES, 'node_modules', name, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}

/** Its major version; NaN if it is not installed. */
export function libraryMajor(name: string): number {
  return Number(libraryVersion(name)?.split('.')[0]);
}

/**
 * Why a library with native code can't be used: it is built from source when `npm test` installs it, which needs a compiler. To be
 * appended to a title, in brackets.
 */
export function nativeLibrary(name: string): string | undefined {
  const code = `require(require.resolve(${JSON.stringify(name)}, { paths: [${JSON.stringify(LIBRARIES)}] }))`;
  const opens = name === 'better-sqlite3' ? `new (${code})(':memory:')` : code;
  const { status } = spawnSync(NODE, ['-e', opens], { stdio: 'ignore' });
  return status === 0 ? undefined : ` [${name} has no binary for this Node]`;
}
