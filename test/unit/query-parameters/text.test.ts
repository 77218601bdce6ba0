import { describe, expect, it } from 'vitest';
import { parameterText } from '../../../src/query-parameters/text.ts';

describe('a bound value as text', () => {
  it.each([
    ['desk', 'desk'],
    [42, '42'],
    [NaN, 'NaN'],
    [10n ** 20n, '100000000000000000000'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'null'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(NaN), '(invalid date)'],
    [Buffer.from('secret'), '(6 bytes)'],
    [new Uint16Array(4), '(8 bytes)'],
    [new ArrayBuffer(3), '(3 bytes)'],
    [[1, 'x', [true, null]], '[1,"x",[true,null]]'],
    [{ a: 1, b: { c: 'x' } }, '{"a":1,"b":{"c":"x"}}'],
    [() => {}, '(function)'],
    [Symbol('x'), '(symbol)'],
    [new Proxy({ a: 1 }, {}), '(proxy)'],
    ['x'.repeat(2_000), 'x'.repeat(1_024)],
    ['x'.repeat(1_024), 'x'.repeat(1_024)],
  ])('%o', (value, text) => {
    expect(parameterText(value)).toBe(text);
  });

  it('runs no code of the app', () => {
    let runs = 0;
    const count = (): number => ++runs;
    class Money {
      amount = 7;
      get currency(): number {
        return count();
      }
      toJSON(): number {
        return count();
      }
      toString(): string {
        return String(count());
      }
    }
    const watched = new Proxy({}, { get: count, ownKeys: () => [String(count())] });
    const own = Object.defineProperty({ a: 1 }, 'b', { get: count, enumerable: true });
    const date = Object.assign(new Date(0), { toISOString: count, toJSON: count });
    expect(parameterText([new Money(), watched, own, date])).toBe(
      '[{"amount":7},"(proxy)",{"a":1},"1970-01-01T00:00:00.000Z"]',
    );
    expect(runs).toBe(0);
  });

  it('ends with what refers to itself, is deep or has much in it', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(parameterText(circle)).toBe('{"self":{"self":{"self":{"self":"(…)"}}}}');
    expect(parameterText(Array.from({ length: 1e5 }, () => 1))).toBe(`[${'1,'.repeat(64)}"(…)"]`);
  });
});
