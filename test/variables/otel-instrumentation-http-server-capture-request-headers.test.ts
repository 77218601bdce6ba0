import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { runsOf } from '../support/run-once.ts';

/** The captured headers of each span, by name. */
function headersOf(spans: readonly ReceivedSpan[]): Record<string, unknown>[] {
  const prefix = 'http.request.header.';
  return spans
    .filter(({ kind }) => kind === 'SERVER')
    .map(({ attributes }) =>
      Object.fromEntries(
        Object.entries(attributes).flatMap(([name, value]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
        ),
      ),
    );
}

// Of each library, by name alone: the kits in `test/kit`.
describe.skipIf(inMatrix)('OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS', () => {
  const run = runsOf('core/privacy.mjs');

  it('unset, no header is recorded', async () => {
    expect(headersOf((await run()).spans)).toEqual([{}, {}, {}, {}]);
  });

  it('records the headers that it names, in any case, with the values of secret ones replaced: http and http2', async () => {
    const { spans, lines } = await run({
      OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'X-Request-Id,authorization,x-api-key',
    });
    expect(lines).toEqual([]);
    const headers = headersOf(spans);
    expect(headers).toHaveLength(4);
    for (const one of headers)
      expect(one).toEqual({
        'x-request-id': ['r-1'],
        authorization: ['[REDACTED]'],
        'x-api-key': ['[REDACTED]'],
      });
  });

  it('takes `.*` for any characters, and never records the values of secret headers', async () => {
    const { spans } = await run({ OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST: 'X-.*,.*o.*' });
    const headers = headersOf(spans);
    expect(headers).toHaveLength(4);
    for (const one of headers)
      expect(one).toMatchObject({
        'x-request-id': ['r-1'],
        'x-customer': ['bob@example.com'],
        'x-api-key': ['[REDACTED]'],
        authorization: ['[REDACTED]'],
        cookie: ['[REDACTED]'],
      });
    const text = JSON.stringify(headers);
    expect(text).not.toContain('"Bearer s3cret"');
    expect(text).not.toContain('sid=s3cret');
    expect(Object.keys(headers[3]!).filter((name) => name.startsWith(':'))).toEqual([]);
  });

  it('names what is no header’s name in one line, and records the rest', async () => {
    const { spans, lines } = await run({
      OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'x-request-id,x-(a|b)',
    });
    expect(lines).toEqual([
      'foretrace: OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS="x-request-id,x-(a|b)" has "x-(a|b)", which is not a header name, nor one with .* in it, that part is ignored',
    ]);
    for (const one of headersOf(spans)) expect(Object.keys(one)).toHaveLength(1);
  });
});
