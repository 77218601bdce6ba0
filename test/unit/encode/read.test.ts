import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestJson, responseFromJson } from '../../../src/encode/otlp-json.ts';
import { type DecodedSpan, readRequest, readResponse } from '../../../src/encode/read.ts';
import { bytesField, encodeSpan, fixed64Field, varintField } from '../../support/encode-span.ts';
import { decodeTraces } from '../../support/otlp.ts';

const text = (value: string): Buffer => Buffer.from(value);
const fixed32Field = (number: number, value: number): Buffer => {
  const tag = number * 8 + 5;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return Buffer.concat([Buffer.from(tag > 127 ? [(tag & 127) | 128, tag >> 7] : [tag]), bytes]);
};
const doubleValue = (value: number): Buffer => {
  const field = Buffer.alloc(9);
  field[0] = 0x21;
  field.writeDoubleLE(value, 1);
  return field;
};
const attribute = (key: string, value: Uint8Array): Buffer =>
  Buffer.concat([bytesField(1, text(key)), bytesField(2, value)]);

const VALUES = {
  text: bytesField(1, text('grüße')),
  yes: varintField(2, 1n),
  no: varintField(2, 0n),
  big: varintField(3, 9007199254740993n),
  negative: varintField(3, -1n),
  least: varintField(3, -(2n ** 63n)),
  half: doubleValue(0.5),
  nan: doubleValue(NaN),
  infinite: doubleValue(-Infinity),
  list: bytesField(
    5,
    Buffer.concat([bytesField(1, bytesField(1, text('a'))), bytesField(1, varintField(3, 2n))]),
  ),
  map: bytesField(6, bytesField(1, attribute('k', varintField(2, 1n)))),
  raw: bytesField(7, Buffer.from([0, 255, 16, 32])),
  empty: Buffer.alloc(0),
};

