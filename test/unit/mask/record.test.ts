/** Masking, as properties: no listed pattern gets through in any field, and all other bytes stay as they are. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecodedSpan, type DecodedValue, readRequest } from '../../../src/encode/read.ts';
import { compileExpressions } from '../../../src/mask/expressions.ts';
import { createBytesMask, createRecordMask } from '../../../src/mask/main.ts';
import type { MaskKind } from '../../../src/mask/options.ts';
import { bytesField } from '../../support/encode-span.ts';

const KINDS: readonly MaskKind[] = ['email', 'phone', 'card', 'token', 'jwt', 'iban'];
const RUNS = { numRuns: Number(process.env.FUZZ_INPUTS ?? 40) };

/** A field of a message: a text, a message, or anything else as it stands in the bytes. */
type Field =
  | { tag: number; pad: number; text: string }
  | { tag: number; pad: number; fields: Field[] }
  | { raw: number[] };
type Message = Field[];

/** A varint, in so many bytes more than it needs: the encoder of the app's thread pads lengths. */
function varint(value: number, pad = 0): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  bytes.push(value);
  for (; pad > 0; pad--) {
    bytes[bytes.length - 1]! |= 0x80;
    bytes.push(0);
  }
  return bytes;
}

/** The bytes of a message; with `change`, those that it must have when its texts are changed, and its length's where it has another. */
function encode(message: Message, change: (text: string) => string = (text) => text): Buffer {
  return Buffer.concat(
    message.map((field) => {
      if ('raw' in field) return Buffer.from(field.raw);
      const [before, after, changed] =
        'text' in field
          ? [Buffer.from(field.text), Buffer.from(change(field.text)), change(field.text) !== field.text]
          : [encode(field.fields), encode(field.fields, change), false];
      const isPadded = !changed && before.length === after.length;
      return Buffer.from([...varint(field.tag), ...varint(after.length, isPadded ? field.pad : 0), ...after]);
    }),
  );
}

const pad = fc.integer({ min: 0, max: 3 });
const TEXT = (number: number, text: fc.Arbitrary<string>): fc.Arbitrary<Field> =>
  fc.record({ tag: fc.constant(number * 8 + 2), pad, text });
const MESSAGE = (number: number, fields: fc.Arbitrary<Message>): fc.Arbitrary<Field> =>
  fc.record({ tag: fc.constant(number * 8 + 2), pad, fields });

/** Fields that nothing is known of, of each wire type; and those that are known and no texts: ids, the state of the trace, numbers. */
function other(numbers: readonly number[], text: fc.Arbitrary<string>): fc.Arbitrary<Field> {
  const bytes = (length: number) => fc.array(fc.nat(255), { minLength: length, maxLength: length });
  return fc
    .record({
      number: fc.oneof(fc.constantFrom(...numbers), fc.integer({ min: 17, max: 70_000 })),
      rest: fc.oneof(
        fc.nat(2 ** 31).map((value) => ({ wire: 0, bytes: varint(value) })),
        bytes(8).map((bytes) => ({ wire: 1, bytes })),
        bytes(4).map((bytes) => ({ wire: 5, bytes })),
        text.map((text) => ({ wire: 2, bytes: [...varint(Buffer.byteLength(text)), ...Buffer.from(text)] })),
      ),
    })
    .map(({ number, rest: { wire, bytes } }) => ({ raw: [...varint(number * 8 + wire), ...bytes] }));
}

/** A span with texts in each place where there may be one, and `hidden` where none is looked for. */
function spanOf(text: fc.Arbitrary<string>, hidden: fc.Arbitrary<string>): fc.Arbitrary<Message> {
  const fields = (...kinds: fc.Arbitrary<Field>[]): fc.Arbitrary<Message> =>
    fc.array(fc.oneof({ depthSize: 'small' }, ...kinds), { maxLength: 3 });
  const { value } = fc.letrec<{ value: Message }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.tuple(TEXT(1, text)),
      fields(other([2, 3, 4, 7], hidden), TEXT(1, text)),
      fc.tuple(MESSAGE(5, fields(MESSAGE(1, tie('value')), other([2, 3], hidden)))),
      fc.tuple(
        MESSAGE(
          6,
          fields(MESSAGE(1, fc.tuple(TEXT(1, text), MESSAGE(2, tie('value')))), other([2, 3], hidden)),
        ),
      ),
    ),
  }));
  const attribute = (number: number): fc.Arbitrary<Field> =>
    MESSAGE(
      number,
      fc.tuple(
        hidden.map((key): Field => ({ tag: 10, pad: 0, text: key }) as Field).map(asRaw),
        MESSAGE(2, value),
      ),
    );
  return fc
    .tuple(
      fields(other([1, 2, 3, 4], hidden)),
      TEXT(5, text),
      fc.array(attribute(9), { maxLength: 4 }),
      fields(MESSAGE(11, fields(TEXT(2, text), attribute(3), other([1, 4], hidden)))),
      fields(MESSAGE(13, fields(attribute(4), other([1, 2, 3, 5, 6], hidden)))),
      fields(
        MESSAGE(15, fields(TEXT(2, text), other([3], hidden))),
        other([6, 7, 8, 10, 12, 14, 16], hidden),
      ),
    )
    .map(([a, name, b, c, d, e]) => [...a, name, ...b, ...c, ...d, ...e]);
}

