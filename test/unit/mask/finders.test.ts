import { describe, expect, test } from 'vitest';
import { compileExpressions } from '../../../src/mask/expressions.ts';
import { createBytesMask } from '../../../src/mask/main.ts';
import type { MaskKind, MaskOptions } from '../../../src/mask/options.ts';

const ALL: readonly MaskKind[] = ['email', 'phone', 'card', 'token', 'jwt', 'iban'];

function masked(text: string, kinds: readonly MaskKind[] = ALL, options: Partial<MaskOptions> = {}): string {
  const { compiled } = compileExpressions(options.expressions ?? []);
  const mask = createBytesMask({ kinds, expressions: [], lengthLimit: Infinity, ...options }, compiled);
  const bytes = Buffer.from(text);
  return mask(bytes, 0, bytes.length) ?? text;
}

describe('an e-mail address', () => {
  test.each([
    ['Mail to ada.lovelace+list@example.co.uk, now', 'Mail to [email], now'],
    ['?email=ada%40example.com&page=2', '?email=[email]&page=2'],
    ['?q=email%3Dada%2540example.com%26x', '?q=email%3D[email]%26x'],
    ['?to=ada%2Blist%40example.com', '?to=[email]'],
    ["WHERE mail = 'o'neil@example.com'", "WHERE mail = '[email]'"],
    ['<ada@example.com>,bob@xn--mller-kva.xn--p1ai.', '<[email]>,[email].'],
    ['müller@exämple.de', '[email]'],
    ['see ada@example.com.', 'see [email].'],
    ['ada@example.com-old', '[email]-old'],
    ['a@b.co@c.de', '[email]@c.de'],
  ])('%s becomes %s', (text, result) => expect(masked(text, ['email'])).toBe(result));

  test.each([
    '/images/logo@2x.png',
    '/node_modules/.pnpm/express@4.18.2_debug@4.3.4/node_modules/express/lib/router.js:10:20',
    'react@18.0.0-rc.next',
    'https://REDACTED:REDACTED@example.com/x',
    'root@localhost',
    '@example.com',
    'ada@',
    '100%40',
    '@media (min-width: 1px)',
    'SELECT @a.b, @@version',
  ])('is none in %s', (text) => expect(masked(text)).toBe(text));
});

describe('a number of a payment card', () => {
  test.each([
    ['card 4111 1111 1111 1111.', 'card [card].'],
    ['4111-1111-1111-1111', '[card]'],
    ['/pay/5555555555554444/x', '/pay/[card]/x'],
    ['?n=4111%201111%201111%201111&m=%204111111111111111', '?n=[card]&m=%20[card]'],
    ['?n=4111+1111+1111+1111', '?n=[card]'],
    ['amex 3782 822463 10005 123', 'amex [card] 123'],
    ['4111 1111 1111 1111 5555 5555 5555 4444', '[card] [card]'],
    ['12 4111 1111 1111 1111', '12 [card]'],
    ['order-6011111111111117,3530111333300000', 'order-[card],[card]'],
    ['2223003122003222 6200000000000005 30569309025904', '[card] [card] [card]'],
  ])('%s becomes %s', (text, result) => expect(masked(text, ['card'])).toBe(result));

  test.each([
    ['a wrong check digit', '4111111111111112'],
    ['times in ms, us and ns', '1700000000000 1700000000000008 1700000000000000000'],
    ['a UUID of digits', '12345678-4111-1111-1111-111111111111'],
    ['within letters', 'a4111111111111111b'],
    ['within more digits', '14111111111111111 41111111111111111111111'],
    ['a fraction', '0.4111111111111111 and 4111111111111111.5'],
    ['an issuer that is none', '0000000000000000'],
    ['a trace id', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['a list of small numbers', 'IN (4, 11, 111, 1111, 11111)'],
  ])('is none: %s', (_, text) => expect(masked(text)).toBe(text));
});

describe('an IBAN', () => {
  test.each([
    ['DE89 3704 0044 0532 0130 00', '[iban]'],
    ['from=GB29NWBK60161331926819&x', 'from=[iban]&x'],
    ['de89370400440532013000', '[iban]'],
    ['%20FR1420041010050500013M02606', '%20[iban]'],
    ['MT84 MALT 0110 0001 2345 MTLC AST0 01S to', '[iban] to'],
  ])('%s becomes %s', (text, result) => expect(masked(text, ['iban'])).toBe(result));

  test.each([
    ['wrong check digits', 'DE88370400440532013000'],
    ['too long', 'DE893704004405320130001'],
    ['too short', 'DE8937040044053201300'],
    ['an unknown country', 'ZZ89370400440532013000'],
    ['within a word', 'xDE89370400440532013000'],
  ])('is none: %s', (_, text) => expect(masked(text, ['iban'])).toBe(text));
});

describe('a phone number', () => {
  test.each([
    ['+4930901820', '[phone]'],
    ['call +49 (0) 30 901-820 now', 'call [phone] now'],
    ['+49 30/901820', '[phone]'],
    ['/users/+4930901820/orders/7', '/users/[phone]/orders/7'],
    ['?tel=%2B49%2030%20901820&x=1', '?tel=[phone]&x=1'],
    ['?tel=+1-202-555-0143', '?tel=[phone]'],
    ['(202) 555-0143, 202-555-0143, 1.202.555.0143', '[phone], [phone], [phone]'],
    ['tel:030901820', '[phone]'],
  ])('%s becomes %s', (text, result) => expect(masked(text, ['phone'])).toBe(result));

  test.each([
    ['an identifier', '2025550143 030901820'],
    ['times', '2024-01-01T10:00:00.000+02:00 1700000000 +0200'],
    ['addresses', '127.0.0.1:36555 192.168.100.100'],
    ['a UUID', '550e8400-e29b-41d4-a716-446655440000'],
    ['a version', '1.0.0+20130313144700'],
    ['coordinates', '+52.520008,+13.404954'],
    ['a sum', 'a+12345678'],
    ['too many digits', '+1234567890123456789'],
    ['a part of more', '5-202-555-0143 202-555-0143-1'],
    ['a ratio', '200 300 4000'],
  ])('is none: %s', (_, text) => expect(masked(text)).toBe(text));
});

describe('a token', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';
  test.each<[MaskKind, string, string]>([
    ['jwt', `x=${jwt}&y`, 'x=[jwt]&y'],
    ['jwt', `my_token_${jwt}`, 'my_token_[jwt]'],
    ['jwt', `%20${jwt}`, '%20[jwt]'],
    ['jwt', `eyJx eyJhbGciOiJub25lIn0.e30. ${jwt}`, 'eyJx [jwt] [jwt]'],
    ['token', `x=${jwt}&y`, 'x=[token]&y'],
    ['token', 'ghp_0123456789abcdefghij', '[token]'],
    ['token', 'Authorization: Bearer abc123def456', 'Authorization: [token]'],
    ['token', 'bearer%20abc123def456&x', '[token]&x'],
    ['token', 'Basic YWRhOnNlY3JldA==', '[token]'],
  ])('by %s, %s becomes %s', (kind, text, result) => expect(masked(text, [kind])).toBe(result));

  test.each([
    'bearer authentication',
    'basic arithmetic',
    'risk-0123456789abcdef0123456789abcdef0123',
    'eyJub3QgYSBqd3Q',
    '/assets/index-DiwrgTda.js',
  ])('is none: %s', (text) => expect(masked(text)).toBe(text));
});

