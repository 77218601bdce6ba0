import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { active, run } from '../../../src/context/active.ts';
import { ROOT } from '../../../src/context/context.ts';
import {
  asyncIterator,
  callbackOr,
  emitter,
  type Ends,
  endWithStream,
  givenEmitter,
  iterator,
  promise,
  promised,
  property,
  resolvers,
  stream,
  sync,
  thenable,
} from '../../../src/patch/ends.ts';
import { wrapperOf } from '../../../src/patch/point.ts';
import type { Role } from '../../../src/operation/operation.ts';
import { scope } from '../../../src/trace/scope.ts';
import { CLIENT, SERVER } from '../../../src/trace/span.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

let spans: ReceivedSpan[];
let ends: { error: unknown; result: unknown }[];
let stderr: string[];
vi.mock('../../../src/log.ts', () => ({
  log: { error: (line: string) => stderr.push(line), warn: () => {}, info: () => {}, debug: () => {} },
}));
beforeEach(() => {
  spans = collectSpans();
  ends = [];
  stderr = [];
});
afterEach(() => {
  // No ending of ours may be missing or happen twice.
  expect(spans.length).toBe(ends.length);
});

const role: Role = {
  scope: scope('unit'),
  kind: CLIENT,
  layer: 1,
  of: () => ({ name: 'call' }),
  end: (_, error, result) => void ends.push({ error, result }),
};

const wrapped = (given: Role, how: Ends, original: Function): ((...args: unknown[]) => unknown) =>
  wrapperOf({ target: '', trace: given, ends: how }, 'unit', { running: undefined })(original) as never;

/** A traced function that does what `original` does. */
const make = (how: Ends, original: Function): ((...args: unknown[]) => unknown) =>
  wrapped(role, how, original);

const failure = new Error('library');
const thrown = (value: unknown) => () => {
  throw value;
};
/** What a call throws, in a box, since it may be undefined. */
function caught(fn: () => unknown): { value: unknown } | undefined {
  try {
    fn();
    return undefined;
  } catch (value) {
    return { value };
  }
}

const all: [string, Ends][] = [
  ['sync', sync],
  ['promise', promise],
  ['callbackOr(sync)', callbackOr(sync)],
  ['callbackOr(promise)', callbackOr(promise)],
  ['iterator', iterator],
  ['promised(sync)', promised(sync)],
  ['asyncIterator()', asyncIterator()],
  ['emitter(end)', emitter('end')],
  ['thenable()', thenable()],
  ['resolvers of nothing', resolvers(() => undefined)],
  ['property of nothing', property('callback', () => undefined)],
];

describe.each(all)('%s', (_, how) => {
  it('passes this, arguments and the result through unchanged', () => {
    const result = {};
    const seen: unknown[] = [];
    const call = make(how, function (this: unknown, ...args: unknown[]) {
      seen.push(this, args);
      return result;
    });
    const self = { call };
    expect(self.call(1, 'two')).toBe(result);
    expect(seen[0]).toBe(self);
    expect(seen[1]).toEqual([1, 'two']);
    expect(ends).toEqual([{ error: undefined, result }]);
  });

  it.each([failure, undefined, null, 0, '', false, 'text'])(
    'throws on what the original throws: %s',
    (value) => {
      expect(caught(make(how, thrown(value)))).toEqual({ value });
      expect(ends).toHaveLength(1);
      expect(ends[0].error).toBe(value ?? ends[0].error);
      expect(ends[0].error).toBeDefined();
    },
  );
});

