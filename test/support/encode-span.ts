/** A hand-written encoder of one OTLP `Span`, independent of the agent's own, for tests of the export side. */

export interface TestSpan {
  /** 32 and 16 hex digits; random when absent. */
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  name: string;
  kind?: number;
  startTimeUnixNano?: bigint;
  endTimeUnixNano?: bigint;
  attributes?: Record<string, string | number | bigint | boolean>;
  status?: { code: number; message?: string };
}

export function encodeSpan(span: TestSpan): Uint8Array<ArrayBuffer> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const start = span.startTimeUnixNano ?? now;
  const parts = [
    bytesField(1, Buffer.from(span.traceId ?? randomHex(16), 'hex')),
    bytesField(2, Buffer.from(span.spanId ?? randomHex(8), 'hex')),
    ...(span.parentSpanId ? [bytesField(4, Buffer.from(span.parentSpanId, 'hex'))] : []),
    bytesField(5, Buffer.from(span.name)),
    varintField(6, BigInt(span.kind ?? 1)),
    fixed64Field(7, start),
    fixed64Field(8, span.endTimeUnixNano ?? start + 1_000_000n),
    ...Object.entries(span.attributes ?? {}).map(([key, value]) =>
      bytesField(9, Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, anyValue(value))])),
    ),
    ...(span.status
      ? [
          bytesField(
            15,
            Buffer.concat([
              ...(span.status.message ? [bytesField(2, Buffer.from(span.status.message))] : []),
              varintField(3, BigInt(span.status.code)),
            ]),
          ),
        ]
      : []),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

function anyValue(value: string | number | bigint | boolean): Buffer {
  if (typeof value === 'string') return bytesField(1, Buffer.from(value));
  if (typeof value === 'boolean') return varintField(2, value ? 1n : 0n);
  if (typeof value === 'bigint') return varintField(3, value);
  const double = Buffer.alloc(9);
  double[0] = (4 << 3) | 1;
  double.writeDoubleLE(value, 1);
  return double;
}

function randomHex(bytes: number): string {
  return Buffer.from(Array.from({ length: bytes }, () => 1 + Math.floor(Math.random() * 255))).toString(
    'hex',
  );
}

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

export function bytesField(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(content.length)), content]);
}

export function varintField(number: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(number * 8)), varint(value)]);
}

export function fixed64Field(number: number, value: bigint): Buffer {
  const field = Buffer.alloc(9);
  field[0] = number * 8 + 1;
  field.writeBigUInt64LE(value, 1);
  return field;
}
