// The common part of span-lifecycle and encode.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APP_CORE, runBeside } from './processes.mjs';
import { caption, environment } from './report.mjs';
import { spread } from './stats.mjs';
import { bars } from './svg.mjs';
import { number, table, withSpread } from './table.mjs';
import { nodeVersion, sayOnce } from './variants.mjs';

const RUNNER = new URL('./micro/run.mjs', import.meta.url).pathname;
const OTEL = new URL('./micro/otel.mjs', import.meta.url).pathname;
const FORETRACE = new URL('./micro/foretrace.ts', import.meta.url).pathname;
// A new space in which a batch of spans fits without a collection, so that the heap's growth is what was allocated.
const COUNTING = ['--expose-gc', '--max-semi-space-size=256', '--min-semi-space-size=256'];

const LABELS = {
  foretrace: 'foretrace',
  'foretrace-api': 'foretrace, through the API',
  otel2: 'OpenTelemetry SDK 2',
  otel3: 'OpenTelemetry SDK 3',
};

async function bundle(folder) {
  const { build } = await import('esbuild');
  const outfile = join(folder, 'foretrace.mjs');
  await build({
    entryPoints: [FORETRACE],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    define: { FORETRACE_VERSION: '"bench"' },
    // Bundled CommonJS asks for Node's own modules with `require`.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
  return outfile;
}

/** The OpenTelemetry lines that are installed and run on this Node. */
function otelLines(node) {
  const [major, minor] = nodeVersion(node);
  const lines = [['otel2', 'peers-node20/package.json', '@opentelemetry/sdk-trace-base']];
  if (major > 22 || (major === 22 && minor >= 15))
    lines.push(['otel3', 'package.json', '@opentelemetry/sdk-trace']);
  return lines.filter(([name, file, specifier]) => {
    try {
      createRequire(new URL(`../${file}`, import.meta.url)).resolve(specifier);
      return true;
    } catch {
      sayOnce(`${LABELS[name]} is not installed, skipped`);
      return false;
    }
  });
}

/** @param {'lifecycle' | 'encode'} question */
export async function micro({ name, title, question, foretrace }, options) {
  const failures = [];
  const folder = mkdtempSync(join(tmpdir(), 'foretrace-bench-'));
  const rows = [];
  try {
    const wanted = [];
    try {
      const file = await bundle(folder);
      for (const implementation of foretrace) wanted.push([implementation, file]);
    } catch (error) {
      failures.push(`${name}: foretrace does not bundle: ${error.message.split('\n', 2).join(' ')}`);
    }
    for (const [line] of otelLines(options.node)) wanted.push([line, OTEL]);

    const runs = new Map(wanted.map(([implementation]) => [implementation, []]));
    for (let i = 0; i < options.rounds; i++) {
      for (const [implementation, file] of wanted) {
        const args = [RUNNER, file, implementation, question, String(options.seconds)];
        try {
          const timed = JSON.parse(await runBeside(options.node, args, APP_CORE));
          const counted = JSON.parse(await runBeside(options.node, [...COUNTING, ...args], APP_CORE));
          runs.get(implementation).push({ ...timed, ...counted });
        } catch (error) {
          failures.push(`${name}, ${implementation}: ${error.message}`);
        }
      }
      console.error(`${name} ${i + 1}/${options.rounds}: done`);
    }
    for (const [implementation, measured] of runs) {
      if (measured.length === 0) continue;
      rows.push({
        name: implementation.startsWith('otel') ? 'otel' : 'foretrace',
        label: LABELS[implementation],
        ns: spread(measured.map(({ ns }) => ns)),
        bytes: spread(measured.map(({ bytes }) => bytes)),
        encodedBytes: measured[0].encodedBytes,
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const result = {
    name,
    title,
    how: `A loop in a process of its own, garbage collection included; medians of ${options.rounds} runs.`,
    environment: environment(options),
    rows,
    failures,
  };
  const encode = question === 'encode';
  result.text = `\n## ${title}\n\n${caption(result)}\n\n${table(
    ['', 'ns per span', 'bytes allocated per span', ...(encode ? ['bytes written per span'] : [])],
    rows.map(({ label, ns, bytes, encodedBytes }) => [
      label,
      withSpread(ns),
      number(bytes.median),
      ...(encode ? [number(encodedBytes)] : []),
    ]),
  )}\n`;
  if (rows.length > 0) {
    const chart = (key, unit) =>
      rows.map((row) => ({
        label: row.label,
        kind: row.name,
        spread: row[key],
        shown: `${number(row[key].median)} ${unit}`,
      }));
    result.pictures = {
      [name]: bars({ title, note: caption(result), unit: 'ns per span', rows: chart('ns', 'ns') }),
      [`${name}-bytes`]: bars({
        title: title.replace('Time', 'Bytes allocated'),
        note: caption(result),
        unit: 'bytes allocated per span',
        rows: chart('bytes', 'bytes'),
      }),
    };
  }
  return result;
}
