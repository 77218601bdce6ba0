// `npm test`: everything that has to hold before a change is done, in one command. Stops at the first section that fails.
//
//   npm test                        all of it
//   npm test -- --only unit/redact  build, services and the tests whose path contains the text
//   npm test -- --skip bench        without a section (several: --skip a,b)
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installLibraries } from './libraries.mjs';
import { ensureServices } from './services.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  options: { only: { type: 'string', multiple: true }, skip: { type: 'string', default: '' } },
  allowPositionals: true,
});
const filters = [...(values.only ?? []), ...positionals];
const skipped = values.skip.split(',');
const counts = { passed: 0, failed: 0, skipped: 0 };
const notes = [];
let services;

const scratch = mkdtempSync(join(tmpdir(), 'foretrace-test-'));
const report = join(scratch, 'vitest.json');

/** Runs a command with our output; throws when it fails. */
function run(command, args, env = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `ended with ${signal ?? status}`}`);
}
const node = (...args) => run(process.execPath, args);
/** A tool's own file instead of npx: npx costs half a second each. */
const tool = (file, ...args) => node(join(root, 'node_modules', file), ...args);

/** [name, what it does, part of `--only` runs too] */
const sections = [
  ['build', () => node('scripts/build.mjs'), true],
  ['lint', () => tool('oxlint/bin/oxlint', '--deny-warnings')],
  ['format', () => tool('oxfmt/bin/oxfmt', '--check', '.')],
  ['types', () => tool('typescript/bin/tsc', '-p', '.')],
  ['docs', () => existsSync(join(root, 'scripts/docs.mjs')) && node('scripts/docs.mjs', '--check')],
  ['libraries', installLibraries, true],
  ['services', startServices, true],
  ['tests', runTests, true],
  ['bench', () => existsSync(join(root, 'benchmarks/run.mjs')) && node('benchmarks/run.mjs', '--quick')],
];

async function startServices() {
  services = await ensureServices();
  for (const { name, reason } of services.missing)
    notes.push(`tests that need ${name} were skipped: ${reason}`);
  if (services.missing.length > 0 && process.env.CI === 'true')
    throw new Error('with CI=true no service may be missing');
}

function runTests() {
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  // Vitest leaves a core to itself, which on two cores means one file after the other. Most tests wait for their apps: with one file a core a
  // third of the time is idle.
  const workers = `--maxWorkers=${availableParallelism() + 1}`;
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  run(process.execPath, [vitest, 'run', workers, ...reporters, ...filters], services.env);
}

/** Adds up vitest's report; also after a failure. */
function count() {
  if (!existsSync(report)) return;
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites, testResults } =
    JSON.parse(readFileSync(report, 'utf8'));
  counts.passed = numPassedTests;
  // A file that can't even be loaded has no tests that could fail.
  counts.failed = numFailedTests || numFailedTestSuites;
  counts.skipped = numPendingTests + numTodoTests;
  for (const { name, assertionResults } of testResults) {
    const titles = new Set(
      assertionResults
        .filter(({ status }) => status === 'skipped' || status === 'pending')
        .map(({ ancestorTitles, title }) => ancestorTitles.findLast((one) => one.endsWith(']')) ?? title),
    );
    for (const title of titles) notes.push(`skipped in ${name.slice(root.length)}: ${title}`);
  }
}

let failure;
for (const [name, section, always] of sections) {
  if (skipped.includes(name) || (filters.length > 0 && !always)) continue;
  console.log(`\n── ${name} ──`);
  const start = performance.now();
  try {
    await section();
  } catch (error) {
    failure = `${name} failed: ${error.message}`;
  }
  if (name === 'tests') count();
  console.log(
    `── ${name}: ${failure ? 'FAILED' : 'ok'}, ${((performance.now() - start) / 1000).toFixed(1)} s`,
  );
  if (failure) break;
}
await services?.stop();
rmSync(scratch, { recursive: true, force: true });

console.log();
for (const note of notes) console.log(note);
if (failure) {
  console.log(failure);
  if (counts.failed === 0) counts.failed = 1;
  process.exitCode = 1;
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
