/** What `FORETRACE_KEEP` says: a trace is kept if one of the conditions holds. */
export interface KeepConditions {
  /** The local root has failed; or any span of the trace has. */
  readonly errors: 'root' | 'any' | undefined;
  /** The local root has taken so long, in ms. */
  readonly slowMs: number | undefined;
  /** The local root has one of these HTTP status codes: first and last of each range. */
  readonly status: readonly (readonly [first: number, last: number])[];
  /** A span of the trace has one of these attributes. */
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
  /** The most traces that the conditions keep in a second. */
  readonly perSecond: number | undefined;
}

type Open = { -readonly [Name in keyof KeepConditions]: KeepConditions[Name] };

const FORMS = 'errors, errors:any, slow:500ms, status:5xx, attr:name=value, rate:5/s';
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** Reads the parts of `FORETRACE_KEEP`; undefined if nothing is kept by them. */
export function keepConditions(parts: readonly string[]): KeepConditions | undefined {
  const { conditions } = readParts(parts);
  return keepsSomething(conditions) ? conditions : undefined;
}

/** What is wrong with the parts, as the rest of a line that begins with the variable's name. */
export function keepRemark(parts: readonly string[]): string | undefined {
  const { conditions, unread } = readParts(parts);
  const all = JSON.stringify(parts.join(', ').slice(0, 80));
  if (unread.length > 0) {
    const what = unread.map((part) => JSON.stringify(part.slice(0, 80))).join(', ');
    const instead = keepsSomething(conditions) ? 'the rest holds' : 'nothing is kept by it';
    return `=${all} has ${what}, which is not one of ${FORMS}: ${instead}`;
  }
  return conditions.perSecond === undefined || keepsSomething(conditions)
    ? undefined
    : `=${all} limits what no condition keeps, it is ignored`;
}

function keepsSomething({ errors, slowMs, status, attributes }: KeepConditions): boolean {
  return errors !== undefined || slowMs !== undefined || status.length > 0 || attributes.length > 0;
}

function readParts(parts: readonly string[]): { conditions: KeepConditions; unread: string[] } {
  const conditions: Open = {
    errors: undefined,
    slowMs: undefined,
    status: [],
    attributes: [],
    perSecond: undefined,
  };
  const unread = parts.filter((part) => !read(part, conditions));
  return { conditions, unread };
}

/** Reads one part into `to`; false if it is none. */
function read(part: string, to: Open): boolean {
  const colon = part.indexOf(':');
  const name = (colon < 0 ? part : part.slice(0, colon)).trim().toLowerCase();
  const value = colon < 0 ? undefined : part.slice(colon + 1).trim();
  if (name === 'errors') return readErrors(value?.toLowerCase(), to);
  if (value === undefined) return false;
  switch (name) {
    case 'slow':
      return readSlow(value.toLowerCase(), to);
    case 'status':
      return readStatus(value.toLowerCase(), to);
    case 'attr':
      return readAttribute(value, to);
    case 'rate':
      return readRate(value.toLowerCase(), to);
    default:
      return false;
  }
}

function readErrors(value: string | undefined, to: Open): boolean {
  if (value !== undefined && value !== 'any') return false;
  to.errors = value === 'any' || to.errors === 'any' ? 'any' : 'root';
  return true;
}

function readSlow(value: string, to: Open): boolean {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m)$/.exec(value) ?? [];
  if (number === undefined) return false;
  to.slowMs = Math.min(to.slowMs ?? Infinity, Number(number) * UNITS[unit]);
  return true;
}

/** `404`, `500-599`, `5xx`; several separated by `|`. All or none of them count. */
function readStatus(value: string, to: Open): boolean {
  const ranges: (readonly [number, number])[] = [];
  for (const one of value.split('|')) {
    const [, from, last, hundreds] =
      /^(?:([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?|([1-5])xx)$/.exec(one.trim()) ?? [];
    if (hundreds !== undefined) ranges.push([Number(hundreds) * 100, Number(hundreds) * 100 + 99]);
    else if (from !== undefined && Number(last ?? from) >= Number(from)) {
      ranges.push([Number(from), Number(last ?? from)]);
    } else return false;
  }
  to.status = [...to.status, ...ranges];
  return true;
}

function readAttribute(value: string, to: Open): boolean {
  const equals = value.indexOf('=');
  if (equals <= 0) return false;
  const attribute = { name: value.slice(0, equals).trim(), value: value.slice(equals + 1).trim() };
  to.attributes = [...to.attributes, attribute];
  return true;
}

function readRate(value: string, to: Open): boolean {
  const [, number] = /^(\d+(?:\.\d+)?)\s*\/\s*s$/.exec(value) ?? [];
  if (number === undefined || Number(number) === 0) return false;
  to.perSecond = Math.min(to.perSecond ?? Infinity, Number(number));
  return true;
}
