import * as t from '../../../metrics/table.ts';
import type { Kept } from '../../messages.ts';

/**
 * What the export side knows beyond the tables of the threads, in shared memory: one that takes the place of another, because that died or
 * was not a thread, goes on where it was. It has the layout of a table.
 */
export interface Ledger {
  /** What threads counted that have ended. */
  readonly retired: t.Table;
  /** What has arrived of it all, where that is not sent again: undefined for cumulative sums. */
  readonly sent: t.Table | undefined;
}

// Numbers of 8 bytes in the header of a table: ms since the epoch.
const START_MS = 2;
const SENT_MS = 3;

export function createLedger(exponential: boolean, delta: boolean, startMs: number): Ledger {
  const retired = t.createTable(exponential);
  retired.doubles[START_MS] = retired.doubles[SENT_MS] = startMs;
  return { retired, sent: delta ? t.createTable(exponential) : undefined };
}

export function ledgerOf({ retired, sent }: Kept): Ledger {
  return { retired: t.tableOf(retired), sent: sent && t.tableOf(sent) };
}

export function keptOf({ retired, sent }: Ledger): Kept {
  return { retired: retired.shared, sent: sent?.shared };
}

/** When counting began, in ms since the epoch. */
export function startOf({ retired }: Ledger): number {
  return retired.doubles[START_MS];
}

/** When what was sent last was read. */
export function sentAt({ retired }: Ledger): number {
  return retired.doubles[SENT_MS];
}

export function setSentAt({ retired }: Ledger, ms: number): void {
  retired.doubles[SENT_MS] = ms;
}

/** The numbers of one set of attributes, from a table that nobody writes to meanwhile. */
export function readNumbers(
  { doubles, counts }: t.Table,
  cells: number,
  length: number,
): { sum: number; counts: Uint32Array } {
  const first = (cells + t.COUNTS) >> 2;
  return { sum: doubles[cells >> 3], counts: counts.slice(first, first + length) };
}

export function setNumbers(
  table: t.Table,
  cells: number,
  { sum, counts }: { sum: number; counts: Float64Array },
): void {
  table.doubles[cells >> 3] = sum;
  table.counts.set(counts, (cells + t.COUNTS) >> 2);
}

export function addNumbers(
  table: t.Table,
  cells: number,
  { sum, counts }: { sum: number; counts: Uint32Array },
): void {
  table.doubles[cells >> 3] += sum;
  const first = (cells + t.COUNTS) >> 2;
  for (let i = 0; i < counts.length; i++) table.counts[first + i] += counts[i];
}
