import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Epilogue } from './module-patch.ts';

/** es-module-lexer, the parts in use. */
interface Export {
  readonly type: 'direct' | 'reexport' | 'reexport-all';
  readonly name: string;
  readonly localName: string | undefined;
  readonly exportStart: number;
  readonly importName: string | null;
  readonly from: string;
  readonly typeOnly: boolean;
}
type Parse = (source: string) => readonly [unknown, readonly Export[]];

/** The global that modules call: their owner's URL, their exports by getters and setters, which exports of the owner these are. */
export const LOADED = 'foretrace.exports';
/** Given to what is exported by default without a name. Whoever is called back gives it the one that it had. */
export const DEFAULT_NAME = '$foretraceDefault';

/** What is asked of one file on behalf of another that exports it: by the name in this file, that in the other. */
interface Wish {
  readonly owner: string;
  readonly names: ReadonlyMap<string, string>;
  readonly replaces: ReadonlySet<string>;
  /** Whether it is the other file itself, which has to say what is not there. */
  readonly isOwn: boolean;
}

export interface Loaded {
  readonly url?: string;
  readonly format?: string | null;
  readonly source?: unknown;
}

let parse: Parse | undefined;

/** The lexer that comes with import-in-the-middle, loaded when it is needed. */
function lexer(): Parse {
  parse ??= (createRequire(require.resolve('import-in-the-middle'))('es-module-lexer') as { parse: Parse })
    .parse;
  return parse;
}

/**
 * What a `load` hook makes of ES modules whose functions are to be replaced: their source with a line at the end, which hands out their
 * exports. They stay the modules that they are, with live bindings; what is called inside of them is replaced too. Exports that
 * come from other files are looked for there.
 */