describe('a text that was cut', () => {
  const cut = (text: string) => masked(text, ALL, { lengthLimit: text.length });

  test.each([
    ['mail ada@exam', 'mail [email]'],
    ['pay 4111 1111 11', 'pay [card]'],
    ['pay 41111111111', 'pay [card]'],
    ['to DE89 3704 00', 'to [iban]'],
    ['call +49309', 'call [phone]'],
    ['x eyJhbGciOiJIU', 'x [jwt]'],
  ])('%s becomes %s: its end is taken for the beginning of a pattern', (text, result) => {
    expect(cut(text)).toBe(result);
    expect(masked(text)).toBe(text);
  });

  test('has nothing masked where it does not end', () => {
    expect(cut('ada@localhost said 4111 111 to')).toBe('ada@localhost said 4111 111 to');
  });
});

describe('expressions', () => {
  const of = (source: string, name?: string, ignoreCase = false) => ({ source, name, ignoreCase });

  test('are replaced by their names, beside and within what else is masked', () => {
    const expressions = [of('EMP-\\d{6}', 'employee'), of('user=\\S+'), of('kd-[a-z]+', 'customer', true)];
    expect(masked('EMP-123456, user=ada@example.com KD-abc', ['email'], { expressions })).toBe(
      '[employee], [REDACTED] [customer]',
    );
  });

  test('that cannot be used are told, each with the reason', () => {
    const { compiled, problems } = compileExpressions([
      of('(?=a)b'),
      of('(a)\\1'),
      of('a*'),
      of('a{0,900}b'),
      of('[a'),
      of('b'),
    ]);
    expect(compiled).toHaveLength(1);
    expect(problems).toEqual([
      'has /(?=a)b/, which cannot be used (invalid or unsupported Perl syntax: `(?=`)',
      'has /(a)\\1/, which cannot be used (invalid escape sequence: `\\1`)',
      'has /a*/, which matches an empty text',
      'has /a{0,900}b/, which is too large',
      'has /[a/, which cannot be used (missing closing ]: `[a`)',
    ]);
  });

  test.each(['(a+)+$', '(a|aa)+$', '(.*)*x', '([a-z]+)*=', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
    'are linear where a backtracking engine is not: /%s/ on 65,536 characters',
    (source) => {
      const started = performance.now();
      masked(`${'a'.repeat(65_535)}!`, [], { expressions: [of(source)] });
      expect(performance.now() - started).toBeLessThan(5_000);
    },
  );
});

test.each([
  'a@',
  '%40',
  '%25',
  'eyJ',
  'eyJ.',
  '1 ',
  '4',
  '4111 ',
  '+1',
  '+',
  '(2',
  'tel:1',
  'DE89',
  'bearer ',
  'a.',
  'a%2Ba@a.',
  'ghp_',
])('each kind takes linear time: %s, repeated', (unit) => {
  const text = unit.repeat(Math.ceil(65_536 / unit.length));
  const started = performance.now();
  masked(text, ALL, { lengthLimit: 10 });
  expect(performance.now() - started).toBeLessThan(2_000);
});
