import {
  AggregationTemporality,
  AggregationType,
  type IMetricReader,
  InstrumentType,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { Config } from '../../config/table.ts';

/** The most sets of attributes of an instrument: the specification's default. */
export const MAX_SERIES = 2_000;

type Preference = Config['metrics']['temporality'];

/** What the SDK keeps sums for. It is read by `collect` of `provider.ts`, which needs no promise. */
export interface Reader extends IMetricReader {
  /** By which the SDK knows it. */
  readonly collector: MetricProducer | undefined;
}

const { COUNTER, OBSERVABLE_COUNTER, HISTOGRAM, GAUGE, OBSERVABLE_GAUGE } = InstrumentType;

/** The kinds whose sums are of one interval; see "OTLP exporter, additional environment variables" in the specification. */
const DELTAS: Readonly<Record<Preference, readonly InstrumentType[]>> = {
  cumulative: [],
  delta: [COUNTER, OBSERVABLE_COUNTER, HISTOGRAM, GAUGE, OBSERVABLE_GAUGE],
  lowmemory: [COUNTER, HISTOGRAM],
};

export function createReader(temporality: Preference, exponential: boolean): Reader {
  let collector: MetricProducer | undefined;
  const unused = (): Promise<void> => Promise.resolve();
  return {
    get collector() {
      return collector;
    },
    setMetricProducer(producer) {
      collector = producer;
    },
    selectAggregation: (type) => ({
      type:
        exponential && type === HISTOGRAM ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT,
    }),
    selectAggregationTemporality: (type) =>
      DELTAS[temporality].includes(type) ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
    selectCardinalityLimit: () => MAX_SERIES,
    collect: () => Promise.reject(new Error('not read this way')),
    forceFlush: unused,
    shutdown: unused,
  };
}
