import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { runsOf } from '../support/run-once.ts';

describe.skipIf(inMatrix)('OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS', () => {
  const run = runsOf('core/privacy.mjs');
  const name = 'OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS';
  const captured = {
    OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'x-customer,x-request-id,x-api-key',
    OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS: 'x-.*',
    OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS: 'x-answer,set-cookie',
  };
  const valuesOf = ({ spans }: Awaited<ReturnType<typeof run>>, header: string): unknown[] =>
    spans.flatMap(({ attributes }) => attributes[`http.${header}`] ?? []);
  const all = (count: number, value: string): string[] => Array.from({ length: count }, () => value);

  it('unset, only the values of headers that are known as secret are replaced', async () => {
    const done = await run(captured);
    expect(valuesOf(done, 'request.header.x-customer')).toEqual(all(8, 'bob@example.com'));
    expect(valuesOf(done, 'request.header.x-api-key')).toEqual(all(8, '[REDACTED]'));
  });

  it('replaces the values of those that it lists too, by name or with `.*` for any characters', async () => {
    const done = await run({ ...captured, [name]: 'X-Customer,.*answer' });
    expect(valuesOf(done, 'request.header.x-customer')).toEqual(all(8, '[REDACTED]'));
    expect(new Set(valuesOf(done, 'response.header.x-answer'))).toEqual(new Set(['[REDACTED]']));
    expect(valuesOf(done, 'request.header.x-request-id')).toEqual(all(8, 'r-1'));
    expect(valuesOf(done, 'request.header.x-api-key')).toEqual(all(8, '[REDACTED]'));
  });

  it('names what is no header’s name in one line, and replaces the values of the rest', async () => {
    const done = await run({ ...captured, [name]: 'x-[abc],x-customer' });
    expect(done.lines).toEqual([
      `foretrace: ${name}="x-[abc],x-customer" has "x-[abc]", which is not a header name, nor one with .* in it, that part is ignored`,
    ]);
    expect(valuesOf(done, 'request.header.x-customer')).toEqual(all(8, '[REDACTED]'));
  });
});
