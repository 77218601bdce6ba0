/** What comes of metrics, compared with the model of the semantic conventions: `test/conformance/metrics.json`. */
import { readFileSync } from 'node:fs';
import type { ReceivedMetric } from './otlp-metrics.ts';

export interface ModelMetric {
  name: string;
  instrument: 'histogram' | 'counter' | 'updowncounter' | 'gauge';
  unit: string;
  description: string;
  required: string[];
  conditional: string[];
  recommended: string[];
  optIn: string[];
  bounds?: number[];
}

const file = new URL('../conformance/metrics.json', import.meta.url);
const model: { metrics: ModelMetric[] } = JSON.parse(readFileSync(file, 'utf8'));
export const MODEL = new Map(model.metrics.map((metric) => [metric.name, metric]));

/** Of durations whose convention says nothing of buckets: those that it names for nearly all others. */
const SECONDS = MODEL.get('http.server.request.duration')!.bounds;

/** Where metrics differ from the model, in words; empty if nowhere. */
export function deviations(metrics: readonly ReceivedMetric[]): string[] {
  const found: string[] = [];
  for (const metric of metrics) {
    const of = MODEL.get(metric.name);
    if (of === undefined) {
      found.push(`${metric.name} is unknown`);
      continue;
    }
    const say = (what: string): void => void found.push(`${metric.name}: ${what}`);
    const kind = { histogram: 'histogram', gauge: 'gauge', counter: 'sum', updowncounter: 'sum' }[
      of.instrument
    ];
    if (metric.kind !== kind) say(`is a ${metric.kind}`);
    if (kind === 'sum' && metric.monotonic !== (of.instrument === 'counter'))
      say(`monotonic is ${metric.monotonic}`);
    if (metric.unit !== of.unit) say(`unit ${metric.unit}`);
    if (metric.description !== of.description) say(`description ${metric.description}`);
    const allowed = new Set([...of.required, ...of.conditional, ...of.recommended]);
    const seen = new Set<string>();
    for (const { attributes, bounds } of metric.points) {
      for (const name of of.required) if (attributes[name] === undefined) say(`lacks ${name}`);
      for (const name of Object.keys(attributes)) if (!allowed.has(name)) say(`has ${name}`);
      const id = idOf(attributes);
      if (seen.has(id)) say(`has two points of ${id}`);
      seen.add(id);
      if (kind === 'histogram' && String(bounds) !== String(of.bounds ?? SECONDS)) say(`bounds ${bounds}`);
    }
  }
  return found;
}

/** A set of attributes as one text. */
export function idOf(attributes: Record<string, unknown>): string {
  return JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
}
