import { expect, expectTypeOf, it } from 'vitest';
import { GROUPS, type Row, VARIABLES } from '../../../src/config/table.ts';
import type { Group, ValueOf, Variable } from '../../../src/config/variable.ts';

const rows = VARIABLES as readonly Variable[];

it('has every name and alias once', () => {
  const names = rows.flatMap((row) => [row.name, ...(row.aliases ?? [])]);
  expect(new Set(names).size).toBe(names.length);
});

it('has names of OpenTelemetry, or of foretrace, and in the group of its own these alone', () => {
  for (const { title, rows } of GROUPS as readonly Group[]) {
    const name = /of foretrace alone$/i.test(title) ? /^FORETRACE_[A-Z_]+$/ : /^(OTEL|FORETRACE)_[A-Z_]+$/;
    // https://no-color.org, a convention of its own
    for (const row of rows) if (row.name !== 'NO_COLOR') expect(row.name).toMatch(name);
  }
});

it('has each row after those that it names, which are of the same type', () => {
  rows.forEach((row, index) => {
    for (const name of [row.fallback, row.atMost]) {
      if (name === undefined) continue;
      expect(rows.slice(0, index).find((other) => other.name === name)?.type).toBe(row.type);
    }
    if (row.fallback !== undefined) {
      expect(rows.find(({ name }) => name === row.fallback)?.default).toEqual(row.default);
    }
  });
});

it('has one row for each place of the configuration, and no value where others are placed below', () => {
  const places = rows.flatMap(({ to }) => to ?? []);
  expect(new Set(places).size).toBe(places.length);
  for (const place of places) {
    expect(places.filter((other) => other.startsWith(`${place}.`))).toEqual([]);
  }
});

it('has a use for every row: a place, another row, or a line about it', () => {
  const useless = rows.filter(
    ({ name, to, remark }) =>
      to === undefined && remark === undefined && !rows.some(({ fallback }) => fallback === name),
  );
  expect(useless.map(({ name }) => name)).toEqual([]);
});

it('hands what a row reads to functions that take just that', () => {
  type Mismatch<R extends Variable> = R extends { as: (value: infer V) => unknown }
    ? ValueOf<R> extends V
      ? never
      : R['name']
    : never;
  type Remark<R extends Variable> = R extends { remark: (value: infer V, ...rest: never[]) => unknown }
    ? ValueOf<R> extends V | undefined
      ? never
      : R['name']
    : never;
  expectTypeOf<Mismatch<Row> | Remark<Row>>().toBeNever();
  // A name that is not in the way of the proof.
  expectTypeOf<
    Mismatch<{ name: 'X'; type: 'boolean'; default: true; help: ''; as: (value: string) => 1 }>
  >().toEqualTypeOf<'X'>();
});

it('has defaults among the accepted words and within the bounds', () => {
  for (const row of rows) {
    if (row.values !== undefined && row.default !== undefined)
      expect(row.values).toEqual(expect.arrayContaining([row.default].flat()));
    if (row.min !== undefined && row.default !== undefined)
      expect(row.default).toBeGreaterThanOrEqual(row.min);
  }
});

it('lets change while the app runs what `reconfigure` of src/agent.ts and the switch hand on', () => {
  const changing = rows.filter(({ runtime }) => runtime === true);
  expect(new Set(changing.map(({ to }) => to?.split('.')[0]))).toEqual(
    new Set(['logLevel', 'tracing', 'sampler', 'sampling']),
  );
});

it('has a unit for every time, and one line of help for every row', () => {
  for (const row of rows) {
    if (['duration', 'timeout', 'time'].includes(row.type)) expect(row.unit).toBe('ms');
    expect(row.help).toMatch(/^\S[^\n]*\.$/);
  }
});
