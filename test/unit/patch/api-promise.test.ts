import { beforeEach, describe, expect, it, vi } from 'vitest';
import { apiPromise, apiStream } from '../../../src/patch/api-promise.ts';
import type { Ends } from '../../../src/patch/ends.ts';
import type { Ending } from '../../../src/operation/operation.ts';
import { UNTRACED } from '../../../src/patch/ends.ts';

let ends: { error: unknown; result: unknown }[];
let stderr: string[];
vi.mock('../../../src/log.ts', () => ({
  log: { error: (line: string) => stderr.push(line), warn: () => {}, info: () => {}, debug: () => {} },
}));
beforeEach(() => {
  ends = [];
  stderr = [];
});

/** As the first call of `end` counts. */
function ending(): Ending {
  let isOver = false;
  return {
    end(error, result) {
      if (!isOver) ends.push({ error, result });
      isOver = true;
    },
  };
}

type Parse = (response: { body: unknown }) => Promise<unknown>;

/** In the form of the SDKs. */
class ApiPromise extends Promise<unknown> {
  responsePromise: Promise<{ body: unknown }>;
  parseResponse: Parse;
  parsedPromise?: Promise<unknown>;

  constructor(response: Promise<{ body: unknown }>, parse: Parse) {
    super((resolve) => resolve(null));
    this.responsePromise = response;
    this.parseResponse = parse;
  }
  _thenUnwrap(transform: (body: unknown) => unknown): ApiPromise {
    return new ApiPromise(this.responsePromise, async (response) =>
      transform(await this.parseResponse(response)),
    );
  }
  asResponse(): Promise<{ body: unknown }> {
    return this.responsePromise;
  }
  parse(): Promise<unknown> {
    this.parsedPromise ??= this.responsePromise.then((response) => this.parseResponse(response));
    return this.parsedPromise;
  }
  override then<A = unknown, B = never>(
    fulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.parse().then(fulfilled, rejected);
  }
  override catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<unknown> {
    return this.parse().catch(rejected);
  }
}

/** Of versions whose promises make others past their own properties. */
function closed(response: Promise<{ body: unknown }>, parse: Parse): ApiPromise {
  const promise = new ApiPromise(response, parse);
  promise._thenUnwrap = (transform) => closed(response, async (given) => transform(await parse(given)));
  return promise;
}

const parsed = vi.fn(async ({ body }: { body: unknown }) => body);
beforeEach(() => {
  parsed.mockClear();
});
const kinds = [
  ['from the prototype', (response: Promise<{ body: unknown }>) => new ApiPromise(response, parsed)],
  ['of its own', (response: Promise<{ body: unknown }>) => closed(response, parsed)],
] as const;

function watch(given: unknown, how: Ends = apiPromise()): ApiPromise {
  return how.watch!(given, ending(), undefined, []) as ApiPromise;
}
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await undefined;
};