describe('promise', () => {
  it('ends when the promise settles, with its value or reason', async () => {
    let resolve!: (value: unknown) => void;
    const pending = make(promise, () => new Promise((r) => (resolve = r)))();
    expect(ends).toEqual([]);
    resolve('value');
    expect(await pending).toBe('value');
    await expect(make(promise, async () => thrown(failure)())()).rejects.toBe(failure);
    await expect(make(promise, () => Promise.reject())()).rejects.toBeUndefined();
    expect(ends.map(({ error }) => error)).toEqual([undefined, failure, expect.any(Error)]);
  });

  it('leaves thenables and subclasses of Promise alone: calling then may start a query', async () => {
    const calls: string[] = [];
    // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
    const thenable = Object.defineProperty({ extra: () => 'extra' }, 'then', {
      value: () => calls.push('then'),
    });
    class Lazy extends Promise<unknown> {
      cancel(): void {}
      // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
      override then(...args: Parameters<Promise<unknown>['then']>): never {
        calls.push('then');
        return super.then(...args) as never;
      }
    }
    expect(make(promise, () => thenable)()).toBe(thenable);
    const lazy = new Lazy(() => {});
    expect(make(promise, () => lazy)()).toBe(lazy);
    expect(calls).toEqual([]);
    expect(ends).toHaveLength(2);
  });

  it('keeps an unhandled rejection unhandled and a handled one handled', async () => {
    const unhandled: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => unhandled.push(reason));
    try {
      const handled = new Error('handled');
      void make(promise, async () => thrown(failure)())();
      (make(promise, async () => thrown(handled)())() as Promise<unknown>).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(unhandled).toEqual([failure]);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
  });
});

describe('callbackOr', () => {
  const later =
    (...results: unknown[]) =>
    (...args: unknown[]) => {
      (args.at(-1) as Function)(...results);
      return 'returned';
    };

  it('ends before the callback runs, and gives it this, arguments and the caller’s context', () => {
    const request = ROOT.setValue(Symbol('request'), 1);
    const elsewhere = ROOT.setValue(Symbol('elsewhere'), 1);
    const seen: unknown[] = [];
    run(request, () =>
      make(callbackOr(sync), (_: unknown, callback: Function) =>
        run(elsewhere, () => callback.call('self', null, 1, 2)),
      )('argument', function (this: unknown, ...args: unknown[]) {
        seen.push(this, args, active(), ends.length);
      }),
    );
    expect(seen[1]).toEqual([null, 1, 2]);
    expect(seen[2]).toBe(request);
    expect(seen[3]).toBe(1);
    expect(ends).toEqual([{ error: undefined, result: 1 }]);
  });

  it.each([[null], [undefined], [false], [0], ['']])(
    'takes %j as first argument for success',
    (...results) => {
      expect(make(callbackOr(sync), later(...results))(() => {})).toBe('returned');
      expect(ends[0].error).toBeUndefined();
    },
  );

  it('ends once when the library calls back twice; the app sees both', () => {
    const seen: unknown[] = [];
    make(callbackOr(sync), (callback: Function) => {
      callback(failure);
      callback(null, 'second');
    })((...args: unknown[]) => seen.push(args));
    expect(seen).toEqual([[failure], [null, 'second']]);
    expect(ends).toEqual([{ error: failure, result: undefined }]);
  });

  it('does not change the app’s arguments', () => {
    const callback = (): void => {};
    const args = ['a', callback];
    Reflect.apply(make(callbackOr(sync), later(null)), undefined, args);
    expect(args).toEqual(['a', callback]);
  });

  it('settles otherwise without a callback', async () => {
    expect(await make(callbackOr(promise), async () => 'promised')()).toBe('promised');
    expect(make(callbackOr(sync), () => 'returned')(undefined)).toBe('returned');
    expect(ends).toHaveLength(2);
  });
});

