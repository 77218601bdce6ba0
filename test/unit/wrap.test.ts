import { EventEmitter } from 'node:events';
import { promisify } from 'node:util';
import shimmer from 'shimmer';
import { describe, expect, it } from 'vitest';
import { locate, wrap } from '../../src/wrap.ts';

type AnyFunction = (...args: never[]) => unknown;

/** A wrapper that adds its name to what the original returns. */
const mark = (name: string) => (original: AnyFunction) =>
  function (this: unknown, ...args: unknown[]) {
    return [name, Reflect.apply(original, this, args)];
  };

const descriptors = (fn: object): Record<PropertyKey, PropertyDescriptor> => {
  const all = Object.getOwnPropertyDescriptors(fn) as Record<PropertyKey, PropertyDescriptor>;
  // Marks of shimmer and ours, not enumerable; and `prototype`, which no function can be rid of.
  for (const own of ['__original', '__unwrap', '__wrapped', Symbol.for('foretrace.wrapped'), 'prototype'])
    delete all[own];
  return all;
};

describe('wrap', () => {
  it("replaces an export in an ES module's namespace, which has no methods of its own, and puts it back", () => {
    const original = () => 'made';
    const namespace: Record<string, () => unknown> = Object.assign(Object.create(null), { create: original });
    const undo = wrap(namespace, 'create', mark('ours') as never);
    expect(namespace.create()).toEqual(['ours', 'made']);
    undo();
    expect(namespace.create).toBe(original);
  });

  it.each<[string, () => object]>([
    ['a function', () => ({ method: function named(_a: unknown, _b: unknown) {} })],
    ['a method', () => ({ method(_a: unknown) {} })],
    ['an arrow function', () => ({ method: (_a: unknown, _b: unknown, _c: unknown) => 1 })],
    ['an async function', () => ({ method: async (_a: unknown) => 1 })],
    ['a generator function', () => ({ *method(): Generator {} })],
    [
      'a class method',
      () =>
        class {
          method(_a: unknown) {}
        }.prototype,
    ],
    [
      'a static method',
      () =>
        class {
          static method(_a: unknown) {}
        },
    ],
    [
      'a function with own properties',
      () => ({
        method: Object.assign(function own() {}, {
          extra: 1,
          [Symbol('s')]: 2,
          [promisify.custom]: async () => 'custom',
        }),
      }),
    ],
    [
      'a function with a changed name',
      () => ({ method: Object.defineProperty(() => {}, 'name', { value: 'odd name' }) }),
    ],
  ])('keeps the looks of %s', (_, make) => {
    const holder = make() as { method: AnyFunction };
    const original = holder.method;
    const slot = Object.getOwnPropertyDescriptor(holder, 'method')!;
    wrap(holder, 'method', mark('wrapped'));
    expect(holder.method).not.toBe(original);
    expect(descriptors(holder.method)).toEqual(descriptors(original));
    expect(Object.getPrototypeOf(holder.method)).toBe(Object.getPrototypeOf(original));
    expect(Object.keys(holder.method)).toEqual(Object.keys(original));
    const { value: _v, ...flags } = Object.getOwnPropertyDescriptor(holder, 'method')!;
    const { value: _w, ...before } = slot;
    expect(flags).toEqual(before);
  });

  it('keeps a constructor’s prototype, so that instanceof and promisify still work', async () => {
    function Old(this: { made: boolean }): void {
      this.made = true;
    }
    Old.prototype.greet = () => 'hi';
    Old[promisify.custom] = async () => 'custom';
    const holder = { Old: Old as unknown as AnyFunction };
    wrap(holder, 'Old', mark('wrapped'));
    expect(holder.Old.prototype).toBe(Old.prototype);
    expect(new (Old as never as new () => object)()).toBeInstanceOf(holder.Old);
    expect(await promisify(holder.Old as never)()).toBe('custom');
  });

  it('wraps a function once, however often it is seen', () => {
    const holder = { method: () => 'result' };
    wrap(holder, 'method', mark('first'));
    wrap(holder, 'method', mark('second'));
    const alias = { method: holder.method };
    wrap(alias, 'method', mark('third'));
    expect(holder.method()).toEqual(['first', 'result']);
    expect(alias.method()).toEqual(['first', 'result']);
  });

  it('is undone completely, unless someone else has wrapped on top', () => {
    class Holder {
      method(): string {
        return 'result';
      }
    }
    const before = Object.getOwnPropertyDescriptor(Holder.prototype, 'method');
    wrap(Holder.prototype, 'method', mark('ours') as never)();
    expect(Object.getOwnPropertyDescriptor(Holder.prototype, 'method')).toEqual(before);
    const undo = wrap(Holder.prototype, 'method', mark('ours') as never);
    shimmer.wrap(Holder.prototype, 'method', mark('theirs') as never);
    undo();
    expect(new Holder().method()).toEqual(['theirs', ['ours', 'result']]);
  });

  it('lives with another agent on either side', () => {
    const holder = { method: (x: number) => x };
    shimmer.wrap(holder, 'method', mark('theirs') as never);
    const undo = wrap(holder, 'method', mark('ours'));
    expect(holder.method(1)).toEqual(['ours', ['theirs', 1]]);
    undo();
    expect(holder.method(1)).toEqual(['theirs', 1]);
    shimmer.unwrap(holder, 'method');
    expect(holder.method(1)).toBe(1);
  });

  it('lets the app replace or restore the function afterwards', () => {
    const original = (x: number): unknown => x;
    const holder: { method: (x: number) => unknown } = { method: original };
    wrap(holder, 'method', mark('ours') as never);
    const ours = holder.method;
    holder.method = (x) => ['app', ours(x)];
    expect(holder.method(1)).toEqual(['app', ['ours', 1]]);
    holder.method = original;
    expect(holder.method(1)).toBe(1);
  });

  it('follows an inherited method that is replaced later, as node:domain does with emit', () => {
    class Emitter extends EventEmitter {}
    const undo = wrap(Emitter.prototype, 'emit', mark('ours') as never);
    const before = Object.getOwnPropertyDescriptor(EventEmitter.prototype, 'emit')!;
    try {
      EventEmitter.prototype.emit = () => 'replaced' as never;
      expect(new Emitter().emit('x')).toEqual(['ours', 'replaced']);
    } finally {
      Object.defineProperty(EventEmitter.prototype, 'emit', before);
    }
    expect(new Emitter().emit('x')).toEqual(['ours', false]);
    undo();
    expect(Object.hasOwn(Emitter.prototype, 'emit')).toBe(false);
    expect(new Emitter().emit('x')).toBe(false);
  });
});

