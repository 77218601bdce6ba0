import { expect, it } from 'vitest';
import { GROUPS, VARIABLES, type Variable } from '../../../src/config/table.ts';

const rows = VARIABLES as readonly Variable[];

it('has every name and alias once', () => {
  const names = rows.flatMap((row) => [row.name, ...(row.aliases ?? [])]);
  expect(new Set(names).size).toBe(names.length);
});

it('has names of OpenTelemetry, or of foretrace in the group of its own', () => {
  for (const row of rows) {
    // https://no-color.org, a convention of its own
    if (row.name === 'NO_COLOR') continue;
    expect(row.name).toMatch(row.group === 'foretrace' ? /^FORETRACE_[A-Z_]+$/ : /^OTEL_[A-Z_]+$/);
  }
});

it('lists the rows in the order of the groups, and no group is empty', () => {
  const order = rows.map((row) => GROUPS.findIndex((group) => group.id === row.group));
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(new Set(order).size).toBe(GROUPS.length);
});

it('has each row after the one of the same type that it falls back to', () => {
  rows.forEach((row, index) => {
    if (row.fallback === undefined) return;
    const earlier = rows.slice(0, index).find((other) => other.name === row.fallback);
    expect(earlier?.type).toBe(row.type);
    expect(earlier?.default).toEqual(row.default);
  });
});

it('has defaults among the accepted words and within the bounds', () => {
  for (const row of rows) {
    if (row.values !== undefined) expect(row.values).toEqual(expect.arrayContaining([row.default].flat()));
    if (row.min !== undefined) expect(row.default).toBeGreaterThanOrEqual(row.min);
  }
});

it('has a unit for every time, and one line of help for every row', () => {
  for (const row of rows) {
    if (row.type === 'duration' || row.type === 'timeout') expect(row.unit).toBe('ms');
    expect(row.help).toMatch(/^\S[^\n]*\.$/);
  }
});
