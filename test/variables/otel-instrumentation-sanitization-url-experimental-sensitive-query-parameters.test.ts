import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { runsOf } from '../support/run-once.ts';

// Of single URLs: `test/unit/redact/url.test.ts`.
describe.skipIf(inMatrix)(
  'OTEL_INSTRUMENTATION_SANITIZATION_URL_EXPERIMENTAL_SENSITIVE_QUERY_PARAMETERS',
  () => {
    const run = runsOf('core/privacy.mjs');
    const name = 'OTEL_INSTRUMENTATION_SANITIZATION_URL_EXPERIMENTAL_SENSITIVE_QUERY_PARAMETERS';
    const PRIVACY_TARGET = '/a?X-Amz-Signature=s1&sig=s2&Token=s3&own=s4&page=5';
    const OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS = 'referer';
    const queries = ({ spans }: Awaited<ReturnType<typeof run>>): unknown[] =>
      spans.flatMap(({ attributes }) =>
        [
          attributes['url.query'],
          (attributes['url.full'] as string | undefined)?.replace(/^.*\?/, ''),
        ].filter((query) => query !== undefined),
      );
    const all = (query: string): string[] => Array.from({ length: 8 }, () => query);

    it('unset, signatures and credentials of signed URLs and parameters with the names of secrets are replaced', async () => {
      expect(queries(await run({ PRIVACY_TARGET }))).toEqual(
        all('X-Amz-Signature=REDACTED&sig=REDACTED&Token=REDACTED&own=s4&page=5'),
      );
    });

    it('replaces the whole list, of servers and clients, and in URLs of headers', async () => {
      const done = await run({
        PRIVACY_TARGET,
        [name]: 'own, Sig',
        OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS,
      });
      expect(queries(done)).toEqual(all('X-Amz-Signature=s1&sig=s2&Token=s3&own=REDACTED&page=5'));
      const referers = done.spans.flatMap(
        ({ attributes }) => attributes['http.request.header.referer'] ?? [],
      );
      expect(referers).toEqual(
        Array.from({ length: 4 }, () => 'http://shop.example/?from=mail&own=REDACTED'),
      );
      expect(done.lines).toEqual([]);
    });

    it('takes any name, and the default when there is none in it', async () => {
      const done = await run({ PRIVACY_TARGET, [name]: ' , ' });
      expect(queries(done)[0]).toBe('X-Amz-Signature=REDACTED&sig=REDACTED&Token=REDACTED&own=s4&page=5');
    });
  },
);
