// What do an agent's module hooks cost an app that loads 1,000 modules, none of them instrumented?
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APP_CORE, cleanEnvironment, runBeside, startServer } from './lib/processes.mjs';
import { caption, environment, main } from './lib/report.mjs';
import { spread } from './lib/stats.mjs';
import { bars } from './lib/svg.mjs';
import { number, signed, table, withSpread } from './lib/table.mjs';
import { NAMES, available } from './lib/variants.mjs';

export const defaults = { seconds: 0, warmup: 0, rounds: 5, quick: { rounds: 1 } };
const PACKAGES = 100;
const FILES_PER_PACKAGE = 10;
const MODULES = PACKAGES * FILES_PER_PACKAGE;

/** 100 packages of ten files, once as CommonJS and once as ES modules, and a program that loads all of them. */
function writeModules(folder, esm) {
  const load = (specifier) => (esm ? `import '${specifier}';` : `require('${specifier}');`);
  const names = Array.from({ length: PACKAGES }, (_, i) => `package-${i}`);
  const files = Array.from({ length: FILES_PER_PACKAGE - 1 }, (_, i) => `file-${i}.js`);
  const leaf = esm ? 'export const answer = 42;\n' : 'exports.answer = 42;\n';
  for (const name of names) {
    const root = join(folder, 'node_modules', name);
    mkdirSync(join(root, 'lib'), { recursive: true });
    const type = esm ? 'module' : 'commonjs';
    writeFileSync(
      join(root, 'package.json'),
      JSON.stringify({ name, version: '1.0.0', type, main: 'index.js' }),
    );
    writeFileSync(join(root, 'index.js'), files.map((file) => load(`./lib/${file}`)).join('\n') + leaf);
    for (const file of files) writeFileSync(join(root, 'lib', file), leaf);
  }
  const all = names.map((name) => load(name)).join('\n');
  writeFileSync(join(folder, esm ? 'all.mjs' : 'all.cjs'), all);
  const program = join(folder, esm ? 'program.mjs' : 'program.cjs');
  const report = "console.log('loaded', performance.now() - started); process.exit();";
  writeFileSync(
    program,
    esm
      ? `const started = performance.now();\nawait import('./all.mjs');\n${report}\n`
      : `const started = performance.now();\nrequire('./all.cjs');\n${report}\n`,
  );
  return program;
}

async function measure(kind, program, context, options, failures) {
  const rows = context.variants.map((variant) => ({ variant, times: [] }));
  for (let i = 0; i < options.rounds; i++) {
    for (const { variant, times } of rows) {
      try {
        const env = cleanEnvironment(variant.env);
        const output = await runBeside(options.node, [...variant.flags, program], APP_CORE, env);
        times.push(Number(/loaded ([\d.]+)/.exec(output)[1]));
      } catch (error) {
        failures.push(`hook-cost ${kind}, ${variant.label}: ${error.message}`);
      }
    }
  }
  const baseline = rows[0].times;
  return rows
    .filter(({ times }) => times.length === options.rounds)
    .map(({ variant, times }) => ({
      name: variant.name,
      label: variant.label,
      version: variant.version,
      ms: spread(times),
      addedMs: variant.name === 'none' ? undefined : spread(times.map((time, i) => time - baseline[i])),
    }));
}

export async function run(options) {
  const failures = [];
  const result = {
    name: 'hook-cost',
    title: `Loading ${MODULES.toLocaleString('en-US')} modules`,
    how: `Medians of ${options.rounds} processes, whiskers min–max; the preload itself is not counted.`,
    environment: environment(options),
    kinds: [],
    failures,
  };
  result.text = `\n## ${result.title}\n\n${caption(result)}\n`;
  const folder = mkdtempSync(join(tmpdir(), 'foretrace-bench-'));
  const sink = await startServer('./sink.mjs');
  try {
    for (const kind of ['require', 'import']) {
      const esm = kind === 'import';
      const names = (options.variants ?? NAMES).filter((name) => name !== 'floor');
      const settings = { app: 'http-hello', esm, node: options.node, rate: 1, sinkUrl: sink.url };
      const variants = names
        .map((name) => available(name, settings, failures))
        .filter((variant) => variant !== undefined);
      const target = join(folder, kind);
      mkdirSync(target);
      const rows = await measure(kind, writeModules(target, esm), { variants }, options, failures);
      result.kinds.push({ kind, rows });
      console.error(`hook-cost ${kind}: done`);
      result.text += `\n### ${kind}\n\n${table(
        ['', 'ms', 'added ms', 'added µs per module'],
        rows.map((row) => [
          row.label + (row.version ? ` ${row.version}` : ''),
          withSpread(row.ms),
          row.addedMs && withSpread(row.addedMs, signed),
          row.addedMs && signed((row.addedMs.median * 1000) / MODULES),
        ]),
      )}\n`;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await sink.stop();
  }
  result.pictures = {
    'hook-cost': bars({
      title: result.title,
      note: caption(result),
      unit: 'ms',
      rows: result.kinds.flatMap(({ kind, rows }) =>
        rows.map(({ name, label, ms, addedMs }) => ({
          label,
          kind: name,
          spread: ms,
          shown: `${number(ms.median)}${addedMs ? ` (${signed(addedMs.median)})` : ''}`,
          group: kind,
        })),
      ),
    }),
  };
  return result;
}

await main(import.meta, { run, defaults });