describe('iterator', () => {
  function* rows(): Generator<number> {
    yield 1;
    yield 2;
  }
  const iterate = (original: Function = rows): Generator<number> =>
    make(iterator, original)() as Generator<number>;

  it('ends when all is read', () => {
    expect([...iterate()]).toEqual([1, 2]);
    expect(ends).toHaveLength(1);
  });

  it('ends when it is closed early', () => {
    for (const row of iterate()) {
      expect([row, ends]).toEqual([1, []]);
      break;
    }
    expect(ends).toEqual([{ error: undefined, result: undefined }]);
  });

  it('ends with the error that it throws', () => {
    const failing = iterate(function* () {
      yield 1;
      throw failure;
    });
    expect(() => [...failing]).toThrow(failure);
    expect(ends).toEqual([{ error: failure, result: undefined }]);
  });

  it('returns the library’s own iterator, without new enumerable properties', () => {
    const own = rows();
    const got = iterate(() => own);
    expect(got).toBe(own);
    expect(Object.keys(got)).toEqual([]);
    got.return(0);
  });

  it('returns a frozen iterator as it is', () => {
    const frozen = Object.freeze({ next: () => ({ done: true, value: undefined }) });
    expect(iterate(() => frozen)).toBe(frozen);
    expect(frozen.next()).toEqual({ done: true, value: undefined });
    ends = [];
  });
});

describe('endWithStream', () => {
  const ended = async (act: (stream: Readable) => void): Promise<unknown[]> => {
    const seen: unknown[] = [];
    const stream = Readable.from(['a', 'b']);
    stream.on('error', () => {});
    const listeners = stream.eventNames();
    endWithStream(stream, { end: (error) => void seen.push(error) });
    expect(stream.eventNames()).toEqual(listeners);
    act(stream);
    await new Promise((resolve) => stream.once('close', resolve));
    return seen;
  };

  it('ends when all is read', async () => {
    expect(await ended((stream) => stream.resume())).toEqual([undefined]);
  });

  it('ends when the stream is given up, with the error if there is one', async () => {
    expect(await ended((stream) => stream.destroy())).toEqual([undefined]);
    expect(await ended((stream) => stream.destroy(failure))).toEqual([failure]);
  });

  it('ends at once what is no stream', () => {
    const seen: unknown[] = [];
    endWithStream({}, { end: (error) => void seen.push(error) });
    expect(seen).toEqual([undefined]);
  });
});

describe('a failure of ours', () => {
  const failing = (name: string, part: Partial<Role>): Role => ({ ...role, scope: scope(name), ...part });

  it('in a role leaves the call untouched and is reported three times', () => {
    const call = wrapped(failing('unit', { of: thrown(new Error('ours')) }), sync, (x: number) => x + 1);
    for (let i = 0; i < 5; i++) expect(call(1)).toBe(2);
    expect(stderr).toHaveLength(3);
    expect(stderr[0]).toContain('unit failed, the app is not affected: Error: ours');
  });

  it.each(all)(
    'in end leaves the call of %s untouched, and the span ends all the same',
    async (name, how) => {
      const end = (): void => {
        ends.push({ error: undefined, result: undefined });
        throw new Error('ours');
      };
      const given = failing(`end of ${name}`, { end });
      for (let i = 0; i < 4; i++) expect(await wrapped(given, how, () => 'result')()).toBe('result');
      expect(stderr).toHaveLength(3);
    },
  );

  it.each([null, undefined, Object.create(null), 'text'])('may be %s', (value) => {
    const name = `throws ${typeof value} ${value === null}`;
    const call = wrapperOf({ target: '', trace: failing(name, { of: thrown(value) }), ends: sync }, name, {
      running: undefined,
    })(() => 1);
    expect(call()).toBe(1);
    expect(stderr).toHaveLength(1);
  });

  it('in what looks at a result leaves the app its result', () => {
    const odd: Ends = { watch: thrown(new Error('ours')) };
    expect(make(odd, () => 'result')()).toBe('result');
    expect(make({ arm: thrown(new Error('ours')) }, () => 'result')()).toBe('result');
  });
});

describe('a call that is no operation', () => {
  const none: Role = { ...role, of: () => undefined };

  it('is made directly', () => {
    const call = wrapped(none, sync, function (this: unknown, x: number) {
      return [this, x];
    });
    expect(call.call('self', 1)).toEqual(['self', 1]);
    expect(caught(wrapped(none, sync, thrown(failure)))).toEqual({ value: failure });
  });

  it('has its callback in the context of the call all the same', () => {
    const request = ROOT.setValue(Symbol('request'), 1);
    let later: Function | undefined;
    const call = wrapped(none, callbackOr(sync), (callback: Function) => {
      later = callback;
    });
    let seen: unknown;
    run(request, () => call(() => void (seen = active())));
    later?.();
    expect(seen).toBe(request);
  });
});

