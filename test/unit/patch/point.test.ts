import { beforeEach, describe, expect, it, vi } from 'vitest';
import { active, current, run } from '../../../src/context/active.ts';
import { ROOT } from '../../../src/context/context.ts';
import { promise, sync } from '../../../src/patch/ends.ts';
import { type Point, wrapperOf } from '../../../src/patch/point.ts';
import { wrap } from '../../../src/wrap.ts';
import { oldestOpen } from '../../../src/operation/entry.ts';
import type { Role } from '../../../src/operation/operation.ts';
import { scope } from '../../../src/trace/scope.ts';
import { INTERNAL } from '../../../src/trace/span.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

let spans: ReceivedSpan[];
let stderr: string[];
vi.mock('../../../src/log.ts', () => ({
  log: { error: (line: string) => stderr.push(line), warn: () => {}, info: () => {}, debug: () => {} },
}));
beforeEach(() => {
  spans = collectSpans();
  stderr = [];
});

const role: Role<unknown, [unknown?]> = {
  scope: scope('unit'),
  kind: INTERNAL,
  layer: 1,
  of: (_, [name]) => ({ name: String(name) }),
};

/** A library whose one function is under a point. */
function library<F extends Function>(
  point: Omit<Point, 'target'>,
  fn: F,
  nesting = { running: undefined },
  name = 'unit',
): F {
  const holder = { fn };
  wrap(holder, 'fn', wrapperOf({ target: 'fn', ...point }, name, nesting) as never);
  return holder.fn;
}

const request = ROOT.setValue(Symbol('request'), 1);
const other = ROOT.setValue(Symbol('other'), 1);
const ours = (): never => {
  throw new Error('ours');
};

describe('a point', () => {
  it('that looks before a call sees it, and may give it other arguments; the app’s stay', () => {
    const seen: unknown[] = [];
    const fn = library(
      {
        before(self: unknown, args: unknown[]) {
          seen.push(self, [...args]);
          args[0] = 'ours';
        },
      },
      function (this: unknown, ...args: unknown[]) {
        return [this, args];
      },
    );
    const args = ['theirs', 2];
    expect(Reflect.apply(fn, 'self', args)).toEqual(['self', ['ours', 2]]);
    expect(args).toEqual(['theirs', 2]);
    expect(seen).toEqual(['self', ['theirs', 2]]);
  });

  it('that looks after a call sees what came of it, and what `before` has begun', async () => {
    const seen: unknown[] = [];
    const after = (...all: unknown[]): void => void seen.push(all);
    const point = { before: () => 'begun', after };
    expect(
      Reflect.apply(
        library(point, (x: number) => x + 1),
        'self',
        [1],
      ),
    ).toBe(2);
    const failure = new Error('theirs');
    expect(() =>
      library(point, () => {
        throw failure;
      })(),
    ).toThrow(failure);
    expect(await library({ ...point, ends: promise }, async () => 'value')()).toBe('value');
    expect(seen).toEqual([
      ['self', [1], undefined, 2, 'begun'],
      [undefined, [], failure, undefined, 'begun'],
      [undefined, [], undefined, 'value', 'begun'],
    ]);
  });

  it.each<[string, Omit<Point, 'target'>]>([
    ['before', { before: ours }],
    ['after', { after: ours }],
    ['after a promise', { after: ours, ends: promise }],
    ['context', { context: ours }],
    ['outermost', { outermost: ours, trace: role, ends: sync }],
    ['trace', { trace: { ...role, of: ours }, ends: sync }],
    ['start', { trace: { ...role, start: ours }, ends: sync }],
    ['inject', { trace: { ...role, inject: ours }, ends: sync }],
    ['arm', { trace: role, ends: { arm: ours } }],
    ['watch', { trace: role, ends: { watch: ours } }],
    ['a point that it opens', { opens: [{ target: 'size', before: ours }] }],
  ])('whose %s fails leaves the call as it is, and says so', async (name, point) => {
    // A place is reported three times at most.
    const failing = (fn: Function): Function => library(point, fn, { running: undefined }, name);
    const box = { value: 1, size: () => 2 };
    expect(await failing(async () => box)()).toBe(box);
    expect(failing(() => box)().size()).toBe(2);
    expect(stderr.length).toBeGreaterThan(0);
    for (const line of stderr) expect(line).toContain('failed, the app is not affected: Error: ours');
    await expect(
      failing(async () => {
        throw new Error('theirs');
      })(),
    ).rejects.toThrow('theirs');
  });

  it.each<[string, Omit<Point, 'target'>]>([
    ['before', { before: () => {} }],
    ['after', { after: () => {} }],
    ['context', { context: () => undefined }],
    ['no context', { context: 'none' }],
    ['another context', { context: () => other }],
    ['trace', { trace: role, ends: sync }],
    ['trace, active', { trace: role, ends: sync, active: true }],
    ['outermost', { trace: role, ends: sync, outermost: true }],
  ])('of kind %s is one frame in the app’s stacks', (_, point) => {
    const stack = library(point, () => new Error('stack').stack as string)();
    expect(stack.split('\n').filter((line) => line.includes('/src/'))).toHaveLength(1);
  });

  it('ends its span all the same where its look fails, and leaves no entry open', () => {
    const point = { trace: role, ends: sync, before: ours } as const;
    const call = library(point, (name: string) => name, { running: undefined }, 'a look that fails');
    expect(call('call')).toBe('call');
    expect(spans.map(({ name }) => name)).toEqual(['call']);
    const failing: Role<unknown, []> = {
      ...role,
      of: () => ({ name: 'entry' }),
      start: ours,
      received: () => ({ carriers: [{}] as never[], get: () => undefined }),
    };
    expect(
      library({ trace: failing, ends: sync }, () => 1, { running: undefined }, 'an entry that fails')(),
    ).toBe(1);
    expect(oldestOpen()).toBeUndefined();
  });

  it('keeps name, length and properties of the function', () => {
    const fn = Object.assign((a: number, b: number) => a + b, { extra: 1 });
    const made = library({ trace: role, ends: sync }, fn);
    expect([made.name, made.length, made.extra]).toEqual([fn.name, 2, 1]);
  });
});

