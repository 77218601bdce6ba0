import { beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../../src/context/active.ts';
import { ROOT } from '../../../src/context/context.ts';
import type { Call } from '../../../src/operation/operation.ts';
import { promise, UNTRACED } from '../../../src/patch/ends.ts';
import { replacement, wrapperOf } from '../../../src/patch/point.ts';
import { isWrapped } from '../../../src/wrap.ts';

let stderr: string[];
vi.mock('../../../src/log.ts', () => ({
  log: { error: (line: string) => stderr.push(line), warn: () => {}, info: () => {}, debug: () => {} },
}));
beforeEach(() => {
  stderr = [];
});

describe('a function that stands in for one that no target leads to', () => {
  it('looks like it, and is not replaced again', () => {
    const handler = Object.assign(
      function handler(a: unknown, b: unknown) {
        return [a, b];
      },
      { order: 3 },
    );
    const made = replacement(handler, { before: () => {} }, 'unit');
    expect([made.name, made.length, made.order]).toEqual(['handler', 2, 3]);
    expect([isWrapped(made), isWrapped(handler)]).toEqual([true, false]);
    expect(replacement(made, { before: () => {} }, 'unit')).toBe(made);
  });

  it('returns what the function returns when what looks at it fails, and is one frame', () => {
    const handler = (): string[] => (new Error('here').stack as string).split('\n');
    const look = (): never => {
      throw new Error('ours');
    };
    const made = replacement(handler, { before: look, after: look }, 'unit-failing');
    const [, , ours, caller] = made();
    expect([ours, caller]).toEqual([
      expect.stringContaining('patch/point.ts'),
      expect.stringContaining('replacement.test.ts'),
    ]);
    expect(stderr[0]).toContain('unit-failing failed, the app is not affected: Error: ours');
  });

  it('hands out the very promise of a call whose end nobody has to hear of', () => {
    const given = Promise.resolve();
    const after = vi.fn<() => void>();
    const of = (begun: unknown): unknown =>
      run(
        ROOT,
        replacement(() => given, { before: () => begun, after, ends: promise }, 'unit'),
      );
    expect(of(UNTRACED)).toBe(given);
    expect(of('something')).not.toBe(given);
  });

  it('does not tell the end of such a call', async () => {
    const after = vi.fn<() => void>();
    const point = { before: (_: unknown, [begun]: [unknown]) => begun, after, ends: promise };
    const handler = async (begun: unknown): Promise<unknown> => begun;
    await replacement(handler, point, 'unit')(UNTRACED);
    expect(after).not.toHaveBeenCalled();
    await replacement(handler, point, 'unit')(undefined);
    expect(after).toHaveBeenCalledOnce();
  });
});

describe('what a call opens', () => {
  it('is looked at with the call that opened it', () => {
    const seen: unknown[] = [];
    const before = (_: unknown, args: unknown[], call: Call): unknown => seen.push([...args, ...call.args]);
    const factory = { name: 'factory' };
    const returned = wrapperOf({ target: 'make', opens: [{ target: '', before }] }, 'unit', {
      running: undefined,
    })(() => () => 'served');
    const members = wrapperOf({ target: 'make', opens: [{ target: 'serve', before }] }, 'unit', {
      running: undefined,
    })(() => ({ serve: () => 'served' }));
    const handler = Reflect.apply(returned, factory, ['first']) as Function;
    const { serve } = Reflect.apply(members, factory, ['second']) as { serve: Function };
    expect([handler('call'), serve('call')]).toEqual(['served', 'served']);
    expect(seen).toEqual([
      ['call', 'first'],
      ['call', 'second'],
    ]);
  });
});