/** A field that must stay as it is, whatever is in it. */
function asRaw(field: Field): Field {
  return { raw: [...encode([field])] };
}

function masker(kinds: readonly MaskKind[], expression?: string) {
  const { compiled } = compileExpressions(
    expression === undefined ? [] : [{ name: 'own', source: expression, ignoreCase: false }],
  );
  const bytesMask = createBytesMask({ kinds, expressions: [], lengthLimit: Infinity }, compiled);
  const record = createRecordMask('traces', bytesMask);
  return {
    /** As records are: one behind the other, in the middle of an array. */
    records(...records: Buffer[]): Buffer[] {
      record.begin();
      const all = Buffer.concat([Buffer.from('ada@example.com'), ...records, Buffer.from('ada@example.com')]);
      let start = 15;
      const lengths = records.map((one) => {
        const length = record.add(all, start, one.length);
        start += one.length;
        return length;
      });
      let at = 0;
      const out = lengths.map((length) => Buffer.from(record.bytes().subarray(at, (at += length))));
      expect(at).toBe(record.length());
      return out;
    },
    text(text: string): string {
      const bytes = Buffer.from(text);
      return bytesMask(bytes, 0, bytes.length) ?? text;
    },
  };
}

const letters = (alphabet: string, minLength: number, maxLength = minLength): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';