describe('the context of a point', () => {
  it('is none for what opens something; its callback is called in the caller’s', () => {
    let callback: Function | undefined;
    const open = library({ context: 'none' }, (_: string, done: Function) => {
      callback = done;
      return [active(), current()];
    });
    let seen: unknown;
    expect(run(request, () => open('x', () => (seen = active())))).toEqual([ROOT, undefined]);
    callback?.();
    expect(seen).toBe(request);
  });

  it('is what its function says', () => {
    const seen = library({ context: (self: { lost: boolean }) => (self.lost ? other : undefined) }, () =>
      active(),
    );
    expect(run(request, () => seen.call({ lost: true }))).toBe(other);
    expect(run(request, () => seen.call({ lost: false }))).toBe(request);
  });

  it('of a given function is the caller’s', () => {
    let task: Function | undefined;
    const push = library({ argument: 'first', context: 'caller' }, (_: string, given: Function) => {
      task = given;
    });
    let seen: unknown[] = [];
    run(request, () => push('x', (...args: unknown[]) => (seen = [active(), ...args])));
    run(other, () => task?.(1, 2));
    expect(seen).toEqual([request, 1, 2]);
  });

  it('is below the span for what is active', () => {
    const fn = library({ trace: role, ends: sync, active: true }, () => active());
    expect(fn().span).toMatchObject({ name: 'undefined' });
    expect(current()).toBeUndefined();
  });
});

