import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { active, run } from '../../../src/context/active.ts';
import { ROOT } from '../../../src/context/context.ts';
import { callbackOr, endWithStream, iterator, promise, sync } from '../../../src/patch/settle.ts';
import { type Role, type Settle, traced } from '../../../src/patch/traced.ts';
import { scope } from '../../../src/trace/scope.ts';
import type { Span } from '../../../src/trace/span.ts';
import { startSpan } from '../../../src/trace/start.ts';
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

const unit = scope('unit');
const role: Role = {
  name: 'unit',
  start: () => startSpan(unit, 'call', 3, active()) as Span,
  end: (_, error, result) => void ends.push({ error, result }),
};

/** A traced function that does what `original` does. */
const make = (settle: Settle, original: Function): ((...args: unknown[]) => unknown) =>
  traced(role as never, settle)(original) as never;

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

const all: [string, Settle][] = [
  ['sync', sync],
  ['promise', promise],
  ['callbackOr(sync)', callbackOr(sync)],
  ['callbackOr(promise)', callbackOr(promise)],
  ['iterator', iterator],
];

describe.each(all)('%s', (_, settle) => {
  it('passes this, arguments and the result through unchanged', () => {
    const result = {};
    const seen: unknown[] = [];
    const wrapped = make(settle, function (this: unknown, ...args: unknown[]) {
      seen.push(this, args);
      return result;
    });
    const self = { wrapped };
    expect(self.wrapped(1, 'two')).toBe(result);
    expect(seen[0]).toBe(self);
    expect(seen[1]).toEqual([1, 'two']);
    expect(ends).toEqual([{ error: undefined, result }]);
  });

  it.each([failure, undefined, null, 0, '', false, 'text'])(
    'throws on what the original throws: %s',
    (value) => {
      expect(caught(make(settle, thrown(value)))).toEqual({ value });
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
    endWithStream(stream, (error) => void seen.push(error));
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
    endWithStream({}, (error) => void seen.push(error));
    expect(seen).toEqual([undefined]);
  });
});

describe('a failure of ours', () => {
  it('in start leaves the call untouched and is reported three times', () => {
    const wrapped = traced(
      { ...role, name: 'failing start', start: thrown(new Error('ours')) } as never,
      sync,
    )((x: number) => x + 1);
    for (let i = 0; i < 5; i++) expect(wrapped(1)).toBe(2);
    expect(stderr).toHaveLength(3);
    expect(stderr[0]).toContain('failing start failed, the app is not affected: Error: ours');
  });

  it.each(all)(
    'in end leaves the call of %s untouched, and the span ends all the same',
    async (name, settle) => {
      const failing = {
        ...role,
        name: `failing end of ${name}`,
        end: () => {
          ends.push({ error: undefined, result: undefined });
          throw new Error('ours');
        },
      };
      for (let i = 0; i < 4; i++)
        expect(await traced(failing as never, settle)(() => 'result')()).toBe('result');
      expect(stderr).toHaveLength(3);
    },
  );

  it.each([null, undefined, Object.create(null), 'text'])('may be %s', (value) => {
    const name = `throws ${typeof value} ${value === null}`;
    const wrapped = traced({ ...role, name, start: thrown(value) } as never, sync)(() => 1);
    expect(wrapped()).toBe(1);
    expect(stderr).toHaveLength(1);
  });
});

describe('a call that is not traced', () => {
  it('is made directly', () => {
    const wrapped = traced(
      { ...role, start: () => undefined } as never,
      sync,
    )(function (this: unknown, x: number) {
      return [this, x];
    });
    expect(wrapped.call('self', 1)).toEqual(['self', 1]);
    expect(
      caught(traced({ ...role, start: () => undefined } as never, sync)(thrown(failure)) as never),
    ).toEqual({ value: failure });
  });
});