describe('promised', () => {
  it('ends with what the promise gives', async () => {
    const made = make(promised(stream), async () => Readable.from(['a']));
    const read = (await made()) as Readable;
    expect(ends).toEqual([]);
    expect(await read.toArray()).toEqual(['a']);
    expect(ends).toEqual([{ error: undefined, result: undefined }]);
  });

  it('ends with a rejection, which goes on', async () => {
    await expect(make(promised(stream), async () => thrown(failure)())()).rejects.toBe(failure);
    expect(ends).toEqual([{ error: failure, result: undefined }]);
  });
});

describe('asyncIterator', () => {
  async function* items(): AsyncGenerator<number> {
    yield 1;
    yield 2;
  }
  const sum = asyncIterator((item: number, before: number | undefined) => (before ?? 0) + item);

  it('ends when all is read, with what the items came to', async () => {
    const got = [];
    for await (const item of make(sum, items)() as AsyncGenerator<number>) got.push(item);
    expect(got).toEqual([1, 2]);
    expect(ends).toEqual([{ error: undefined, result: 3 }]);
  });

  it('ends when it is broken off', async () => {
    for await (const item of make(sum, items)() as AsyncGenerator<number>) if (item === 1) break;
    expect(ends).toEqual([{ error: undefined, result: 1 }]);
  });

  it('ends with the error that it throws', async () => {
    const failing = make(sum, async function* () {
      yield 1;
      throw failure;
    })() as AsyncGenerator<number>;
    await expect(
      (async () => {
        for await (const item of failing) void item;
      })(),
    ).rejects.toBe(failure);
    expect(ends).toEqual([{ error: failure, result: 1 }]);
  });

  it('is the very object, whose iterators are watched', async () => {
    const iterable = { [Symbol.asyncIterator]: items, extra: 1 };
    const got = make(sum, () => iterable)();
    expect(got).toBe(iterable);
    const read = [];
    for await (const item of got as AsyncIterable<number>) read.push(item);
    expect(read).toEqual([1, 2]);
    expect(ends).toEqual([{ error: undefined, result: 3 }]);
  });

  it('goes on where looking at an item fails', async () => {
    const odd = asyncIterator(thrown(new Error('ours')) as never);
    const read = [];
    for await (const item of make(odd, items)() as AsyncGenerator<number>) read.push(item);
    expect(read).toEqual([1, 2]);
    expect(ends).toHaveLength(1);
  });
});

describe('thenable', () => {
  class Lazy extends Promise<unknown> {
    parsed = 0;
    // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
    override then(...[fulfilled, rejected]: Parameters<Promise<unknown>['then']>): never {
      this.parsed++;
      return Promise.resolve('value').then(fulfilled, rejected) as never;
    }
  }

  it('is the very object, sends nothing by itself, and ends for the first who waits', async () => {
    const lazy = new Lazy(() => {});
    const got = make(thenable(), () => lazy)() as Lazy;
    expect(got).toBe(lazy);
    expect([got.parsed, ends]).toEqual([0, []]);
    expect(await got).toBe('value');
    expect(await got.then((value) => [value])).toEqual(['value']);
    expect(got.parsed).toBe(2);
    expect(ends).toEqual([{ error: undefined, result: 'value' }]);
  });

  it('ends with a rejection, which goes on', async () => {
    class Failing extends Promise<unknown> {
      // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
      override then(...[fulfilled, rejected]: Parameters<Promise<unknown>['then']>): never {
        return Promise.reject(failure).then(fulfilled, rejected) as never;
      }
    }
    const got = make(thenable(), () => new Failing(() => {}))() as Failing;
    await expect(got.then((value) => value)).rejects.toBe(failure);
    expect(ends).toEqual([{ error: failure, result: undefined }]);
  });
});

