import type { Attributes, Context, Meter } from '@opentelemetry/api';
import { NO_METER } from '../../api/meter.ts';
import { reportFailure } from '../../guard.ts';

type Measure = (value: number, attributes?: Attributes, context?: Context) => void;
type Create = (name: string, options?: object) => Record<string, Measure>;

/** What an instrument is measured with; observable ones are told by callbacks. */
const MEASURES: Readonly<Record<string, string | undefined>> = {
  createCounter: 'add',
  createUpDownCounter: 'add',
  createHistogram: 'record',
  createGauge: 'record',
  createObservableCounter: undefined,
  createObservableUpDownCounter: undefined,
  createObservableGauge: undefined,
};

/**
 * Keeps failures of the SDK from the app: NaN would be in a sum for ever, and attributes with getters that throw, symbols and `null` are
 * errors of its code. Each measurement has attributes of its own, since the SDK keeps the object that came first, and apps change it.
 */
export function guardMeter(meter: Meter): void {
  const methods = meter as unknown as Record<string, Create>;
  for (const [create, measure] of Object.entries(MEASURES)) {
    const original = methods[create];
    methods[create] = (name, options) => {
      try {
        const instrument = original.call(meter, name, options);
        if (measure !== undefined) instrument[measure] = guarded(instrument, instrument[measure]);
        return instrument;
      } catch (error) {
        reportFailure(`the instrument ${JSON.stringify(String(name))} of the app`, error);
        return NO_METER.createCounter(name) as unknown as Record<string, Measure>;
      }
    };
  }
}

function guarded(instrument: object, measure: Measure): Measure {
  return (value, attributes, context) => {
    if (typeof value !== 'number' || value - value !== 0) return;
    try {
      measure.call(instrument, value, attributes === undefined ? undefined : { ...attributes }, context);
    } catch (error) {
      reportFailure('a measurement of the app', error);
    }
  };
}
