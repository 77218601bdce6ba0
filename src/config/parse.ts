import { readExpressions } from './expressions.ts';
import type { Variable } from './variable.ts';

/** The longest delay of a Node timer: `setTimeout` fires at once when it is given more. */
const MAX_DELAY_MS = 2_147_483_647;

/**
 * What became of a text. `problem` says what is wrong, as the end of a sentence that begins with the variable;
 * with a `value` beside it only a part of the text was unusable.
 */
export interface Parsed {
  readonly value?: unknown;
  readonly problem?: string;
}

/** The longest piece of a value that is repeated in a warning. */
const MAX_SHOWN = 80;

/** A value as it may stand in a log line: quoted, without control characters or a URL's credentials, cut when long. */
export function shown(text: string, row?: Variable): string {
  const safe = row?.type === 'URL' ? withoutSecrets(text) : text;
  return JSON.stringify(safe.length > MAX_SHOWN ? `${safe.slice(0, MAX_SHOWN)}…` : safe);
}

// Not by way of `new URL`: what is shown here is what could not be parsed.
function withoutSecrets(url: string): string {
  const query = url.indexOf('?');
  const shortened = query < 0 ? url : `${url.slice(0, query)}?…`;
  // The last `@` counts: a password may hold one unescaped.
  const at = shortened.lastIndexOf('@');
  if (at < 0) return shortened;
  const slashes = shortened.indexOf('//');
  return `${slashes < 0 || slashes > at ? '' : shortened.slice(0, slashes + 2)}REDACTED${shortened.slice(at)}`;
}

/** Reads a text, which is not empty and has no blanks around it, as the row's type says. Never throws. */
export function parse(row: Variable, text: string): Parsed {
  switch (row.type) {
    case 'boolean':
      return boolean(text);
    case 'integer':
    case 'duration':
    case 'timeout':
      return integer(row, text);
    case 'time':
      return time(row, text);
    case 'ratio':
      return ratio(text);
    case 'enum':
      return oneOf(row, text);
    case 'set':
      return someOf(row, text);
    case 'list':
      return list(text);
    case 'header names':
      return headerNames(text);
    case 'pairs':
    case 'headers':
      return pairs(text, row.type === 'headers');
    case 'expressions':
      return expressions(text);
    case 'URL':
      return url(text);
    case 'string':
    case 'path':
      return { value: text };
  }
}

// The specification has every unknown word mean false, and asks for variables whose safe value is false. The
// sanitisation switch is not one of those: there, "1" must not turn protection off, so the default stands instead.
function boolean(text: string): Parsed {
  const lower = text.toLowerCase();
  if (lower === 'true') return { value: true };
  if (lower === 'false') return { value: false };
  return { problem: 'is neither true nor false' };
}

