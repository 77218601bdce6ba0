/** What of the SDK's insides is used: to collect at the end of a process, when nothing that awaits goes on. */
import type {
  Attributes,
  HrTime,
  Observable,
  ObservableCallback,
  BatchObservableCallback,
} from '@opentelemetry/api';
import type { MeterProvider, MetricData } from '@opentelemetry/sdk-metrics';
import type { MetricScope } from '../data.ts';

/** Observations of one callback. The SDK reads no more of its map than this. */
export interface Observations {
  entries(): Iterable<readonly [Attributes, number]>;
}

export interface SdkObservable extends Observable {
  readonly _descriptor: { readonly valueType: number };
  readonly _metricStorages: readonly { record(observations: Observations, time: HrTime): void }[];
}

/** A sum, the counts of a histogram, a last value: of one set of attributes. */
export type Accumulation = unknown;

export interface Accumulations {
  readonly size: number;
  has(attributes: Attributes, hash?: string): boolean;
  get(attributes: Attributes, hash?: string): Accumulation;
  set(attributes: Attributes, accumulation: Accumulation, hash?: string): void;
  entries(): Iterable<readonly [Attributes, Accumulation, string]>;
}

export interface SdkStorage {
  readonly _instrumentDescriptor: { readonly name: string };
  readonly _deltaMetricStorage: {
    readonly _aggregator: { merge(previous: Accumulation, delta: Accumulation): Accumulation };
    /** What was measured since the last call. */
    collect(): Accumulations;
  };
  readonly _temporalMetricStorage: {
    /** What a collector was told last. */
    readonly _reportHistory: ReadonlyMap<unknown, { readonly accumulations: Accumulations }>;
  };
  collect(collector: unknown, time: HrTime): MetricData | null | undefined;
}

export interface SdkMeterState {
  readonly _instrumentationScope: MetricScope;
  readonly observableRegistry: {
    readonly _callbacks: readonly { callback: ObservableCallback; instrument: SdkObservable }[];
    readonly _batchCallbacks: readonly {
      callback: BatchObservableCallback;
      instruments: ReadonlySet<SdkObservable>;
    }[];
  };
  readonly metricStorageRegistry: {
    getStorages(collector: unknown): readonly SdkStorage[];
  };
}

/** A meter each. */
export function meterStates(provider: MeterProvider): Iterable<SdkMeterState> {
  const { _sharedState: state } = provider as unknown as {
    _sharedState: { meterSharedStates: ReadonlyMap<string, SdkMeterState> };
  };
  return state.meterSharedStates.values();
}
