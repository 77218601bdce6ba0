import {
  type Context,
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';
import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { active, adopt, callIn, run, outside } from '../../../src/context/active.ts';
import { Context as OurContext, ROOT } from '../../../src/context/context.ts';
import { contextManager } from '../../../src/api/context-manager.ts';
import { NonRecordingSpan } from '../../../src/trace/span-context.ts';

const KEY = createContextKey('unit');
const valued = (value: unknown, base: Context = context.active()): Context => base.setValue(KEY, value);
const value = (): unknown => context.active().getValue(KEY);
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeAll(() => {
  context.setGlobalContextManager(contextManager);
});
afterAll(() => context.disable());

describe('context.with', () => {
  it('passes this, arguments, results and errors', () => {
    const self = {};
    const result = context.with(
      valued(1),
      function (this: unknown, ...args: unknown[]) {
        return [this, args, value()];
      },
      self,
      'a',
      'b',
    );
    expect(result).toEqual([self, ['a', 'b'], 1]);
    expect((result as unknown[])[0]).toBe(self);
    expect(() =>
      context.with(valued(1), () => {
        throw new RangeError('app');
      }),
    ).toThrow(RangeError);
    expect(value()).toBeUndefined();
  });

  it('keeps the context across promises, timers, immediates, ticks and microtasks', async () => {
    const ways: ((fn: () => void) => void)[] = [
      (fn) => void Promise.resolve().then(fn),
      (fn) => setTimeout(fn, 1),
      (fn) => setImmediate(fn),
      (fn) => process.nextTick(fn),
      (fn) => queueMicrotask(fn),
    ];
    const seen = await Promise.all(
      ways.map((way, index) =>
        context.with(valued(index), () => new Promise((resolve) => way(() => resolve(value())))),
      ),
    );
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it('takes contexts of the API’s own kind, also as parents', () => {
    const foreign = ROOT_CONTEXT.setValue(KEY, 'foreign');
    context.with(foreign, () => {
      expect(context.active()).toBe(foreign);
      context.with(valued('child'), () => expect(value()).toBe('child'));
      const span = new NonRecordingSpan(1, 2, 3, 4, 5, 6, 1, undefined, false);
      context.with(trace.setSpan(context.active(), span), () => {
        expect(trace.getActiveSpan()).toBe(span);
        expect(active().span).toBe(span);
        expect(value()).toBe('foreign');
      });
    });
    context.with(valued('ours'), () => context.with(ROOT_CONTEXT, () => expect(value()).toBeUndefined()));
  });

  it.each([undefined, null, 7, {}])('takes %s for the root context', (odd) => {
    context.with(valued('outer'), () => {
      expect(context.with(odd as unknown as Context, () => [value()])).toEqual([undefined]);
    });
  });

  it('has its own context in each of many async generators that run interleaved', async () => {
    async function* steps(id: number): AsyncGenerator<unknown> {
      for (let i = 0; i < 3; i++) {
        await tick();
        yield [id, value()];
      }
    }
    const collect = async (id: number): Promise<unknown[]> => {
      const seen: unknown[] = [];
      for await (const step of steps(id)) seen.push(step, value());
      return seen;
    };
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, id) => context.with(valued(id), () => collect(id))),
    );
    all.forEach((seen, id) => expect(seen).toEqual([[id, id], id, [id, id], id, [id, id], id]));
  });
});

describe('attach of API 1.10', () => {
  it('makes a context active until disposed, once', () => {
    const outer = contextManager.attach!(valued('outer'));
    const inner = contextManager.attach!(valued('inner'));
    expect(value()).toBe('inner');
    (inner as unknown as { dispose?(): void }).dispose?.();
    expect(value()).toBe('outer');
    context.with(valued('between'), () => {
      (inner as unknown as { dispose?(): void }).dispose?.();
      expect(value()).toBe('between');
    });
    (outer as unknown as { dispose?(): void }).dispose?.();
    expect(value()).toBeUndefined();
  });

  it('stays within the async function that attached', async () => {
    const attached = async (id: number): Promise<unknown> => {
      await tick();
      const token = contextManager.attach!(valued(id));
      await tick();
      const seen = value();
      (token as unknown as { dispose(): void }).dispose();
      return seen;
    };
    expect(await Promise.all([1, 2, 3].map(attached))).toEqual([1, 2, 3]);
    expect(value()).toBeUndefined();
  });
});