describe('locate', () => {
  it("finds a method under an object's own symbol by its description, and wrap replaces it", () => {
    const name = Symbol('send now');
    class Queue {
      [name](): string {
        return 'sent';
      }
    }
    expect(locate({ Queue }, 'Queue.prototype.Symbol(send now)')).toEqual({ holder: Queue.prototype, name });
    expect(locate({ Queue }, 'Queue.prototype.Symbol(send)')).toBeUndefined();
    wrap(Queue.prototype, name, mark('ours') as never);
    expect(new Queue()[name]()).toEqual(['ours', 'sent']);
  });

  const exports = {
    Client: class {
      query() {}
    },
    default: { run() {} },
    value: 1,
    text: 'x',
  };

  it('finds functions by their path', () => {
    expect(locate(exports, 'Client')).toEqual({ holder: exports, name: 'Client' });
    expect(locate(exports, 'Client.prototype.query')).toEqual({
      holder: exports.Client.prototype,
      name: 'query',
    });
    expect(locate(exports, 'default.run')).toEqual({ holder: exports.default, name: 'run' });
  });

  it.each(['Missing', 'Missing.prototype.query', 'Client.prototype.none', 'value', 'text.trim', 'value.x.y'])(
    'finds nothing at %s',
    (path) => expect(locate(exports, path)).toBeUndefined(),
  );

  it.each([undefined, null, 7, 'text'])('finds nothing in %s', (odd) => {
    expect(locate(odd, 'method')).toBeUndefined();
  });
});
