// Runs the test suite of another project without the agent and with it, and compares the results test by test.
//
//   node scripts/transparency.mjs ../fastify -- npx borp --reporter=tap
//
// The command runs in the checkout and prints TAP (`node --test --test-reporter=tap`, `mocha --reporter tap`, `vitest --reporter=tap-flat`,
// `borp --reporter=tap`), or writes Jest's JSON where `{report}` stands (`jest --json --outputFile={report}`), or is `poku` with its own
// reporter. Both ways run in turns, each `--runs` times (default 1): a test whose result varies without the agent says nothing about the
// agent and is counted apart.
//
//   --runs N            how often each way
//   --node PATH         another Node.js, put first on the PATH
//   --propagate         with `traceparent` on outgoing requests; otherwise OTEL_PROPAGATORS=none, since suites compare whole requests
//   --require           the agent by --require instead of --import
//   --out FILE          all results as JSON
//   --keep DIR          what the runs print
//
// Prints one row of docs/transparency.md, and every test with another result. The agent exports to a receiver in this process: no span, no
// comparison. Ends with 1 if a result differs.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The tests of a TAP stream, as full title → `ok`, `not ok` or `skip`. Subtests stand before their parent, four spaces further in; of equal
 * titles the second is `title (2)`.
 * @param {string} text
 * @returns {Map<string, string>}
 */
