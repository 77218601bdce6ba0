import { describe, expect, it } from 'vitest';
import { run } from '../../../src/context/active.ts';
import { ROOT, SPAN_KEY } from '../../../src/context/context.ts';
import { ALL } from '../../../src/context/layers.ts';
import { logIds, withLogIds } from '../../../src/semconv/log.ts';
import { DENIED, NO_SPAN, NonRecordingSpan } from '../../../src/trace/span-context.ts';

const inside = ROOT.setValue(SPAN_KEY, new NonRecordingSpan(1, 2, 3, 4, 5, 6, 1, undefined, false));
const ADDED = '"trace_id":"00000001000000020000000300000004","span_id":"0000000500000006","trace_flags":"01"';
const written = (line: string): string => run(inside, withLogIds, line);

describe('the ids of a record', () => {
  it('are those of the active span', () => {
    expect(run(inside, logIds)).toEqual(JSON.parse(`{${ADDED}}`));
  });

  it.each([
    ['outside of any', ROOT],
    ['where tracing is suppressed', ROOT.setValue(SPAN_KEY, NO_SPAN).suppress(ALL)],
    ['where the caller asks for none', ROOT.setValue(SPAN_KEY, DENIED)],
  ])('are none %s', (_, context) => {
    expect(run(context, logIds)).toBeUndefined();
    expect(run(context, withLogIds, '{"a":1}\n')).toBe('{"a":1}\n');
  });
});

describe('a line of JSON', () => {
  it.each([
    ['{"a":1}\n', `{"a":1,${ADDED}}\n`],
    ['{"a":1}\r\n', `{"a":1,${ADDED}}\r\n`],
    ['{}\n', `{${ADDED}}\n`],
    ['{"a":{"b":1}}', `{"a":{"b":1},${ADDED}}`],
    ['{"a":"}"}\n', `{"a":"}",${ADDED}}\n`],
    ['{"a":{"trace_id":"nested"}}\n', `{"a":{"trace_id":"nested"},${ADDED}}\n`],
    [String.raw`{"a":"\"trace_id\":"}`, String.raw`{"a":"\"trace_id\":",${ADDED}}`],
    ['{"my_trace_id":1}\n', `{"my_trace_id":1,${ADDED}}\n`],
  ])('has them at its end: %j', (line, expected) => {
    expect(written(line)).toBe(expected);
  });

  it.each([
    '{"trace_id":"own"}\n',
    '{"span_id":7}\n',
    '{"a":1,"trace_flags":null}\n',
    '{"a":{"trace_id":"nested"},"trace_id":"own"}\n',
    '{"a":undefined,"trace_id":"own"}\n',
    'no record',
  ])('stays as it is with ids of its own, or where it is none: %j', (line) => {
    expect(written(line)).toBe(line);
  });
});
