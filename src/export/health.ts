import { log } from '../log.ts';

/** Turns the outcomes of an exporter into one line for each change of state instead of one for each batch. */
export interface Health {
  succeeded(): void;
  /** @param spans how many spans are lost with it; 0 = it is tried again */
  failed(reason: string, spans: number): void;
  /** Delivered, but with a remark of the other side. */
  remarked(remark: string): void;
}

/** @param what completes "cannot ...": names the destination, without secrets */
export function createHealth(what: string): Health {
  let failing = false;
  let lost = 0;
  let lastRemark: string | undefined;
  return {
    succeeded() {
      if (failing) log.warn(`can ${what} again, ${count(lost)} given up meanwhile`);
      failing = false;
      lost = 0;
    },
    failed(reason, spans) {
      lost += spans;
      const line = `cannot ${what}: ${reason}`;
      if (failing)
        log.debug(spans === 0 ? `${line}, it is tried again` : `${line}, ${count(spans)} given up`);
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

/** "1 span", "2 spans". */
export function count(spans: number): string {
  return `${spans} span${spans === 1 ? '' : 's'}`;
}

/** Lines for the start and the end of dropping because the queue is full. */
export function createDropWatch(maxQueueSize: number): (dropped: number, drained: boolean) => void {
  let seen = 0;
  let since: number | undefined;
  return (dropped, drained) => {
    if (dropped !== seen) {
      if (since === undefined) {
        since = seen;
        log.warn(
          `the queue of ${maxQueueSize} spans (OTEL_BSP_MAX_QUEUE_SIZE) is full, further spans are dropped until there is room`,
        );
      }
      seen = dropped;
    } else if (since !== undefined && drained) {
      log.warn(`the queue has room again, ${count(seen - since)} dropped meanwhile`);
      since = undefined;
    }
  };
}
