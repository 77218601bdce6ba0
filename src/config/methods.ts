import { shown } from './parse.ts';

/** One function that is to have spans: `./lib/reviews.js#informEditors=BlogReview`. Plain data. */
export interface MethodTarget {
  /** As it was written, without the name: for messages. */
  readonly text: string;
  /** What it is in: a path that begins with `.` or `/` (or a drive), or the name of a package with an optional path inside. */
  readonly module: string;
  /** Where it is in the exports, as a dotted path; empty for what the module exports as a whole. */
  readonly path: string;
  /** The name of its spans; undefined for that of the function. */
  readonly name: string | undefined;
}

/** What a list of targets says; `problem` is the end of a sentence that begins with the variable, about what is left out. */
export interface MethodList {
  readonly targets: readonly MethodTarget[];
  readonly problem: string | undefined;
}

const FILE = /^(?:\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/])./;
const PACKAGE = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(?:\/[\w.~@/-]+)?$/i;
const PATH = /^[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*$/u;
const FORM = './file.js#function, package#Class.prototype.method or one of these with =Name';

/** Reads `module#path=Name; …`. What is not of that form is left out and told of. */
export function parseMethods(text: string): MethodList {
  const targets: MethodTarget[] = [];
  const wrong: string[] = [];
  for (const item of text.split(/[;\n]/)) {
    const entry = item.trim();
    if (entry === '') continue;
    const target = parseTarget(entry);
    if (target === undefined) wrong.push(entry);
    else if (!targets.some(({ text: known }) => known === target.text)) targets.push(target);
  }
  return {
    targets,
    problem:
      wrong.length === 0
        ? undefined
        : ` has ${wrong.map((one) => shown(one)).join(', ')}, which is not ${FORM}; that part is ignored`,
  };
}

function parseTarget(entry: string): MethodTarget | undefined {
  const hash = entry.lastIndexOf('#');
  // A file may have an equals sign in its path, an exported name has none.
  const equals = hash === -1 ? entry.lastIndexOf('=') : entry.indexOf('=', hash);
  const text = (equals === -1 ? entry : entry.slice(0, equals)).trim();
  const name = equals === -1 ? undefined : entry.slice(equals + 1).trim();
  const module = (hash === -1 ? text : text.slice(0, hash)).trim();
  const path = hash === -1 ? '' : text.slice(hash + 1).trim();
  if (name === '' || (!FILE.test(module) && !PACKAGE.test(module))) return undefined;
  if (hash !== -1 && !PATH.test(path)) return undefined;
  return {
    text: hash === -1 ? module : `${module}#${path}`,
    module,
    path: path === 'default' ? '' : path,
    name,
  };
}
