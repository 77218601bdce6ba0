import { channel } from 'node:diagnostics_channel';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Instrumentation, type Listed, listed } from '../../../src/define.ts';
import { modulePatches } from '../../../src/patch/apply.ts';

const warnings: string[] = [];
vi.mock('../../../src/log.ts', () => ({
  log: {
    warn: (line: string) => warnings.push(line),
    error: (line: string) => warnings.push(line),
    debug: () => {},
    info: () => {},
  },
}));
beforeEach(() => {
  warnings.length = 0;
});

const wrap = (original: Function) =>
  function (this: unknown, ...args: unknown[]) {
    return ['ours', Reflect.apply(original, this, args)];
  };
const library = (extra: Partial<Instrumentation>): Listed =>
  listed({ name: 'lib', module: 'lib', versions: '>=1', spans: 'none', ...extra });
const load = (
  patch: ReturnType<typeof modulePatches>[number],
  exports: unknown,
  file = '',
  version = '1.2.3',
  baseDir = '/a',
) => patch.patch(exports, { file, version, baseDir, format: 'commonjs' });

describe('the patches of an instrumentation', () => {
  it('replace the getters that bundlers export by, in exports that stand in for the locked ones', () => {
    const [patch] = modulePatches(library({ points: [{ target: 'create', wrap }] }));
    const locked = { plain: 1 };
    Object.defineProperty(locked, 'create', { enumerable: true, get: () => () => 'made' });
    Object.defineProperty(locked, '__esModule', { value: true });
    const replaced = load(patch, locked) as { create: () => unknown };
    expect(replaced.create()).toEqual(['ours', 'made']);
    expect(Object.keys(replaced)).toEqual(Object.keys(locked));
    expect(replaced).toMatchObject({ plain: 1, __esModule: true });
  });

  it('replace what a file exports as a whole, where the target is empty', () => {
    const [patch] = modulePatches(library({ points: [{ target: '', wrap }] }));
    const factory = Object.assign(
      function factory() {
        return 'made';
      },
      { version: 1 },
    );
    const replaced = load(patch, factory) as typeof factory;
    expect(replaced()).toEqual(['ours', 'made']);
    expect([replaced.name, replaced.version]).toEqual(['factory', 1]);
    expect(load(patch, { default: 1 }, '', '1.2.4', '/b')).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('it is not traced')]);
  });

  it('are made in the file and the versions that they are for', () => {
    const [patch] = modulePatches(
      library({
        points: [
          { target: 'a', wrap },
          { target: 'old', versions: '<2', wrap },
          { file: 'lib/b.js', target: 'prototype.b', wrap },
        ],
      }),
    );
    expect(patch.files).toEqual(['', 'lib/b.js']);
    const one = { a: () => 1, old: () => 2 };
    load(patch, one);
    expect([one.a(), one.old()]).toEqual([
      ['ours', 1],
      ['ours', 2],
    ]);
    const two = { a: () => 1 };
    load(patch, two, '', '2.0.0', '/b');
    expect(two.a()).toEqual(['ours', 1]);
    class B {
      b(): number {
        return 3;
      }
    }
    load(patch, B, 'lib/b.js');
    expect(new B().b()).toEqual(['ours', 3]);
    expect(warnings).toEqual([]);
  });

  it('leave a function that has several names one function', () => {
    const [patch] = modulePatches(
      library({
        points: [
          { target: 'a', aliases: ['same', 'other', 'gone'], wrap },
          { file: 'lib/b.js', target: 'b', wrap },
        ],
      }),
    );
    const a = (): number => 1;
    const other = (): number => 2;
    const exports = { a, same: a, other };
    load(patch, exports);
    expect(exports.a()).toEqual(['ours', 1]);
    expect(exports.same).toBe(exports.a);
    expect(exports.other).toBe(other);
    expect(Object.keys(exports)).toEqual(['a', 'same', 'other']);
    load(patch, {}, 'lib/b.js');
    expect(exports).toEqual({ a, same: a, other });
  });

  it('of one function go around each other, the last outermost', () => {
    const around = (name: string) => (original: Function) => (): unknown => [name, original()];
    const points = [
      { target: 'a', wrap: around('inner') },
      { target: 'a', wrap: around('outer') },
    ];
    const [patch] = modulePatches(library({ points }));
    const exports = { a: () => 1 };
    load(patch, exports);
    expect(exports.a()).toEqual(['outer', ['inner', 1]]);
  });

  it('are all undone when one of the targets is missing, with one line that names it', () => {
    const [patch] = modulePatches(
      library({
        points: [
          { target: 'a', wrap },
          { file: 'lib/b.js', target: 'prototype.gone', wrap },
        ],
      }),
    );
    const entry = { a: () => 1 };
    load(patch, entry);
    load(patch, class {}, 'lib/b.js');
    expect(entry.a()).toBe(1);
    const again = { a: () => 1 };
    load(patch, again);
    expect(again.a()).toBe(1);
    expect(warnings).toEqual(['lib 1.2.3 has no prototype.gone in lib/b.js; it is not traced']);
  });

  it('of one copy of the package do not depend on another copy', () => {
    const [patch] = modulePatches(library({ points: [{ target: 'a', wrap }] }));
    const unfit = {};
    const fit = { a: () => 1 };
    load(patch, unfit, '', '1.0.0', '/nested/node_modules/lib');
    load(patch, fit, '', '1.2.3', '/node_modules/lib');
    expect(fit.a()).toEqual(['ours', 1]);
    expect(warnings).toEqual(['lib 1.0.0 has no a; it is not traced']);
  });

  it.each<[string, PropertyDescriptor, object]>([
    ['a fixed property', { value: () => 2 }, {}],
    ['a fixed getter of exports that are a function', { get: () => () => 2 }, () => 0],
  ])('are undone when one of them can not be made: %s', (_, fixed, base) => {
    const [patch] = modulePatches(
      library({
        points: [
          { target: 'a', wrap },
          { target: 'fixed', wrap },
        ],
      }),
    );
    const exports = Object.defineProperty(Object.assign(base, { a: () => 1 }), 'fixed', fixed);
    expect(() => load(patch, exports)).toThrow(TypeError);
    expect(exports.a()).toBe(1);
  });

  it('put a stand-in in the place of exports whose getters are fixed, as compilers emit them', () => {
    const [patch] = modulePatches(library({ points: [{ target: 'fixed', wrap }] }));
    const exports = Object.defineProperty({ other: 1 }, 'fixed', { get: () => () => 2, enumerable: true });
    const replaced = load(patch, exports) as { fixed(): unknown; other: number };
    expect(replaced.fixed()).toEqual(['ours', 2]);
    expect({ ...replaced, fixed: undefined }).toEqual({ other: 1, fixed: undefined });
  });

  it('do not throw for exports of any kind', () => {
    for (const odd of [undefined, null, 7, 'text', Symbol('s'), () => {}]) {
      const [patch] = modulePatches(library({ points: [{ target: 'a.b', wrap }] }));
      expect(() => load(patch, odd)).not.toThrow();
    }
  });
});

describe('a subscription', () => {
  it('receives messages, and a failure in it is reported instead of thrown', () => {
    const received: unknown[] = [];
    const name = 'foretrace:test:subscription';
    modulePatches(
      library({
        name: 'subscribed',
        subscriptions: [
          { channel: name, receive: (message: never) => void received.push(message) },
          {
            channel: name,
            receive: () => {
              throw new Error('ours');
            },
          },
        ],
      }),
    );
    channel(name).publish({ a: 1 });
    expect(received).toEqual([{ a: 1 }]);
    expect(warnings).toEqual([
      expect.stringContaining('subscribed failed, the app is not affected: Error: ours'),
    ]);
  });
});
