import { type Block, block } from '../encode/span.ts';
import { key } from '../encode/key.ts';
import { log } from '../log.ts';
import { SAMPLED } from '../trace/span.ts';
import type { SpanIds } from '../trace/span-context.ts';
import type { Instrument } from './instrument.ts';
import * as t from './table.ts';

/** The most series of an instrument; what comes after them is counted in one, as the specification says. */
const MAX_SERIES = 2_000;
const OVERFLOW = block([key('otel.metric.overflow'), true]);

/** One set of attributes of a histogram. */
export interface Histogram {
  /** @param ids of the span that the measurement was made in: if it is sampled, it may become the exemplar of its interval */
  record(value: number, ids: SpanIds | undefined): void;
}

/** One set of attributes of a counter or an up-down counter. */
export interface Sum {
  add(value: number): void;
}

/** One set of attributes of a gauge, or of a sum whose whole value is known. */
export interface Gauge {
  set(value: number): void;
}

/** The series of this thread. */
export interface Metrics {
  histogram(instrument: Instrument, attributes: Block): Histogram;
  sum(instrument: Instrument, attributes: Block): Sum;
  gauge(instrument: Instrument, attributes: Block): Gauge;
  /** Whether there is any series. */
  isUsed(): boolean;
  /** Whether an instrument has no room for further series: what belongs to them need not be remembered. */
  isFull(instrument: Instrument): boolean;
}

/**
 * @param onTable called with the table when there is a first series
 * @param wallTime ms since the epoch for a monotonic time
 */
export function createMetrics(
  exponential: boolean,
  exemplars: boolean,
  onTable: (shared: SharedArrayBuffer) => void,
  unixMs: () => number,
): Metrics {
  let table: t.Table | undefined;
  /** How many series of each instrument there are; Infinity once there is no room for more. */
  const made: number[] = [];
  const overflows: number[] = [];
  /** What all further series of a full instrument are. */
  const full: Histogram[] = [];

  function add({ number, name }: Instrument, attributes: Block): number {
    if (table === undefined) {
      table = t.createTable(exponential);
      onTable(table.shared);
    }
    const count = (made[number] ??= 0);
    if (count === 0) overflows[number] = t.addSeries(table, number, OVERFLOW.bytes);
    if (count < MAX_SERIES) {
      const cells = t.addSeries(table, number, attributes.bytes);
      if (cells !== -1) {
        made[number]++;
        return cells;
      }
    }
    if (made[number] < Infinity) {
      made[number] = Infinity;
      log.warn(
        `${name} has ${count} sets of attributes; all others are counted together (otel.metric.overflow)`,
      );
    }
    return overflows[number];
  }

  return {
    histogram(instrument, attributes) {
      const known = full[instrument.number];
      if (known !== undefined) return known;
      const cells = add(instrument, attributes);
      if (cells === -1) return NOTHING;
      const of = table as t.Table;
      const series = exponential
        ? exponentialHistogram(of, cells, exemplars, unixMs)
        : explicitHistogram(of, cells, instrument.bounds ?? [], exemplars, unixMs);
      if (made[instrument.number] === Infinity) full[instrument.number] = series;
      return series;
    },
    sum(instrument, attributes) {
      const cells = add(instrument, attributes);
      if (cells === -1) return NOTHING;
      const { doubles, words } = table as t.Table;
      const at = cells >> 3;
      return {
        add(value) {
          if (value - value !== 0) return;
          doubles[at] += value;
          words[(cells + t.VALUE_EPOCH) >> 2] = 1;
        },
      };
    },
    gauge(instrument, attributes) {
      const cells = add(instrument, attributes);
      if (cells === -1) return NOTHING;
      const { doubles, words } = table as t.Table;
      return {
        set(value) {
          if (value - value !== 0) return;
          doubles[cells >> 3] = value;
          // Told from a cell that nothing was written to.
          words[(cells + t.VALUE_EPOCH) >> 2] = 1;
        },
      };
    },
    isUsed: () => table !== undefined,
    isFull: ({ number }) => made[number] === Infinity,
  };
}

/** Of an instrument that the full table has not even room for one series of. */
const NOTHING: Histogram & Sum & Gauge = { record() {}, add() {}, set() {} };

function explicitHistogram(
  table: t.Table,
  cells: number,
  bounds: readonly number[],
  exemplars: boolean,
  unixMs: () => number,
): Histogram {
  const { counts } = table;
  const first = (cells + t.COUNTS) >> 2;
  const { length } = bounds;
  return {
    record(value, ids) {
      // NaN and infinities say nothing, and would be in the sum for ever.
      if (value - value !== 0) return;
      let i = 0;
      while (i < length && value > bounds[i]) i++;
      counts[first + i]++;
      note(table, cells, value, exemplars ? ids : undefined, unixMs);
    },
  };
}

function exponentialHistogram(
  table: t.Table,
  cells: number,
  exemplars: boolean,
  unixMs: () => number,
): Histogram {
  const { counts } = table;
  const first = (cells + t.COUNTS) >> 2;
  const last = t.EXPONENTIAL_BUCKETS - 1;
  return {
    record(value, ids) {
      if (value - value !== 0 || value < 0) return;
      if (value === 0) counts[first]++;
      else {
        // Bounds belong to the bucket below.
        const index = Math.ceil(Math.log2(value) * (1 << t.EXPONENTIAL_SCALE)) - 1 - t.FIRST_INDEX;
        counts[first + 1 + Math.min(Math.max(index, 0), last)]++;
      }
      note(table, cells, value, exemplars ? ids : undefined, unixMs);
    },
  };
}

/** Sum, least and greatest value, and the exemplar: the slowest sampled one of the interval, which is the one worth a look. */
function note(
  table: t.Table,
  cells: number,
  value: number,
  ids: SpanIds | undefined,
  unixMs: () => number,
): void {
  const { doubles, words } = table;
  const at = cells >> 3;
  doubles[at] += value;
  const epoch = t.epochOf(table);
  const word = cells >> 2;
  if (words[word + (t.VALUE_EPOCH >> 2)] !== epoch + 1) {
    words[word + (t.VALUE_EPOCH >> 2)] = epoch + 1;
    doubles[at + (t.MIN >> 3)] = value;
    doubles[at + (t.MAX >> 3)] = value;
  } else if (value > doubles[at + (t.MAX >> 3)]) doubles[at + (t.MAX >> 3)] = value;
  else if (value < doubles[at + (t.MIN >> 3)]) doubles[at + (t.MIN >> 3)] = value;
  // What is held may be dropped yet.
  if (ids === undefined || (ids.flags & SAMPLED) === 0) return;
  const isFirst = words[word + (t.EXEMPLAR_EPOCH >> 2)] !== epoch + 1;
  if (!isFirst && value <= doubles[at + (t.EXEMPLAR_VALUE >> 3)]) return;
  const sequence = word + (t.EXEMPLAR_SEQUENCE >> 2);
  Atomics.store(words, sequence, words[sequence] | 1);
  doubles[at + (t.EXEMPLAR_VALUE >> 3)] = value;
  doubles[at + (t.EXEMPLAR_TIME >> 3)] = unixMs();
  const id = word + (t.EXEMPLAR_IDS >> 2);
  words[id] = ids.t0;
  words[id + 1] = ids.t1;
  words[id + 2] = ids.t2;
  words[id + 3] = ids.t3;
  words[id + 4] = ids.s0;
  words[id + 5] = ids.s1;
  words[word + (t.EXEMPLAR_EPOCH >> 2)] = epoch + 1;
  Atomics.store(words, sequence, (words[sequence] + 1) | 0);
}
