import type { Meter, MeterProvider } from '@opentelemetry/api';
import { reportFailure } from '../guard.ts';

/** A provider with what scripts and functions-as-a-service call on OpenTelemetry's own. */
export interface FlushableMeterProvider extends MeterProvider {
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** The API's `MeterProvider`, and whether anybody has asked it for a meter. */
export interface LazyMeterProvider {
  readonly provider: FlushableMeterProvider;
  isUsed(): boolean;
}

/**
 * What measures is loaded when somebody first asks for a meter: most apps never do.
 * @param load called once
 */
export function lazyMeterProvider(load: () => FlushableMeterProvider): LazyMeterProvider {
  let loaded: FlushableMeterProvider | undefined;
  let failed = false;

  function loadOnce(): FlushableMeterProvider | undefined {
    if (loaded !== undefined || failed) return loaded;
    try {
      loaded = load();
    } catch (error) {
      failed = true;
      reportFailure('the start of the app’s own metrics', error);
    }
    return loaded;
  }

  return {
    provider: {
      getMeter: (name, version, options) => loadOnce()?.getMeter(name, version, options) ?? NO_METER,
      async forceFlush() {
        await loaded?.forceFlush();
      },
      async shutdown() {
        await loaded?.shutdown();
      },
    },
    isUsed: () => loaded !== undefined || failed,
  };
}

function nothing(): void {}

const NO_INSTRUMENT = { add: nothing, record: nothing, addCallback: nothing, removeCallback: nothing };
const noInstrument = (): typeof NO_INSTRUMENT => NO_INSTRUMENT;

/** A meter whose instruments take everything and keep nothing. */
export const NO_METER: Meter = {
  createGauge: noInstrument,
  createHistogram: noInstrument,
  createCounter: noInstrument,
  createUpDownCounter: noInstrument,
  createObservableGauge: noInstrument,
  createObservableCounter: noInstrument,
  createObservableUpDownCounter: noInstrument,
  addBatchObservableCallback: nothing,
  removeBatchObservableCallback: nothing,
};
