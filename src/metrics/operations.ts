import { type Block, block } from '../encode/span.ts';
import type { Counted, Metric, Outcome } from '../operation/counted.ts';
import { setMeasure } from '../operation/operation.ts';
import { ERROR_TYPE, GEN_AI_TOKEN_TYPE } from '../semconv/keys.ts';
import { type Instrument, instruments } from './instrument.ts';
import type { Histogram, Metrics, Sum } from './series.ts';

/** The series of operations that are counted alike and end alike: kept in the slot of their {@link Counted}. */
interface Ended {
  readonly errorType: string | undefined;
  readonly detail: string | undefined;
  readonly duration: Histogram;
  readonly messages: Sum | undefined;
}

/** Operations that are counted alike end in few ways; who makes error codes up is looked up anew. */
const MAX_ENDS = 32;

/** Counts what libraries do for this thread: queries, messages, calls. */
export function measureOperations(metrics: Metrics): void {
  const histogram = onceEach(metrics, metrics.histogram);
  const sum = onceEach(metrics, metrics.sum);

  function endOf({ duration, messages, detail }: Counted, outcome: Outcome | undefined): Ended {
    const late = [ERROR_TYPE, outcome?.errorType, ...detailOf(detail, outcome)];
    return {
      errorType: outcome?.errorType,
      detail: outcome?.detail,
      duration: histogram(duration, late),
      messages: messages && sum(messages, late),
    };
  }

  function find(counted: Counted, outcome: Outcome | undefined): Ended {
    const ends = (counted.series ??= []) as Ended[];
    for (const one of ends) {
      if (one.errorType === outcome?.errorType && one.detail === outcome?.detail) return one;
    }
    const made = endOf(counted, outcome);
    if (ends.length < MAX_ENDS) ends.push(made);
    return made;
  }

  setMeasure((counted, outcome, ms, span) => {
    const { duration, messages } = find(counted, outcome);
    duration.record(ms / 1000, span);
    if (messages !== undefined) messages.add(outcome?.messages ?? 1);
    const { tokens, detail } = counted;
    if (tokens === undefined || outcome === undefined) return;
    const { inputTokens, outputTokens } = outcome;
    const late = detailOf(detail, outcome);
    const count = (type: string, value: number | undefined): void => {
      if (value !== undefined) histogram(tokens, [...late, GEN_AI_TOKEN_TYPE, type]).record(value, span);
    };
    count('input', inputTokens);
    count('output', outputTokens);
  });
}

function detailOf(detail: Counted['detail'], outcome: Outcome | undefined): unknown[] {
  return detail === undefined ? [] : [detail, outcome?.detail];
}

const byName = new Map(instruments.map((one) => [one.name, one]));

/** Makes one series for each set of attributes, whoever asks for it: by what they are as bytes. */
function onceEach<Series>(
  metrics: Metrics,
  make: (instrument: Instrument, attributes: Block) => Series,
): (metric: Metric, late: readonly unknown[]) => Series {
  const known = new Map<string, Series>();
  return ({ name, pairs }, late) => {
    const instrument = byName.get(name) as Instrument;
    const attributes = block([...pairs, ...late]);
    const id = `${name} ${Buffer.from(attributes.bytes).toString('latin1')}`;
    let found = known.get(id);
    if (found === undefined) {
      const isFull = metrics.isFull(instrument);
      found = make(instrument, attributes);
      if (!isFull) known.set(id, found);
    }
    return found;
  };
}