describe('context.bind', () => {
  it('binds functions, with their length, this and arguments', () => {
    const bound = context.bind(valued('bound'), function (this: unknown, a: number, b: number) {
      return [this, a, b, value()];
    });
    expect(bound).toHaveLength(2);
    expect(bound.call('self', 1, 2)).toEqual(['self', 1, 2, 'bound']);
  });

  it.each([undefined, null, 7, 'text', {}])('gives %s back as it is', (target) => {
    expect(context.bind(valued(1), target)).toBe(target);
  });

  it('runs the listeners of a bound emitter in the context, and removes each by the function it was added with', () => {
    const seen: unknown[] = [];
    const emitter = new EventEmitter();
    const before = (): void => void seen.push(['before', value()]);
    emitter.on('event', before);
    expect(context.bind(valued('bound'), emitter)).toBe(emitter);
    const methods = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const;
    const listeners = methods.map((method) => {
      const listener = (): void => void seen.push([method, value()]);
      emitter[method]('event', listener);
      return listener;
    });
    emitter.emit('event');
    expect(seen).toEqual([
      ['prependOnceListener', 'bound'],
      ['prependListener', 'bound'],
      ['before', undefined],
      ['on', 'bound'],
      ['addListener', 'bound'],
      ['once', 'bound'],
    ]);
    expect(emitter.listenerCount('event')).toBe(4);
    emitter.off('event', listeners[0]);
    emitter.removeListener('event', listeners[1]);
    emitter.off('event', listeners[3]);
    emitter.off('event', before);
    expect(emitter.listenerCount('event')).toBe(0);
    emitter.once('event', listeners[2]);
    emitter.off('event', listeners[2]);
    expect(emitter.listenerCount('event')).toBe(0);
  });

  it('of an emitter twice uses the later context, and removal still works', async () => {
    const emitter = new EventEmitter();
    context.bind(valued('first'), emitter);
    context.bind(valued('second'), emitter);
    const seen: unknown[] = [];
    const listener = (): void => void seen.push(value());
    emitter.on('event', listener).emit('event');
    emitter.off('event', listener);
    expect([seen, emitter.listenerCount('event')]).toEqual([['second'], 0]);
    setImmediate(() => emitter.emit('later', 7));
    expect(await once(emitter, 'later')).toEqual([7]);
    expect(emitter.listenerCount('later')).toBe(0);
  });

  it('leaves the refusal of what is no listener to Node', () => {
    const emitter = context.bind(valued(1), new EventEmitter());
    expect(() => emitter.on('event', undefined as never)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
  });
});

describe('our contexts', () => {
  it('never change, and hand on what they do not know', () => {
    const key = createContextKey('other');
    const base = ROOT.setValue(KEY, 1);
    const child = base.setValue(key, 2);
    const less = child.deleteValue(KEY);
    expect([base.getValue(key), child.getValue(KEY), child.getValue(key)]).toEqual([undefined, 1, 2]);
    expect([less.getValue(KEY), less.getValue(key)]).toEqual([undefined, 2]);
    const span = new NonRecordingSpan(1, 2, 3, 4, 5, 6, 1, undefined, false);
    const spanned = trace.setSpan(child, span);
    expect(spanned).toBeInstanceOf(OurContext);
    expect([trace.getSpan(spanned), spanned.getValue(KEY)]).toEqual([span, 1]);
    expect(trace.getSpan(trace.deleteSpan(spanned))).toBeUndefined();
    expect(adopt(spanned)).toBe(spanned);
  });

  it('give baggage that came as a header in the API’s form', () => {
    const received = new OurContext(undefined, undefined, 'user=alice,level=7', 0, undefined, undefined);
    expect(propagation.getBaggage(received)?.getEntry('user')?.value).toBe('alice');
    const set = propagation.setBaggage(received, propagation.createBaggage({ a: { value: 'b' } }));
    expect(propagation.getBaggage(set)?.getAllEntries()).toEqual([['a', { value: 'b' }]]);
    expect(propagation.getBaggage(propagation.deleteBaggage(set))).toBeUndefined();
  });
});

describe('calling an app’s function', () => {
  it('in a context happens once, with this and arguments', () => {
    const fn = function (this: unknown, ...args: unknown[]): unknown[] {
      return [this, ...args, value()];
    };
    const there = adopt(valued('there'));
    expect(callIn(there, fn, 'self', [1, 2])).toEqual(['self', 1, 2, 'there']);
    run(there, () => expect(callIn(there, fn, 'self', [1])).toEqual(['self', 1, 'there']));
    run(there, () => expect(outside(() => [value(), active()])).toEqual([undefined, ROOT]));
  });
});
