import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { redactQuery, redactUrl, SENSITIVE_QUERY_KEYS } from '../../../src/redact/url.ts';

const KEYS = SENSITIVE_QUERY_KEYS;

describe('in a query string', () => {
  test.each([
    ['sig=abc', 'sig=REDACTED'],
    ['?sig=abc&x=1', '?sig=REDACTED&x=1'],
    ['x=1&Signature=a%20b&y=2&AWSAccessKeyId=c', 'x=1&Signature=REDACTED&y=2&AWSAccessKeyId=REDACTED'],
    [
      'X-Amz-Signature=a&X-Amz-Credential=b&X-Amz-Security-Token=c&X-Goog-Signature=d',
      'X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED&X-Goog-Signature=REDACTED',
    ],
    ['sig=a=b=c', 'sig=REDACTED'],
    ['sig=', 'sig=REDACTED'],
    ['%73ig=abc', '%73ig=REDACTED'],
    ['X%2DAmz%2DSignature=abc', 'X%2DAmz%2DSignature=REDACTED'],
    ['sig=a&sig=b', 'sig=REDACTED&sig=REDACTED'],
    ['a=b?sig=c', 'a=b?sig=REDACTED'],
    ['a=1;sig=c', 'a=1;sig=REDACTED'],
    ['sig=a;b?c&x=1', 'sig=REDACTED&x=1'],
    ['sig=a?b;sig=c', 'sig=REDACTED'],
  ])('%s becomes %s', (query, redacted) => {
    expect(redactQuery(query, KEYS)).toBe(redacted);
  });

  test.each([
    '',
    '?',
    'x=1',
    'SIG=abc',
    'signature=abc',
    'xsig=abc',
    'sig',
    'sig&x=1',
    '&&==&',
    '%zz=1&%=2',
    'x=sig=abc',
    'six=abc',
  ])('%s stays as it is', (query) => {
    expect(redactQuery(query, KEYS)).toBe(query);
  });

  it('other keys than the conventional ones are found when they are configured', () => {
    expect(redactQuery('sig=a&token=b', new Set(['token']))).toBe('sig=a&token=REDACTED');
    expect(redactQuery('sig=a', new Set())).toBe('sig=a');
    const long = 'k'.repeat(40);
    expect(redactQuery(`${long}=a`, new Set([long]))).toBe(`${long}=REDACTED`);
    expect(redactQuery(`k${long}=a`, new Set([long]))).toBe(`k${long}=a`);
  });
});

describe('in a URL', () => {
  test.each([
    ['https://user:pass@example.com/p?x=1', 'https://REDACTED:REDACTED@example.com/p?x=1'],
    ['https://user@example.com', 'https://REDACTED:REDACTED@example.com'],
    ['https://:pass@example.com', 'https://REDACTED:REDACTED@example.com'],
    ['https://u:p@ss@example.com/a@b', 'https://REDACTED:REDACTED@example.com/a@b'],
    ['//user:pass@example.com/p', '//REDACTED:REDACTED@example.com/p'],
    ['http:/user:pass@example.com', 'http:/REDACTED:REDACTED@example.com'],
    ['http:\\\\user:pass@example.com\\p', 'http:\\\\REDACTED:REDACTED@example.com\\p'],
    ['redis://:pass@127.0.0.1:6379/0', 'redis://REDACTED:REDACTED@127.0.0.1:6379/0'],
    [
      'https://u:p@s3.example.com/k?X-Amz-Signature=a&y=1#f?sig=b',
      'https://REDACTED:REDACTED@s3.example.com/k?X-Amz-Signature=REDACTED&y=1#f?sig=b',
    ],
    ['https://example.com/k?sig=a#top', 'https://example.com/k?sig=REDACTED#top'],
    ['/k?sig=a', '/k?sig=REDACTED'],
  ])('%s becomes %s', (url, redacted) => {
    expect(redactUrl(url, KEYS)).toBe(redacted);
  });

  test.each([
    'https://example.com/a@b?c=d@e',
    'https://example.com?x=u:p@h',
    'https://example.com/#u:p@h',
    '/path@x',
    'mailto:a@b',
    '',
    '://',
    'example.com/a@b',
  ])('%s stays as it is', (url) => {
    expect(redactUrl(url, KEYS)).toBe(url);
  });

  it('what the URL parser takes for a password is never sent, and nothing fails', () => {
    const part = fc.string({ unit: fc.constantFrom(...'abc:@%41.-_~!$&()*+,;='), maxLength: 8 });
    fc.assert(
      fc.property(
        fc.constantFrom('http', 'HTTPS', 'ws', 'redis'),
        fc.constantFrom('//', '///', '/', '\\\\'),
        part,
        part,
        (scheme, slashes, user, tail) => {
          const secret = 'CANARY0CANARY1CANARY2CANARY3CANA';
          const url = `${scheme}:${slashes}${user}:${secret}${tail}@example.com/p`;
          if (!URL.canParse(url) || !new URL(url).password.includes(secret)) return;
          expect(redactUrl(url, KEYS)).not.toContain(secret);
        },
      ),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (url) => {
        expect(redactUrl(redactUrl(url, KEYS), KEYS)).toBe(redactUrl(url, KEYS));
      }),
    );
  });
});