export function epilogues(
  wanted: Iterable<readonly [url: string, Epilogue]>,
): (url: string, loaded: Loaded) => Loaded {
  const wishes = new Map<string, Wish[]>();
  for (const [url, { reads, replaces }] of wanted) {
    const names = new Map(reads.map((name) => [name, name]));
    follow(wishes, url, { owner: url, names, replaces: new Set(replaces), isOwn: true });
  }
  return (url, loaded) => {
    const { format, source } = loaded;
    const [file] = url.split(/[?#]/, 1) as [string];
    const list = wishes.get(file);
    if (list === undefined || source === undefined || source === null) return loaded;
    if (format !== 'module' && format !== 'module-typescript') return loaded;
    const text = typeof source === 'string' ? source : new TextDecoder().decode(source as Uint8Array);
    const editor: Editor = { exports: exportsIn(text), text, edits: new Map(), end: '' };
    for (const wish of list) fulfil(wish, editor);
    return { ...loaded, source: edited(editor) };
  };
}

/**
 * Notes what is asked of a file, and of those that it gets the exports from. When it is loaded is too late for these: they may have
 * been loaded before, by others.
 */
function follow(wishes: Map<string, Wish[]>, url: string, wish: Wish): void {
  const known = wishes.get(url) ?? [];
  // Files that export each other.
  if (known.some(({ owner, names }) => owner === wish.owner && isSame(names, wish.names))) return;
  wishes.set(url, [...known, wish]);
  const exports = exportsOnDisk(url);
  for (const [name, as] of wish.names) {
    for (const [specifier, imported] of sourcesOf(exports, name)) {
      if (!/^\.\.?\//.test(specifier)) continue;
      const next = { ...wish, names: new Map([[imported, as]]), isOwn: false };
      for (const file of filesAt(new URL(specifier, url))) follow(wishes, file, next);
    }
  }
}

function isSame(some: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return some.size === other.size && [...some].every(([name, as]) => other.get(name) === as);
}

function exportsOnDisk(url: string): readonly Export[] {
  try {
    return exportsIn(readFileSync(fileURLToPath(url), 'utf8'));
  } catch {
    // No ES module, or one that only a loader knows.
    return [];
  }
}

function exportsIn(text: string): Export[] {
  return lexer()(text)[1].filter(({ typeOnly }) => !typeOnly);
}

/** Where a file may have an export from: pairs of specifier and name there; none for one of its own. */
function sourcesOf(exports: readonly Export[], name: string): [specifier: string, imported: string][] {
  const named = exports.find((one) => one.type !== 'reexport-all' && one.name === name);
  if (named?.type === 'direct') return [];
  if (named !== undefined) return named.importName === null ? [] : [[named.from, named.importName]];
  if (name === 'default') return [];
  return exports.filter(({ type }) => type === 'reexport-all').map(({ from }) => [from, name]);
}

/** The file of a URL, also where TypeScript says `./x.js`, or `./x`, of `./x.ts`. */
function filesAt({ href }: URL): string[] {
  const candidates = [
    href,
    href.replace(/js$/, 'ts'),
    ...['.ts', '.js', '/index.ts', '/index.js'].map((end) => href + end),
  ];
  return [...new Set(candidates)].filter(isFile);
}

function isFile(url: string): boolean {
  try {
    return statSync(fileURLToPath(url)).isFile();
  } catch {
    return false;
  }
}

interface Editor {
  readonly exports: readonly Export[];
  readonly text: string;
  /** By their places in the text: how much of it goes, and what comes there. */
  readonly edits: Map<number, readonly [length: number, replacement: string]>;
  end: string;
}

function edited({ text, edits, end }: Editor): string {
  let result = '';
  let from = 0;
  for (const [at, [length, replacement]] of [...edits].toSorted(([one], [other]) => one - other)) {
    result += text.slice(from, at) + replacement;
    from = at + length;
  }
  return result + text.slice(from) + end;
}

function fulfil({ owner, names, replaces, isOwn }: Wish, editor: Editor): void {
  const direct = new Map(
    editor.exports.filter(({ type }) => type === 'direct').map((one) => [one.name, one]),
  );
  const there: string[] = [];
  const accessors: string[] = [];
  const isMissing = [...names.keys()].some((name) => name !== 'default' && !direct.has(name));
  for (const [name, as] of names) {
    const own = direct.get(name);
    if (own !== undefined) {
      // Of what is exported by default, only what is asked for is touched.
      const isAsked = name !== 'default' || replaces.has(as) || isMissing || !isOwn;
      const local = isAsked ? localOf(own, replaces.has(as), editor) : undefined;
      if (local === undefined) continue;
      accessors.push(`get ${JSON.stringify(as)}() { return ${local} }`);
      if (replaces.has(as)) accessors.push(`set ${JSON.stringify(as)}(value) { ${local} = value }`);
      there.push(as);
      continue;
    }
    if (isOwn && sourcesOf(editor.exports, name).length === 0) there.push(as);
  }
  if (there.length === 0) return;
  const members = ['__proto__: null', ...accessors].join(', ');
  const args = `${JSON.stringify(owner)}, { ${members} }, ${JSON.stringify(there)}`;
  editor.end += `\n;globalThis[Symbol.for(${JSON.stringify(LOADED)})]?.(${args});`;
}

/**
 * What an export is called inside of its module. Of what is to be replaced, a constant becomes a variable, and what is exported by default
 * without a name gets one.
 */
function localOf(own: Export, isReplaced: boolean, editor: Editor): string | undefined {
  const { localName } = own;
  if (localName !== undefined && isIdentifier(localName)) {
    if (isReplaced) makeAssignable(localName, own.exportStart, editor);
    return localName;
  }
  const { text, edits } = editor;
  const { exportStart } = own;
  const [start] = /^export\s+default\s+/.exec(text.slice(exportStart)) ?? [];
  if (start === undefined) return undefined;
  const at = exportStart + start.length;
  const [declaration] = ANONYMOUS.exec(text.slice(at)) ?? [];
  if (declaration !== undefined) edits.set(at + declaration.length, [0, ` ${DEFAULT_NAME}`]);
  else if (!edits.has(exportStart)) {
    edits.set(exportStart, [start.length, `let ${DEFAULT_NAME} = `]);
    editor.end += `\n;export { ${DEFAULT_NAME} as default };`;
  }
  return DEFAULT_NAME;
}

/** The lexer takes the next word for the name of a class that has none. Anything else here would be a syntax error in the app's module. */
function isIdentifier(name: string): boolean {
  return name !== 'extends' && name !== 'implements' && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);
}

const ANONYMOUS = /^(?:async\s+)?function\s*\*?(?=\s*\()|^class(?=\s*\{|\s+extends\b)/;

/** With spaces: nothing moves. */
function makeAssignable(name: string, exportStart: number, { text, edits }: Editor): void {
  const [statement] = /^export\s+const\b/.exec(text.slice(exportStart)) ?? [];
  if (statement !== undefined) {
    edits.set(exportStart + statement.length - 5, LET);
    return;
  }
  const word = name.replaceAll('$', '\\$');
  const declaration = new RegExp(`(?<=^|[;{}\\n]\\s*)const(?=\\s+${word}(?![\\w$]))`, 'g');
  const found = [...text.matchAll(declaration)];
  // More than one: some of them are text, or another function's.
  if (found.length === 1) edits.set(found[0]!.index, LET);
}

const LET = [5, 'let  '] as const;
