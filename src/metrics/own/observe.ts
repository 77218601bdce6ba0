import type { Attributes, HrTime } from '@opentelemetry/api';
import { reportFailure } from '../../guard.ts';
import type { SdkMeterState, SdkObservable } from './sdk.ts';

const INT = 0;
const WHERE = 'a callback that observes a metric';

type Seen = [Attributes, number][];

/**
 * Calls the app's callbacks; what they observe at once is recorded when this returns.
 * @param isLast nothing that awaits goes on: of an asynchronous callback counts what it has observed by then
 * @returns those that go on: each is settled, and never rejects
 */
export function observe(
  { observableRegistry }: SdkMeterState,
  time: HrTime,
  isLast: boolean,
): Promise<void>[] {
  const { _callbacks: single, _batchCallbacks: batches } = observableRegistry;
  const later: (Promise<void> | undefined)[] = [];

  function call(callback: () => unknown, done: () => void): Promise<void> | undefined {
    try {
      const result = callback();
      if (typeof (result as Promise<unknown> | undefined)?.then === 'function') {
        const ended = Promise.resolve(result)
          .then(isLast ? undefined : done)
          .catch((error: unknown) => reportFailure(WHERE, error));
        if (!isLast) return ended as Promise<void>;
      }
      done();
    } catch (error) {
      reportFailure(WHERE, error);
    }
    return undefined;
  }

  for (const { callback, instrument } of single.slice()) {
    const seen: Seen = [];
    const result = {
      observe: (value: number, attributes?: Attributes) => note(seen, instrument, value, attributes),
    };
    later.push(
      call(
        () => callback(result),
        () => record(instrument, seen, time),
      ),
    );
  }
  for (const { callback, instruments } of batches.slice()) {
    const seen = new Map([...instruments].map((instrument): [SdkObservable, Seen] => [instrument, []]));
    const result = {
      observe(metric: unknown, value: number, attributes?: Attributes) {
        const of = seen.get(metric as SdkObservable);
        if (of !== undefined) note(of, metric as SdkObservable, value, attributes);
      },
    };
    const recordAll = (): void => {
      for (const [instrument, of] of seen) record(instrument, of, time);
    };
    later.push(call(() => callback(result), recordAll));
  }
  return later.filter((one) => one !== undefined);
}

/** Called by the app: what is no measurement is ignored, and nothing is thrown at it. */
function note(
  seen: Seen,
  instrument: SdkObservable,
  value: number,
  attributes: Attributes | undefined,
): void {
  if (typeof value !== 'number' || !Number.isFinite(value)) return;
  try {
    seen.push([{ ...attributes }, instrument._descriptor.valueType === INT ? Math.trunc(value) : value]);
  } catch (error) {
    reportFailure(WHERE, error);
  }
}

function record(instrument: SdkObservable, seen: Seen, time: HrTime): void {
  for (const storage of instrument._metricStorages) storage.record({ entries: () => seen }, time);
}
