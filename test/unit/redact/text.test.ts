import { describe, expect, it, test } from 'vitest';
import { maskText } from '../../../src/redact/text.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r';

describe('a text for people', () => {
  test.each([
    ['connect to postgres://ada:s3cret@db/x failed', 'connect to postgres://REDACTED:REDACTED@db/x failed'],
    ['http://a:b@c and http://d:e@f', 'http://REDACTED:REDACTED@c and http://REDACTED:REDACTED@f'],
    ['GET http://x/y?token=abc&z=1 failed', 'GET http://x/y?token=REDACTED&z=1 failed'],
    ['GET /cb?code=5&state=6', 'GET /cb?code=REDACTED&state=REDACTED'],
    ['GET /a?user[password]=x&b=1', 'GET /a?user[password]=REDACTED&b=1'],
    ['GET /a?user%5Bpassword%5D=x&b=1', 'GET /a?user%5Bpassword%5D=REDACTED&b=1'],
    ['mysqldump --password=s3cret -u x', 'mysqldump --password=REDACTED -u x'],
    ["login --db-password 's3 cret' db", 'login --db-password REDACTED db'],
    ['PGPASSWORD=s3cret pg_dump', 'PGPASSWORD=REDACTED pg_dump'],
    ['{"password":"a\\"b","n":1}', '{"password":REDACTED,"n":1}'],
    ['{\\"accessToken\\":\\"abc\\",\\"n\\":1}', '{\\"accessToken\\":REDACTED,\\"n\\":1}'],
    ["{ apiKey: 's3cret', n: 1 }", '{ apiKey: REDACTED, n: 1 }'],
    ['Authorization: Basic abc.def\nnext', 'Authorization: REDACTED\nnext'],
    ['sent Bearer abcdefgh and', 'sent Bearer REDACTED and'],
    [`jwt ${JWT} expired`, 'jwt REDACTED expired'],
    ['key ghp_abcdefghijklmnop0123 refused', 'key REDACTED refused'],
  ])('%s becomes %s', (text, masked) => expect(maskText(text)).toBe(masked));

  test.each([
    'exit code=5, code: 7, state: open',
    'JsonWebTokenError: jwt malformed',
    '    at f (file:///app/node_modules/@scope/b/token.mjs:1:2)',
    'http://host/@scope/x',
    'Unexpected token < in JSON',
    'connect ECONNREFUSED 127.0.0.1:5432',
    '',
  ])('%s stays as it is', (text) => expect(maskText(text)).toBe(text));

  it('is read in a time that grows with its length alone', () => {
    const parts = [
      '://a',
      '://a@',
      'password=',
      'password="',
      'a=',
      'eyJaaaaaaaaaaaa-',
      'eyJ',
      'a:',
      '--password ',
      '"',
      '?a[',
      '%',
      ' ',
    ];
    const timed = (text: string): number => {
      const before = process.cpuUsage();
      maskText(text);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    for (const part of parts) {
      timed(part.repeat(1_000));
      const million = Math.min(...[1, 2, 3].map(() => timed(part.repeat(1_000_000 / part.length))));
      // With the square of the length it would be minutes.
      expect(million, part).toBeLessThan(1_000_000);
    }
  });
});
