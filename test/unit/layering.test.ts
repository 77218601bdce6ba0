/**
 * The rules of the house: which part may import which, and what is written in one place only. Reads the sources as text:
 * TypeScript 7 has no API for it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix, relative, sep } from 'node:path';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/run-app.ts';

interface Source {
  /** Path from the root, with `/`. */
  file: string;
  text: string;
  /** Without comments and types, strings in double quotes. */
  code: string;
  /** What it imports, types too: a path from the root for own files, otherwise the specifier. */
  imports: string[];
}

/** Timers that are not unref'd for a reason: `file: reason`. */
const KEPT_TIMERS: Record<string, string> = {
  'src/export/app/flushes.ts':
    'an app that awaits a flush must get its answer, also when nothing else is left to do',
};

function sources(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const file = relative(ROOT, path).split(sep).join('/');
      const text = readFileSync(path, 'utf8');
      const { code } = transformSync(text, { loader: 'ts', format: 'esm', target: 'esnext' });
      return { file, text, code, imports: importsOf(file, text) };
    });
}

function importsOf(file: string, text: string): string[] {
  const patterns = [
    /^(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^import\s*['"]([^'"]+)['"]/gm,
    // Not in comment lines; `import('x').Type` counts as well.
    /^(?!\s*(?:\*|\/[/*])).*?\b(?:import|require)\(\s*['"]([^'"]+)['"]/gm,
  ];
  return patterns
    .flatMap((pattern) => [...text.matchAll(pattern)].map(([, specifier]) => specifier))
    .map((specifier) => (specifier.startsWith('.') ? posix.join(dirname(file), specifier) : specifier));
}

const src = sources('src');
// main.ts is the entry of the bundle: it hands the catalogue to the agent.
const instrumentations = sources('instrumentations').filter(
  ({ file }) => file !== 'instrumentations/main.ts',
);
const isBuiltin = (specifier: string): boolean =>
  specifier.startsWith('node:') || builtinModules.includes(specifier);

/** `file: import` for every import that is not allowed. */
const forbidden = (list: Source[], allowed: (specifier: string) => boolean): string[] =>
  list.flatMap(({ file, imports }) => imports.filter((one) => !allowed(one)).map((one) => `${file}: ${one}`));

describe('the rules of the house', () => {
  it('reads the sources', () => {
    expect(src.length).toBeGreaterThan(20);
    expect(instrumentations.length).toBeGreaterThan(0);
    expect(src.flatMap(({ imports }) => imports)).toContain('src/log.ts');
  });

  it('src never imports instrumentations', () => {
    expect(forbidden(src, (one) => !one.startsWith('instrumentations/'))).toEqual([]);
  });

  it('an instrumentation imports define and roles alone, and never the library, not even its types', () => {
    // The types of Node's own modules are those of every version at once.
    const allowed = /^(node:.+|src\/define\.ts|src\/semconv\/.+|instrumentations\/.+)$/;
    expect(forbidden(instrumentations, (one) => allowed.test(one))).toEqual([]);
    const values = instrumentations.filter(({ code }) => /from "node:/.test(code));
    expect(values.map(({ file }) => file)).toEqual([]);
  });

  describe('src/export has two threads', () => {
    const threads = src.filter(({ file }) => file.startsWith('src/export/'));
    const side = (name: string): Source[] =>
      threads.filter(({ file }) => file.startsWith(`src/export/${name}/`));
    const isOf = (name: string, one: string): boolean => one.startsWith(`src/export/${name}/`);

    it('and neither imports the other; the app has the thread’s code in a bundle of its own', () => {
      expect(side('app').length).toBeGreaterThan(5);
      expect(side('thread').length).toBeGreaterThan(5);
      expect(forbidden(side('app'), (one) => !isOf('thread', one))).toEqual([]);
      expect(forbidden(side('thread'), (one) => !isOf('app', one))).toEqual([]);
    });

    it('what both share imports neither', () => {
      const shared = threads.filter(({ file }) => !isOf('app', file) && !isOf('thread', file));
      expect(shared.map(({ file }) => file)).toContain('src/export/ring.ts');
      expect(forbidden(shared, (one) => !isOf('app', one) && !isOf('thread', one))).toEqual([]);
    });

    it('and no circle, not even of types', () => {
      const importsOfFile = new Map(threads.map(({ file, imports }) => [file, imports]));
      const leadsTo = (from: string, to: string, seen = new Set<string>()): boolean =>
        (importsOfFile.get(from) ?? []).some((next) => {
          if (next === to) return true;
          if (seen.has(next)) return false;
          seen.add(next);
          return leadsTo(next, to, seen);
        });
      expect(threads.map(({ file }) => file).filter((file) => leadsTo(file, file))).toEqual([]);
    });
  });

  it.each(['semconv', 'redact', 'encode'])('src/%s imports nothing of Node', (part) => {
    const list = src.filter(({ file }) => file.startsWith(`src/${part}/`));
    expect(list.length).toBeGreaterThan(0);
    expect(forbidden(list, (one) => !isBuiltin(one))).toEqual([]);
  });

  it('a role says what calls mean and cuts nothing: src/semconv imports neither points nor wrappers', () => {
    const roles = src.filter(({ file }) => file.startsWith('src/semconv/'));
    expect(roles.length).toBeGreaterThan(10);
    expect(forbidden(roles, (one) => !/^src\/(patch\/|load\/|define\.ts|wrap\.ts)/.test(one))).toEqual([]);
    const cutting = roles.filter(({ code }) => /\b(defineProperty|prototype\s*\[|\.emit\s*=)/.test(code));
    expect(cutting.map(({ file }) => file)).toEqual([]);
  });

  it('what all need is on the ground: it imports nothing but its like', () => {
    const ground = ['abort', 'guard', 'log', 'printable', 'primordials', 'satisfies', 'version', 'wrap'];
    const files = src.filter(({ file }) => ground.some((name) => file === `src/${name}.ts`));
    expect(files).toHaveLength(ground.length);
    const allowed = new RegExp(`^src/(${ground.join('|')})\\.ts$`);
    expect(forbidden(files, (one) => !one.startsWith('src/') || allowed.test(one))).toEqual([]);
  });

  it('the folders of src are in no circle, types included', () => {
    const placeOf = (path: string): string => path.split('/').slice(0, 2).join('/');
    const places = new Map<string, Set<string>>();
    for (const { file, imports } of src) {
      const place = placeOf(file);
      const to = places.get(place) ?? new Set();
      for (const one of imports) if (one.startsWith('src/') && placeOf(one) !== place) to.add(placeOf(one));
      places.set(place, to);
    }
    const reaches = (from: string, place: string, seen = new Set<string>()): boolean =>
      [...(places.get(from) ?? [])].some((next) => {
        if (next === place) return true;
        if (seen.has(next)) return false;
        seen.add(next);
        return reaches(next, place, seen);
      });
    expect(places.size).toBeGreaterThan(15);
    expect([...places.keys()].filter((place) => reaches(place, place))).toEqual([]);
  });

  it('process.env is read in src/config alone', () => {
    const readers = [...src, ...instrumentations].filter(
      ({ file, code }) => !file.startsWith('src/config/') && /\bprocess\s*(\?\.|\.|\[")\s*env\b/.test(code),
    );
    expect(readers.map(({ file }) => file)).toEqual([]);
  });

  it('attribute names are written in src/semconv/keys*.ts alone', () => {
    const isKeyFile = ({ file }: Source): boolean => /^src\/semconv\/keys[^/]*\.ts$/.test(file);
    const literals = ({ code }: Source): string[] =>
      [...code.matchAll(/"((?:[^"\\\n]|\\.)*)"|`([^`$]*)/g)].map(([, text, template]) => text ?? template);
    const keys = new Set(
      src
        .filter(isKeyFile)
        .flatMap(literals)
        .filter((one) => one.includes('.') && !one.includes('/')),
    );
    expect(keys).toContain('http.request.method');
    // Also those that no key file has yet.
    const family =
      /^(http\.(request|response)\.|db\.|url\.|network\.|user_agent\.|(server|client)\.(address|port)$)/;
    const strays = [...src, ...instrumentations]
      .filter((source) => !isKeyFile(source))
      .flatMap((source) =>
        literals(source)
          .filter((one) => keys.has(one) || family.test(one))
          .map((one) => `${source.file}: ${one}`),
      );
    expect(strays).toEqual([]);
  });

  it('every timer of src is unref’d', () => {
    const kept = src.flatMap(({ file, code }) =>
      [...code.matchAll(/\bset(?:Timeout|Interval)\(/g)]
        .filter(({ index }) => !isUnrefd(code, index))
        .map(({ index }) => `${file}: ${code.slice(index).split('\n')[0]}`),
    );
    expect(kept.filter((one) => !(one.split(':')[0] in KEPT_TIMERS))).toEqual([]);
  });
});

/** The call that starts at `index` is followed by `.unref()`, or its result is unref'd under the name that it gets. */
function isUnrefd(code: string, index: number): boolean {
  let depth = 0;
  let end = code.indexOf('(', index);
  do {
    if (code[end] === '(') depth++;
    else if (code[end] === ')') depth--;
    end++;
  } while (depth > 0 && end < code.length);
  if (code.startsWith('.unref', end)) return true;
  const name = /([\w.]+)\s*=\s*$/.exec(code.slice(0, index))?.[1];
  return (
    name !== undefined && new RegExp(`^[^}]*\\b${name.replace('.', '\\.')}\\.unref`).test(code.slice(end))
  );
}
