import { describe, expect, it } from 'vitest';
import { isSecret, keepSecret } from '../../../src/semconv/secret-errors.ts';

const driver = Object.assign(new Error('invalid input syntax: "value"'), { code: '22P02' });
keepSecret(driver);

describe('an error with the text of a database', () => {
  it.each(['cause', 'driverError', 'originalError', 'parent'])(
    'is known where a library wraps it as %s',
    (name) => {
      const wrapped = Object.assign(new Error(driver.message), { [name]: driver });
      expect(isSecret(wrapped)).toBe(true);
      expect(isSecret(new Error('outermost', { cause: wrapped }))).toBe(true);
    },
  );

  it.each([
    ['a clone of it', structuredClone(driver)],
    ['an error of the app with its text', new TypeError(driver.message)],
    ['an error of the app with its text inside', new Error(`saving failed: ${driver.message} (retried)`)],
    [
      'an error of the app with its stack',
      Object.assign(new Error('saving failed'), { stack: driver.stack }),
    ],
    ['its text, thrown', driver.message],
    ['the cause of another error as text', new Error('saving failed', { cause: driver.message })],
  ])('is known as %s', (_, error) => expect(isSecret(error)).toBe(true));

  it('is known by its text for as long as 64 others have come since', () => {
    const numbered = (n: number): Error => new Error(`value of column number ${n}!`);
    for (let n = 0; n <= 64; n++) keepSecret(numbered(n));
    expect(isSecret(numbered(64))).toBe(true);
    expect(isSecret(numbered(1))).toBe(true);
    expect(isSecret(numbered(0))).toBe(false);
  });

  it('does not make a short text of a database a secret: too much contains it', () => {
    keepSecret(new Error('timeout'));
    expect(isSecret(new Error('the upstream had a timeout'))).toBe(false);
  });

  it('is known as a copy that mysql2 makes', () => {
    const copy = Object.assign(new Error("Duplicate entry 'value'"), {
      errno: 1062,
      sqlState: '23000',
      sqlMessage: "Duplicate entry 'value'",
    });
    expect(isSecret(copy)).toBe(true);
  });

  it('is known as one that mssql makes', () => {
    expect(
      isSecret(Object.assign(new Error("Invalid object name 'value'"), { number: 208, lineNumber: 1 })),
    ).toBe(true);
  });

  it('is taken for one if it can not be looked at', () => {
    const trap = Object.defineProperty(new Error('mine'), 'cause', {
      get() {
        throw new Error('not now');
      },
    });
    expect(isSecret(trap)).toBe(true);
  });
});

it('other errors are not, and may have causes in a circle', () => {
  const error: Error = new Error('mine', { cause: new TypeError('theirs') });
  (error.cause as Error).cause = error;
  expect(isSecret(error)).toBe(false);
  expect(isSecret('text')).toBe(false);
  expect(isSecret(undefined)).toBe(false);
});
