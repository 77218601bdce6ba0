// What dist/ is made of; build.mjs writes it, notice.mjs looks at what went in. Why: docs/decisions/023-a-file-per-family.md.
import { build, transform } from 'esbuild';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The family that is part of the agent's own file: nearly every app loads it. */
const EAGER = 'http';
const ENTRIES = /[\\/]instrumentations[\\/]entries\.ts$/;
const OPTIONAL = /[\\/]src[\\/]optional\.ts$/;
const ROWS = /[\\/]src[\\/]config[\\/]rows[\\/][\w-]+\.ts$/;
const PRIMORDIALS = 'src/primordials.ts';

const COMMON = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  // The ES module builds can be shaken: the export thread is 90 KB instead of 417, and loads in 8 ms instead of 27.
  mainFields: ['module', 'main'],
  target: 'node20.19',
  // The library's `import('http')` becomes a require: importing `http` as an ES module reads all of its exports, also the lazy
  // ones, which load undici (30 ms and 6 MB in the export thread).
  supported: { 'dynamic-import': false },
  // Globals that apps replace.
  inject: [PRIMORDIALS],
  // The logger of require-in-the-middle costs more to load than the rest of it, and its output would be noise of ours.
  alias: { debug: './scripts/no-debug.cjs' },
  // The loader hook has to stay a file of its own: the wrappers it generates import it by URL.
  external: ['import-in-the-middle', 'import-in-the-middle/*'],
  // A quarter less to parse: 3 ms of the app's start. Names stay, for stack traces; and lines, since Node prints the one that throws.
  minifyWhitespace: true,
  lineLimit: 120,
  define: { FORETRACE_VERSION: JSON.stringify(version) },
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  write: false,
};

/**
 * `agent.cjs` for the app's thread, `agent/*.cjs` that it reads when a library of a family is loaded or an optional part is asked for, and
 * files for the threads and for what few ask for: YAML files, functions of ES modules, masks. The result has esbuild's `metafile.outputs` of all.
 */
export async function bundle({ write }) {
  const [agent, others] = await Promise.all([
    bundleAgent(),
    build({
      ...COMMON,
      entryPoints: {
        'export-thread': 'src/export/thread/main.ts',
        'config-file': 'src/config/declarative/main.ts',
        'epilogue-thread': 'src/load/epilogue-thread.ts',
        mask: 'src/mask/main.ts',
        'mask-expressions': 'src/mask/expressions.ts',
      },
      outdir: 'dist',
      outExtension: { '.js': '.cjs' },
      format: 'cjs',
    }),
  ]);
  const files = { ...agent.files };
  for (const { path, text } of others.outputFiles) files[relative(root, path).split(sep).join('/')] = text;
  if (write) {
    await rm(join(root, 'dist'), { recursive: true, force: true });
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
  }
  return { metafile: { outputs: { ...agent.outputs, ...others.metafile.outputs } } };
}

