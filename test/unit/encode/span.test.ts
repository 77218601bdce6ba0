import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { key, userKey } from '../../../src/encode/key.ts';
import { block, type EncodableSpan, encodeSpan } from '../../../src/encode/span.ts';
import { MAX_TEXT_LENGTH, scratch, setMaxTextLength } from '../../../src/encode/writer.ts';
import { decodeSpan } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

const plain: EncodableSpan = {
  t0: 1,
  t1: -2,
  t2: 3,
  t3: -4,
  s0: 5,
  s1: -6,
  p0: 0,
  p1: 0,
  flags: 0x101,
  kind: 1,
  name: 'test',
  traceState: undefined,
  own: undefined,
  ownLength: 0,
  user: undefined,
  droppedAttributes: 0,
  events: undefined,
  droppedEvents: 0,
  links: undefined,
  droppedLinks: 0,
  status: 0,
  statusMessage: undefined,
};

const event = (attributes: readonly unknown[], name = 'event') => ({
  name,
  high: 1,
  low: 2,
  attributes,
  dropped: 0,
});
const link = (attributes: readonly unknown[]) => ({
  t0: 9,
  t1: 9,
  t2: 9,
  t3: 9,
  s0: 9,
  s1: 9,
  flags: 0x101,
  traceState: undefined,
  attributes,
  dropped: 0,
});

function encoded(span: Partial<EncodableSpan>, limit = 128): Uint8Array {
  const length = encodeSpan(
    { ...plain, ownLength: span.own?.length ?? 0, ...span },
    0x18a0_0000,
    1,
    0x18a0_0000,
    2,
    limit,
  );
  return scratch().slice(0, length);
}

function roundTrip(span: Partial<EncodableSpan>, limit?: number): ReceivedSpan {
  return decodeSpan(encoded(span, limit));
}

/** What a reader gets of a text: halves of surrogate pairs become U+FFFD, and it is cut. */
function sent(text: string, limit = MAX_TEXT_LENGTH): string {
  let cut = text.slice(0, limit);
  if (text.length > limit && /[\ud800-\udbff]$/.test(cut)) cut = cut.slice(0, -1);
  return Buffer.from(cut).toString();
}

function sentValue(value: unknown, limit?: number): unknown {
  if (typeof value === 'string') return sent(value, limit);
  if (Object.is(value, -0)) return 0;
  if (typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) !== value) return sent(String(value), limit);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  if (value === undefined || value === null) return null;
  if (value instanceof Uint8Array) return new Uint8Array(value.slice(0, limit));
  if (Array.isArray(value)) return value.map((item) => sentValue(item, limit));
  if (typeof value === 'object') {
    const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
    return Object.assign(
      Object.create(null),
      Object.fromEntries(members.map(([name, member]) => [name, sentValue(member, limit)])),
    );
  }
  return value;
}

const texts = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    maxLength: 100,
  }),
  // Around the widths of the length varint and of the writer's short forms.
  fc.nat({ max: 400 }).map((length) => 'x'.repeat(length)),
  fc.constantFrom('é'.repeat(48), '€'.repeat(43), 'x'.repeat(4_096), '€'.repeat(1_366)),
);
const names = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 20 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
  )
  .filter((name) => Buffer.from(name).toString() === name);
const numbers = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0,
    -0,
    127,
    128,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    -1,
    Number.MAX_SAFE_INTEGER,
    -(2 ** 53),
    2 ** 53,
  ),
);
const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    texts,
    numbers,
    fc.bigInt(),
    fc.boolean(),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(names, tie('value'), { maxKeys: 5 }),
  ),
}));
const attributeLists = fc.uniqueArray(fc.tuple(names, values), { selector: ([name]) => name, maxLength: 12 });

const expected = (list: readonly (readonly [string, unknown])[]): Record<string, unknown> =>
  Object.assign(
    Object.create(null),
    Object.fromEntries(list.map(([name, value]) => [name, sentValue(value)])),
  );

afterEach(() => setMaxTextLength(Number.POSITIVE_INFINITY));

