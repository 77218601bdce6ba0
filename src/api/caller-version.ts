import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file that holds a copy of the API; a larger one is a bundle that is not worth reading at start. */
const MAX_SOURCE_LENGTH = 32 * 1024 * 1024;
const VERSION = `["'\`](1\\.\\d{1,3}\\.\\d{1,3})["'\`]`;

interface Frame {
  file: string;
  line: number;
  column: number;
}

/**
 * The version of the copy of the API whose function is running right now; undefined if it can't be known. It is asked for by
 * `registerGlobal` alone, once for each signal of an app.
 */
export function callerVersion(): string | undefined {
  const frame = callerFrame();
  if (frame === undefined) return undefined;
  return packageVersion(frame.file) ?? sourceVersion(frame);
}

/** The innermost frame that is not of this file (bundled: not of the agent). */
function callerFrame(): Frame | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  let sites: NodeJS.CallSite[] = [];
  try {
    Error.stackTraceLimit = 10;
    Error.prepareStackTrace = (_, given) => {
      sites = given;
      return '';
    };
    void new Error().stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
  const own = sites[0]?.getFileName();
  const site = sites.find((one) => one.getFileName() !== own && !isOurs(one.getFileName()));
  const file = site?.getFileName();
  if (site === undefined || typeof file !== 'string') return undefined;
  return {
    file: file.startsWith('file:') ? fileURLToPath(file) : file,
    line: site.getLineNumber() ?? 0,
    column: site.getColumnNumber() ?? 0,
  };
}

/** In the sources, unbundled, the accessors that ask are a file of their own. */
function isOurs(file: string | null | undefined): boolean {
  return typeof file === 'string' && /[\\/]src[\\/]api[\\/](?:global|caller-version)\.ts$/.test(file);
}

/** The version in the package.json of the API that the file belongs to. */
function packageVersion(file: string): string | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    let manifest: { name?: unknown; version?: unknown };
    try {
      manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    } catch {
      continue;
    }
    // The API's `build/esm` has one without a name.
    if (manifest.name === undefined) continue;
    return manifest.name === '@opentelemetry/api' && typeof manifest.version === 'string'
      ? manifest.version
      : undefined;
  }
  return undefined;
}

/**
 * Bundlers leave no package around the API: what it compares the version with is read in the code itself. `api.version !==
 * "1.10.0"`, or a constant whose last assignment before that is near.
 */
function sourceVersion({ file, line, column }: Frame): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  if (text.length > MAX_SOURCE_LENGTH) return undefined;
  let at = 0;
  for (let i = 1; i < line; i++) at = text.indexOf('\n', at) + 1;
  at += column - 1;
  const around = text.slice(Math.max(0, at - 60), at + 80);
  const literal =
    new RegExp(`version\\s*!==?\\s*${VERSION}`).exec(around) ??
    new RegExp(`${VERSION}\\s*!==?\\s*[\\w$]+\\.version`).exec(around);
  if (literal !== null) return literal[1];
  const name =
    /version\s*!==?\s*(?:[\w$]+\.)*([\w$]+)/.exec(around) ?? /([\w$]+)\s*!==?\s*[\w$]+\.version/.exec(around);
  if (name === null) return undefined;
  const assigned = new RegExp(`(?<![\\w$])${name[1].replaceAll('$', '\\$')}\\s*=\\s*${VERSION}`, 'g');
  let nearest: string | undefined;
  let distance = Infinity;
  for (const match of text.matchAll(assigned)) {
    if (Math.abs(match.index - at) >= distance) continue;
    distance = Math.abs(match.index - at);
    nearest = match[1];
  }
  return nearest;
}
