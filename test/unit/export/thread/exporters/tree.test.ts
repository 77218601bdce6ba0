import { describe, expect, test } from 'vitest';
import { duration, renderTrace } from '../../../../../src/export/thread/exporters/tree.ts';
import type { DecodedSpan } from '../../../../../src/encode/read.ts';
import type { TestSpan } from '../../../../support/encode-span.ts';
import { batch } from '../../request-of.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const MS = 1_000_000n;
const START = 1_700_000_000_000_000_000n;

function span(
  id: number,
  parent: number,
  name: string,
  fromMs: number,
  toMs: number,
  rest: Partial<TestSpan> = {},
): TestSpan {
  const hex = (n: number): string => n.toString(16).padStart(16, '0');
  return {
    traceId: TRACE,
    spanId: hex(id),
    ...(parent ? { parentSpanId: hex(parent) } : {}),
    name,
    startTimeUnixNano: START + BigInt(fromMs) * MS,
    endTimeUnixNano: START + BigInt(toMs) * MS,
    ...rest,
  };
}

const decoded = (service: string, spans: TestSpan[]): readonly DecodedSpan[] =>
  batch(spans, { 'service.name': service }).decoded();

const plain = { color: false, width: 120 };

describe('renderTrace', () => {
  test('draws spans of several services as one tree, in the order of their start', () => {
    const text = renderTrace(
      [
        ...decoded('payments', [
          span(4, 3, 'POST /charge', 50, 90, {
            kind: 2,
            attributes: { 'http.response.status_code': 500n, 'error.type': '500' },
            status: { code: 2 },
          }),
        ]),
        ...decoded('shop', [
          span(3, 1, 'POST', 40, 100, { kind: 3, attributes: { 'url.full': 'http://payments/charge' } }),
          span(2, 1, 'INSERT orders', 10, 30, {
            kind: 3,
            attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'INSERT INTO orders VALUES (?)' },
          }),
          span(1, 0, 'POST /orders', 0, 120, { kind: 2, attributes: { 'http.response.status_code': 201n } }),
        ]),
      ],
      plain,
    );
    expect(text).toBe(`trace ${TRACE} · 4 spans · 120 ms · 1 error
shop POST /orders             ████████████████████████    120 ms  server  201
├─ shop INSERT orders         ··████··················   20.0 ms  client  postgresql  INSERT INTO orders VALUES (?)
└─ shop POST                  ········████████████····   60.0 ms  client  http://payments/charge
   └─ payments POST /charge ✗ ··········████████······   40.0 ms  server  500
`);
  });

  test("shows spans whose parent is missing as roots, and spans that are each other's parent too", () => {
    const text = renderTrace(
      decoded('s', [
        span(2, 9, 'orphan', 0, 1),
        span(3, 4, 'loop a', 1, 2),
        span(4, 3, 'loop b', 1, 2),
        span(5, 5, 'own parent', 3, 4),
      ]),
      plain,
    );
    for (const name of ['orphan', 'loop a', 'loop b', 'own parent']) {
      expect(text.split(name).length, name).toBe(2);
    }
  });

  test('replaces control characters, so that a name can not steer the terminal', () => {
    const text = renderTrace(
      decoded('s\u001b[2J', [
        span(1, 0, 'a\nb\u001b]0;x\u0007\u009b1m\u202ec', 0, 1, {
          attributes: { 'url.path': '/\r\u001b[31m' },
        }),
      ]),
      plain,
    );
    // oxlint-disable-next-line no-control-regex
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(text.split('\n').length).toBe(3);
  });

  test('keeps lines within the width', () => {
    const text = renderTrace(
      decoded('service-'.repeat(20), [
        span(1, 0, 'n'.repeat(500), 0, 1, { attributes: { 'db.query.text': 'x'.repeat(5000) } }),
      ]),
      { color: false, width: 100 },
    );
    for (const line of text.trimEnd().split('\n')) expect([...line].length).toBeLessThanOrEqual(100);
  });

  test('uses colours only when asked', () => {
    const spans = decoded('s', [span(1, 0, 'x', 0, 1, { status: { code: 2, message: 'broken' } })]);
    expect(renderTrace(spans, { color: true, width: 120 })).toContain('\u001b[31m');
    expect(renderTrace(spans, plain)).not.toContain('\u001b');
    expect(renderTrace(spans, plain)).toContain('broken');
  });

  test('survives no spans, a trace of no duration and one of great depth', () => {
    expect(renderTrace([], plain)).toBe('');
    expect(renderTrace(decoded('s', [span(1, 0, 'x', 5, 5)]), plain)).toContain('0 ns');
    const deep = decoded(
      's',
      Array.from({ length: 5000 }, (_, i) => span(i + 1, i, `n${i}`, i, 5000)),
    );
    expect(renderTrace(deep, plain).split('\n').length).toBe(5002);
  });
});

test('durations have three digits or so', () => {
  expect(
    [0n, 999n, 1000n, 12_345n, 123_456n, 9_876_543n, 1_234_567_890n, 75_000_000_000n].map(duration),
  ).toEqual(['0 ns', '999 ns', '1.00 µs', '12.3 µs', '123 µs', '9.88 ms', '1.23 s', '75.0 s']);
});
