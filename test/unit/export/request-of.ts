import { batchOf, type Batch } from '../../../src/export/thread/exporter.ts';
import {
  encodeResource,
  encodeScope,
  requestLength,
  writeRequest,
} from '../../../src/export/thread/request.ts';
import { encodeSpan, type TestSpan } from '../../support/encode-span.ts';

/** A batch of spans as an exporter gets it. */
export function batch(
  spans: TestSpan[],
  resource: Record<string, unknown> = { 'service.name': 'test' },
): Batch {
  const encoded = spans.map(encodeSpan);
  const scope = encodeScope({ name: 'scope', version: '1.0', schemaUrl: 'https://example.test/schema' });
  const lengths = encoded.map(({ length }) => length);
  const group = { scope, starts: [] as number[], lengths, bytes: lengths.reduce((a, b) => a + b, 0) };
  const head = encodeResource(resource);
  const length = requestLength(head, [group]);
  const bytes = Buffer.concat([Buffer.alloc(length), ...encoded]);
  let at = length;
  for (const one of lengths) {
    group.starts.push(at);
    at += one;
  }
  writeRequest(bytes, head, [group]);
  return batchOf('traces', bytes.subarray(0, length), spans.length);
}

export const someSpans = (count: number): TestSpan[] =>
  Array.from({ length: count }, (_, i) => ({ name: `span ${i}`, attributes: { index: BigInt(i) } }));