async function bundleAgent() {
  const { families, libraries } = await readCatalogue();
  const optional = await readOptional();
  const lazy = { ...optional.files };
  for (const family of families) lazy[family] = `instrumentations/families/${family}.ts`;
  const generated = {
    name: 'generated',
    setup(builder) {
      builder.onLoad({ filter: ENTRIES }, () => ({ contents: entriesText(libraries), loader: 'ts' }));
      builder.onLoad({ filter: OPTIONAL }, () => ({ contents: optional.text, loader: 'ts' }));
      builder.onLoad({ filter: ROWS }, async ({ path }) => ({
        contents: withoutHelp(await readFile(path, 'utf8')),
        loader: 'ts',
      }));
      builder.onResolve({ filter: /^\.\/agent\// }, ({ path }) => ({ path, external: true }));
    },
  };
  let core = await bundleCore(generated, []);
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const rest = await bundleLazy(lazy, core.modules);
    // oxlint-disable-next-line no-await-in-loop
    const next = await bundleCore(generated, rest.names);
    const grown = next.modules.size > core.modules.size;
    core = next;
    // What the other files ask for may bring modules along that they have copies of: a module is in one file.
    if (grown) continue;
    await checkConstants(rest.names);
    return {
      files: { 'dist/agent.cjs': core.text, ...rest.files },
      outputs: { ...core.outputs, ...rest.outputs },
    };
  }
}

/** The file that is always read, with a table of what the others use of it. */
async function bundleCore(generated, names) {
  const imports = names.map(([path, name], i) => `import { ${name} as c${i} } from './${path}';`);
  const { outputFiles, metafile } = await build({
    ...COMMON,
    stdin: {
      contents: [
        `export { start } from './instrumentations/main.ts';`,
        ...imports,
        `export const core = { ${names.map((_, i) => `c${i}`).join(', ')} };`,
      ].join('\n'),
      resolveDir: root,
    },
    outfile: 'dist/agent.cjs',
    format: 'cjs',
    // What esbuild says itself where the entry is TypeScript: functions of ours stand in for those of libraries.
    banner: { js: '"use strict";' },
    plugins: [generated],
  });
  const { inputs } = metafile.outputs['dist/agent.cjs'];
  const modules = Object.keys(inputs).filter((path) => path !== '<stdin>' && inputs[path].bytesInOutput > 0);
  return { text: outputFiles[0].text, modules: new Set(modules), outputs: metafile.outputs };
}

/** The files that are read later. What is in the agent's own file they take from its table, and each other module is in one of them. */
async function bundleLazy(entryPoints, core) {
  const exported = await exportsOf(PRIMORDIALS);
  const fromCore = {
    name: 'core',
    setup(builder) {
      builder.onResolve({ filter: /./ }, async ({ path, pluginData, ...at }) => {
        if (path.startsWith('core:')) return { path, external: true };
        if (pluginData === 'asked' || at.kind === 'entry-point') return undefined;
        const { importer, kind, resolveDir } = at;
        const found = await builder.resolve(path, { importer, kind, resolveDir, pluginData: 'asked' });
        const inside = relative(root, found.path).split(sep).join('/');
        return core.has(inside) && inside !== PRIMORDIALS
          ? { path: `core:${inside}`, external: true }
          : found;
      });
      builder.onLoad({ filter: /[\\/]src[\\/]primordials\.ts$/ }, () => ({
        contents: `export { ${exported.map((name) => JSON.stringify(name)).join(', ')} } from 'core:${PRIMORDIALS}';`,
        loader: 'ts',
      }));
    },
  };
  const { outputFiles, metafile } = await build({
    ...COMMON,
    entryPoints,
    outdir: 'dist/agent',
    entryNames: '[name]',
    chunkNames: 'shared-[hash]',
    format: 'esm',
    splitting: true,
    // One statement a line, for `toCommonJs`.
    minifyWhitespace: false,
    lineLimit: undefined,
    plugins: [fromCore],
  });
  const names = [];
  const numbers = new Map();
  const numberOf = (path, name) => {
    const known = `${path} ${name}`;
    if (!numbers.has(known)) numbers.set(known, names.push([path, name]) - 1);
    return numbers.get(known);
  };
  const files = {};
  for (const { path, text } of outputFiles.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const file = relative(root, path).split(sep).join('/').replace(/\.js$/, '.cjs');
    // oxlint-disable-next-line no-await-in-loop
    files[file] = await minified(toCommonJs(text, numberOf, file));
  }
  return { files, names, outputs: metafile.outputs };
}

/**
 * esbuild splits ES modules alone, and makes getters of exports where it writes CommonJS: a call across files would go through one. Here
 * they are constants.
 */
function toCommonJs(text, numberOf, file) {
  const pairs = (names) =>
    names.split(',').map((one) => {
      const [, from, to = from] = /^\s*("[^"]*"|[\w$]+)(?:\s*\bas\s*("[^"]*"|[\w$]+))?\s*$/.exec(
        one.replace('"as ', '" as '),
      );
      return [from, to];
    });
  const list = (names, of) => (names.trim() === '' ? '' : pairs(names).map(of).join(','));
  const code = text
    .replace(/^import\s*\{([^}]*)\}\s*from\s*"core:([^"]+)";/gm, (_, names, path) => {
      return `const{${list(names, ([from, to]) => `c${numberOf(path, from)}:${to}`)}}=core;`;
    })
    .replace(/^import\s*\{([^}]*)\}\s*from\s*"\.\/([^"]+)\.js";/gm, (_, names, path) => {
      return `const{${list(names, (pair) => pair.join(':'))}}=require("./${path}.cjs");`;
    })
    .replace(/^import\s*"\.\/([^"]+)\.js";/gm, (_, path) => `require("./${path}.cjs");`)
    .replace(/^import\s*\{([^}]*)\}\s*from\s*"(node:[^"]+)";/gm, (_, names, path) => {
      return `const{${list(names, (pair) => pair.join(':'))}}=require("${path}");`;
    })
    .replace(/^export\s*\{([^}]*)\};/gm, (_, names) => {
      return `module.exports={${list(names, ([own, name]) => `${name}:${own}`)}};`;
    });
  const left = /^(?:import|export)\b.*/m.exec(code);
  if (left !== null) throw new Error(`${file} has what this script does not translate: ${left[0]}`);
  return `"use strict";\nconst{core}=require("../agent.cjs");\n${code}`;
}

