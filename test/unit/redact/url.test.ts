import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { SECRET_NAMES } from '../../../src/redact/secrets.ts';
import { redactPath, redactQuery, redactUrl, SENSITIVE_QUERY_KEYS } from '../../../src/redact/url.ts';

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

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r';

describe('the names of secrets', () => {
  const keys = new Set([...SENSITIVE_QUERY_KEYS, ...SECRET_NAMES]);

  test.each(
    (
      'password passwd pwd secret client_secret token access_token id_token refresh_token api_key apikey key auth authorization ' +
      'session sid jwt code state otp'
    ).split(' '),
  )('%s is one, in any case', (name) => {
    for (const key of [
      name,
      name.toUpperCase(),
      `X${name}`.slice(1),
      name[0].toUpperCase() + name.slice(1),
    ]) {
      expect(redactQuery(`a=1&${key}=s3cret&b=2`, keys)).toBe(`a=1&${key}=REDACTED&b=2`);
    }
  });

  test.each([
    ['user[password]=x&y=1', 'user[password]=REDACTED&y=1'],
    ['user%5Bpassword%5D=x', 'user%5Bpassword%5D=REDACTED'],
    ['user.password=x', 'user.password=REDACTED'],
    ['token[0]=x&token[]=y', 'token[0]=REDACTED&token[]=REDACTED'],
    ['p%61ssword=x', 'p%61ssword=REDACTED'],
    ['accessToken=x&access-token=y', 'accessToken=REDACTED&access-token=REDACTED'],
  ])('%s becomes %s', (query, redacted) => expect(redactQuery(query, keys)).toBe(redacted));

  test.each([
    'page=2&sort=name',
    'states=5',
    'keyboard=1',
    'code',
    'user[name]=x',
    'q=password',
    'zip_code=1',
  ])('%s stays as it is', (query) => expect(redactQuery(query, keys)).toBe(query));

  it('are the list that replaces them, if there is one', () => {
    expect(redactQuery('token=a&Mine=b&mine=c', new Set(['Mine']))).toBe('token=a&Mine=REDACTED&mine=c');
  });
});

describe('a token', () => {
  const tokens = [JWT, 'ghp_abcdefghijklmnop0123', 'xoxb-1234567890-abcdefghij', 'AKIAIOSFODNN7EXAMPLEX'];

  test.each(tokens)('%s is known by its looks, in queries, paths and URLs', (token) => {
    const none = new Set<string>();
    expect(redactQuery(`a=1&x=${token}&b=2`, none)).toBe('a=1&x=REDACTED&b=2');
    expect(redactQuery(token, none)).toBe('REDACTED');
    expect(redactPath(`/verify/${token}/next`)).toBe('/verify/REDACTED/next');
    expect(redactPath(`/a;t=${token}`)).toBe('/a;t=REDACTED');
    expect(redactUrl(`https://example.com/verify/${token}?x=${token}#t=${token}`, none)).toBe(
      'https://example.com/verify/REDACTED?x=REDACTED#t=REDACTED',
    );
  });

  test.each([
    '/eyJ',
    '/eyJhbGciOiJIUzI1NiJ9',
    '/sk-learn-tutorial-for-beginners',
    '/npm_modules',
    '/SG.',
    '/ghp_short',
    '/',
  ])('%s has none', (path) => expect(redactPath(path)).toBe(path));
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
      'https://REDACTED:REDACTED@s3.example.com/k?X-Amz-Signature=REDACTED&y=1#f?sig=REDACTED',
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
