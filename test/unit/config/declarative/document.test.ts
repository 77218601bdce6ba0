/** The table of the specification's configuration data model, and what it says beside it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../../../src/config/declarative/document.ts';
import { substitute } from '../../../../src/config/declarative/substitute.ts';

const ENV = {
  STRING_VALUE: 'value',
  BOOL_VALUE: 'true',
  INT_VALUE: '1',
  FLOAT_VALUE: '1.1',
  HEX_VALUE: '0xdeadbeef',
  INVALID_MAP_VALUE: 'value\nkey:value',
  DO_NOT_REPLACE_ME: 'Never use this value',
  REPLACE_ME: '${DO_NOT_REPLACE_ME}',
  VALUE_WITH_ESCAPE: 'value$$',
  EMPTY: '',
};

const read = (text: string): unknown => readDocument(text, ENV).tree;

describe('references to variables', () => {
  it.each<[written: string, value: unknown]>([
    ['${STRING_VALUE}', 'value'],
    ['${BOOL_VALUE}', true],
    ['${INT_VALUE}', 1],
    ['${FLOAT_VALUE}', 1.1],
    ['${HEX_VALUE}', 0xdeadbeef],
    ['"${STRING_VALUE}"', 'value'],
    ['"${BOOL_VALUE}"', 'true'],
    ['"${INT_VALUE}"', '1'],
    ["'${FLOAT_VALUE}'", '1.1'],
    ['"${HEX_VALUE}"', '0xdeadbeef'],
    ['!!str ${INT_VALUE}', '1'],
    ['${env:STRING_VALUE}', 'value'],
    ['${INVALID_MAP_VALUE}', 'value\nkey:value'],
    ['foo ${STRING_VALUE} ${FLOAT_VALUE}', 'foo value 1.1'],
    ['${UNDEFINED_KEY}', null],
    ['"${UNDEFINED_KEY}"', ''],
    ['${EMPTY:-fallback}', 'fallback'],
    ['${UNDEFINED_KEY:-fallback}', 'fallback'],
    ['${UNDEFINED_KEY:-}', null],
    ['${env:UNDEFINED_KEY:-2}', 2],
    ['${REPLACE_ME}', '${DO_NOT_REPLACE_ME}'],
    ['${UNDEFINED_KEY:-${STRING_VALUE}}', '${STRING_VALUE}'],
    ['$${STRING_VALUE}', '${STRING_VALUE}'],
    ['$$${STRING_VALUE}', '$value'],
    ['$$$${STRING_VALUE}', '$${STRING_VALUE}'],
    ['$${STRING_VALUE:-fallback}', '${STRING_VALUE:-fallback}'],
    ['$${STRING_VALUE:-${STRING_VALUE}}', '${STRING_VALUE:-value}'],
    ['${UNDEFINED_KEY:-$${UNDEFINED_KEY}}', '${UNDEFINED_KEY:-${UNDEFINED_KEY}}'],
    ['${VALUE_WITH_ESCAPE}', 'value$$'],
    ['a $$ b', 'a $ b'],
    ['a $ b', 'a $ b'],
    ['|\n  ${STRING_VALUE}\n  $$', 'value\n$\n'],
  ])('key: %s', (written, value) => {
    expect(read(`key: ${written}`)).toEqual({ key: value });
  });

  it('are none in keys and comments, and cannot make structure', () => {
    expect(read('${STRING_VALUE}: value # ${1}')).toEqual({ '${STRING_VALUE}': 'value' });
    expect(readDocument('key: ${A}\nlist:\n  - ${A}', { A: '{ a: [1, 2] }' }).tree).toEqual({
      key: '{ a: [1, 2] }',
      list: ['{ a: [1, 2] }'],
    });
  });

  it.each([
    '${STRING_VALUE:?error}',
    '${1API_KEY}',
    '${API_$KEY}',
    '${sys:name}',
    '${env:}',
    '${ A}',
    '${A:b}',
  ])('refuse %s, and say where', (written) => {
    expect(() => read(`a: 1\nkey: ${written}`)).toThrow(
      'has a ${…} that names no variable (line 2, column 6)',
    );
  });

  it('are told, each with its name', () => {
    const { references } = readDocument('a: ${A}\nb: "${env:B:-x} ${C}"\nc: $${D}', {});
    expect([...references]).toEqual(['A', 'B', 'C']);
  });

  it('leave every text alone that has no dollar sign, and put any value in as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const plain = text.replaceAll('$', '');
        expect(substitute(plain, {}, () => {})).toBe(plain);
        expect(substitute('<${A}>', { A: text }, () => {})).toBe(`<${text}>`);
        expect(substitute(text.replaceAll('$', '$$$$'), {}, () => {})).toBe(text);
      }),
    );
  });
});

describe('a YAML file', () => {
  it.each<[title: string, text: string, line: string]>([
    ['two of one key', 'a: secret\na: other', 'DUPLICATE_KEY, line 2'],
    ['an open quote', 'a: "secret\n', 'MISSING_CHAR, line 2'],
    ['a tab for a blank', 'a:\n\tb: secret', 'TAB_AS_INDENT, line 2'],
  ])('with %s is refused, and nothing of it shown', (_, text, line) => {
    expect(() => read(text)).toThrow(`is not valid YAML (${line}`);
    expect(() => read(text)).not.toThrow('secret');
  });

  it('is read by the core schema of YAML 1.2: `on` is a text', () => {
    expect(read('a: on\nb: 0o17\nc: ~\nd: 2001-01-01\ne: .inf')).toEqual({
      a: 'on',
      b: 15,
      c: null,
      d: '2001-01-01',
      e: Infinity,
    });
  });
});