describe.each(kinds)('the promise of an SDK whose _thenUnwrap is %s', (_, make) => {
  const answered = (): ApiPromise => make(Promise.resolve({ body: 'body' }));
  const failed = (error: unknown): ApiPromise => make(Promise.reject(error));

  it('stays the very object, with the same keys', () => {
    const given = answered();
    const keys = Object.keys(given);
    expect(watch(given)).toBe(given);
    expect(Object.keys(given)).toEqual(keys);
  });

  it('is over when the body is parsed, once, for whoever asks for it', async () => {
    const promise = watch(answered());
    expect(ends).toEqual([]);
    expect(await Promise.all([promise, promise, promise.asResponse()])).toEqual([
      'body',
      'body',
      { body: 'body' },
    ]);
    expect(parsed).toHaveBeenCalledTimes(1);
    expect(ends).toEqual([{ error: undefined, result: 'body' }]);
  });

  it('waits for somebody who asks later', async () => {
    const promise = watch(answered());
    await turns();
    expect(ends).toEqual([]);
    expect(await promise).toBe('body');
    expect(ends).toEqual([{ error: undefined, result: 'body' }]);
  });

  it.each(['before', 'after'])(
    'is over with the response where only that is asked for, %s it is there',
    async (when) => {
      const promise = watch(answered());
      if (when === 'after') await turns();
      expect(await promise.asResponse()).toEqual({ body: 'body' });
      await turns();
      expect(parsed).not.toHaveBeenCalled();
      expect(ends).toEqual([{ error: undefined, result: undefined }]);
    },
  );

  it('is over with the body that promises made of it ask for', async () => {
    const promise = watch(answered());
    const twice = promise._thenUnwrap((body) => `${body}!`)._thenUnwrap((body) => `${body}?`);
    expect(await twice).toBe('body!?');
    expect(ends).toHaveLength(1);
    expect(ends[0].result).toMatch(/^body/);
    expect(await promise).toBe('body');
    expect(ends).toHaveLength(1);
  });

  it.each(['itself', 'one made of it'])('is over when the request fails, which it tells %s', async (who) => {
    const error = new Error('refused');
    const promise = watch(failed(error));
    const asked = who === 'itself' ? promise : promise._thenUnwrap((body) => body);
    await expect(asked.catch((reason: unknown) => [reason])).resolves.toEqual([error]);
    // Vitest fails for a rejection that nobody has handled.
    await turns();
    expect(ends).toEqual([{ error, result: undefined }]);
  });

  it('is over when the body can not be parsed', async () => {
    const error = new SyntaxError('no JSON');
    parsed.mockRejectedValueOnce(error);
    await expect(watch(answered())).rejects.toBe(error);
    expect(ends).toEqual([{ error, result: undefined }]);
  });

  it('takes it for no failure that the app aborts', async () => {
    class APIUserAbortError extends Error {}
    await expect(watch(failed(new APIUserAbortError()))).rejects.toThrow(APIUserAbortError);
    expect(ends).toEqual([{ error: undefined, result: undefined }]);
  });

  it('is not touched where nothing is traced', () => {
    const given = answered();
    const before = Object.getOwnPropertyDescriptors(given);
    expect(apiPromise().watch!(given, UNTRACED, undefined, [])).toBe(given);
    expect(Object.getOwnPropertyDescriptors(given)).toEqual(before);
  });

  it('gives the body to the app, whatever fails of ours', async () => {
    const broken: Ends = {
      watch() {
        throw new Error('ours');
      },
    };
    expect(await watch(answered(), apiPromise(broken))).toBe('body');
    expect(stderr).toEqual([expect.stringContaining('ours')]);
  });
});

it('a promise that is none of these ends as any other', async () => {
  expect(await watch(Promise.resolve(1))).toBe(1);
  watch(2);
  expect(ends.map(({ result }) => result)).toEqual([1, 2]);
});

describe('the stream of an SDK', () => {
  /** Aborts when it is left before its end, as those do, before the error is thrown. */
  function stream(failure?: Error): any {
    const controller = new AbortController();
    async function* iterator(): AsyncGenerator<number> {
      let done = false;
      try {
        for (const item of [1, 2, 3]) {
          if (controller.signal.aborted) return;
          yield item;
          if (failure !== undefined && item === 2) throw failure;
        }
        done = true;
      } finally {
        if (!done) controller.abort();
      }
    }
    return {
      iterator,
      controller,
      [Symbol.asyncIterator](): AsyncIterator<number> {
        return this.iterator();
      },
    };
  }
  const sum = (item: number, before = 0): number => item + before;
  const opened = (failure?: Error): any => watch(stream(failure), apiStream(sum as never));

  it('is over when it is drained, with what was seen of its items', async () => {
    const given = stream();
    const keys = Object.keys(given);
    expect(apiStream(sum as never).watch!(given, ending(), undefined, [])).toBe(given);
    expect(Object.keys(given)).toEqual(keys);
    const items = [];
    for await (const item of given) {
      expect(ends).toEqual([]);
      items.push(item);
    }
    expect(items).toEqual([1, 2, 3]);
    expect(ends).toEqual([{ error: undefined, result: 6 }]);
  });

  it('is over when the app leaves it, or throws', async () => {
    for await (const item of opened()) if (item === 2) break;
    const thrown = new Error('the app');
    const loop = async (): Promise<void> => {
      for await (const _ of opened()) throw thrown;
    };
    await expect(loop()).rejects.toBe(thrown);
    expect(ends).toEqual([
      { error: undefined, result: 3 },
      { error: undefined, result: 1 },
    ]);
  });

  it('is over when the app aborts it, read or not', async () => {
    const reading = opened();
    for await (const item of reading) if (item === 1) reading.controller.abort();
    opened().controller.abort();
    expect(ends).toEqual([
      { error: undefined, result: 1 },
      { error: undefined, result: undefined },
    ]);
  });

  it('has failed with its error, though the library aborts before it throws it', async () => {
    const failure = new Error('overloaded');
    const loop = async (): Promise<void> => {
      for await (const _ of opened(failure));
    };
    await expect(loop()).rejects.toBe(failure);
    expect(ends).toEqual([{ error: failure, result: 3 }]);
  });

  it('is over at once where it is none', () => {
    expect(watch('whole', apiStream())).toBe('whole');
    expect(watch(undefined, apiStream())).toBeUndefined();
    expect(ends.map(({ result }) => result)).toEqual(['whole', undefined]);
  });
});
