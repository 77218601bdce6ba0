import { gzipSync } from 'node:zlib';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeTraces } from '../../support/otlp.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';

const TRACE = 'aabbccddeeff00112233445566778899';
const SPAN = '0102030405060708';
const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');

type Write = (writer: BinaryWriter) => void;
function message(...parts: Write[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const part of parts) part(writer);
  return writer.finish();
}
const bytes =
  (field: number, value: Uint8Array): Write =>
  (writer) =>
    writer.tag(field, WireType.LengthDelimited).bytes(value);
const text = (field: number, value: string): Write => bytes(field, Buffer.from(value));
const time =
  (field: number, value: bigint): Write =>
  (writer) =>
    writer.tag(field, WireType.Bit64).fixed64(value);
const number =
  (field: number, value: number): Write =>
  (writer) =>
    writer.tag(field, WireType.Varint).int32(value);
const attribute = (key: string, value: Write): Write =>
  bytes(9, message(text(1, key), bytes(2, message(value))));

const SPAN_PARTS = [
  bytes(1, hex(TRACE)),
  bytes(2, hex(SPAN)),
  text(5, 'GET /a'),
  number(6, 2),
  time(7, 1_000_000n),
  time(8, 3_500_000n),
];
const request = (...spans: Uint8Array[]): Uint8Array =>
  message(
    bytes(
      1,
      message(
        bytes(1, message(bytes(1, message(text(1, 'service.name'), bytes(2, message(text(1, 'shop'))))))),
        bytes(
          2,
          message(
            bytes(1, message(text(1, 'http'), text(2, '1.2.3'))),
            ...spans.map((span) => bytes(2, span)),
          ),
        ),
      ),
    ),
  );
const decode = (...parts: Write[]) => decodeTraces(request(message(...parts)), 'application/x-protobuf')[0];

describe('OTLP decoder', () => {
  it('decodes a span with its scope and resource from protobuf', () => {
    const span = decode(
      ...SPAN_PARTS,
      bytes(4, hex('1112131415161718')),
      text(3, 'a=1'),
      attribute('http.response.status_code', number(3, 200)),
      attribute('tags', bytes(5, message(bytes(1, message(text(1, 'x'))), bytes(1, message(number(2, 1)))))),
      bytes(15, message(number(3, 2), text(2, 'broken'))),
      (writer) => writer.tag(16, WireType.Bit32).fixed32(0x301),
    );
    expect(span).toMatchObject({
      traceId: TRACE,
      spanId: SPAN,
      parentSpanId: '1112131415161718',
      traceState: 'a=1',
      flags: 0x301,
      name: 'GET /a',
      kind: 'SERVER',
      startTimeUnixNano: 1_000_000n,
      durationMs: 2.5,
      attributes: { 'http.response.status_code': 200, tags: ['x', true] },
      attributeTypes: { 'http.response.status_code': 'int', tags: 'array' },
      status: { code: 'ERROR', message: 'broken' },
      scope: { name: 'http', version: '1.2.3', schemaUrl: undefined },
      resource: { 'service.name': 'shop' },
    });
  });

  it('decodes the same span from JSON', () => {
    const json = {
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
          scopeSpans: [
            {
              scope: { name: 'http', version: '1.2.3' },
              spans: [
                {
                  traceId: TRACE,
                  spanId: SPAN,
                  name: 'GET /a',
                  kind: 2,
                  startTimeUnixNano: '1000000',
                  endTimeUnixNano: '3500000',
                },
              ],
            },
          ],
        },
      ],
    };
    expect(decodeTraces(Buffer.from(JSON.stringify(json)), 'application/json')).toEqual([
      decode(...SPAN_PARTS),
    ]);
  });

  it.each<[string, RegExp, Write[]]>([
    ['an unknown field', /unknown field 99/, [...SPAN_PARTS, number(99, 1)]],
    ['a wrong wire type', /spans\.name: wire type 0, not 2/, [number(5, 1)]],
    ['invalid UTF-8', /./, [...SPAN_PARTS.slice(0, 2), bytes(5, Uint8Array.of(0xff))]],
    ['a missing trace id', /traceId: missing/, SPAN_PARTS.slice(1)],
    ['a trace id of 15 bytes', /traceId: 15 bytes, not 16/, [bytes(1, hex(TRACE.slice(2)))]],
    ['a span id of zeroes', /spanId: all zeroes/, [bytes(2, new Uint8Array(8))]],
    ['a kind that does not exist', /kind: no such enum number 6/, [number(6, 6)]],
    ['a field that is set twice', /name: set twice/, [text(5, 'a'), text(5, 'b')]],
    [
      'a value of two types',
      /stringValue is set as well/,
      [attribute('a', (w) => (text(1, 'x')(w), number(2, 1)(w)))],
    ],
    [
      'an attribute that is there twice',
      /attribute a is there twice/,
      [...SPAN_PARTS, attribute('a', number(3, 1)), attribute('a', number(3, 1))],
    ],
    ['an end before the start', /ends before it starts/, [...SPAN_PARTS.slice(0, 5), time(8, 999_999n)]],
    [
      'a message cut short',
      /./,
      [(writer) => writer.tag(5, WireType.LengthDelimited).raw(Uint8Array.of(5, 65))],
    ],
  ])('refuses %s', (_, error, parts) => {
    expect(() => decode(...parts)).toThrow(error);
  });

  it.each<[string, RegExp, Record<string, unknown>]>([
    ['a base64 id', /lower-case hex/, { traceId: 'qrvM3e7/ABEiM0RVZneImQ==' }],
    ['an enum by name', /not an integer/, { kind: 'SPAN_KIND_SERVER' }],
    ['a 64-bit integer as a number', /integer in a string/, { startTimeUnixNano: 1_000_000 }],
    ['a snake_case name', /unknown field trace_id/, { trace_id: TRACE }],
    ['null', /not a string/, { name: null }],
  ])('refuses %s in JSON', (_, error, span) => {
    const json = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
    expect(() => decodeTraces(Buffer.from(JSON.stringify(json)), 'application/json')).toThrow(error);
  });
});

