// Where results go: JSON and SVG into results/, the table to stdout.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { realpathSync } from 'node:fs';
import { readOptions } from './options.mjs';
import { nodeVersion } from './variants.mjs';

/** What a reader must know to compare two files. */
export function environment(options) {
  return {
    date: new Date().toISOString(),
    node: nodeVersion(options.node).join('.'),
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    kernel: release(),
  };
}

function stem(name, options) {
  return `${name}.node${nodeVersion(options.node)[0]}`;
}

function write(file, options, text) {
  mkdirSync(options.out, { recursive: true });
  writeFileSync(new URL(file, `file://${options.out.replace(/\/?$/, '/')}`), text);
}

/** One line below the title of every picture. */
export function caption(result) {
  const { environment: env } = result;
  return `Node ${env.node}, ${env.date.slice(0, 10)}. ${result.how}`;
}

export function save(result, options) {
  write(
    `${stem(result.name, options)}.json`,
    options,
    `${JSON.stringify({ ...result, text: undefined, pictures: undefined }, null, 1)}\n`,
  );
  for (const [name, svg] of Object.entries(result.pictures ?? {}))
    write(`${stem(name, options)}.svg`, options, svg);
}

/** The summary of a whole run, as Markdown. */
export function saveSummary(text, options) {
  write(`${stem('summary', options)}.md`, options, text);
}

/**
 * Runs a benchmark when its file is the program, and does nothing when it is imported by run.mjs.
 *
 * @param {{url: string}} meta `import.meta` of the benchmark
 */
export async function main(meta, { run, defaults }) {
  if (realpathSync(process.argv[1]) !== fileURLToPath(meta.url)) return;
  const options = readOptions(defaults);
  const result = await run(options);
  save(result, options);
  console.log(result.text);
  for (const failure of result.failures) console.error(`FAILED: ${failure}`);
  process.exit(result.failures.length > 0 ? 1 : 0);
}
