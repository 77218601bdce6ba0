import { batchOf, type Batch } from '../../../src/export/exporter.ts';
import { encodeRequest, encodeResource, encodeScope } from '../../../src/export/request.ts';
import { encodeSpan, type TestSpan } from '../../support/encode-span.ts';

/** A batch of spans as an exporter gets it. */
export function batch(
  spans: TestSpan[],
  resource: Record<string, unknown> = { 'service.name': 'test' },
): Batch {
  const encoded = spans.map(encodeSpan);
  const scope = encodeScope({ name: 'scope', version: '1.0', schemaUrl: 'https://example.test/schema' });
  const bytes = encoded.reduce((sum, span) => sum + span.length, 0);
  return batchOf(encodeRequest(encodeResource(resource), [{ scope, spans: encoded, bytes }]), spans.length);
}

export const someSpans = (count: number): TestSpan[] =>
  Array.from({ length: count }, (_, i) => ({ name: `span ${i}`, attributes: { index: BigInt(i) } }));
