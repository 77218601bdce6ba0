import type { Variable } from './variable.ts';

/** The signals that have variables of their own. */
const SIGNALS = ['traces'] as const;
type Signal = (typeof SIGNALS)[number];

/**
 * What can be said of all signals, and of each alone with the signal in the name, which wins. `name` is what comes after the prefix, and
 * `to` what comes after the signal.
 */
export interface Setting extends Omit<Variable, 'fallback' | 'append'> {
  /** What differs in the row of a signal. */
  readonly own?: (signal: Signal) => Partial<Pick<Variable, 'fallback' | 'append' | 'help'>>;
}

type Prefix = 'OTEL_EXPORTER_OTLP_';
type GeneralRow<S extends Setting> = S extends unknown
  ? Omit<S, 'name' | 'to' | 'own'> & { readonly name: `${Prefix}${S['name']}` }
  : never;
type SignalRow<S extends Setting, Of extends Signal> = S extends unknown
  ? Omit<S, 'name' | 'to' | 'own'> & {
      readonly name: `${Prefix}${Uppercase<Of>}_${S['name']}`;
    } & (S extends { to: infer To extends string } ? { readonly to: `otlp.${Of}.${To}` } : unknown)
  : never;

/** The rows of the settings of the OTLP exporter: each for all signals, then for each signal. */
export function forEachSignal<const S extends readonly Setting[]>(
  settings: S,
): readonly (GeneralRow<S[number]> | SignalRow<S[number], Signal>)[] {
  const rows = settings.flatMap(({ name, to, own, ...rest }: Setting): Variable[] => {
    const general = { ...rest, name: `OTEL_EXPORTER_OTLP_${name}` };
    const ofSignals = SIGNALS.map((signal) => ({
      ...general,
      name: `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`,
      to: to === undefined ? undefined : `otlp.${signal}.${to}`,
      fallback: general.name,
      help: `The same for ${signal}.`,
      ...own?.(signal),
    }));
    return [general, ...ofSignals];
  });
  return rows as readonly Variable[] as readonly (GeneralRow<S[number]> | SignalRow<S[number], Signal>)[];
}
