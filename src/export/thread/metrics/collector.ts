import { CUMULATIVE, DELTA, type Exemplar, type MetricData, type Point } from '../../../metrics/data.ts';
import { type Instrument, instruments } from '../../../metrics/instrument.ts';
import { isFolded, setFolded } from '../../../metrics/folded.ts';
import * as t from '../../../metrics/table.ts';
import type { Kept } from '../../messages.ts';
import type { Temporality } from '../../options.ts';
import { fitted } from './exponential.ts';
import * as ledgers from './kept.ts';

/** Where a collector leaves what the next one has to know. */
export interface Memory {
  /** Of the collector before. */
  readonly kept: Kept | undefined;
  /** Called once, with the first table, where there was none before. */
  keep(kept: Kept): void;
}

/** Reads the tables of the app's threads and adds up what they count. */
export interface Collector {
  /** A second call for the same thread does nothing. */
  add(threadId: number, shared: SharedArrayBuffer): void;
  /** The thread is gone: what it counted stays, what it had under way does not. */
  ended(threadId: number): void;
  /** Everything since the start of the process, for who asks for the state (a scrape). */
  state(): MetricData[];
  /** What is to be sent now. Until `sent`, the next call has it again. */
  collect(): MetricData[];
  /** What the last `collect` gave has arrived. */
  sent(): void;
}

interface Source {
  readonly table: t.Table;
  position: number;
  readonly series: Series[];
}

/** One set of attributes in the table of one thread, and what was read of it so far. */
interface Series {
  readonly merged: Merged;
  readonly cells: number;
  sum: number;
  counts: Uint32Array;
}

/** One set of attributes over all threads. */
interface Merged {
  readonly instrument: Instrument;
  readonly attributes: Uint8Array;
  readonly firstNs: bigint;
  /** Since the start. */
  readonly total: Numbers;
  /** Since what was last sent. */
  readonly interval: Numbers;
  /** Of a gauge or an up-down counter. */
  value: number;
  exemplar: Exemplar | undefined;
  /** Where it stands in the tables that outlive this collector; -1 = they have no room for it. */
  retiredAt?: number;
  sentAt?: number;
}

interface Numbers {
  sum: number;
  min: number;
  max: number;
  counts: Float64Array;
}

/**
 * @param nowNs ns since the epoch
 * @param memory what outlives the collector; undefined = nothing does
 * @param startedNs when counting began
 */
