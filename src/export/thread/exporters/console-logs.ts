import type { DecodedLog } from '../../../encode/read.ts';

/** So many records wait for their trace, and so long; then they are shown without it. */
const MAX_WAITING = 2_000;
const WAIT_MS = 5_000;

/** Records on their way to the console that belong to traces which go there too. */
export interface WaitingLogs {
  /** @returns records that are to be shown now: they have no trace to wait for, or have waited long enough */
  add(logs: readonly DecodedLog[], nowMs: number): DecodedLog[];
  /** Those of a trace that is shown now. */
  take(traceId: string): DecodedLog[];
  /** All that still wait. */
  rest(): DecodedLog[];
  /** Resolves when the records that were written before are here, or after a moment. */
  settle(): Promise<void>;
  onSettle(settle: () => Promise<void>): void;
}

interface Waiting {
  logs: DecodedLog[];
  sinceMs: number;
}

export function createWaitingLogs(): WaitingLogs {
  const traces = new Map<string, Waiting>();
  let count = 0;
  let settle = async (): Promise<void> => {};

  function take(traceId: string): DecodedLog[] {
    const waiting = traces.get(traceId);
    if (waiting === undefined) return [];
    traces.delete(traceId);
    count -= waiting.logs.length;
    return waiting.logs;
  }

  return {
    add(logs, nowMs) {
      const due: DecodedLog[] = [];
      for (const log of logs) {
        // What is not sampled is never shown.
        if (log.traceId === '' || (log.flags & 1) === 0) {
          due.push(log);
          continue;
        }
        const waiting = traces.get(log.traceId);
        if (waiting === undefined) traces.set(log.traceId, { logs: [log], sinceMs: nowMs });
        else waiting.logs.push(log);
        count++;
      }
      for (const [traceId, { sinceMs }] of traces) {
        if (count <= MAX_WAITING && nowMs - sinceMs < WAIT_MS) break;
        due.push(...take(traceId));
      }
      return due;
    },
    take,
    rest() {
      return [...traces.keys()].flatMap(take);
    },
    settle: () => settle(),
    onSettle(wanted) {
      settle = wanted;
    },
  };
}
