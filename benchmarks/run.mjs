// All benchmarks but the soak, one table: node benchmarks/run.mjs [--quick]. Options are handed on to each; `--only a,b` selects some.
import { readOptions } from './lib/options.mjs';
import { environment, save, saveSummary } from './lib/report.mjs';
import { number, signed, table } from './lib/table.mjs';
import { LABELS, NAMES } from './lib/variants.mjs';

const BENCHMARKS = [
  'http-hello',
  'express-pg-redis',
  'fastify-fetch',
  'sample-rates',
  'keep',
  'startup',
  'memory',
  'tail-latency',
  'span-lifecycle',
  'encode',
  'hook-cost',
];

const args = process.argv.slice(2);
const onlyAt = args.indexOf('--only');
// The soak takes an hour: only when it is asked for, or when it has to show no more than that it runs.
const all = args.includes('--quick') ? [...BENCHMARKS, 'soak'] : BENCHMARKS;
const only = onlyAt === -1 ? all : args.splice(onlyAt, 2)[1].split(',');

/** One line of the summary: a question, and for each variant what it takes beyond no agent. */
const lines = [];
function line(question, rows, absolute, added) {
  const cells = {};
  for (const row of rows) cells[row.name] ??= row.name === 'none' ? absolute(row) : added(row);
  if (NAMES.some((name) => cells[name] !== undefined))
    lines.push([question, ...NAMES.map((name) => cells[name])]);
}

const average = (row) => row && number(row.median);
const difference = (row) => row && signed(row.median);

const SUMMARISE = {
  'http-hello': loadLines('bare http'),
  'express-pg-redis': loadLines('Express + pg + redis'),
  'fastify-fetch': loadLines('Fastify + fetch'),
  'sample-rates'({ apps }) {
    for (const { app, rows } of apps) {
      for (const rate of new Set(rows.map((row) => row.rate))) {
        if (rate === 1) continue;
        const chosen = rows.filter((row) => row.name === 'none' || row.name === 'floor' || row.rate === rate);
        const question = `${app}, CPU µs/request at ${rate * 100} % (floor: 100 %)`;
        line(
          question,
          chosen,
          ({ cpuPerRequest }) => average(cpuPerRequest),
          (row) => difference(row.added),
        );
      }
    }
  },
  keep({ apps }) {
    for (const { app, rows } of apps) {
      const held = rows.filter(({ name }) => name === 'none' || name === 'keep');
      line(
        `${app}, CPU µs/request at 1 % with FORETRACE_KEEP`,
        held.map((row) => (row.name === 'keep' ? { ...row, name: 'foretrace' } : row)),
        ({ cpuPerRequest }) => average(cpuPerRequest),
        ({ added }) => difference(added),
      );
    }
  },
  startup({ apps }) {
    for (const { app, node, rows } of apps) {
      const question = `${app}, ms to listening, Node ${node}`;
      line(
        question,
        rows,
        ({ ms }) => average(ms),
        ({ addedMs }) => difference(addedMs),
      );
    }
  },
  memory({ rows, title }) {
    line(
      `${title}, MB`,
      rows,
      ({ endRss }) => number(endRss),
      ({ added }) => signed(added),
    );
  },
  'tail-latency'({ rows, rate }) {
    const shown = (row, key) => (row.saturated ? 'saturated' : average(row[key]));
    const at = `bare http, ${number(rate)} requests/s`;
    for (const [key, what] of [
      ['p99', 'p99 ms'],
      ['delay', 'event loop delay p99.9 ms'],
    ]) {
      line(
        `${at}, ${what} (not added)`,
        rows,
        (row) => shown(row, key),
        (row) => shown(row, key),
      );
    }
  },
  'span-lifecycle': microLines('one span, start to end'),
  encode: microLines('one span, protobuf'),
  'hook-cost'({ kinds }) {
    for (const { kind, rows } of kinds) {
      line(
        `${kind} of 1,000 modules, ms`,
        rows,
        ({ ms }) => average(ms),
        ({ addedMs }) => difference(addedMs),
      );
    }
  },
  soak({ sides }) {
    line(
      'soak, growth of RSS in MB per hour (not added)',
      sides,
      ({ growth }) => signed(growth.rss.slope),
      ({ growth }) => signed(growth.rss.slope),
    );
  },
};

function loadLines(what) {
  return ({ rows }) => {
    line(
      `${what}, CPU µs/request`,
      rows,
      ({ cpuPerRequest }) => average(cpuPerRequest),
      ({ added }) => difference(added),
    );
    line(
      `${what}, spans/request`,
      rows,
      () => undefined,
      ({ spansPerRequest }) => average(spansPerRequest),
    );
    line(
      `${what}, bytes/span`,
      rows,
      () => undefined,
      ({ bytesPerSpan }) => average(bytesPerSpan),
    );
  };
}

function microLines(what) {
  return ({ rows }) => {
    // Of the two lines of OpenTelemetry the faster is shown.
    const fastest = rows.toSorted((a, b) => a.ns.median - b.ns.median);
    line(`${what}, ns (not added)`, fastest, undefined, ({ ns }) => average(ns));
    line(`${what}, bytes allocated (not added)`, fastest, undefined, ({ bytes }) => average(bytes));
  };
}

const started = performance.now();
const failures = [];
let options;
for (const name of only) {
  const { run, defaults } = await import(`./${name}.mjs`);
  options = readOptions(defaults, args);
  const result = await run(options);
  save(result, options);
  SUMMARISE[name](result);
  failures.push(...result.failures);
}

const { node, cpu, cores, date } = environment(options);
const seconds = Math.round((performance.now() - started) / 1000);
const text = [
  `Node ${node}, ${cpu}, ${cores} cores, ${date.slice(0, 10)}${options.quick ? ', quick: rounds too short to compare' : ''}; ${seconds} s.`,
  'What each variant adds to no agent; medians.',
  '',
  table(['', ...NAMES.map((name) => LABELS[name])], lines),
  '',
].join('\n');
console.log(`\n${text}`);
if (!options.quick) saveSummary(text, options);
for (const failure of new Set(failures)) console.error(`FAILED: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);