describe('receiver', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());

  const send = (body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${receiver.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', ...headers },
      body: body as Uint8Array<ArrayBuffer>,
    });
  const one = request(message(...SPAN_PARTS));

  it('wakes a waiter when the spans have come, plain or gzip', async () => {
    const waiting = receiver.waitFor(2);
    await send(one);
    await send(gzipSync(one), { 'content-encoding': 'gzip' });
    expect(await waiting).toHaveLength(2);
    expect(receiver.requests[1].path).toBe('/v1/traces');
    expect(receiver.requests[1].raw).not.toEqual(receiver.requests[0].raw);
    expect(receiver.requests[1].body).toEqual(receiver.requests[0].body);
  });

  it('counts the spans of a refused request only when they are sent again', async () => {
    receiver.answerNext({ status: 503, headers: { 'retry-after': '1' } }, { destroy: true });
    const refused = await send(one);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    await expect(send(one)).rejects.toThrow();
    expect(receiver.spans()).toHaveLength(0);
    expect((await send(one)).status).toBe(200);
    expect(receiver.spans()).toHaveLength(1);
    expect(await receiver.waitForRequests(3)).toHaveLength(3);
  });

  it('fails waiters and spans() on invalid OTLP', async () => {
    const waiting = expect(receiver.waitFor(1)).rejects.toThrow(/invalid OTLP: .*unknown field 3/);
    expect((await send(message(number(3, 1)))).status).toBe(400);
    await waiting;
    expect(() => receiver.spans()).toThrow(/invalid OTLP/);
  });

  it('names what came when the wait is over', async () => {
    await send(one);
    await expect(receiver.waitFor(2, 20)).rejects.toThrow(
      /waited 20 ms for 2 spans; got 1 .*\n {2}SERVER GET \/a/,
    );
  });

  it('never answers when told so, and still closes', async () => {
    receiver.answerAlways({ delayMs: Infinity });
    const pending = expect(send(one)).rejects.toThrow();
    await receiver.waitForRequests(1);
    await receiver.close();
    await pending;
  });
});