const fullSpan = Buffer.concat([
  bytesField(1, Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex')),
  bytesField(2, Buffer.from('b7ad6b7169203331', 'hex')),
  bytesField(3, text('a=1,b=2')),
  bytesField(4, Buffer.from('00f067aa0ba902b7', 'hex')),
  bytesField(5, text('GET /users/:id')),
  varintField(6, 2n),
  fixed64Field(7, 1_700_000_000_123_456_789n),
  fixed64Field(8, 1_700_000_000_223_456_789n),
  ...Object.entries(VALUES).map(([key, value]) => bytesField(9, attribute(key, value))),
  varintField(10, 3n),
  bytesField(
    11,
    Buffer.concat([
      fixed64Field(1, 1_700_000_000_200_000_000n),
      bytesField(2, text('exception')),
      bytesField(3, attribute('exception.message', VALUES.text)),
      varintField(4, 1n),
    ]),
  ),
  varintField(12, 4n),
  bytesField(
    13,
    Buffer.concat([
      bytesField(1, Buffer.from('1af7651916cd43dd8448eb211c80319c', 'hex')),
      bytesField(2, Buffer.from('c7ad6b7169203331', 'hex')),
      bytesField(3, text('c=3')),
      bytesField(4, attribute('n', VALUES.yes)),
      varintField(5, 2n),
      fixed32Field(6, 0x301),
    ]),
  ),
  varintField(14, 5n),
  bytesField(15, Buffer.concat([bytesField(2, text('it broke')), varintField(3, 2n)])),
  fixed32Field(16, 0x101),
]);

function request(
  spans: Uint8Array[],
  resource: Uint8Array = bytesField(1, attribute('service.name', VALUES.text)),
) {
  const scope = Buffer.concat([bytesField(1, text('scope')), bytesField(2, text('1.0'))]);
  const scopeSpans = Buffer.concat([
    bytesField(1, scope),
    ...spans.map((span) => bytesField(2, span)),
    bytesField(3, text('https://example.test/schema')),
  ]);
  return bytesField(1, Buffer.concat([bytesField(1, resource), bytesField(2, scopeSpans)]));
}

describe('readRequest', () => {
  test('reads every field of a span', () => {
    const [span] = readRequest(request([fullSpan])) as [DecodedSpan];
    expect(span).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceState: 'a=1,b=2',
      parentSpanId: '00f067aa0ba902b7',
      flags: 0x101,
      name: 'GET /users/:id',
      kind: 2,
      startTimeUnixNano: 1_700_000_000_123_456_789n,
      endTimeUnixNano: 1_700_000_000_223_456_789n,
      droppedAttributesCount: 3,
      droppedEventsCount: 4,
      droppedLinksCount: 5,
      status: { code: 2, message: 'it broke' },
      scope: { name: 'scope', version: '1.0', schemaUrl: 'https://example.test/schema' },
      resource: { attributes: [{ key: 'service.name', value: 'grüße' }] },
      events: [{ name: 'exception', timeUnixNano: 1_700_000_000_200_000_000n, droppedAttributesCount: 1 }],
      links: [
        {
          traceId: '1af7651916cd43dd8448eb211c80319c',
          spanId: 'c7ad6b7169203331',
          traceState: 'c=3',
          flags: 0x301,
          droppedAttributesCount: 2,
        },
      ],
    });
    expect(Object.fromEntries(span.attributes.map(({ key, value }) => [key, value]))).toEqual({
      text: 'grüße',
      yes: true,
      no: false,
      big: 9007199254740993n,
      negative: -1n,
      least: -(2n ** 63n),
      half: 0.5,
      nan: NaN,
      infinite: -Infinity,
      list: ['a', 2n],
      map: { entries: [{ key: 'k', value: true }] },
      raw: new Uint8Array([0, 255, 16, 32]),
      empty: undefined,
    });
  });

  test('gives all spans of a scope the same resource, also when it comes after them', () => {
    const scopeSpans = bytesField(2, encodeSpan({ name: 'first' }));
    const resource = bytesField(1, attribute('service.name', VALUES.text));
    const late = bytesField(1, Buffer.concat([bytesField(2, scopeSpans), bytesField(1, resource)]));
    const spans = readRequest(
      Buffer.concat([late, request([encodeSpan({ name: 'a' }), encodeSpan({ name: 'b' })])]),
    );
    expect(spans.map((span) => [span.name, span.resource.attributes[0]!.value])).toEqual([
      ['first', 'grüße'],
      ['a', 'grüße'],
      ['b', 'grüße'],
    ]);
    expect(spans[1]!.resource).toBe(spans[2]!.resource);
  });

  test('skips fields that it does not know', () => {
    const unknown = Buffer.concat([
      varintField(100, 1n),
      fixed64Field(14, 2n),
      bytesField(90, text('later')),
      fixed32Field(99, 1),
    ]);
    const span = Buffer.concat([unknown, encodeSpan({ name: 'known' }), unknown]);
    expect(readRequest(Buffer.concat([unknown.subarray(0, 3), request([span])]))[0]!.name).toBe('known');
  });

  test('refuses truncated input with a RangeError wherever it is cut', () => {
    const whole = request([fullSpan]);
    for (let length = 1; length < whole.length; length++) {
      expect(() => readRequest(whole.subarray(0, length))).toThrow(RangeError);
    }
    expect(readRequest(new Uint8Array())).toEqual([]);
  });

  test('ends with spans or a RangeError for any bytes', () => {
    const whole = request([fullSpan]);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(whole.length - 1),
        fc.nat(255),
        (noise, at, byte) => {
          const changed = Buffer.from(whole);
          changed[at] = byte;
          for (const bytes of [noise, changed]) {
            try {
              readRequest(bytes);
            } catch (error) {
              expect(error).toBeInstanceOf(RangeError);
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('cuts values that are nested beyond all measure instead of overflowing the stack', () => {
    let value: Buffer = bytesField(1, text('deep'));
    for (let depth = 0; depth < 3000; depth++) value = bytesField(5, bytesField(1, value));
    const span = Buffer.concat([encodeSpan({ name: 'deep' }), bytesField(9, attribute('nested', value))]);
    expect(readRequest(request([span]))[0]!.attributes[0]!.key).toBe('nested');
  });
});

describe('requestJson', () => {
  test('says the same as the protobuf form to an independent reader', () => {
    const bytes = request([fullSpan, encodeSpan({ name: 'plain' })]);
    const json = requestJson(readRequest(bytes));
    expect(decodeTraces(Buffer.from(json), 'application/json')).toEqual(
      decodeTraces(new Uint8Array(bytes), 'application/x-protobuf'),
    );
  });

  test('writes hex ids, numbers for enums, strings for 64-bit integers and names for what JSON has no number for', () => {
    const span = JSON.parse(requestJson(readRequest(request([fullSpan])))).resourceSpans[0].scopeSpans[0]
      .spans[0];
    expect(span).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      kind: 2,
      startTimeUnixNano: '1700000000123456789',
      flags: 0x101,
      status: { code: 2 },
    });
    const values = Object.fromEntries(span.attributes.map(({ key, value }: any) => [key, value]));
    expect(values).toMatchObject({
      big: { intValue: '9007199254740993' },
      nan: { doubleValue: 'NaN' },
      infinite: { doubleValue: '-Infinity' },
      no: { boolValue: false },
      raw: { bytesValue: Buffer.from([0, 255, 16, 32]).toString('base64') },
      empty: {},
    });
  });

  test('writes base64 as everybody does, for all remainders of the length', () => {
    for (let length = 0; length < 10; length++) {
      const raw = Buffer.from(Array.from({ length }, (_, i) => 250 - i * 29));
      const span = Buffer.concat([
        encodeSpan({ name: 'x' }),
        bytesField(9, attribute('raw', bytesField(7, raw))),
      ]);
      expect(requestJson(readRequest(request([span])))).toContain(`"bytesValue":"${raw.toString('base64')}"`);
    }
  });
});

describe('a partial success', () => {
  const partial = bytesField(1, Buffer.concat([varintField(1, 3n), bytesField(2, text('too old'))]));

  test('is read from protobuf', () => {
    expect(readResponse(partial)).toEqual({ rejectedSpans: 3, errorMessage: 'too old' });
    expect(readResponse(bytesField(1, Buffer.alloc(0)))).toEqual({ rejectedSpans: 0, errorMessage: '' });
    expect(readResponse(new Uint8Array())).toBeUndefined();
    expect(() => readResponse(text('<html>'))).toThrow(RangeError);
  });

  test('is read from JSON, with the count as a string or a number', () => {
    expect(responseFromJson('{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}')).toEqual({
      rejectedSpans: 3,
      errorMessage: 'too old',
    });
    expect(responseFromJson('{"partialSuccess":{"rejectedSpans":2}}')).toEqual({
      rejectedSpans: 2,
      errorMessage: '',
    });
    expect(responseFromJson('{"partialSuccess":{"rejectedSpans":{},"errorMessage":5}}')).toEqual({
      rejectedSpans: 0,
      errorMessage: '',
    });
    for (const nothing of ['', '{}', 'null', '[]', '{"partialSuccess":null}']) {
      expect(responseFromJson(nothing)).toBeUndefined();
    }
    expect(() => responseFromJson('<html>')).toThrow(SyntaxError);
  });
});