describe('emitter', () => {
  it('ends with its event, in the context of the call, without a listener of ours', () => {
    const request = ROOT.setValue(Symbol('request'), 1);
    const library = new EventEmitter();
    const got = run(request, () => make(emitter('end'), () => library)());
    expect([got, library.eventNames()]).toEqual([library, []]);
    const seen: unknown[] = [];
    library.on('end', () => seen.push(active()));
    library.emit('row', 1);
    expect(ends).toEqual([]);
    library.emit('end', 'done');
    expect(seen).toEqual([request]);
    expect(ends).toEqual([{ error: undefined, result: 'done' }]);
  });

  it('ends with an error, which throws where nobody listens', () => {
    const library = new EventEmitter();
    make(emitter('end'), () => library)();
    expect(() => library.emit('error', failure)).toThrow(failure);
    expect(ends).toEqual([{ error: failure, result: undefined }]);
  });
});

describe('givenEmitter', () => {
  it('ends with the last event of an emitter that was given, which emits in the context of what the call does', () => {
    const given = new EventEmitter();
    const server: Role = {
      ...role,
      kind: SERVER,
      received: () => ({ carriers: [], get: () => undefined }),
    };
    const seen: unknown[] = [];
    const handle = wrapped(
      server,
      givenEmitter('close', (_, [emitter]: [EventEmitter]) => emitter),
      (emitter: EventEmitter) => {
        seen.push(active());
        emitter.on('data', () => seen.push(active()));
      },
    );
    handle(given);
    expect(Object.keys(given)).not.toContain('emit');
    run(ROOT.setValue(Symbol('whoever'), 1), () => given.emit('data'));
    expect(seen[0]).not.toBe(active());
    expect(seen[1]).toBe(seen[0]);
    expect(ends).toEqual([]);
    given.emit('close');
    given.emit('close');
    expect(ends).toEqual([{ error: undefined, result: given }]);
  });

  it('ends at once without an emitter', () => {
    make(
      givenEmitter('close', () => undefined),
      () => 7,
    )();
    expect(ends).toEqual([{ error: undefined, result: 7 }]);
  });
});

describe('an end that is always asked', () => {
  const none: Role = { ...role, of: () => undefined };
  const replacing = (always: boolean): Ends => ({ ...(always && { always }), watch: () => 'replaced' });

  it('sees what a call returns that is no operation, outside of any context', () => {
    expect(wrapped(none, replacing(true), () => 'result')()).toBe('replaced');
    expect(wrapped(none, replacing(false), () => 'result')()).toBe('result');
  });

  it('knows the context that an active call runs in', () => {
    const seen: unknown[] = [];
    const ended: Ends = {
      watch(result, ending, _self, _args, context) {
        ending.end(undefined);
        seen.push(context);
        return result;
      },
    };
    const point = { target: '', trace: role, active: true, ends: ended } as const;
    wrapperOf(point, 'unit', { running: undefined })(() => seen.push(active()))();
    expect(seen[1]).toBe(seen[0]);
    expect(seen[0]).not.toBe(active());
  });
});

describe('resolvers and property', () => {
  it('end with the functions that the library keeps', () => {
    const seen: unknown[] = [];
    const command = {
      resolve: (value: unknown) => seen.push(value),
      reject: (error: unknown) => seen.push(error),
    };
    make(
      resolvers((_: unknown, [sent]: [object]) => sent),
      () => {},
    )(command);
    expect(ends).toEqual([]);
    command.resolve('value');
    command.reject(failure);
    expect(seen).toEqual(['value', failure]);
    expect(ends).toEqual([{ error: undefined, result: 'value' }]);
    const request = { callback: (error: unknown) => seen.push(error) };
    make(
      property('callback', (_: unknown, [sent]: [object]) => sent),
      () => {},
    )(request);
    request.callback(failure);
    expect(ends[1]).toEqual({ error: failure, result: undefined });
  });
});