export function createCollector(
  temporality: Temporality,
  exponential: boolean,
  nowNs: () => bigint = () => BigInt(Date.now()) * 1_000_000n,
  memory?: Memory,
  startedNs: bigint = nowNs(),
): Collector {
  const sources = new Map<number, Source>();
  const merged: Map<string, Merged>[] = [];
  let ledger = memory?.kept && ledgers.ledgerOf(memory.kept);
  const isResumed = ledger !== undefined;
  const startNs = ledger === undefined ? startedNs : nsOf(ledgers.startOf(ledger));
  let intervalNs = ledger === undefined ? startNs : nsOf(ledgers.sentAt(ledger));
  let pendingNs = startNs;
  if (ledger !== undefined) resume(ledger);

  /** Goes on from what the collector before has left. */
  function resume({ retired, sent }: ledgers.Ledger): void {
    t.readSeries(retired, 0, ({ instrument, attributes, cells }) => {
      const one = mergedOf(instrument, attributes);
      const { sum, counts } = ledgers.readNumbers(retired, cells, one.total.counts.length);
      one.retiredAt = cells;
      for (const numbers of [one.total, one.interval]) addTo(numbers, sum, counts, 1);
    });
    if (sent === undefined) return;
    t.readSeries(sent, 0, ({ instrument, attributes, cells }) => {
      const one = mergedOf(instrument, attributes);
      const { sum, counts } = ledgers.readNumbers(sent, cells, one.total.counts.length);
      one.sentAt = cells;
      // The tables have it still.
      addTo(one.interval, sum, counts, -1);
    });
  }

  /** Moves what a thread that has ended counted to where it outlives this collector; there may be no room. */
  function retire({ retired }: ledgers.Ledger, { table, series }: Source): void {
    const summed = series.filter(({ merged: { instrument } }) => isSummed(instrument));
    for (const { merged: one } of summed) {
      one.retiredAt ??= t.addSeries(retired, one.instrument.number, one.attributes);
      if (one.retiredAt === -1) return;
    }
    for (const one of summed) ledgers.addNumbers(retired, one.merged.retiredAt!, one);
    setFolded(table.shared);
  }

  function noteSent(into: t.Table, one: Merged): void {
    one.sentAt ??= t.addSeries(into, one.instrument.number, one.attributes);
    if (one.sentAt !== -1) ledgers.setNumbers(into, one.sentAt, one.total);
  }

  function mergedOf(number: number, attributes: Uint8Array): Merged {
    const of = (merged[number] ??= new Map());
    const key = Buffer.from(attributes).toString('latin1');
    let found = of.get(key);
    if (found === undefined) {
      const size = t.countsOf(number, exponential);
      found = {
        instrument: instruments[number],
        attributes,
        firstNs: startNs,
        total: numbers(size),
        interval: numbers(size),
        value: NaN,
        exemplar: undefined,
      };
      of.set(key, found);
    }
    return found;
  }

  /** Brings the sums up to date. */
  function read(): void {
    for (const of of merged) {
      for (const one of of?.values() ?? []) {
        if (one.instrument.kind === 'updown' && !Number.isNaN(one.value)) one.value = 0;
      }
    }
    for (const source of sources.values()) readSource(source);
  }

  function readSource(source: Source): void {
    const { table, series } = source;
    source.position = t.readSeries(table, source.position, ({ instrument, attributes, cells }) => {
      const counts = new Uint32Array(t.countsOf(instrument, exponential));
      series.push({ merged: mergedOf(instrument, attributes), cells, sum: 0, counts });
    });
    for (const one of series) readOne(table, one);
  }

  function readOne(table: t.Table, one: Series): void {
    const { merged: into, cells } = one;
    const { doubles, words, counts } = table;
    const value = doubles[cells >> 3];
    const { kind } = into.instrument;
    const isSet = words[(cells + t.VALUE_EPOCH) >> 2] !== 0;
    if (kind === 'updown') {
      if (isSet) into.value = (Number.isNaN(into.value) ? 0 : into.value) + value;
      return;
    }
    if (kind === 'gauge') {
      if (isSet) into.value = value;
      return;
    }
    const more = value - one.sum;
    let measured = more !== 0;
    const first = (cells + t.COUNTS) >> 2;
    for (let i = 0; i < one.counts.length; i++) {
      const now = counts[first + i];
      const added = (now - one.counts[i]) >>> 0;
      if (added === 0) continue;
      measured = true;
      one.counts[i] = now;
      into.total.counts[i] += added;
      into.interval.counts[i] += added;
    }
    if (!measured) return;
    one.sum = value;
    into.total.sum += more;
    into.interval.sum += more;
    if (kind === 'counter') return;
    const epoch = t.epochOf(table) + 1;
    if (words[(cells + t.VALUE_EPOCH) >> 2] === epoch) {
      const min = doubles[(cells + t.MIN) >> 3];
      const max = doubles[(cells + t.MAX) >> 3];
      for (const numbers of [into.total, into.interval]) {
        numbers.min = Math.min(numbers.min, min);
        numbers.max = Math.max(numbers.max, max);
      }
    }
    if (words[(cells + t.EXEMPLAR_EPOCH) >> 2] === epoch)
      into.exemplar = exemplarOf(table, cells) ?? into.exemplar;
  }

  function isDelta(instrument: Instrument): boolean {
    return temporality !== 'cumulative' && isSummed(instrument);
  }

  function data(all: boolean, timeNs: bigint): MetricData[] {
    const metrics: MetricData[] = [];
    for (const of of merged) {
      if (of === undefined) continue;
      const points: Point[] = [];
      let instrument: Instrument | undefined;
      let delta = false;
      for (const one of of.values()) {
        ({ instrument } = one);
        delta = !all && isDelta(instrument);
        const point = pointOf(one, delta, delta ? intervalNs : one.firstNs, timeNs, exponential);
        if (point === undefined) continue;
        // Those of the time before are not known.
        points.push(
          isResumed && !delta && 'min' in point ? { ...point, min: undefined, max: undefined } : point,
        );
      }
      if (instrument === undefined || points.length === 0) continue;
      const { name, unit, description, kind } = instrument;
      metrics.push({ name, unit, description, kind, temporality: delta ? DELTA : CUMULATIVE, points });
    }
    return metrics;
  }

  return {
    add(threadId, shared) {
      if (sources.has(threadId) || isFolded(shared)) return;
      if (memory !== undefined && ledger === undefined) {
        ledger = ledgers.createLedger(exponential, temporality !== 'cumulative', msOf(startNs));
        memory.keep(ledgers.keptOf(ledger));
      }
      sources.set(threadId, { table: t.tableOf(shared), position: 0, series: [] });
    },
    ended(threadId) {
      const source = sources.get(threadId);
      if (source === undefined) return;
      readSource(source);
      sources.delete(threadId);
      if (ledger !== undefined) retire(ledger, source);
    },
    state() {
      read();
      return data(true, nowNs());
    },
    collect() {
      read();
      pendingNs = nowNs();
      return data(false, pendingNs);
    },
    sent() {
      intervalNs = pendingNs;
      for (const { table } of sources.values()) t.nextEpoch(table);
      for (const of of merged) {
        for (const one of of?.values() ?? []) {
          if (ledger?.sent !== undefined && !isEmpty(one, one.interval)) noteSent(ledger.sent, one);
          reset(one.interval);
          one.exemplar = undefined;
        }
      }
      if (ledger !== undefined) ledgers.setSentAt(ledger, msOf(pendingNs));
    },
  };
}

