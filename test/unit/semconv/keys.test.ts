import * as stable from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { describe, expect, it } from 'vitest';
import * as keys from '../../../src/semconv/keys.ts';

const official = new Map<string, unknown>([...Object.entries(incubating), ...Object.entries(stable)]);

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