function luhn(digits: string): string {
  let sum = 0;
  [...digits].toReversed().forEach((digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return digits + ((10 - (sum % 10)) % 10);
}

function iban(country: string, rest: string): string {
  const digits = [...`${rest}${country}00`].map((one) => Number.parseInt(one, 36)).join('');
  return country + String(98n - (BigInt(digits) % 97n)).padStart(2, '0') + rest;
}

const grouped = (text: string, size: number, separator: string): string =>
  text.match(new RegExp(`.{1,${size}}`, 'g'))!.join(separator);
const separator = fc.constantFrom('', ' ', '-', '%20', '+');

/** Patterns of each kind, made by other code than finds them; in the ways in which they are written. */
const SECRETS: Record<MaskKind, fc.Arbitrary<string>> = {
  email: fc
    .record({
      local: letters(`${LOWER}${LOWER.toUpperCase()}${DIGITS}_+äé`, 1, 30),
      at: fc.constantFrom('@', '@', '%40', '%2540'),
      labels: fc.array(letters(LOWER, 1, 12), { minLength: 1, maxLength: 3 }),
      top: fc.constantFrom('com', 'de', 'io', 'museum', 'co.uk', 'xn--p1ai'),
    })
    .map(({ local, at, labels, top }) => `${local}${at}${labels.join('.')}.${top}`),
  card: fc
    .record({
      start: fc.constantFrom('4', '51', '55', '2221', '6011', '3528', '62'),
      rest: letters(DIGITS, 15),
      separator,
    })
    .map(({ start, rest, separator }) => grouped(luhn((start + rest).slice(0, 15)), 4, separator)),
  iban: fc
    .record({
      country: fc.constantFrom(['DE', 18], ['FR', 23], ['GB', 18], ['NL', 14], ['MT', 27]),
      rest: letters(DIGITS, 27),
      lower: fc.boolean(),
      separator,
    })
    .map(({ country: [code, length], rest, lower, separator }) => {
      const written = grouped(iban(code as string, rest.slice(0, length as number)), 4, separator);
      return lower ? written.toLowerCase() : written;
    }),
  phone: fc.oneof(
    fc
      .record({
        plus: fc.constantFrom('+', '%2B'),
        digits: letters(DIGITS, 8, 13),
        separator: fc.constantFrom('', ' ', '-', '%20'),
      })
      .map(({ plus, digits, separator }) => plus + grouped(`4${digits}`, 3, separator)),
    fc
      .tuple(letters('23456789', 1), letters(DIGITS, 2), letters('23456789', 1), letters(DIGITS, 6))
      .map(([a, b, c, d]) => `(${a}${b}) ${c}${d.slice(0, 2)}-${d.slice(2)}`),
  ),
  jwt: fc
    .record({
      header: letters(`${LOWER}${DIGITS}-_`, 16, 60),
      payload: letters(LOWER, 8, 90),
      mac: letters(LOWER, 0, 43),
    })
    .map(({ header, payload, mac }) => `eyJ${header}.${payload}.${mac}`),
  token: fc.oneof(
    letters(LOWER + DIGITS, 20, 40).map((rest) => `ghp_${rest}`),
    letters(LOWER, 20, 40).map((rest) => `Bearer ${rest}1`),
    letters(DIGITS, 16).map((rest) => `AKIA${rest}`),
  ),
};
const anySecret = fc
  .constantFrom(...KINDS)
  .chain((kind) => SECRETS[kind].map((secret) => ({ kind, secret })));

/** What stands around a pattern, and ends it on both sides. */
const around = letters('/?&=,;:"\'<>()[]{}| \n§漢', 1, 6);
const calm = letters('abc xyz/=&?ß漢😀\n"', 0, 40);

function texts(spans: readonly DecodedSpan[]): string[] {
  const found: string[] = [];
  const ofValue = (value: DecodedValue): void => {
    if (typeof value === 'string') found.push(value);
    else if (Array.isArray(value)) value.forEach(ofValue);
    else if (typeof value === 'object' && !(value instanceof Uint8Array)) {
      for (const { key, value: inner } of value.entries) {
        found.push(key);
        ofValue(inner);
      }
    }
  };
  for (const span of spans) {
    found.push(span.name, span.status.message, ...span.events.map(({ name }) => name));
    for (const { attributes } of [span, ...span.events, ...span.links])
      for (const { value } of attributes) ofValue(value);
  }
  return found;
}

const hex = (bytes: Buffer): string => bytes.toString('hex');
const read = (record: Uint8Array): DecodedSpan[] =>
  readRequest(bytesField(1, bytesField(2, bytesField(2, record))));

describe('a masked record', () => {
  it('has no listed pattern in any text, whatever stands around it', () => {
    const { records } = masker(KINDS);
    const secrets: string[] = [];
    const text = fc
      .array(fc.tuple(around, anySecret), { minLength: 1, maxLength: 3 })
      .map((parts) => ({ text: parts.map(([before, { secret }]) => before + secret).join('') + ' ', parts }))
      .map(({ text, parts }) => {
        secrets.push(...parts.map(([, { secret }]) => secret));
        return text;
      });
    let seen = 0;
    fc.assert(
      fc.property(spanOf(text, fc.constant('')), (span) => {
        const before = encode(span);
        const [after] = records(before);
        const all = texts(read(after!));
        seen += all.length;
        for (const secret of new Set(secrets)) {
          // Of what was made for other runs too, only that which is in this one.
          if (before.includes(secret)) expect(after!.includes(secret) ? secret : '').toBe('');
        }
        for (const one of all) expect(one).not.toMatch(/@|%40|\d{4}|eyJ|Bearer/);
        secrets.length = 0;
      }),
      RUNS,
    );
    expect(seen).toBeGreaterThan(RUNS.numRuns);
  });

  it.each(KINDS)('has none of the one kind that is listed: %s', (kind) => {
    const { text } = masker([kind]);
    fc.assert(
      // Base64 has `/` and `=`.
      fc.property(
        around,
        SECRETS[kind],
        around.map((one) => ` ${one}`),
        (before, secret, after) => {
          expect(text(before + secret + after)).toBe(`${before}[${kind}]${after}`);
        },
      ),
      RUNS,
    );
  });

  it('is the same but for the texts with a pattern, and the lengths of what they are in', () => {
    const mask = masker(['email', 'card'], 'EMP-\\d+');
    const some = fc.oneof(
      calm,
      fc.constantFrom('ada@example.com', 'x 4111111111111111', 'EMP-1', 'a EMP-12 b'),
    );
    fc.assert(
      fc.property(spanOf(some, some), spanOf(some, some), (a, b) => {
        const masked = mask.records(encode(a), encode(b));
        // As text: `toEqual` takes its time with bytes.
        expect(masked.map(hex)).toEqual([hex(encode(a, mask.text)), hex(encode(b, mask.text))]);
      }),
      RUNS,
    );
  });

  it('is the same byte for byte if no text has a pattern, also where ids, names of attributes or unknown fields do', () => {
    const { records } = masker(KINDS, 'EMP-\\d+');
    const hidden = fc.oneof(
      calm,
      anySecret.map(({ secret }) => secret),
      fc.constant('EMP-1'),
    );
    fc.assert(
      fc.property(spanOf(calm, hidden), (span) => {
        expect(records(encode(span)).map(hex)).toEqual([hex(encode(span))]);
      }),
      RUNS,
    );
  });

  it('is read the same but for its texts', () => {
    const { records, text } = masker(KINDS);
    const some = fc.oneof(
      calm,
      anySecret.map(({ secret }) => `x ${secret} y`),
    );
    const changed = (key: string, value: unknown): unknown =>
      key === 'traceState'
        ? value
        : typeof value === 'string'
          ? text(value)
          : typeof value === 'bigint'
            ? String(value)
            : value;
    fc.assert(
      fc.property(spanOf(some, calm), (span) => {
        const [after] = records(encode(span));
        expect(JSON.stringify(read(after!), changed)).toBe(JSON.stringify(read(encode(span)), changed));
      }),
      RUNS,
    );
  });

  it('is refused if it is cut or garbled, or has nothing left that a reader would find', () => {
    const { records } = masker(['email']);
    const secret = 'ada@example.com';
    let refused = 0;
    fc.assert(
      fc.property(
        spanOf(fc.constant(secret), calm),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
        fc.nat(),
        (span, changes, length) => {
          const broken = Buffer.from(encode(span));
          for (const [at, byte] of changes) broken[at % broken.length] = byte;
          const bytes = length % 2 === 0 ? broken : broken.subarray(0, length % broken.length);
          let after: Buffer;
          try {
            [after] = records(bytes) as [Buffer];
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
            refused++;
            return;
          }
          expect(texts(read(after)).filter((text) => text.includes(secret))).toEqual([]);
        },
      ),
      RUNS,
    );
    expect(refused).toBeGreaterThan(0);
  });

  it('leaves out nothing but itself when it is refused', () => {
    const bytesMask = createBytesMask({ kinds: ['email'], expressions: [], lengthLimit: Infinity }, []);
    const mask = createRecordMask('traces', bytesMask);
    const good = bytesField(5, Buffer.from('ada@example.com'));
    const bad = Buffer.concat([good, Buffer.from([0x2a, 0x7f, 1])]);
    mask.begin();
    expect(mask.add(good, 0, good.length)).toBe(9);
    expect(() => mask.add(bad, 0, bad.length)).toThrow(RangeError);
    expect(mask.add(good, 0, good.length)).toBe(9);
    expect(mask.bytes().toString()).toBe('*\x07[email]*\x07[email]');
  });

  it('is refused when it is nested deeper than any value', () => {
    const { records } = masker(['email']);
    let value: Buffer = bytesField(1, Buffer.from('ada@example.com'));
    for (let depth = 0; depth < 200; depth++) value = bytesField(5, bytesField(1, value));
    expect(() => records(bytesField(9, bytesField(2, value)))).toThrow('nested too deep');
  });
});

describe('other signals', () => {
  it('a log record is masked in its body, its attributes and its event’s name', () => {
    const bytesMask = createBytesMask({ kinds: ['email'], expressions: [], lengthLimit: Infinity }, []);
    const mask = createRecordMask('logs', bytesMask);
    const text = (number: number): Buffer => bytesField(number, Buffer.from('ada@example.com'));
    const record = Buffer.concat([
      text(3),
      bytesField(5, text(1)),
      bytesField(6, bytesField(2, text(1))),
      text(12),
      text(9),
    ]);
    mask.begin();
    mask.add(record, 0, record.length);
    expect(
      mask
        .bytes()
        .toString()
        .match(/\[email\]|ada@example\.com/g),
    ).toEqual(['ada@example.com', '[email]', '[email]', '[email]', 'ada@example.com']);
  });

  it('those of which nothing is known are refused', () => {
    expect(() => createRecordMask('profiles', () => undefined)).toThrow('profiles cannot be masked');
  });
});