const NS_OF_MS = 1_000_000n;

function nsOf(ms: number): bigint {
  return BigInt(ms) * NS_OF_MS;
}

function msOf(ns: bigint): number {
  return Number(ns / NS_OF_MS);
}

/** Whether it is a sum since some time, and not the state at one. */
function isSummed({ kind }: Instrument): boolean {
  return kind === 'histogram' || kind === 'counter';
}

function numbers(size: number): Numbers {
  return { sum: 0, min: Infinity, max: -Infinity, counts: new Float64Array(size) };
}

function addTo(numbers: Numbers, sum: number, counts: Uint32Array, sign: 1 | -1): void {
  numbers.sum += sign * sum;
  for (let i = 0; i < counts.length; i++) numbers.counts[i] += sign * counts[i];
}

/** Whether nothing was measured. A sum that is a hair below zero comes of adding up in another order. */
function isEmpty({ instrument: { kind } }: Merged, { sum, counts }: Numbers): boolean {
  return kind === 'counter' ? sum <= 0 : counts.every((count) => count === 0);
}

function reset(numbers: Numbers): void {
  numbers.sum = 0;
  numbers.min = Infinity;
  numbers.max = -Infinity;
  numbers.counts.fill(0);
}

function exemplarOf({ words, doubles }: t.Table, cells: number): Exemplar | undefined {
  const sequence = (cells + t.EXEMPLAR_SEQUENCE) >> 2;
  const before = Atomics.load(words, sequence);
  const value = doubles[(cells + t.EXEMPLAR_VALUE) >> 3];
  const timeMs = doubles[(cells + t.EXEMPLAR_TIME) >> 3];
  const at = (cells + t.EXEMPLAR_IDS) >> 2;
  const ids = Array.from(words.slice(at, at + 6));
  // It was written to meanwhile: the next time.
  if ((before & 1) !== 0 || Atomics.load(words, sequence) !== before) return undefined;
  return { value, timeNs: BigInt(Math.round(timeMs * 1000)) * 1000n, ids };
}

function pointOf(
  merged: Merged,
  delta: boolean,
  startNs: bigint,
  timeNs: bigint,
  exponential: boolean,
): Point | undefined {
  const { instrument, attributes, total, interval, value, exemplar } = merged;
  const common = { attributes, startNs, timeNs };
  const { kind, bounds = [] } = instrument;
  if (kind === 'gauge' || kind === 'updown') return Number.isNaN(value) ? undefined : { ...common, value };
  const numbers = delta ? interval : total;
  if (isEmpty(merged, numbers)) return undefined;
  if (kind === 'counter') return { ...common, value: numbers.sum };
  const { sum, min, max } = numbers;
  return {
    ...common,
    sum,
    min: min === Infinity ? undefined : min,
    max: max === -Infinity ? undefined : max,
    ...(exponential
      ? { bounds: [], ...fitted(numbers.counts) }
      : { bounds, counts: Array.from(numbers.counts), exponential: undefined }),
    exemplars: exemplar === undefined ? [] : [exemplar],
  };
}