describe('encodeSpan', () => {
  it('writes any span so that an independent reader gets the same back', () => {
    fc.assert(
      fc.property(
        fc.record({ name: texts.filter((name) => name !== ''), own: attributeLists, user: attributeLists }),
        fc.array(attributeLists, { maxLength: 3 }),
        fc.array(attributeLists, { maxLength: 3 }),
        fc.option(texts, { nil: undefined }),
        ({ name, own, user }, events, links, statusMessage) => {
          const span = roundTrip({
            name,
            own: own.flatMap(([key_, value]) => [key(key_), value]),
            user: user.flat(),
            events: events.map((list) => event(list.flat())),
            links: links.map((list) => link(list.flat())),
            status: 2,
            statusMessage,
          });
          expect(span.name).toBe(Buffer.from(name).toString());
          expect(span.attributes).toEqual(expected([...own, ...user]));
          expect(span.events.map(({ attributes }) => attributes)).toEqual(events.map(expected));
          expect(span.links.map(({ attributes }) => attributes)).toEqual(links.map(expected));
          expect(span.status.message ?? '').toBe(sent(statusMessage ?? ''));
          expect(span.droppedAttributesCount).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('writes each name once, with what the app set, also where ours came in a block', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 2 }),
        fc.nat({ max: 6 }),
        fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')),
        (own, blockSize, user) => {
          const inBlock = own.slice(0, blockSize);
          const single = own.slice(blockSize);
          const span = roundTrip({
            own: [block(inBlock.flatMap((name) => [key(name), 'ours'])), undefined].concat(
              single.flatMap((name) => [key(name), 1]) as never[],
            ),
            user: user.flatMap((name) => [name, 'theirs']),
          });
          const wanted = Object.fromEntries([
            ...inBlock.map((name) => [name, 'ours']),
            ...single.map((name) => [name, 1]),
            ...user.map((name) => [name, 'theirs']),
          ]);
          expect({ ...span.attributes }).toEqual(wanted);
        },
      ),
    );
  });

  it('never lets a remembered value turn up under another name, in another field or after another value', () => {
    const name = 'shared';
    const used = userKey(name);
    const forms = [
      (value: unknown) => roundTrip({ own: [used, value] }).attributes,
      (value: unknown) => roundTrip({ user: [name, value] }).attributes,
      (value: unknown) => roundTrip({ events: [event([name, value])] }).events[0].attributes,
      (value: unknown) => roundTrip({ links: [link([name, value])] }).links[0].attributes,
      (value: unknown) => roundTrip({ user: ['map', { [name]: value }] }).attributes.map as object,
    ];
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.nat({ max: forms.length - 1 }),
            fc.constantFrom('x', 'y', 'é', '', 'x'.repeat(200), 1, [1]),
          ),
          { minLength: 2, maxLength: 12 },
        ),
        (steps) => {
          for (const [form, value] of steps) expect({ ...forms[form](value) }).toEqual({ [name]: value });
        },
      ),
    );
  });

  it.each([1, 111, 112, 113, 126, 127, 128, 129, 255, 4_096])('writes names of %i bytes', (length) => {
    const name = 'k'.repeat(length);
    for (const value of ['short', 'x'.repeat(120), 'é', 7, 2 ** 31 - 1, -1, true, [1]]) {
      expect({ ...roundTrip({ own: [key(name), value] }).attributes }).toEqual({ [name]: value });
      expect({ ...roundTrip({ user: [name, value] }).attributes }).toEqual({ [name]: value });
    }
  });

  it('cuts texts to the limit, inside arrays and maps too, and never through a surrogate pair', () => {
    setMaxTextLength(4);
    const { attributes } = roundTrip({
      user: [
        'text',
        'abcdef',
        'exact',
        'abcd',
        'list',
        ['abcdef', 'ab'],
        'map',
        { deep: ['abc😀'] },
        'bytes',
        new Uint8Array(9),
      ],
    });
    expect(attributes.text).toBe('abcd');
    expect(attributes.exact).toBe('abcd');
    expect(attributes.list).toEqual(['abcd', 'ab']);
    expect({ ...(attributes.map as object) }).toEqual({ deep: ['abc'] });
    expect(attributes.bytes).toEqual(new Uint8Array(4));
  });

  it('does not apply the limit of attributes to the message of the status', () => {
    setMaxTextLength(4);
    expect(roundTrip({ status: 2, statusMessage: 'relation is missing' }).status).toEqual({
      code: 'ERROR',
      message: 'relation is missing',
    });
  });

  it('gives a text of 10 MB 65,536 units and not more', () => {
    const { attributes } = roundTrip({
      user: ['text', 'x'.repeat(10_000_000), 'list', ['é'.repeat(10_000_000)]],
    });
    expect(attributes.text).toBe('x'.repeat(65_536));
    expect(attributes.list).toEqual(['é'.repeat(65_536)]);
  });

  it('keeps the attributes up to the limit and counts the rest', () => {
    const pairs = (count: number): unknown[] => Array.from({ length: count }, (_, i) => [`k${i}`, i]).flat();
    expect(roundTrip({ user: pairs(128) })).toMatchObject({ droppedAttributesCount: 0 });
    const over = roundTrip({ user: pairs(129), droppedAttributes: 3 });
    expect(Object.keys(over.attributes)).toHaveLength(128);
    expect(over.droppedAttributesCount).toBe(4);
    const small = roundTrip({ own: [key('ours'), 1], user: ['a', 1, 'b', 2] }, 2);
    expect({ ...small.attributes }).toEqual({ ours: 1, a: 1 });
    expect(small.droppedAttributesCount).toBe(1);
    expect(roundTrip({ own: [key('ours'), 1] }, 0)).toMatchObject({
      attributes: {},
      droppedAttributesCount: 1,
    });
  });

  it('leaves out what OTLP can not carry, and counts it', () => {
    const { attributes, droppedAttributesCount } = roundTrip({
      user: [
        'symbol',
        Symbol('s'),
        'function',
        () => {},
        'good',
        1,
        'null',
        null,
        'list',
        [1, Symbol('s'), undefined, 2],
      ],
    });
    expect({ ...attributes }).toEqual({ good: 1, list: [1, null, null, 2] });
    expect(droppedAttributesCount).toBe(3);
  });

  it('goes on after values that throw or have no end', () => {
    const cyclic: Record<string, unknown> = { name: 'cyclic' };
    cyclic.self = cyclic;
    cyclic.list = [cyclic, [cyclic]];
    const throwing = {
      get value(): never {
        throw new Error('getter');
      },
    };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const span = roundTrip({
      user: ['cyclic', cyclic, 'throwing', throwing, 'proxy', revoked.proxy, 'good', 'still here'],
      events: [event(['throwing', throwing, 'good', 1])],
    });
    expect(span.attributes.good).toBe('still here');
    expect(span.attributes.cyclic).toMatchObject({ name: 'cyclic', self: { self: { name: 'cyclic' } } });
    expect(span.droppedAttributesCount).toBe(2);
    expect(span.events[0]).toMatchObject({ attributes: { good: 1 }, droppedAttributesCount: 1 });
  });

  it('cuts long texts of a span that has many, so that all it has is there', () => {
    for (const big of ['x'.repeat(70_000), '€'.repeat(70_000)]) {
      const bytes = encoded({
        user: [...Array.from({ length: 20 }, (_, i) => [`k${i}`, big]).flat(), 'small', 'value'],
        events: [event(['exception.message', 'boom']), event([])],
      });
      const span = decodeSpan(bytes);
      expect(bytes.length).toBeLessThan(393_216);
      expect(span.attributes).toMatchObject({
        k0: big.slice(0, 65_536),
        k19: big.slice(0, 1024),
        small: 'value',
      });
      expect(Object.keys(span.attributes)).toHaveLength(21);
      expect(span.droppedAttributesCount).toBe(0);
      expect(span.events).toHaveLength(2);
    }
  });

  it('drops and counts what does not fit into a span of 384 KiB', () => {
    const big = '€'.repeat(65_536);
    const bytes = encoded({
      user: Array.from({ length: 100 }, (_, i) => [`k${i}`, big]).flat(),
      events: [event([]), event([])],
      links: [link([])],
      droppedEvents: 1,
    });
    const span = decodeSpan(bytes);
    expect(bytes.length).toBeLessThan(393_216 + 65_536 * 2);
    expect(Object.keys(span.attributes)).toHaveLength(45);
    expect(span.droppedAttributesCount).toBe(55);
    expect(span).toMatchObject({ events: [], droppedEventsCount: 3, links: [], droppedLinksCount: 1 });
  });

  it('writes the ids, the parent, the flags and the exact ns', () => {
    const length = encodeSpan(
      { ...plain, p0: -1, p1: 0, flags: 0x303, traceState: 'a=b', kind: 5 },
      0x18a0_f00d,
      0xffff_ffff,
      0xffff_ffff,
      0,
      128,
    );
    expect(decodeSpan(scratch().slice(0, length))).toMatchObject({
      traceId: '00000001fffffffe00000003fffffffc',
      spanId: '00000005fffffffa',
      parentSpanId: 'ffffffff00000000',
      traceState: 'a=b',
      flags: 0x303,
      kind: 'CONSUMER',
      startTimeUnixNano: 0x18a0_f00d_ffff_ffffn,
      endTimeUnixNano: 0xffff_ffff_0000_0000n,
    });
  });
});

