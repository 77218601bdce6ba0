import { describe, expect, it } from 'vitest';
import { beginLog, endLog } from '../../../src/encode/log.ts';
import { position, rewind, scratch } from '../../../src/encode/writer.ts';
import { lineNames, passed, writeLine } from '../../../src/logs/line.ts';
import { decodeLogs, type ReceivedLog } from '../../support/otlp-logs.ts';

const NAMES = lineNames(['level', 'time'], ['trace_id'], 'msg', ['err']);
const HEAD = { high: 1, low: 2, observedHigh: 1, observedLow: 2, severity: 9, severityText: 'info' };

/** What a receiver gets of a line; undefined where the line is not read in one pass. */
function sent(line: string, limit = 128, longest = Infinity): ReceivedLog | undefined {
  beginLog(HEAD, undefined);
  const end = writeLine(line, position(), NAMES, limit, longest);
  if (end < 0) return undefined;
  rewind(end);
  const record = Buffer.from(scratch().subarray(0, endLog(passed.dropped)));
  return decodeLogs(wrap(wrap(wrap(record, 0x12), 0x12), 0x0a), 'application/x-protobuf')[0];
}

/** A message as a field of another. A receiver is given a resource and a scope too. */
function wrap(message: Uint8Array, tag: number): Buffer {
  const length: number[] = [];
  let rest = message.length;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([tag, ...length, rest]), message]);
}

const without = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map((item) => without(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name, without(member)]),
  );
};
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a line of JSON', () => {
  it.each([
    {},
    { msg: 'text' },
    { msg: 'ü 漢字 😀', n: 0, big: 2_147_483_648, max: 999_999_999_999_999 },
    {
      negative: -1,
      less: -4_294_967_297,
      least: -999_999_999_999_999,
      real: -0.5,
      small: 1e-7,
      large: 1e300,
    },
    {
      yes: true,
      no: false,
      nothing: null,
      list: [null, [], {}, '', 'a', [[1]]],
      map: { a: { b: { c: [true] } } },
    },
    {
      long: 'x'.repeat(5_000),
      'a name that is rather long, longer than what fits into one byte, as names go, or should go, in lines like this one, which has to end now': 1,
    },
    { msg: { not: 'a text' } },
    { level: 30, time: 1_700_000_000_000, trace_id: 'own', kept: 1 },
  ])('has the values that JSON has: %j', (record: Record<string, unknown>) => {
    const found = sent(`${JSON.stringify(record)}\n`)!;
    const { msg, level: _, time: __, trace_id: ___, ...rest } = record;
    expect(plain(found.attributes)).toEqual(without(rest));
    expect(found.body === undefined ? undefined : plain(found.body)).toEqual(msg);
    expect(passed.hasIds).toBe('trace_id' in record);
  });

  it.each([
    '',
    'text',
    '[]',
    '{"a":1',
    '{"a":"1}',
    '{"a":}',
    '{"a":1,}',
    '{"a":1,"a":2}',
    '{"a\\n":1}',
    '{"a":"\\n"}',
    '{"err":{"message":"m"}}',
    '{"a":12345678901234567890}',
    `{"a":${'['.repeat(20)}${']'.repeat(20)}}`,
    `{"a":"${'x'.repeat(20_000)}"}`,
    `{"a":[${'1,'.repeat(2_000)}1]}`,
  ])('is left to a slower way where it is not simple: %j', (line) => {
    expect(sent(line)).toBeUndefined();
  });

  it('has no secrets', () => {
    const jwt = `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`;
    const record = {
      msg: `https://user:pass@host/?token=abc ${jwt} --password hunter2`,
      password: 'hunter2',
      nested: { accessToken: { a: 1 }, cookie: null, list: [`x=1 ${jwt}`] },
      apiKey: 7,
      monkey: 'kept',
    };
    const { body, attributes } = sent(JSON.stringify(record))!;
    expect(body).toBe('https://REDACTED:REDACTED@host/?token=REDACTED REDACTED --password REDACTED');
    expect(plain(attributes)).toEqual({
      password: 'REDACTED',
      nested: { accessToken: 'REDACTED', cookie: 'REDACTED', list: ['x=1 REDACTED'] },
      apiKey: 'REDACTED',
      monkey: 'kept',
    });
  });

  it('has as many attributes as the limit says, the rest is counted', () => {
    const found = sent('{"a":1,"b":2,"msg":"m","c":3}', 1)!;
    expect(plain(found.attributes)).toEqual({ a: 1 });
    expect(found).toMatchObject({ droppedAttributesCount: 2, body: 'm' });
  });

  it('is as JSON.parse has it, for thousands of random records', () => {
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const texts = [
      '',
      'a',
      'b'.repeat(47),
      'c'.repeat(48),
      'd'.repeat(130),
      'é',
      'x: y',
      'k=v',
      'a - b',
      'f3b9c1d2-0000-4000-8000-1234567890ab',
    ];
    const value = (depth: number): unknown => {
      const kind = random(depth > 4 ? 5 : 7);
      if (kind === 0) return texts[random(texts.length)];
      if (kind === 1) return random(2) === 0 ? random(1e9) : -random(1e9) * 1_000;
      if (kind === 2) return random(1e6) / 1_000;
      if (kind === 3) return random(2) === 0;
      if (kind === 4) return null;
      if (kind === 5) return Array.from({ length: random(5) }, () => value(depth + 1));
      return Object.fromEntries(
        Array.from({ length: random(5) }, (_, i) => [`${'n'.repeat(random(140) + 1)}${i}`, value(depth + 1)]),
      );
    };
    for (let i = 0; i < 3_000; i++) {
      const record = Object.fromEntries(Array.from({ length: random(12) }, (_, n) => [`f${n}`, value(0)]));
      const found = sent(JSON.stringify(record));
      expect(plain(found!.attributes)).toEqual(without(plain(record)));
    }
  });
});
