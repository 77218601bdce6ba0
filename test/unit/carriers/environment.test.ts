import { describe, expect, it } from 'vitest';
import { getVariable, variableOf } from '../../../src/carriers/environment.ts';

describe('the variable of a field', () => {
  it.each([
    ['traceparent', 'TRACEPARENT'],
    ['x-b3-traceid', 'X_B3_TRACEID'],
    ['uber.trace/id', 'UBER_TRACE_ID'],
    ['2fields', '_2FIELDS'],
    ['', '_'],
    ['ünder', '_NDER'],
  ])('is normalised as the specification says: %j', (field, variable) => {
    expect(variableOf(field)).toBe(variable);
  });

  it('is read by that name alone, and an empty one is none', () => {
    const environment = { 'x-b3-traceid': 'no', X_B3_TRACEID: 'yes', TRACEPARENT: '' };
    expect(getVariable(environment, 'x-b3-traceid')).toBe('yes');
    expect(getVariable(environment, 'traceparent')).toBeUndefined();
    expect(getVariable(environment, 'baggage')).toBeUndefined();
  });
});
