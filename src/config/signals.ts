import type { Variable } from './variable.ts';

/** The signals that have variables of their own. */
const SIGNALS = ['traces'] as const;
type Signal = (typeof SIGNALS)[number];

const PREFIX = 'OTEL_EXPORTER_OTLP_';

/** A setting of the OTLP exporter for all signals. Each signal has a row of its own beside it, with the signal in the name, which wins. */
export interface GeneralRow extends Omit<Variable, 'to'> {
  readonly name: `${typeof PREFIX}${string}`;
  /** Where the value for a signal stands below `otlp.<signal>`. */
  readonly each?: string;
  /** What the row of a signal says otherwise. */
  readonly own?: (signal: Signal) => Partial<Pick<Variable, 'fallback' | 'append' | 'help'>>;
}

type SignalRow<R extends GeneralRow, Of extends Signal> = R extends {
  name: `${typeof PREFIX}${infer Setting}`;
}
  ? Omit<R, 'name' | 'each' | 'own'> & {
      readonly name: `${typeof PREFIX}${Uppercase<Of>}_${Setting}`;
    } & (R extends {
        each: infer Place extends string;
      }
        ? { readonly to: `otlp.${Of}.${Place}` }
        : unknown)
  : never;

/** The rows for all signals, each followed by those of the signals. */
export function withSignals<const R extends readonly GeneralRow[]>(
  generals: R,
): readonly (R[number] | SignalRow<R[number], Signal>)[] {
  const rows: Variable[] = [];
  for (const general of generals as readonly GeneralRow[]) {
    const { name, each, own } = general;
    rows.push(general);
    for (const signal of SIGNALS) {
      rows.push({
        ...general,
        name: `${PREFIX}${signal.toUpperCase()}_${name.slice(PREFIX.length)}`,
        to: each === undefined ? undefined : `otlp.${signal}.${each}`,
        fallback: name,
        help: `The same for ${signal}.`,
        ...own?.(signal),
      });
    }
  }
  return rows as readonly Variable[] as readonly (R[number] | SignalRow<R[number], Signal>)[];
}
