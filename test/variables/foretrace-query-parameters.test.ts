import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { runsOf } from '../support/run-once.ts';

describe.skipIf(inMatrix)('FORETRACE_QUERY_PARAMETERS', () => {
  const run = runsOf('core/privacy.mjs');
  const captured = {
    OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'referer,x-customer',
    OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: 'location',
    PRIVACY_TEXT: 'no answer from https://api.example/a?user=ada&b, given up',
  };
  type Done = Awaited<ReturnType<typeof run>>;
  const valuesOf = ({ spans }: Done, attribute: string): unknown[] =>
    spans.flatMap(({ attributes }) => attributes[attribute] ?? []);
  const all = (value: string): string[] => Array.from({ length: 4 }, () => value);
  const paths = (done: Done): string[] =>
    valuesOf(done, 'url.full').map((url) => (url as string).replace(/^http:\/\/127\.0\.0\.1:\d+/, ''));
  const message = ({ spans }: Done): unknown =>
    spans.find(({ name }) => name.startsWith('name '))?.events.at(-1)?.attributes['exception.message'];

  it.each<[string, Record<string, string>]>([
    ['unset', {}],
    ['keep', { FORETRACE_QUERY_PARAMETERS: 'keep' }],
  ])('%s, records queries with the values of secrets replaced', async (_, env) => {
    const done = await run({ ...captured, ...env });
    const query = 'customer=ada%40example.com&plain&Page=2&token=REDACTED&own=s3cret';
    expect(valuesOf(done, 'url.query')).toEqual(all(query));
    for (const path of paths(done)) expect(path.replace('#part=1', '')).toBe(`/orders?${query}`);
    expect(valuesOf(done, 'http.request.header.referer')).toEqual(
      all('http://shop.example/?from=mail&own=s3cret'),
    );
    expect(message(done)).toContain('https://api.example/a?user=ada&b, given up');
  });

  it('redact: names stay, every value is REDACTED, also in headers and messages', async () => {
    const done = await run({ ...captured, FORETRACE_QUERY_PARAMETERS: 'redact' });
    const query = 'customer=REDACTED&REDACTED&Page=REDACTED&token=REDACTED&own=REDACTED';
    expect(valuesOf(done, 'url.query')).toEqual(all(query));
    for (const path of paths(done)) expect(path.replace('#part=REDACTED', '')).toBe(`/orders?${query}`);
    expect(valuesOf(done, 'http.request.header.referer')).toEqual(
      all('http://shop.example/?from=REDACTED&own=REDACTED'),
    );
    expect(valuesOf(done, 'http.response.header.location')).toEqual(all('/next?own=REDACTED&page=REDACTED'));
    expect(valuesOf(done, 'http.request.header.x-customer')).toEqual(all('bob@example.com'));
    expect(message(done)).toBe(
      'failed: no answer from https://api.example/a?user=REDACTED&REDACTED given up',
    );
    expect(done.lines).toEqual([]);
  });

  it('drop: no query is recorded at all', async () => {
    const done = await run({ ...captured, FORETRACE_QUERY_PARAMETERS: 'drop' });
    expect(valuesOf(done, 'url.query')).toEqual([]);
    expect(paths(done)).toEqual(all('/orders'));
    expect(valuesOf(done, 'url.path')).toEqual(all('/orders'));
    expect(valuesOf(done, 'http.request.header.referer')).toEqual(all('http://shop.example/'));
    expect(valuesOf(done, 'http.response.header.location')).toEqual(all('/next'));
    expect(message(done)).toBe('failed: no answer from https://api.example/a given up');
    expect(done.stdout).toBe('done\n');
  });

  it('says in one line what it does not know, and keeps queries', async () => {
    const { spans, lines } = await run({ FORETRACE_QUERY_PARAMETERS: 'none' });
    expect(lines).toEqual([
      'foretrace: FORETRACE_QUERY_PARAMETERS="none" is not one of keep, redact, drop, keep is used',
    ]);
    expect(spans.some(({ attributes }) => String(attributes['url.query']).includes('Page=2'))).toBe(true);
  });
});
