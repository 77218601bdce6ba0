// Writes the generated tables into the documentation: what stands between
//   <!-- generated: NAME -->  and  <!-- end of generated: NAME -->
// in README.md, docs/*.md and benchmarks/README.md is replaced by the table of that name.
//
//   node scripts/docs.mjs [FILE...]           rewrites
//   node scripts/docs.mjs --check [FILE...]   exits with 1 and names the files whose tables are out of date
//
// A new table is one entry in TABLES.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { number, signed, table as aligned } from '../benchmarks/lib/table.mjs';
import { LABELS, NAMES } from '../benchmarks/lib/variants.mjs';
import { configuration } from './configuration.mjs';
import { load } from './load.mjs';
import { table } from './markdown.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Name of a table → the source that it is made from, and how. */
const TABLES = {
  configuration: { source: 'src/config/table.ts', render: ({ GROUPS }) => configuration(GROUPS) },
  libraries: { source: 'instrumentations/index.ts', render: renderLibraries },
  'libraries and hooks': { source: 'instrumentations/index.ts', render: renderHooks },
  overhead: {
    render: () =>
      renderOverhead(
        ['24'],
        NAMES.filter((name) => name !== 'floor'),
      ),
  },
  'overhead by version': { render: () => renderOverhead(['20', '22', '24', '26'], NAMES) },
};

function renderLibraries({ catalogue }) {
  return table(LIBRARY, catalogue.map(libraryCells));
}

function renderHooks({ catalogue }) {
  const rows = catalogue.map((instrumentation) => [
    ...libraryCells(instrumentation),
    hooksText(instrumentation),
  ]);
  return table([...LIBRARY, 'Hooks'], rows);
}

const LIBRARY = ['Name', 'Module', 'Versions', 'Spans'];

function libraryCells({
  name,
  aliases = [],
  keepsContext,
  module,
  loadedBy = [],
  versions,
  points = [],
  spans,
}) {
  // What is patched without a range is Node's own; channels alone are whoever's publishes on them.
  const builtin = versions === undefined && points.length > 0;
  const modules = [module, ...loadedBy].map((one) => `\`${builtin ? 'node:' : ''}${one}\``).join(', ');
  const range = versions === undefined ? undefined : `\`${versions}\``;
  const names = keepsContext ? ['always'] : [name, ...aliases].map((one) => `\`${one}\``);
  return [names.join(', '), modules, range ?? (builtin ? 'of Node.js' : 'any, by its channels'), spans];
}

/** Which channels it listens to and which functions it wraps, each function once however many files and versions have it. */
function hooksText({ subscriptions = [], points = [] }) {
  const listed = (names) => [...new Set(names)].join(', ');
  const channels = subscriptions.map(({ channel }) => `\`${channel}\``);
  // Not what only some apps ask for.
  const always = points.filter(({ when }) => when === undefined);
  const functions = always.map(({ target }) => {
    const name = target.split('.').findLast((part) => part !== 'default');
    return name ? `\`${name}\`` : 'the exported function';
  });
  const parts = [];
  if (channels.length > 0) parts.push(`channels ${listed(channels)}`);
  if (functions.length > 0) parts.push(`wraps ${listed(functions)}`);
  return parts.join('; ');
}

/** What the committed benchmark runs say: without an agent, and what each agent adds to it. */
function renderOverhead(versions, names) {
  const lines = [];
  for (const version of versions) {
    const results = (name) =>
      JSON.parse(readFileSync(`${root}benchmarks/results/${name}.node${version}.json`, 'utf8'));
    const add = (question, rows, absolute, added) => {
      const cells = names.map((name) => {
        const row = rows.find((one) => one.name === name);
        return name === 'none' ? number(absolute(row)) : signed(added(row));
      });
      lines.push([versions.length > 1 ? `Node ${version}, ${question}` : question, ...cells]);
    };
    for (const [name, title] of LOADS) {
      const { rows } = results(name);
      add(
        `${title}, CPU µs per request`,
        rows,
        (row) => row.cpuPerRequest.median,
        (row) => row.added.median,
      );
    }
    const { rows } = results('startup').apps.find(({ app }) => app === 'express-pg-redis');
    add(
      'Express + pg + redis, ms until it listens',
      rows,
      (row) => row.ms.median,
      (row) => row.addedMs.median,
    );
    add(
      'bare HTTP server, MB of memory under full load',
      results('memory').rows,
      (row) => row.endRss,
      (row) => row.added,
    );
  }
  return aligned(['', ...names.map((name) => LABELS[name])], lines);
}

const LOADS = [
  ['http-hello', 'bare HTTP server'],
  ['express-pg-redis', 'Express + pg + redis'],
  ['fastify-fetch', 'Fastify + fetch'],
];

async function regenerate(text, file) {
  let result = text;
  for (const [, name] of text.matchAll(/^<!-- generated: (.+) -->$/gm)) {
    const entry = TABLES[name];
    const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end of generated: ${name} -->`];
    const from = result.indexOf(begin) + begin.length;
    const to = result.indexOf(end, from);
    if (entry === undefined) throw new Error(`${file}: there is no table "${name}"`);
    if (to < 0) throw new Error(`${file}: "${end}" is missing`);
    result = `${result.slice(0, from)}\n\n${entry.render(entry.source && (await load(entry.source)))}\n\n${result.slice(to)}`;
  }
  return result;
}

function documents() {
  const docs = readdirSync(`${root}docs`, { recursive: true }).map((name) => `docs/${name}`);
  return ['README.md', 'benchmarks/README.md', ...docs]
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${root}${name}`);
}

const named = process.argv.slice(2).filter((arg) => arg !== '--check');
const check = process.argv.includes('--check');
for (const file of named.length > 0 ? named : documents().filter((name) => existsSync(name))) {
  const text = readFileSync(file, 'utf8');
  const wanted = await regenerate(text, file);
  if (wanted === text) continue;
  const shown = relative(process.cwd(), file);
  if (check) {
    console.error(`${shown}: generated tables are out of date, run \`node scripts/docs.mjs\``);
    process.exitCode = 1;
  } else {
    writeFileSync(file, wanted);
    console.log(`${shown}: written`);
  }
}
