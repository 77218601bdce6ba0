import { describe, expect, it, test } from 'vitest';
import { exceptionAttributes, statusText } from '../../../src/redact/exception.ts';
import { isSecret, keepSecret } from '../../../src/redact/secret-errors.ts';

const SECRET = 's3cret-value-of-a-person';

describe('the type of an exception', () => {
  class Refused extends Error {}
  class Named extends Error {
    override name = 'GivenName';
  }
  test.each([
    [Object.assign(new TypeError('x'), { code: null }), 'TypeError'],
    [Object.assign(new TypeError('x'), { code: 'ERR_X' }), 'TypeError'],
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'Error'],
    [new Refused('x'), 'Refused'],
    [new Named('x'), 'GivenName'],
    [Object.assign(new Refused('x'), { name: 'error' }), 'Refused'],
    [{ name: 'Own', message: 'x' }, 'Own'],
    [{ message: 'x' }, undefined],
  ])('of %o is %s', (error, type) => expect(exceptionAttributes(error)?.['exception.type']).toBe(type));
});

describe('an exception whose text quotes what it was given', () => {
  const make = (message: string, properties: object, Class: new (text: string) => Error = Error): Error =>
    Object.assign(new Class(message), properties);

  test.each([
    ['a validator with issues', make(`got ${SECRET}`, { issues: [] })],
    ['a validator with the value', make(`got ${SECRET}`, { value: SECRET, path: 'a' })],
    ['a validator by its name', make(`got ${SECRET}`, { name: 'ValidationError', errors: {} })],
    ['an assertion', make(`'${SECRET}' !== 'b'`, { actual: SECRET, expected: 'b' })],
    ['an ORM with its statement', make(`Failed query: ${SECRET}`, { query: 'select', params: [SECRET] })],
    ['Prisma', make(`Invalid call: ${SECRET}`, { clientVersion: '7.0.0' })],
    ['a program', make(`Command failed: login ${SECRET}`, { cmd: 'login' })],
    ['a parser', make(`Unexpected token 's', "${SECRET}" is not valid JSON`, {}, SyntaxError)],
    ['a parser of URLs', make(`Failed to parse URL from ${SECRET}`, { cause: { input: SECRET } })],
    ['Node', make(`The "x" argument is bad. Received '${SECRET}'`, { code: 'ERR_INVALID_ARG_VALUE' })],
    ['frames', make(`got ${SECRET}\n    at ${SECRET} (x.js:1:1)`, { issues: [] })],
  ])('of %s has its type, code and frames', (_, error) => {
    const sent = exceptionAttributes(error);
    expect(JSON.stringify(sent)).not.toContain(SECRET);
    expect(sent?.['exception.type']).toBe(error.name);
    expect(sent?.['exception.stacktrace']).toMatch(
      /^\w+( \[\w+\])?(: The "x" argument is bad\.)?\n {4}at .*exception\.test\.ts/,
    );
  });

  it('keeps its text out of the description of a status as well', () => {
    const text = `refused: the value was ${SECRET}`;
    expect(isSecret(make(text, { issues: [] }))).toBe(true);
    expect(statusText(text)).toBeUndefined();
    expect(statusText('it failed with --password=x')).toBe('it failed with --password=REDACTED');
  });

  test.each([
    make('mine', { actual: 1, expected: 2, generatedMessage: false }),
    make('mine', { errors: [new Error('one')] }),
    make('mine', { name: 'ValidationError' }),
    make('mine', { code: 'ERR_INVALID_ARG_TYPE' }),
    make('The "x" must be a string. Received undefined', { code: 'ERR_INVALID_ARG_TYPE' }),
  ])('%o is none', (error) => expect(exceptionAttributes(error)?.['exception.message']).toBe(error.message));
});

describe('a large exception', () => {
  it('is bounded: 16,384 characters of message, then the frames', () => {
    const error = new RangeError(`${'x'.repeat(5_000_000)}end`);
    const sent = exceptionAttributes(error);
    expect(sent?.['exception.message']).toBe('x'.repeat(16_384));
    expect(sent?.['exception.stacktrace']?.length).toBeLessThan(32_768);
    expect(sent?.['exception.stacktrace']).toMatch(/^RangeError: x{16384}\n {4}at .*exception\.test\.ts/);
  });

  it('costs what is sent of it, not what it is', () => {
    for (let n = 0; n < 64; n++) keepSecret(new Error(`invalid input syntax: "${n} ${'x'.repeat(1_000)}"`));
    const cost = (length: number): number => {
      const error = new Error(Buffer.alloc(length, 'a b=c: ').toString('latin1'));
      error.stack?.indexOf('no such text');
      const run = (count: number): number => {
        const before = process.cpuUsage();
        for (let i = 0; i < count; i++) exceptionAttributes(error);
        const { user, system } = process.cpuUsage(before);
        return user + system;
      };
      run(50);
      return Math.min(run(50), run(50), run(50));
    };
    const bounded = cost(16_384);
    expect(cost(10_000_000)).toBeLessThan(bounded * 4);
  });

  it('is secret also where the text that it quotes goes over the bound', () => {
    const text = `invalid input syntax: "${SECRET.repeat(20)}"`;
    keepSecret(new Error(text));
    expect(exceptionAttributes(new Error(`${'x'.repeat(16_384 - 100)}${text}`))).not.toHaveProperty(
      ['exception.message'],
      expect.anything(),
    );
  });
});
