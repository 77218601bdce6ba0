import type { Baggage } from '@opentelemetry/api';
import type { Config } from '../config/table.ts';
import {
  type Format,
  type HeaderGetter,
  type HeaderSetter,
  type Propagator,
  propagator,
  type RemoteParent,
} from './index.ts';

let chosen: Propagator = propagator(['tracecontext', 'baggage']);

/** Chooses the propagators, and how much baggage they write; may be called again. `further`: see {@link propagator}. */
export function configure({ names, maxBaggage }: Config['propagation'], further?: readonly Format[]): void {
  chosen = propagator(names, maxBaggage, further);
}

/** The names of the headers that `inject` may set. */
export function fields(): readonly string[] {
  return chosen.fields;
}

/** The names of the headers of a carrier that `inject` replaces, whether it sets them or not. */
export function replacedFields(baggage: string | Baggage | undefined): readonly string[] {
  return baggage === undefined ? chosen.traceFields : chosen.fieldsFor(baggage);
}

/** The remote parent that a carrier names. */
export function extract<C>(carrier: C, get: HeaderGetter<C>): RemoteParent | undefined {
  return chosen.extract(carrier, get);
}

/** The baggage of a carrier as header text, within its limits. */
export function extractBaggage<C>(carrier: C, get: HeaderGetter<C>): string | undefined {
  return chosen.extractBaggage(carrier, get);
}

/** Sets the headers that carry a span and baggage on. */
export function inject<C>(
  carrier: C,
  set: HeaderSetter<C>,
  { t0, t1, t2, t3, s0, s1, flags, traceState }: RemoteParent,
  baggage: string | Baggage | undefined,
): void {
  chosen.inject(carrier, set, t0, t1, t2, t3, s0, s1, flags, traceState, baggage);
}