describe('a point of a given function', () => {
  const consume = library(
    { argument: '1', trace: role, ends: sync },
    (_: string, handler: Function) => handler,
  );

  it('traces the function, which looks as before', () => {
    const handler = consume('queue', function named(a: unknown, b: unknown) {
      return [a, b];
    });
    expect([handler.name, handler.length]).toEqual(['named', 2]);
    expect(handler('message', 2)).toEqual(['message', 2]);
    expect(spans.map(({ name }) => name)).toEqual(['message']);
  });

  it('knows the call that it was given to', () => {
    const seen: unknown[] = [];
    const fn = library(
      { argument: 'last', before: (_self: unknown, _args: unknown[], call: unknown) => void seen.push(call) },
      (_queue: string, handler: Function) => handler,
    );
    Reflect.apply(fn, 'channel', ['queue', () => {}])();
    expect(seen).toEqual([{ self: 'channel', args: ['queue', expect.any(Function)] }]);
  });

  it('finds it in an option, and leaves the options of the app alone', () => {
    const each = library({ argument: '0.run.each', trace: role, ends: sync }, (options: Options) => options);
    interface Options {
      run: { each: Function; size: number };
    }
    const given: Options = { run: { each: (x: number) => x, size: 3 } };
    const { each: handler } = given.run;
    const got = each(given);
    expect([given.run.each, got.run.size]).toEqual([handler, 3]);
    expect(got.run.each(7)).toBe(7);
    expect(spans.map(({ name }) => name)).toEqual(['7']);
  });

  it.each([[[]], [['queue']], [['queue', undefined]], [[{ run: null }]], [[7]]])(
    'leaves %j as it is',
    (args) => {
      for (const argument of ['1', 'last', 'first', '0.run.each']) {
        const fn = library({ argument, trace: role, ends: sync }, (...given: unknown[]) => given);
        expect(Reflect.apply(fn, undefined, args)).toEqual(args);
      }
      expect(stderr).toEqual([]);
    },
  );

  it('finds it in frozen options', () => {
    const fn = library({ argument: '0.each', trace: role, ends: sync }, (options: { each: Function }) =>
      options.each('frozen'),
    );
    expect(fn(Object.freeze({ each: (name: string) => name }))).toBe('frozen');
    expect(spans.map(({ name }) => name)).toEqual(['frozen']);
    expect(stderr).toEqual([]);
  });

  it('may be one of several of one target', () => {
    interface Options {
      one?: Function;
      many?: Function;
    }
    class Consumer {
      run(options: Options): unknown {
        return options.one?.('one') ?? options.many?.('many');
      }
    }
    const points: Point[] = ['0.one', '0.many'].map((argument) => ({
      target: 'run',
      argument,
      trace: role,
      ends: sync,
    }));
    const make = library({ opens: points }, () => new Consumer());
    expect(make().run({ one: (name: string) => name })).toBe('one');
    expect(make().run({ many: (name: string) => name })).toBe('many');
    expect(spans.map(({ name }) => name)).toEqual(['one', 'many']);
  });

  it('leaves an object of a class alone, which may have private fields', () => {
    class Runner {
      #size = 3;
      each(): number {
        return this.#size;
      }
    }
    const fn = library({ argument: '0.each', trace: role, ends: sync }, (options: Runner) => options);
    const runner = new Runner();
    expect(fn(runner)).toBe(runner);
  });
});

