// `npm run test:matrix`: the out-of-process tests on other versions of Node, pinned in test/versions.json. The test runner
// itself runs on the Node at hand; the apps under test run on the others.
//
//   npm run test:matrix                       every pinned version
//   npm run test:matrix -- --node 24          one (several: --node 22 --node 24)
//   npm run test:matrix -- --only express     only tests whose path contains the text
//   npm run test:matrix -- --library fastify  one library in each of its pinned versions (several; `all`)
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { testLibraries } from './matrix-libraries.mjs';
import { ensureServices } from './services.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Where apps run in processes of their own; unit tests import the sources and would test the Node at hand again. */
const OUT_OF_PROCESS = [
  'test/process/',
  'test/variables/',
  'test/instrumentations/',
  'test/unit/package.test.ts',
];

const pinned = JSON.parse(readFileSync(join(root, 'test/versions.json'), 'utf8'));
const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true },
    library: { type: 'string', multiple: true },
    only: { type: 'string', multiple: true },
  },
});

const libraries = values.library?.includes('all') ? Object.keys(pinned.libraries) : (values.library ?? []);
const wanted = values.node ?? (libraries.length > 0 ? [] : Object.keys(pinned.node));
for (const [kind, names] of [
  ['node', wanted],
  ['libraries', libraries],
]) {
  const unknown = names.filter((name) => !(name in pinned[kind]));
  if (unknown.length === 0) continue;
  const known = Object.keys(pinned[kind]).join(', ') || 'none';
  console.error(`test/versions.json pins no ${kind} ${unknown.join(', ')} (pinned: ${known})`);
  process.exit(1);
}

function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  return status === 0;
}

/** The binary of a pinned version, installed from npm into test/versions/ when it is not there yet. */
function install(name) {
  const version = pinned.node[name];
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const packageName = `node-${platform}-${process.arch}`;
  const folder = join(root, 'test/versions', `node-${name}`);
  const file = join(
    folder,
    'node_modules',
    packageName,
    process.platform === 'win32' ? 'bin/node.exe' : 'bin/node',
  );
  if (versionOf(file) === version) return file;
  mkdirSync(folder, { recursive: true });
  // No install scripts: the package is the binary and nothing else.
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  if (!run(npm, ['install', '--prefix', folder, ...flags, `${packageName}@${version}`])) return undefined;
  return versionOf(file) === version ? file : undefined;
}

function versionOf(file) {
  if (!existsSync(file)) return undefined;
  return spawnSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim();
}

if (!run(process.execPath, ['scripts/build.mjs'])) process.exit(1);
const services = await ensureServices();
if (services.missing.length > 0 && process.env.CI === 'true') process.exit(1);

const results = [];
for (const name of wanted) {
  console.log(`\n── Node ${pinned.node[name]} ──`);
  const start = performance.now();
  const file = install(name);
  const passed =
    file !== undefined &&
    run(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', ...(values.only ?? OUT_OF_PROCESS)],
      { ...services.env, KIT_MANY: '1000', NODE_UNDER_TEST: file },
    );
  const seconds = (performance.now() - start) / 1000;
  results.push({ name: `Node ${pinned.node[name]}`, passed, seconds });
}
results.push(...testLibraries(pinned, libraries, run, install, { ...services.env, KIT_MANY: '1000' }));
await services.stop();

console.log();
for (const { name, passed, seconds } of results)
  console.log(`${name.padEnd(40)} ${passed ? 'passed' : 'FAILED'}  ${seconds.toFixed(0)} s`);
if (results.some(({ passed }) => !passed)) process.exitCode = 1;