async function minified(code) {
  const { minifyWhitespace, lineLimit, target } = COMMON;
  return (await transform(code, { minifyWhitespace, lineLimit, target })).code;
}

/** A table of constants shows no later value of a variable. */
async function checkConstants(names) {
  const texts = new Map();
  for (const [path, name] of names) {
    // oxlint-disable-next-line no-await-in-loop
    if (!texts.has(path)) texts.set(path, await readFile(join(root, path), 'utf8'));
    if (new RegExp(`^export (?:let|var)\\b.*\\b${name.replaceAll('$', '\\$')}\\b`, 'm').test(texts.get(path)))
      throw new Error(
        `${path}: ${name} is exported as a variable, but other files of the bundle see its first value`,
      );
  }
}

async function exportsOf(path) {
  const { metafile } = await build({
    ...COMMON,
    inject: [],
    entryPoints: [path],
    format: 'esm',
    outdir: 'dist',
  });
  return Object.values(metafile.outputs)[0].exports;
}

/** What the catalogue says of each library before it is loaded. */
async function readCatalogue() {
  const { outputFiles } = await build({
    ...COMMON,
    inject: [],
    stdin: {
      contents: `export { families } from './instrumentations/index.ts'; export { listed } from './src/define.ts';`,
      resolveDir: root,
    },
    format: 'esm',
    outfile: 'dist/catalogue.mjs',
  });
  const text = Buffer.from(outputFiles[0].text).toString('base64');
  const { families, listed } = await import(`data:text/javascript;base64,${text}`);
  const libraries = Object.entries(families).flatMap(([family, members]) =>
    members.map((one, index) => ({ family, index, known: listed(one) })),
  );
  return { families: Object.keys(families).filter((family) => family !== EAGER), libraries };
}

function entriesText(libraries) {
  const entry = ({ family, index, known }) =>
    family === EAGER
      ? `listed(${EAGER}[${index}])`
      : `{ ...${JSON.stringify(known)}, load: () => require('./agent/${family}.cjs').default[${index}] }`;
  return [
    `import ${EAGER} from './families/${EAGER}.ts';`,
    `import { listed } from '../src/define.ts';`,
    `export const entries = [${libraries.map(entry).join(',\n')}];`,
  ].join('\n');
}

/** Rows of variables without what documentation alone needs, which is a third of them. `own` has helps of its own, which stay. */
function withoutHelp(text) {
  return text.replaceAll(
    /^( +)(?:help|text):(?:[^\n]*,|\n(?:\1 +[^\n]*\n)*?\1 +[^\n]*,)\n(?=\1\w|\1\/\/| *\})/gm,
    '',
  );
}

/** `src/optional.ts` with each function that it imports read from a file of its own when it is called. */
async function readOptional() {
  const text = await readFile(join(root, 'src/optional.ts'), 'utf8');
  const files = {};
  const changed = text.replace(/^import \{ ([^}]+) \} from '\.\/([^']+)\.ts';/gm, (_, names, path) => {
    const name = path.replaceAll('/', '-');
    files[name] = `src/${path}.ts`;
    const lazy = (one) => `const ${one} = (...args) => require('./agent/${name}.cjs').${one}(...args);`;
    return names
      .split(',')
      .map((one) => lazy(one.trim()))
      .join('\n');
  });
  return { text: changed, files };
}
