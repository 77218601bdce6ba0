import { log } from '../../log.ts';
import type { Accumulations, SdkStorage } from './sdk.ts';

const OVERFLOW = { 'otel.metric.overflow': true };

/**
 * Bounds the sets of attributes that sums since the start are kept for. The SDK does so for those of one interval alone: an app that
 * measures by user would have more of them in each.
 */
export function boundSeries(storage: SdkStorage, collector: unknown, maxSeries: number): void {
  const { _deltaMetricStorage: delta, _temporalMetricStorage: kept, _instrumentDescriptor: of } = storage;
  const { _aggregator: aggregator } = delta;
  const collect = delta.collect.bind(delta);
  let isTold = false;

  delta.collect = () => {
    const measured = collect();
    const known = kept._reportHistory.get(collector)?.accumulations;
    if (known === undefined || known.size + measured.size <= maxSeries) return measured;
    const bounded = new (measured.constructor as new () => Accumulations)();
    let room = maxSeries - known.size - (known.has(OVERFLOW) ? 0 : 1);
    for (const [attributes, accumulation, hash] of measured.entries()) {
      const isKnown = known.has(attributes, hash);
      if (isKnown || room > 0) {
        if (!isKnown) room--;
        bounded.set(attributes, merged(bounded, attributes, accumulation), hash);
        continue;
      }
      bounded.set(OVERFLOW, merged(bounded, OVERFLOW, accumulation));
      if (!isTold)
        log.warn(
          `${of.name} has ${maxSeries} sets of attributes; all others are counted together (otel.metric.overflow)`,
        );
      isTold = true;
    }
    return bounded;
  };

  function merged(into: Accumulations, attributes: object, accumulation: unknown): unknown {
    return into.has(attributes as never)
      ? aggregator.merge(into.get(attributes as never), accumulation)
      : accumulation;
  }
}
