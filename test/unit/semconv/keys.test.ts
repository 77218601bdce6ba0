import * as stable from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { SCHEMA_URL } from '../../../src/semconv/schema.ts';
import * as keys from '../../../src/semconv/keys.ts';

const official = new Map<string, unknown>([...Object.entries(incubating), ...Object.entries(stable)]);

it('the schema is that of the package of constants', async () => {
  const file = new URL(
    '../../../node_modules/@opentelemetry/semantic-conventions/package.json',
    import.meta.url,
  );
  const { version } = JSON.parse(readFileSync(file, 'utf8'));
  expect(SCHEMA_URL).toBe(`https://opentelemetry.io/schemas/${version}`);
});

describe('the attribute names', () => {
  it.each(Object.entries(keys))('%s is the official one', (name, key) => {
    if (typeof key === 'string') {
      // A prefix: the official constant is a function of the rest.
      const constant = official.get(`ATTR_${name}`) as (rest: string) => string;
      expect(`${key}x-rest`).toBe(constant('x-rest'));
      return;
    }
    expect(key.name).toBe(official.get(`ATTR_${name}`));
    expect(Buffer.from(key.prefix).toString()).toBe(
      `\n${String.fromCharCode(key.name.length)}${key.name}\x12`,
    );
  });
});
