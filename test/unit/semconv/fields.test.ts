import { expect, it } from 'vitest';
import { run } from '../../../src/context/active.ts';
import { contextOf, currentFields, fitting, withFields } from '../../../src/semconv/fields.ts';

const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

it('leaves out fields that do not fit, from the first such on', () => {
  const fields = { traceparent, baggage: 'x'.repeat(100), other: '1' };
  expect(Object.keys(fitting(fields, 1000))).toEqual(['traceparent', 'baggage', 'other']);
  const room = 'traceparent'.length + traceparent.length;
  expect(fitting(fields, room)).toEqual({ traceparent });
  expect(fitting(fields, room - 1)).toEqual({});
});

it('adds fields to a copy of headers, unless they name a trace', () => {
  const headers = Object.freeze({ own: 1 });
  expect(withFields(headers, { traceparent })).toEqual({ own: 1, traceparent });
  expect(withFields({ traceparent: 'theirs' }, { traceparent })).toEqual({ traceparent: 'theirs' });
  expect(withFields(undefined, { traceparent })).toEqual({ traceparent });
});

it('hands what is active on, as another process or thread finds it', () => {
  const context = contextOf({ traceparent, baggage: 'user=ada' });
  expect(run(context, currentFields)).toEqual({ traceparent, baggage: 'user=ada' });
  expect(currentFields()).toEqual({});
  for (const headers of [undefined, null, 5, 'text', ['traceparent'], { traceparent: 5 }])
    expect(contextOf(headers).span).toBeUndefined();
});
