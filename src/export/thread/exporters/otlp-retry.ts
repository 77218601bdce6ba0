import { now } from '../../../trace/clock.ts';
import type { Health } from '../health.ts';
import { newOutcome, type Outcome } from './otlp-answer.ts';
import type { Sender } from './otlp-request.ts';

const INITIAL_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 5000;
/** The longest delay of a timer. */
const MAX_DELAY_MS = 2_147_483_647;
const BACKOFF_FACTOR = 1.5;
const JITTER = 0.2;
const HURRY_MARGIN_MS = 50;

/** Sends a request as often as it takes, within a budget of time. */
export interface Delivery {
  /** @returns the outcome of the last request */
  deliver(body: Uint8Array, budgetMs: number): Promise<Outcome>;
  /** The process ends in `timeoutMs`. */
  hurry(timeoutMs: number): void;
  readonly isHurried: boolean;
}

export function createDelivery(sender: Sender, health: Health): Delivery {
  let hurryUntil = Infinity;
  let cutWait: (() => void) | undefined;

  /** Waits, unless the process ends meanwhile. */
  function wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      timer.unref();
      cutWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function deliver(body: Uint8Array, budgetMs: number): Promise<Outcome> {
    let until = now() + budgetMs;
    let backoffMs = INITIAL_BACKOFF_MS;
    let last = newOutcome('no time left');
    for (;;) {
      const left = Math.min(until, hurryUntil) - now();
      if (left <= 0) return last;
      const outcome = await sender.send(body, left);
      if (outcome.failure === undefined || !outcome.retryable) return outcome;
      if (outcome.stale && !last.stale) {
        last = outcome;
        continue;
      }
      last = outcome;
      const { retryAfterMs } = outcome;
      const delayMs = Math.min((retryAfterMs ?? backoffMs) * (1 + Math.random() * JITTER), MAX_DELAY_MS);
      // The collector has named the time: this batch waits for it however late it is, and so do those behind it in the queue.
      if (retryAfterMs !== undefined) until = now() + delayMs + budgetMs;
      backoffMs = Math.min(backoffMs * BACKOFF_FACTOR, MAX_BACKOFF_MS);
      if (now() + delayMs >= Math.min(until, hurryUntil)) return outcome;
      health.failed(outcome.failure, 0);
      await wait(delayMs);
      cutWait = undefined;
    }
  }

  return {
    deliver,
    hurry(timeoutMs) {
      // A little less, so that who waits for us still hears how it ended.
      const leftMs = Math.max(timeoutMs - HURRY_MARGIN_MS, timeoutMs / 2);
      hurryUntil = now() + leftMs;
      setTimeout(() => sender.abort(new Error(`no answer before the end of the process`)), leftMs).unref();
      cutWait?.();
    },
    get isHurried() {
      return hurryUntil !== Infinity;
    },
  };
}
