// The library part of `npm run test:matrix`: a library's tests against each version that test/versions.json pins.
//
// An entry of `libraries` there is named after the library's instrumentation and test file:
//   package    its npm package, if that is called otherwise
//   test       the test file, if that is called otherwise
//   versions   inside the supported range: oldest, newest of each major, latest. Text, or an object:
//                version, with: packages that its tests need beside it, node: pinned Node to run on (default: the Node at hand)
//   native     true: has to be built from source, which takes a compiler and minutes; a version may say otherwise
//   outside    one version below and one above the range, as far as there are any: left alone and reported
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const entryOf = (one) => (typeof one === 'string' ? { version: one } : one);

/** A folder of its own with one version of a library; undefined if npm fails. */
function install(name, packageName, { version, with: others = {} }, native, run) {
  const folder = join(root, 'test/versions', `${name}@${version}`);
  const dependencies = { [packageName]: version, ...others };
  const installed = Object.entries(dependencies).every(
    ([dependency, wanted]) => versionIn(folder, dependency) === wanted,
  );
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(root, 'test/libraries/import.mjs'), join(folder, 'import.mjs'));
  if (installed) return folder;
  writeFileSync(
    join(folder, 'package.json'),
    `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`,
  );
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const flags = [
    '--no-package-lock',
    '--ignore-scripts',
    '--legacy-peer-deps',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const done =
    run(npm, ['install', '--prefix', folder, ...flags]) &&
    (!native || run(npm, ['rebuild', '--prefix', folder, '--loglevel=error', packageName]));
  return done ? folder : undefined;
}

function versionIn(folder, packageName) {
  const file = join(folder, 'node_modules', packageName, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}

/** Whether the agent says that it leaves a version alone, and the app still loads it. */
function isLeftAlone(folder, packageName, version, node) {
  const code = `import('./import.mjs').then((folder) => folder.default(${JSON.stringify(packageName)}))`;
  const { status, stderr } = spawnSync(node, ['--import', join(root, 'register.mjs'), '-e', code], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  });
  const reported = stderr.includes(`${packageName} ${version} is outside the supported range`);
  if (status !== 0 || !reported) console.error(`exit code ${status}, stderr: ${stderr}`);
  return status === 0 && reported;
}

/**
 * @param pinned test/versions.json
 * @param names entries of its `libraries`
 * @param run runs a command with our output, with further environment; returns whether it succeeded
 * @param nodeOf the binary of a pinned Node; undefined if it can't be had
 * @returns {{ name: string, passed: boolean, seconds: number }[]}
 */
export function testLibraries(pinned, names, run, nodeOf, env) {
  const results = [];
  function record(title, test) {
    console.log(`\n── ${title} ──`);
    const start = performance.now();
    results.push({ name: title, passed: test(), seconds: (performance.now() - start) / 1000 });
  }
  for (const name of names) {
    const {
      package: packageName = name,
      test = name,
      native = false,
      versions,
      outside = [],
    } = pinned.libraries[name];
    for (const entry of versions.map(entryOf)) {
      const { node } = entry;
      record(`${name} ${entry.version}${node === undefined ? '' : ` on Node ${node}`}`, () => {
        const folder = install(name, packageName, entry, entry.native ?? native, run);
        const binary = node === undefined ? (process.env.NODE_UNDER_TEST ?? process.execPath) : nodeOf(node);
        if (folder === undefined || binary === undefined) return false;
        return run(
          process.execPath,
          [
            'node_modules/vitest/vitest.mjs',
            'run',
            '--reporter=dot',
            `test/instrumentations/${test}.test.ts`,
          ],
          { ...env, TEST_LIBRARIES: folder, NODE_UNDER_TEST: binary },
        );
      });
    }
    for (const entry of outside.map(entryOf)) {
      record(`${name} ${entry.version}, outside the range`, () => {
        const folder = install(name, packageName, entry, false, run);
        const binary = entry.node === undefined ? process.execPath : nodeOf(entry.node);
        return folder !== undefined && isLeftAlone(folder, packageName, entry.version, binary);
      });
    }
  }
  return results;
}
