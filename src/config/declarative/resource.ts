import type { Known } from './translate.ts';
import {
  entriesOf,
  isAbsent,
  itemsOf,
  type Keys,
  kindOf,
  pair,
  set,
  translateKeys,
  type Translation,
  unsupported,
} from './translation.ts';

const ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES';

/** The detectors of the schema, each with ours for it; then those that the schema has no name for. */
const DETECTORS: Readonly<Record<string, readonly string[]>> = {
  container: ['container'],
  host: ['host', 'os'],
  process: ['process'],
  service: ['serviceinstance'],
  env: ['env'],
  os: ['os'],
  serviceinstance: ['serviceinstance'],
};

/**
 * `resource`
 * @param nameInEnvironment for the detector `service`
 */
export function translateResource(
  value: unknown,
  path: string,
  to: Translation,
  known: Pick<Known, 'serviceName' | 'detected'>,
  nameInEnvironment: string | undefined,
): void {
  /** What detectors add or leave out: before the list, whose entries win, as those of `attributes` do over both. */
  const first: string[] = [];
  let list: string | undefined;
  // Without a word of them there are none.
  let detectors = ['none'];
  const keys: Keys = {
    attributes: addAttributes,
    attributes_list: (text, at) => {
      if (!isAbsent(text)) set(ATTRIBUTES, text, at, to);
      list = to.texts[ATTRIBUTES];
    },
    schema_url: unsupported('none is sent'),
    'detection/development': {
      detectors: (items, at) => {
        const names = detectorsOf(items, at, to);
        if (names.includes('serviceinstance') && nameInEnvironment !== undefined)
          first.push(pair(known.serviceName, nameInEnvironment));
        if (names.length > 0) detectors = names;
      },
      attributes: (filter, at) => {
        first.push(...leftOut(filter, at, to, known.detected).map((name) => pair(name, '')));
      },
    },
  };
  translateKeys(value, path, keys, to);
  set('OTEL_NODE_RESOURCE_DETECTORS', detectors.join(), `${path}.detection/development.detectors`, to);
  if (list !== undefined) first.push(list);
  if (first.length > 0) set(ATTRIBUTES, first.join(), to.places[ATTRIBUTES] ?? path, to);
}

function addAttributes(value: unknown, path: string, to: Translation): void {
  const found: Record<string, unknown> = Object.create(null);
  for (const [item, at] of itemsOf(value, path, to)) {
    const { name, value: given, type, ...rest } = Object.fromEntries(entriesOf(item, at, to));
    for (const unknown of Object.keys(rest)) to.unknown.push(`${at}.${unknown}`);
    if (typeof name !== 'string') {
      to.misformed.push(`${at} (a name and a value)`);
      continue;
    }
    if (isAbsent(given)) continue;
    const typed = valueOf(given, isAbsent(type) ? 'string' : String(type));
    if (typed === undefined) to.misformed.push(`${at}.value (what its type says)`);
    else found[name] = typed;
  }
  to.values[ATTRIBUTES] = found;
}

/** A value of the type; undefined if it is none. */
function valueOf(value: unknown, type: string): unknown {
  if (type.endsWith('_array')) {
    if (!Array.isArray(value)) return undefined;
    const items = value.map((item) => valueOf(item, type.slice(0, -'_array'.length)));
    return items.includes(undefined) ? undefined : items;
  }
  switch (type) {
    case 'string':
      // What a variable has put there may look like a number.
      return typeof value === 'object' ? undefined : String(value);
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'int':
      return Number.isSafeInteger(value) ? value : undefined;
    case 'double':
      return typeof value === 'number' ? value : undefined;
    default:
      return undefined;
  }
}

function detectorsOf(items: unknown, path: string, to: Translation): string[] {
  const names: string[] = [];
  for (const [item, at] of itemsOf(items, path, to)) {
    const found = kindOf(item, at, to);
    if (found === undefined) continue;
    translateKeys(found.value, found.path, {}, to);
    if (Object.hasOwn(DETECTORS, found.kind)) names.push(...DETECTORS[found.kind]!);
    else to.unknown.push(found.path);
  }
  return names;
}

/** The schema's filter of what detectors find: the names that it takes out. */
function leftOut(value: unknown, path: string, to: Translation, detected: readonly string[]): string[] {
  const { included, excluded, ...rest } = Object.fromEntries(entriesOf(value, path, to));
  for (const unknown of Object.keys(rest)) to.unknown.push(`${path}.${unknown}`);
  const patterns = (list: unknown, key: string): RegExp[] =>
    itemsOf(list, `${path}.${key}`, to).map(([item]) => wildcard(String(item)));
  const wanted = patterns(included, 'included');
  const unwanted = patterns(excluded, 'excluded');
  return detected.filter(
    (name) =>
      (wanted.length > 0 && !wanted.some((pattern) => pattern.test(name))) ||
      unwanted.some((pattern) => pattern.test(name)),
  );
}

/** `?` is any character, `*` any number of them. */
function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll('?', '.')
    .replaceAll('*', '.*');
  return new RegExp(`^${source}$`, 's');
}
