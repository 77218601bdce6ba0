/** What the file says in the words of the environment, so that the rows of the table read it, with the same types and bounds. */
export interface Translation {
  /** Texts of variables. */
  readonly texts: Record<string, string>;
  /** Values that no text of the variable has: they hold in place of it, those of a map beside it. */
  readonly values: Record<string, unknown>;
  /** Where in the file the variable is set. */
  readonly places: Record<string, string>;
  /** Keys that the schema doesn't have. */
  readonly unknown: string[];
  /** Places where something else stands than the schema has there, each with what it has. */
  readonly misformed: string[];
  /** What the schema has and foretrace does not, each with what is done instead. */
  readonly unsupported: string[];
}

/** What a key is translated by: the variable that it is, the keys below it, or a function. */
export type Key = string | Keys | ((value: unknown, path: string, to: Translation) => void);
export interface Keys {
  readonly [key: string]: Key;
}

export function emptyTranslation(): Translation {
  return {
    texts: Object.create(null),
    values: Object.create(null),
    places: Object.create(null),
    unknown: [],
    misformed: [],
    unsupported: [],
  };
}

/** Translates the keys of a map; one without a value says nothing, as if it were not there. */
export function translateKeys(value: unknown, path: string, keys: Keys, to: Translation): void {
  for (const [name, below] of entriesOf(value, path, to)) {
    const at = path === '' ? name : `${path}.${name}`;
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (key === undefined) to.unknown.push(at);
    else if (typeof key === 'function') key(below, at, to);
    else if (typeof key === 'string') set(key, below, at, to);
    else translateKeys(below, at, key, to);
  }
}

/** The entries of a map; none for what has no value, or is no map. */
export function entriesOf(value: unknown, path: string, to: Translation): [string, unknown][] {
  if (isAbsent(value)) return [];
  if (typeof value === 'object' && !Array.isArray(value)) return Object.entries(value as object);
  to.misformed.push(`${path} (a map)`);
  return [];
}

/** The items of a list, each with its path. */
export function itemsOf(value: unknown, path: string, to: Translation): [unknown, string][] {
  if (isAbsent(value)) return [];
  if (Array.isArray(value)) return value.map((item, index) => [item, `${path}[${index}]`]);
  to.misformed.push(`${path} (a list)`);
  return [];
}

/** The one entry of a map that names a kind: `{ otlp_http: … }`. */
export function kindOf(
  value: unknown,
  path: string,
  to: Translation,
): { kind: string; value: unknown; path: string } | undefined {
  const entries = entriesOf(value, path, to);
  const [first] = entries;
  if (first === undefined || entries.length > 1) {
    if (entries.length > 1 || isAbsent(value)) to.misformed.push(`${path} (a map of one key)`);
    return undefined;
  }
  return { kind: first[0], value: first[1], path: `${path}.${first[0]}` };
}

/** Sets a variable to a scalar. */
export function set(variable: string, value: unknown, path: string, to: Translation): void {
  if (isAbsent(value)) return;
  if (typeof value === 'object') {
    to.misformed.push(`${path} (a single value)`);
    return;
  }
  to.texts[variable] = String(value);
  to.places[variable] = path;
}

/** Sets a variable to a list of scalars; one that is empty is a value of its own. */
export function setList(variable: string, separator = ','): Key {
  return (value, path, to) => {
    const items = itemsOf(value, path, to).flatMap(([item]) => (isAbsent(item) ? [] : [String(item)]));
    if (Array.isArray(value) && items.length === 0) to.values[variable] = [];
    else if (items.length > 0) set(variable, items.join(separator), path, to);
  };
}

/** What foretrace has nothing for; `instead` says what is done. */
export function unsupported(instead: string): Key {
  return (value, path, to) => {
    if (!isAbsent(value)) to.unsupported.push(`${path} (${instead})`);
  };
}

/** What says nothing to foretrace, such as the settings of other languages. */
export const ignored: Key = () => {};

export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** An entry of a list of `key=value`. */
export function pair(key: string, value: string): string {
  return `${encodeURIComponent(key)}=${encodeURIComponent(value)}`;
}
