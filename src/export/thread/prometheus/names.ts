/** Names as "Prometheus and OpenMetrics Compatibility" of the OpenTelemetry specification makes them. */

/** The unit's own name for UCUM's symbols. */
const UNITS: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tibibytes'],
  ['KBy', 'kilobytes'],
  ['kBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['%', 'percent'],
]);

const PER: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['min', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
]);

/** The words of a unit; empty for none, and for those in braces, which are remarks. */
function unitWords(unit: string): string {
  const [of, per] = unit.replaceAll(/\{[^}]*\}/g, '').split('/', 2);
  const words = of === '1' ? '' : (UNITS.get(of) ?? sanitized(of));
  if (per === undefined || per === '') return words;
  const by = PER.get(per) ?? sanitized(per);
  return words === '' ? `per_${by}` : `${words}_per_${by}`;
}

function sanitized(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9_:]+/g, '_').replaceAll(/_{2,}/g, '_');
}

function trimmed(text: string): string {
  return text.replaceAll(/^_+|_+$/g, '');
}

export interface FamilyName {
  /** Without `_total`. */
  readonly name: string;
  /** Its unit, which the name ends with; empty for none. */
  readonly unit: string;
}

/** @param kind of the metric: a gauge of the unit `1` is a ratio */
export function familyName(
  name: string,
  unit: string,
  kind: 'histogram' | 'counter' | 'gauge' | 'updown',
): FamilyName {
  let made = sanitized(name);
  if (/^[0-9]/.test(made)) made = `_${made}`;
  if (kind === 'counter') made = made.replace(/_total$/, '');
  const words = unit === '1' ? (kind === 'gauge' ? 'ratio' : '') : trimmed(unitWords(unit));
  if (words === '' || made === words || made.endsWith(`_${words}`)) return { name: made, unit: words };
  return { name: `${made.replace(/_$/, '')}_${words}`, unit: words };
}

/** The name of a label. */
export function labelName(name: string): string {
  const made = name.replaceAll(/[^a-zA-Z0-9_]+/g, '_').replaceAll(/_{2,}/g, '_');
  return /^[0-9]/.test(made) ? `key_${made}` : made === '' ? '_' : made;
}
