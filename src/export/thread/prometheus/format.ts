import type { DecodedAttribute, DecodedValue } from '../../../encode/read.ts';
import { spanIdHex, traceIdHex } from '../../../encode/hex.ts';
import {
  countOf,
  type Exemplar,
  type HistogramPoint,
  isHistogram,
  type NumberPoint,
  type ScopedMetric,
} from '../../../metrics/data.ts';
import { readAttributes } from '../../../metrics/read.ts';
import type { ResourceAttributes } from '../../options.ts';
import { familyName, labelName } from './names.ts';

export type Format = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** The format that an `Accept` header prefers; what it does not name is given as text. */
export function formatFor(accept: string | undefined): Format {
  let best: Format = 'text';
  let weight = -1;
  for (const part of (accept ?? '').split(',')) {
    const [type, ...parameters] = part.split(';').map((one) => one.trim().toLowerCase());
    const format = type === 'application/openmetrics-text' ? 'openmetrics' : 'text';
    if (format === 'text' && !['text/plain', 'text/*', '*/*'].includes(type)) continue;
    const q = parameters.find((one) => one.startsWith('q='));
    const own = q === undefined ? 1 : Number(q.slice(2)) || 0;
    if (own > weight && own > 0) [best, weight] = [format, own];
  }
  return best;
}

/** Metrics of one name. */
interface Family {
  readonly type: 'histogram' | 'counter' | 'gauge';
  readonly unit: string;
  readonly help: string;
  readonly lines: string[];
  /** Labels of what is there: the same again would make the whole answer invalid. */
  readonly known: Set<string>;
}

/**
 * Metrics as Prometheus reads them.
 * @param onClash called with the name of a metric that is left out, since another of that name is of another type
 */
export function prometheusText(
  metrics: readonly ScopedMetric[],
  resource: ResourceAttributes,
  format: Format,
  onClash: (name: string) => void,
): string {
  const families = new Map<string, Family>();
  for (const metric of metrics) {
    const { name, unit } = familyName(metric.name, metric.unit, metric.kind);
    if (name === '') continue;
    const type = metric.kind === 'updown' ? 'gauge' : metric.kind;
    let family = families.get(name);
    if (family === undefined) {
      family = { type, unit, help: metric.description, lines: [], known: new Set() };
      families.set(name, family);
    }
    if (family.type === type) addPoints(family, name, metric, format);
    else onClash(metric.name);
  }
  let text = targetInfo(resource, format);
  for (const [name, family] of families) text += familyText(name, family, format);
  return format === 'openmetrics' ? `${text}# EOF\n` : text;
}

function familyText(
  name: string,
  { type, unit, help, lines }: Omit<Family, 'known'>,
  format: Format,
): string {
  const open = format === 'openmetrics';
  // OpenMetrics calls the family of a counter what it counts, the older format by its sample.
  const called = type === 'counter' && !open ? `${name}_total` : name;
  const about = help === '' ? '' : `# HELP ${called} ${escapedHelp(help, open)}\n`;
  const of = open && unit !== '' && name.endsWith(`_${unit}`) ? `# UNIT ${called} ${unit}\n` : '';
  return `# TYPE ${called} ${type}\n${of}${about}${lines.join('\n')}\n`;
}