export function readTap(text) {
  const results = new Map();
  const parents = [];
  for (const line of text.split('\n')) {
    const subtest = /^( *)# Subtest: (.*)$/.exec(line);
    if (subtest) {
      const depth = subtest[1].length / 4;
      parents.length = depth;
      parents[depth] = subtest[2];
      continue;
    }
    const point = /^( *)(not ok|ok) \d+(?: -)? ?(.*)$/.exec(line);
    if (!point) continue;
    const depth = Math.trunc(point[1].length / 4);
    const [, title, directive] = /^(.*?)(?:\s+#\s*(skip|todo|time).*)?$/i.exec(
      point[3].replace(/\s*\{$/, ''),
    );
    const path = [...parents.slice(0, depth), title].join(' › ');
    const skipped = directive !== undefined && directive.toLowerCase() !== 'time';
    add(results, path, skipped ? 'skip' : point[2]);
  }
  return results;
}

/** The tests in a report of Jest (and Vitest's `json`). */
export function readJest(text, folder) {
  const results = new Map();
  for (const { name, assertionResults, status } of JSON.parse(text).testResults) {
    const file = name.replace(`${folder}/`, '');
    if (assertionResults.length === 0) add(results, file, status === 'passed' ? 'ok' : 'not ok');
    for (const { fullName, status } of assertionResults)
      add(
        results,
        `${file} › ${fullName}`,
        status === 'passed' ? 'ok' : status === 'failed' ? 'not ok' : 'skip',
      );
  }
  return results;
}

/**
 * The files and their tests in what poku prints. Each file is printed as a whole when it has ended; whether `●` stands for a pass or a
 * failure is a matter of its colour, and what failed is printed once more at the end.
 */
export function readPoku(text) {
  const results = new Map();
  let parents = [];
  for (const line of text.split('\n')) {
    const failed = line.includes('\u001b[91m');
    // eslint-disable-next-line no-control-regex
    const plain = line.replaceAll(/\u001b\[[\d;]*m/g, '');
    if (/^\d+ test file\(s\) failed:/.test(plain)) break;
    const file = /^› (\S+) › [\d.]+ms$/.exec(plain);
    if (file) {
      parents = [file[1]];
      add(results, file[1], failed ? 'not ok' : 'ok');
      continue;
    }
    const mark = /^((?: {2})+)([◌●◯]) (.+?)( › [\d.]+ms)?$/u.exec(plain);
    if (!mark || parents.length === 0) continue;
    const [, indent, sign, title, time] = mark;
    const depth = indent.length / 2;
    const path = [...parents.slice(0, depth), title].join(' › ');
    if (sign === '◌') parents = [...parents.slice(0, depth), title];
    else add(results, path, time === undefined ? 'skip' : failed ? 'not ok' : 'ok');
  }
  return results;
}

function add(results, title, result) {
  let unique = title;
  for (let n = 2; results.has(unique); n++) unique = `${title} (${n})`;
  results.set(unique, result);
}

/**
 * What differs between the runs without and with the agent.
 * @param {Map<string, string>[]} plain
 * @param {Map<string, string>[]} traced
 */
export function compare(plain, traced) {
  const titles = new Set([...plain, ...traced].flatMap((run) => [...run.keys()]));
  const outcomes = (runs, title) => [...new Set(runs.map((run) => run.get(title) ?? 'missing'))].sort();
  const count = { tests: 0, passed: 0, failed: 0, skipped: 0, unstable: 0 };
  const differ = [];
  for (const title of titles) {
    const without = outcomes(plain, title);
    const withAgent = outcomes(traced, title);
    if (without.length > 1) {
      count.unstable++;
      continue;
    }
    if (!(without.length === 1 && without[0] === 'missing')) count.tests++;
    if (without[0] === 'ok') count.passed++;
    else if (without[0] === 'not ok') count.failed++;
    else if (without[0] === 'skip') count.skipped++;
    if (withAgent.join() !== without.join())
      differ.push({ title, without: without.join(), with: withAgent.join('/') });
  }
  return { ...count, differ };
}

/** A collector that counts what it is sent. */
async function startCounter() {
  const seen = { requests: 0, bytes: 0 };
  const server = createServer((request, response) => {
    seen.requests++;
    request.on('data', (chunk) => (seen.bytes += chunk.length));
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { seen, url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

function runOnce(command, { cwd, env, print, report }) {
  const words = command.map((word) => word.replaceAll('{report}', report));
  return new Promise((done, fail) => {
    const child = spawn(words[0], words.slice(1), { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
    child.on('error', fail);
    child.on('close', (code) => {
      if (print !== undefined) {
        writeFileSync(`${print}.out`, output);
        writeFileSync(`${print}.err`, errors);
      }
      done({ output, errors, code });
    });
  });
}

function resultsOf(command, output, report, cwd) {
  if (command.some((word) => word.includes('{report}'))) return readJest(readFileSync(report, 'utf8'), cwd);
  const tap = readTap(output);
  return tap.size > 0 ? tap : readPoku(output);
}

async function main() {
  const { values, positionals } = parseArgs({
    options: {
      runs: { type: 'string', default: '1' },
      node: { type: 'string' },
      propagate: { type: 'boolean', default: false },
      require: { type: 'boolean', default: false },
      out: { type: 'string' },
      keep: { type: 'string' },
    },
    allowPositionals: true,
  });
  const [checkout, ...command] = positionals;
  if (command.length === 0) {
    console.error(
      'usage: node scripts/transparency.mjs [options] CHECKOUT -- COMMAND …   (see the head of this file)',
    );
    process.exit(2);
  }
  const cwd = resolve(checkout);
  const scratch = mkdtempSync(join(tmpdir(), 'foretrace-transparency-'));
  if (values.keep !== undefined) mkdirSync(values.keep, { recursive: true });
  const collector = await startCounter();
  const path =
    values.node === undefined
      ? process.env.PATH
      : `${dirname(resolve(values.node))}${delimiter}${process.env.PATH}`;
  const plainEnv = { ...process.env, PATH: path, FORCE_COLOR: '0', NO_COLOR: '1' };
  const preload = values.require
    ? `--require ${join(root, 'register.cjs')}`
    : `--import ${pathToFileURL(join(root, 'register.mjs')).href}`;
  const tracedEnv = {
    ...plainEnv,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${preload}`.trim(),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: 'suite',
    ...(values.propagate ? {} : { OTEL_PROPAGATORS: 'none' }),
  };
  const runs = { plain: [], traced: [] };
  const lines = new Map();
  for (let run = 1; run <= Number(values.runs); run++) {
    for (const [way, env] of [
      ['plain', plainEnv],
      ['traced', tracedEnv],
    ]) {
      const report = join(scratch, `${way}-${run}.json`);
      const print = values.keep === undefined ? undefined : join(values.keep, `${way}-${run}`);
      const { output, errors, code } = await runOnce(command, { cwd, env, print, report });
      const results = resultsOf(command, output, report, cwd);
      runs[way].push(results);
      console.error(`${way} run ${run}: ${results.size} tests, exit code ${code}`);
      for (const line of `${output}\n${errors}`.split('\n'))
        if (line.includes('foretrace: ')) lines.set(line.trim(), (lines.get(line.trim()) ?? 0) + 1);
    }
  }
  collector.close();
  rmSync(scratch, { recursive: true, force: true });
  const { differ, ...count } = compare(runs.plain, runs.traced);
  if (collector.seen.requests === 0) {
    console.error('the collector got nothing: the agent was not there, so nothing has been compared');
    process.exit(1);
  }
  const { name, version } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  if (values.out !== undefined)
    writeFileSync(values.out, `${JSON.stringify({ name, version, ...count, differ }, null, 2)}\n`);
  console.log(
    `| ${name} | ${version} | ${count.tests} | ${count.passed} | ${count.failed} | ${count.skipped} | ${count.unstable} | ${differ.length === 0 ? 'identical' : `${differ.length} differ`} |`,
  );
  for (const { title, without, with: withAgent } of differ)
    console.log(`  ${without} → ${withAgent}: ${title}`);
  for (const [line, times] of lines) console.log(`  said ${times} times: ${line.slice(0, 300)}`);
  console.log(`  exported: ${collector.seen.requests} requests, ${collector.seen.bytes} bytes`);
  process.exitCode = differ.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
