import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

/** What of a process tells which app it runs. */
export interface Entry {
  /** `process.argv` */
  readonly argv: readonly string[];
  /** `process.execArgv` */
  readonly execArgv: readonly string[];
  readonly cwd: string;
}

export interface PackageIdentity {
  readonly name: string;
  readonly version: string | undefined;
}

/** Node runs code from the command line: `argv[1]` is then the first argument of the app, not its file. */
const INLINE = /^(?:-e|-p|-pe|-i|--eval|--print|--interactive)(?:=|$)/;
const INSTALLED = `${sep}node_modules${sep}`;

/**
 * The nearest package.json that has a name, from the app's entry file upwards (links resolved). The working directory takes the
 * entry's place for `node -e`, the REPL and standard input, and for an entry that is itself an installed
 * package: of `node_modules/.bin/next` the app is not `next`.
 */
export function packageIdentity(entry: Entry): PackageIdentity | undefined {
  const file = entryFile(entry);
  // The file itself comes first: `node .` leaves a directory in argv.
  return nearest(file === undefined || file.includes(INSTALLED) ? entry.cwd : file);
}

function entryFile({ argv, execArgv, cwd }: Entry): string | undefined {
  const file = argv[1];
  if (file === undefined || file === '-' || execArgv.some((arg) => INLINE.test(arg))) return undefined;
  const path = resolve(cwd, file);
  try {
    return realpathSync(path);
  } catch {
    // `node app` for app.js
    return path;
  }
}

function nearest(start: string): PackageIdentity | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const found = identity(join(folder, 'package.json'));
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return undefined;
  }
}

/** Files without a name, such as `{"type":"module"}` in a build's output, identify nothing. */
function identity(file: string): PackageIdentity | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    if (typeof name !== 'string' || name === '') return undefined;
    return { name, version: typeof version === 'string' && version !== '' ? version : undefined };
  } catch {
    return undefined;
  }
}
