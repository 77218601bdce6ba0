// Installs test/libraries, the packages that instrumentations are tested against (too many for the root's `npm ci`),
// test/beside, other tracers and all versions of the API, and what the apps of benchmarks/ need.
//
//   node scripts/libraries.mjs       when they are not there as the lock file says
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folderOf = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const folder = folderOf('test/libraries');

function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

/** Whether what is installed is what the lock file names; packages for other platforms and of development may be missing. */
function isInstalled(folder) {
  const wanted = Object.entries(packagesOf(join(folder, 'package-lock.json')));
  const found = packagesOf(join(folder, 'node_modules/.package-lock.json'));
  return wanted.every(
    ([path, { version, optional, dev, link }]) =>
      version === undefined || optional || dev || link || found[path]?.version === version,
  );
}

/** Without a binary for everybody's Node.js: built from source, one after the other. */
const NATIVE = {
  'better-sqlite3': 'build/Release/better_sqlite3.node',
  sqlite3: 'build/Release/node_sqlite3.node',
};

/**
 * Builds what is native if need be. Where that fails, for want of a compiler, their tests are skipped and say so. Side by
 * side: nearly all of the time goes into one file each.
 */
async function buildNative() {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const builds = Object.entries(NATIVE).map(async ([name, binary]) => {
    if (existsSync(join(folder, 'node_modules', name, binary))) return;
    console.log(`building ${name} from source`);
    // Optimizing SQLite takes a compiler twice as long as all the rest, and its speed is not what is tested.
    const env = { ...process.env, CFLAGS: '-O0', CXXFLAGS: '-O0', JOBS: 'max' };
    const args = ['rebuild', '--prefix', folder, '--loglevel=error', name];
    const build = spawn(npm, args, { stdio: 'inherit', env });
    await once(build, 'close');
  });
  await Promise.all(builds);
}

/** Installs them if need be; throws when npm fails. No install scripts: nothing of them runs before its test. */
export async function installLibraries() {
  installFolder('test/libraries');
  installFolder('test/beside');
  // Without the peers to compare with.
  installFolder('benchmarks', '--omit=dev', '--workspaces=false');
  await buildNative();
}

/** Installs what the lock file of a folder names, if it is not there. */
export function installFolder(path, ...options) {
  if (!isInstalled(folderOf(path))) install(folderOf(path), options);
}

function install(folder, options) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const args = ['ci', '--prefix', folder, ...quiet, ...options];
  const { status } = spawnSync(npm, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await installLibraries();