function integer(row: Variable, text: string): Parsed {
  const min = row.min ?? 0;
  const max = row.max ?? MAX_DELAY_MS;
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  // NaN fails both comparisons.
  if (!(value >= min && value <= max)) return { problem: `is not an integer from ${min} to ${max}` };
  // No limit is the longest delay that a timer can be set to, 24.8 days: Infinity would fire at once.
  if (row.type === 'timeout' && value === 0) return { value: MAX_DELAY_MS };
  return { value };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function time(row: Variable, text: string): Parsed {
  const [, number, unit = 'ms'] = /^(\d+(?:\.\d+)?|\.\d+) ?(ms|s|m|h)?$/i.exec(text) ?? [];
  const value = Number(number) * UNITS[unit.toLowerCase()];
  // NaN fails both comparisons.
  if (value >= (row.min ?? 0) && value <= (row.max ?? MAX_DELAY_MS)) return { value };
  return { problem: 'is not a time such as 200ms, 1.5s or 200 (of milliseconds)' };
}

function ratio(text: string): Parsed {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  return value >= 0 && value <= 1 ? { value } : { problem: 'is not a number from 0 to 1' };
}

function word(row: Variable, text: string): string | undefined {
  const lower = text.toLowerCase();
  const known =
    row.synonyms !== undefined && Object.hasOwn(row.synonyms, lower) ? row.synonyms[lower] : lower;
  return row.values?.includes(known) ? known : undefined;
}

function oneOf(row: Variable, text: string): Parsed {
  const value = word(row, text);
  if (value !== undefined) return { value };
  const lower = text.toLowerCase();
  if (row.unsupported !== undefined && Object.hasOwn(row.unsupported, lower)) {
    return { problem: `is not supported: ${row.unsupported[lower]}` };
  }
  return { problem: `is not one of ${row.values?.join(', ')}` };
}

function someOf(row: Variable, text: string): Parsed {
  const value: string[] = [];
  const unknown: string[] = [];
  let none = false;
  for (const item of items(text)) {
    const known = word(row, item);
    if (known === undefined) unknown.push(item);
    else if (known === 'none') none = true;
    else if (!value.includes(known)) value.push(known);
  }
  if (unknown.length > 0) {
    const problem = `has ${shown(unknown.join(','))}, which is not one of ${row.values?.join(', ')}`;
    return value.length > 0 || none ? { value, problem } : { problem };
  }
  if (none && value.length > 0) return { value, problem: 'has none beside others' };
  return none || value.length > 0 ? { value } : {};
}

function list(text: string): Parsed {
  const value = items(text);
  return value.length > 0 ? { value: [...new Set(value)] } : {};
}

// All characters of an HTTP token but `*`: it is a pattern's.
const HEADER_NAME = /^[\w!#$%&'+\-.^`|~]+$/;

function headerNames(text: string): Parsed {
  const value: string[] = [];
  let problem: string | undefined;
  for (const item of items(text)) {
    const letters = item.replaceAll('.*', '');
    if (letters === '' || HEADER_NAME.test(letters)) value.push(item.toLowerCase());
    else problem ??= `has ${shown(item)}, which is not a header name, nor one with .* in it`;
  }
  return value.length > 0 ? { value: [...new Set(value)], problem } : { problem };
}

// What Node accepts in a header value; a wrong one would make every request throw.
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/** Headers that say how a request is sent: with one of these from elsewhere no request arrives. */
const OF_THE_EXPORTER = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

// Entries are numbered and not quoted: they may be secret.
function pairs(text: string, headers: boolean): Parsed {
  // No prototype: `__proto__=x` has to be an entry like any other.
  const value: Record<string, string> = Object.create(null);
  let problem: string | undefined;
  let number = 0;
  let found = false;
  for (const entry of text.split(',')) {
    number++;
    const trimmed = entry.trim();
    if (trimmed === '') continue;
    const equals = trimmed.indexOf('=');
    if (equals <= 0) {
      problem ??= `has no key=value in entry ${number}`;
      continue;
    }
    let key: string;
    let decoded: string;
    try {
      key = decodeURIComponent(trimmed.slice(0, equals).trim());
      decoded = decodeURIComponent(trimmed.slice(equals + 1).trim());
    } catch {
      problem ??= `has a broken percent-encoding in entry ${number}`;
      continue;
    }
    if (headers && !(HEADER_NAME.test(key) && HEADER_VALUE.test(decoded))) {
      problem ??= `has an invalid header in entry ${number}`;
      continue;
    }
    if (headers && OF_THE_EXPORTER.has(key.toLowerCase())) {
      problem ??= `has a header that only the exporter itself can set in entry ${number}`;
      continue;
    }
    value[headers ? key.toLowerCase() : key] = decoded;
    found = true;
  }
  return found ? { value, problem } : { problem };
}

function expressions(text: string): Parsed {
  const { value, wrong } = readExpressions(text);
  const problem =
    wrong === undefined
      ? undefined
      : `has ${shown(wrong)}, which is not an expression such as /EMP-\\d+/ or name=/EMP-\\d+/i`;
  return value.length > 0 ? { value, problem } : { problem };
}

function url(text: string): Parsed {
  const problem = 'is not a URL that begins with http:// or https://';
  if (!/^https?:\/\//i.test(text)) return { problem };
  try {
    return { value: new URL(text).href };
  } catch {
    return { problem };
  }
}

function items(text: string): string[] {
  const found: string[] = [];
  for (const item of text.split(',')) {
    const trimmed = item.trim();
    if (trimmed !== '') found.push(trimmed);
  }
  return found;
}
