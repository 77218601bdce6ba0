import { now as monotonic } from '../../trace/clock.ts';
import { log } from '../../log.ts';
import { count, type Signal, WORDS } from '../signal.ts';

/** Turns the outcomes of an exporter into one line for each change of state instead of one for each batch. */
export interface Health {
  succeeded(): void;
  /** @param records how many records are lost with it; 0 = it is tried again */
  failed(reason: string, records: number): void;
  /** Delivered, but with a remark of the other side. */
  remarked(remark: string): void;
}

/** @param what completes "cannot ...": names the destination, without secrets */
export function createHealth(what: string, signal: Signal): Health {
  let failing = false;
  let lost = 0;
  let lastRemark: string | undefined;
  return {
    succeeded() {
      if (failing) log.warn(`can ${what} again, ${count(lost, signal)} given up meanwhile`);
      failing = false;
      lost = 0;
    },
    failed(reason, records) {
      lost += records;
      const line = `cannot ${what}: ${reason}`;
      if (failing)
        log.debug(
          records === 0 ? `${line}, it is tried again` : `${line}, ${count(records, signal)} given up`,
        );
      else log.warn(`${line}; the next line about this comes when it works`);
      failing = true;
    },
    remarked(remark) {
      if (remark === lastRemark) log.debug(remark);
      else log.warn(remark);
      lastRemark = remark;
    },
  };
}

/** What tells of records that are not sent because they can't be masked: one line for the first of them. */
export function createUnreadable(signal: Signal): (records: number) => void {
  let told = false;
  return (records) => {
    if (records === 0) return;
    const line = `${count(records, signal)} dropped: unreadable, so that nothing in it could be masked`;
    if (told) log.debug(line);
    else log.warn(`${line}; there is no further line about this`);
    told = true;
  };
}

/** Lines about drops come no more often. */
const DROP_LINE_MS = 10_000;

/**
 * Lines for the start of dropping and, with the count, for its end or its going on.
 * @param now a clock in ms
 */
export function createDropWatch(
  signal: Signal,
  maxQueueSize: number,
  maxQueueBytes: number,
  now: () => number = monotonic,
): (dropped: number, forBytes: number, drained: boolean) => void {
  /** The counts before the present time of dropping; undefined = nothing is dropped. */
  let since: { dropped: number; forBytes: number } | undefined;
  let seen = { dropped: 0, forBytes: 0 };
  let told = 0;
  let toldAt = -Infinity;
  const { queueSize } = WORDS[signal];
  const variable = queueSize === undefined ? '' : ` (${queueSize})`;

  return (dropped, forBytes, drained) => {
    if (since === undefined && dropped !== seen.dropped) since = seen;
    seen = { dropped, forBytes };
    if (since === undefined || now() - toldAt < DROP_LINE_MS) return;
    const lost = (dropped - since.dropped) >>> 0;
    const lostForBytes = (forBytes - since.forBytes) >>> 0;
    const bounds: string[] = [];
    if (lost > lostForBytes) bounds.push(`${count(maxQueueSize, signal)}${variable}`);
    if (lostForBytes > 0) bounds.push(`${maxQueueBytes} bytes (FORETRACE_MAX_QUEUE_BYTES)`);
    if (dropped !== told) {
      log.warn(`the queue of ${bounds.join(' or ')} is full, ${count(lost, signal)} dropped so far`);
      told = dropped;
      toldAt = now();
    } else if (drained) {
      log.warn(`the queue has room again, ${count(lost, signal)} dropped meanwhile`);
      since = undefined;
      toldAt = now();
    }
  };
}