it.each([
  ['a=1,ot=th:8,b=2', 'ot=th:8'],
  ['ot=th:8', 'ot=th:8'],
  ['a=1,ot=th:8', 'ot=th:8'],
  ['a=ot,not=1,ott=2', undefined],
])('writes of the state %s on a span below the first only %s', (traceState, written) => {
  expect(roundTrip({ traceState, flags: 0x301 }).traceState).toBe(traceState);
  expect(roundTrip({ traceState, flags: 0x101 }).traceState).toBe(written);
});

it('writes texts around the widths of their lengths', () => {
  for (const unit of ['x', 'é', '€', '😀']) {
    for (const length of [42, 43, 48, 49, 127, 128, 5_440, 5_461, 16_300, 16_384]) {
      const text = unit.repeat(length);
      const span = roundTrip({ name: text, own: [key('own'), text], user: ['list', [text]] });
      expect(span.name === text && span.attributes.own === text).toBe(true);
      expect((span.attributes.list as string[])[0] === text).toBe(true);
    }
  }
});

describe('userKey', () => {
  it('remembers names, but no more than 2,000 and no long ones', () => {
    const first = userKey('first');
    expect(userKey('first')).toBe(first);
    for (let i = 0; i < 2_000; i++) userKey(`name ${i}`);
    expect(userKey('first')).not.toBe(first);
    const long = 'x'.repeat(257);
    expect(userKey(long)).not.toBe(userKey(long));
    expect(userKey('x'.repeat(256))).toBe(userKey('x'.repeat(256)));
  });
});