describe('what a point opens', () => {
  class Connection {
    query(name: string): string {
      return `${name}!`;
    }
  }
  const points: Point[] = [{ target: 'query', trace: role, ends: sync }];

  it.each<[string, Omit<Point, 'target'>, Function, (made: Function) => unknown]>([
    ['returned', {}, () => new Connection(), (made) => made()],
    ['promised', { ends: promise }, async () => new Connection(), (made) => made()],
  ])('is traced when it is %s', async (_, point, fn, call) => {
    const made = library({ ...point, opens: points }, fn);
    const connection = (await call(made)) as Connection;
    expect(connection.query('a')).toBe('a!');
    expect(connection).toBeInstanceOf(Connection);
    expect(spans.map(({ name }) => name)).toEqual(['a']);
  });

  it('may be of a class that is not exported, which is wrapped once', () => {
    class Private extends Connection {
      override query(name: string): string {
        return `${name}?`;
      }
    }
    const opens = [{ ...points[0], target: 'constructor.prototype.query' }];
    const made = library({ opens }, () => new Private());
    const first = made();
    const { query } = first;
    expect([first.query('a'), made().query('b')]).toEqual(['a?', 'b?']);
    expect(made().query).toBe(query);
    expect(spans.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('may be a function itself', () => {
    const made = library({ opens: [{ target: '', trace: role, ends: sync }] }, () => (name: string) => name);
    expect(made()('a')).toBe('a');
    expect(spans.map(({ name }) => name)).toEqual(['a']);
  });

  it('may be a function itself, which looks as before and knows the call that it came of', () => {
    const told: Role = { ...role, of: (_self, _args, _context, call) => ({ name: String(call?.args) }) };
    function given(one: number): number {
      return one;
    }
    Object.defineProperty(given, 'name', { value: 'index' });
    const made = library(
      { opens: [{ target: '', trace: told, ends: sync }] },
      ((name: string) => name && given) as (name: string) => typeof given,
    );
    const render = made('a');
    expect(render).not.toBe(given);
    expect(Object.getOwnPropertyNames(render).sort()).toEqual(Object.getOwnPropertyNames(given).sort());
    expect([render.name, render.length, render(7)]).toEqual(['index', 1, 7]);
    made('b')(8);
    expect(spans.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it.each([undefined, null, 7, 'text', {}])('leaves %j as it is', (value) => {
    expect(library({ opens: points }, () => value)()).toBe(value);
    expect(stderr).toEqual([]);
  });
});

describe('a point with exceptions', () => {
  const unless = (_: unknown, [name]: unknown[]): boolean => name === 'left';

  it('makes nothing of those calls, nor of what they return', () => {
    const given = (): number => 1;
    const opens = [{ target: '', trace: role, ends: sync }];
    const made = library(
      { trace: role, ends: sync, opens, unless },
      ((name: string) => name && given) as (name: string) => typeof given,
    );
    expect(made('left')).toBe(given);
    expect(spans).toEqual([]);
    expect(made('a')).not.toBe(given);
    expect(spans.map(({ name }) => name)).toEqual(['a']);
  });

  it('goes on where they can not be told', () => {
    const made = library({ trace: role, ends: sync, unless: ours }, (name: string) => name);
    expect(made('a')).toBe('a');
    expect(spans.map(({ name }) => name)).toEqual(['a']);
    expect(stderr).toEqual([expect.stringContaining('ours')]);
  });
});

describe('outermost', () => {
  it('counts a call, and not those that it is made of; the app’s callbacks are the app’s', () => {
    const nesting = { running: undefined };
    const point = { trace: role, ends: sync, outermost: true } as const;
    const inner = library(point, (name: string) => name, nesting);
    const outer = library(
      point,
      (name: string, callback?: Function) => {
        inner('inner');
        callback?.();
        return name;
      },
      nesting,
    );
    outer('outer', () => inner('theirs'));
    inner('alone');
    expect(spans.map(({ name }) => name)).toEqual(['theirs', 'outer', 'alone']);
  });

  it('counts a call about something else', () => {
    const nesting = { running: undefined };
    const point = { trace: role, ends: sync, outermost: (self: { db: unknown }) => self.db } as const;
    const run = library(
      point,
      function (this: object, name: string, next?: () => void) {
        next?.();
        return name;
      },
      nesting,
    );
    const [one, same, two] = [{ db: 1 }, { db: 1 }, { db: 2 }];
    run.call(one, 'a', undefined);
    const nested = library(
      point,
      function (this: object, ..._names: string[]) {
        run.call(same, 'hidden');
        run.call(two, 'seen');
      },
      nesting,
    );
    nested.call(one, 'outer');
    expect(spans.map(({ name }) => name)).toEqual(['a', 'seen', 'outer']);
  });

  it('is over when the call has thrown', () => {
    const nesting = { running: undefined };
    const point = { trace: role, ends: sync, outermost: true } as const;
    const failing = library(
      point,
      () => {
        throw new Error('theirs');
      },
      nesting,
    );
    expect(failing).toThrow('theirs');
    expect(failing).toThrow('theirs');
    expect(spans).toHaveLength(2);
  });
});
