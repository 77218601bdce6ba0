import { describe, expect, it } from 'vitest';
import { active, run, outside } from '../../../src/context/active.ts';
import { ROOT, SPAN_KEY } from '../../../src/context/context.ts';
import { detached, keepContext } from '../../../src/patch/detached.ts';

const request = ROOT.setValue(SPAN_KEY, undefined);

describe('a detached function', () => {
  it('runs outside of any context, with the arguments and the result of the original', () => {
    const open = detached(function (this: unknown, ...args: unknown[]) {
      return [this, args, active()];
    });
    const self = {};
    const seen = run(request, () => Reflect.apply(open, self, [1, 2]));
    expect(seen).toEqual([self, [1, 2], ROOT]);
    expect(seen[0]).toBe(self);
    expect(active()).toBe(ROOT);
  });

  it('calls a callback at the end in the context of the caller', () => {
    let callback: Function | undefined;
    const open = detached((_: string, done: Function) => {
      callback = done;
    });
    const results: unknown[] = [];
    run(request, () => open('a', (...outcome: unknown[]) => results.push(active(), ...outcome)));
    outside(() => callback?.(null, 1));
    expect(results).toEqual([request, null, 1]);
    expect(results[0]).toBe(request);
  });
});

describe('arguments', () => {
  it('stay as they are without a callback at the end', () => {
    const args = [() => 1, 'last'];
    const before = [...args];
    keepContext(args);
    expect(args).toEqual(before);
  });
});
