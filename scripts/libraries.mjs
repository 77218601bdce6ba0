// Installs test/libraries, the packages that instrumentations are tested against (too many for the root's `npm ci`), and
// test/beside, other tracers and all versions of the API.
//
//   node scripts/libraries.mjs       when they are not there as the lock file says
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folderOf = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const folder = folderOf('test/libraries');

function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

/** Whether what is installed is what the lock file names; packages for other platforms may be missing. */
function isInstalled(folder) {
  const wanted = Object.entries(packagesOf(join(folder, 'package-lock.json')));
  const found = packagesOf(join(folder, 'node_modules/.package-lock.json'));
  return wanted.every(
    ([path, { version, optional }]) => path === '' || optional === true || found[path]?.version === version,
  );
}

/** Without a binary for everybody's Node.js: built from source, one after the other. */
const NATIVE = {
  'better-sqlite3': 'build/Release/better_sqlite3.node',
  sqlite3: 'build/Release/node_sqlite3.node',
};

/** Builds what is native if need be. Where that fails, for want of a compiler, their tests are skipped and say so. */
function buildNative() {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  for (const [name, binary] of Object.entries(NATIVE)) {
    if (existsSync(join(folder, 'node_modules', name, binary))) continue;
    console.log(`building ${name} from source`);
    // Optimizing SQLite takes a compiler twice as long as all the rest, and its speed is not what is tested.
    const env = { ...process.env, CFLAGS: '-O0', CXXFLAGS: '-O0', JOBS: 'max' };
    spawnSync(npm, ['rebuild', '--prefix', folder, '--loglevel=error', name], { stdio: 'inherit', env });
  }
}

/** Installs them if need be; throws when npm fails. No install scripts: nothing of them runs before its test. */
export function installLibraries() {
  installFolder('test/libraries');
  installFolder('test/beside');
  buildNative();
}

/** Installs what the lock file of a folder names, if it is not there. */
export function installFolder(path) {
  if (!isInstalled(folderOf(path))) install(folderOf(path));
}

function install(folder) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync(npm, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) installLibraries();
