import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { instruments } from '../../../src/metrics/instrument.ts';
import { MODEL } from '../../support/metric-conformance.ts';

const KINDS = {
  histogram: 'histogram',
  counter: 'counter',
  updowncounter: 'updown',
  gauge: 'gauge',
} as const;
const docs = ['metrics', 'runtime-metrics']
  .map((name) => readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), 'utf8'))
  .join('\n');

describe('an instrument', () => {
  it('is there once', () => {
    expect(instruments.length).toBeGreaterThan(20);
    const names = instruments.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(instruments.map(({ number }) => number)).toEqual([...instruments.keys()]);
  });

  it.each(instruments.filter(({ name }) => !name.startsWith('foretrace.')))(
    'has the name, unit, text, kind and buckets of the semantic conventions: $name',
    ({ name, unit, description, kind, bounds }) => {
      const model = MODEL.get(name);
      expect(model, 'is in test/conformance/metrics.json').toBeDefined();
      expect({ unit, description, kind }).toEqual({
        unit: model!.unit,
        description: model!.description,
        kind: KINDS[model!.instrument],
      });
      if (model!.bounds !== undefined) expect(bounds).toEqual(model!.bounds);
    },
  );

  it.each(instruments)('is documented: $name', ({ name }) => {
    expect(docs).toContain(`\`${name}\``);
  });
});