function targetInfo(resource: ResourceAttributes, format: Format): string {
  const labels = labelsOf(
    Object.entries(resource)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
  const sample = `target_info{${labels}} 1\n`;
  return format === 'openmetrics'
    ? `# TYPE target info\n# HELP target Target metadata\n${sample}`
    : `# TYPE target_info gauge\n# HELP target_info Target metadata\n${sample}`;
}

function addPoints(family: Family, name: string, { scope, points }: ScopedMetric, format: Format): void {
  const scopeLabels: [string, string][] = [['otel.scope.name', scope.name]];
  if (scope.version) scopeLabels.push(['otel.scope.version', scope.version]);
  if (scope.schemaUrl) scopeLabels.push(['otel.scope.schema_url', scope.schemaUrl]);
  for (const point of points) {
    const own = readAttributes(point.attributes).map(({ key, value }): [string, string] => [
      key,
      labelValue(value),
    ]);
    const labels = labelsOf([...own, ...scopeLabels]);
    if (family.known.has(labels)) continue;
    family.known.add(labels);
    if (isHistogram(point)) addHistogram(family.lines, name, labels, point, format);
    else addNumber(family.lines, family.type === 'counter' ? `${name}_total` : name, labels, point);
  }
}

function addNumber(lines: string[], name: string, labels: string, { value }: NumberPoint): void {
  lines.push(`${name}{${labels}} ${number(value)}`);
}

function addHistogram(
  lines: string[],
  name: string,
  labels: string,
  point: HistogramPoint,
  format: Format,
): void {
  const { counts, bounds } = point.exponential === undefined ? point : asExplicit(point);
  let sum = 0;
  for (let i = 0; i <= bounds.length; i++) {
    sum += counts[i] ?? 0;
    const le = i < bounds.length ? bound(bounds[i], format) : '+Inf';
    const from = i === 0 ? -Infinity : bounds[i - 1];
    const to = i < bounds.length ? bounds[i] : Infinity;
    const mark = format === 'openmetrics' ? exemplarText(point.exemplars, from, to) : '';
    lines.push(`${name}_bucket{${labels},le="${le}"} ${sum}${mark}`);
  }
  lines.push(`${name}_sum{${labels}} ${number(point.sum)}`, `${name}_count{${labels}} ${countOf(point)}`);
}

/** Buckets that stay the same from scrape to scrape, as the exponential ones do not: those of a power of two. */
function asExplicit({ counts, exponential }: HistogramPoint): Pick<HistogramPoint, 'counts' | 'bounds'> {
  const { scale, offset, zeros } = exponential as NonNullable<HistogramPoint['exponential']>;
  const merged = Array.from({ length: POWERS.length + 1 }, () => 0);
  merged[0] = zeros;
  counts.forEach((count, i) => {
    const exponent = Math.ceil((offset + i + 1) / 2 ** scale);
    const at = exponent - POWERS[0];
    merged[Math.min(Math.max(at, 0), POWERS.length)] += count;
  });
  return { counts: merged, bounds: POWERS.map((power) => 2 ** power) };
}

/** From a millisecond, in seconds, to what is reckoned in other units. */
const POWERS = Array.from({ length: 25 }, (_, i) => i - 10);

function exemplarText(exemplars: readonly Exemplar[], from: number, to: number): string {
  const found = exemplars.find(({ value }) => value > from && value <= to);
  if (found === undefined) return '';
  const [t0, t1, t2, t3, s0, s1] = found.ids;
  const seconds = Number(found.timeNs / 1_000_000n) / 1000;
  return ` # {trace_id="${traceIdHex(t0, t1, t2, t3)}",span_id="${spanIdHex(s0, s1)}"} ${number(found.value)} ${seconds.toFixed(3)}`;
}

/** Names that are the same once they are legal have their values joined, in the order of the original names. */
function labelsOf(pairs: readonly (readonly [name: string, value: string])[]): string {
  const values = new Map<string, string>();
  for (const [name, value] of pairs.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const label = labelName(name);
    const before = values.get(label);
    values.set(label, before === undefined ? value : `${before};${value}`);
  }
  return Array.from(values, ([label, value]) => `${label}="${escaped(value)}"`).join(',');
}

function labelValue(value: DecodedValue): string {
  return typeof value === 'string' ? value : (JSON.stringify(plain(value)) ?? '');
}

function plain(value: DecodedValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object')
    return Object.fromEntries(
      value.entries.map(({ key, value: inner }: DecodedAttribute) => [key, plain(inner)]),
    );
  return value;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function escapedHelp(text: string, open: boolean): string {
  const lines = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return open ? lines.replaceAll('"', '\\"') : lines;
}

function number(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}

/** OpenMetrics wants bounds as floats: Prometheus takes `le="1"` and `le="1.0"` for two series. */
function bound(value: number, format: Format): string {
  const text = number(value);
  return format === 'openmetrics' && /^-?\d+$/.test(text) ? `${text}.0` : text;
}
