import type { HeaderGetter } from '../propagate/types.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variable of a propagator's field, as OpenTelemetry's "Environment Variables as Context Propagation Carriers" says: `x-b3-traceid` is
 * `X_B3_TRACEID`.
 */
export function variableOf(field: string): string {
  const name = field.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
  return name === '' || /^\d/.test(name) ? `_${name}` : name;
}

/** Reads a propagator's field from an environment. */
export const getVariable: HeaderGetter<Environment> = (environment, field) => {
  const text = environment[variableOf(field)];
  return text === '' ? undefined : text;
};
