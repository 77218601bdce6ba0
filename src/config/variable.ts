import type { MaskExpression } from '../mask/options.ts';

/**
 * How the text of a variable is read:
 * `timeout` is milliseconds where 0 means "no limit"; `duration` is milliseconds where 0 is what it says; `time` is milliseconds or has a
 * unit (`200ms`, `1.5s`, `2m`); `pairs` is `key=value,key=value` with percent-encoding; `expressions` is `/one/, name=/another/i`; `set` is a
 * list out of `values`, where `none` alone gives the empty list.
 */
export type VariableType =
  | 'boolean'
  | 'integer'
  | 'duration'
  | 'timeout'
  | 'time'
  | 'ratio'
  | 'enum'
  | 'set'
  | 'list'
  | 'header names'
  | 'pairs'
  | 'headers'
  | 'expressions'
  | 'string'
  | 'path'
  | 'URL';

/** One environment variable. The parser, the configuration and its types, the documentation and the tests are derived from these rows. */
export interface Variable {
  readonly name: string;
  /** Other spellings, read when `name` is unset. */
  readonly aliases?: readonly string[];
  /** Where the value stands in the configuration, such as `batch.scheduleDelayMs`. Without it, other rows alone may use the value. */
  readonly to?: string;
  readonly type: VariableType;
  /** What `enum` and `set` accept, in any case. */
  readonly values?: readonly string[];
  /** Accepted words that mean one of `values`. */
  readonly synonyms?: Readonly<Record<string, string>>;
  /** Words that other implementations accept, with the sentence that a user of them needs. */
  readonly unsupported?: Readonly<Record<string, string>>;
  /** Bounds of a number, both inclusive. */
  readonly min?: number;
  readonly max?: number;
  /** The earlier row whose value is never exceeded, whatever this one says. */
  readonly atMost?: string;
  readonly unit?: 'ms' | 'spans' | 'characters' | 'bytes';
  /** Used when unset or invalid. `undefined` means "absent"; `Infinity` means "no limit". */
  readonly default:
    | boolean
    | number
    | string
    | readonly string[]
    | Readonly<Record<string, string>>
    | readonly MaskExpression[]
    | undefined;
  /** The earlier row whose value holds while this one is unset or invalid. */
  readonly fallback?: string;
  /** Appended to the path of the URL that this row falls back to. */
  readonly append?: string;
  /** What stands in the configuration instead of the value. Plain data, since it goes to other threads. */
  readonly as?: (value: never) => unknown;
  /**
   * What a user who has set the variable to this is told, as the rest of a line that begins with its name. `earlier` has the values
   * of the rows before.
   */
  readonly remark?: (value: never, earlier: Readonly<Record<string, unknown>>) => string | undefined;
  /** The value is never written to a log. */
  readonly secret?: boolean;
  /**
   * `FORETRACE_RUNTIME_FILE` may change it while the app runs: what its value goes to is configured again then (`reconfigure` in
   * `src/agent.ts`).
   */
  readonly runtime?: true;
  /** One line, Markdown. */
  readonly help: string;
}

/** What the documentation shows in one table. */
export interface Group {
  readonly title: string;
  /** Markdown. */
  readonly text: string;
  readonly rows: readonly Variable[];
}

/** The type that a row's text is read to, by its `type`. */
export type ValueOf<R extends Variable> = R extends { type: 'boolean' }
  ? boolean | Extract<R['default'], undefined>
  : R extends { type: 'integer' | 'duration' | 'timeout' | 'time' | 'ratio' }
    ? number | Extract<R['default'], undefined>
    : R extends { type: 'enum'; values: readonly (infer V)[] }
      ? V
      : R extends { type: 'set'; values: readonly (infer V)[] }
        ? readonly Exclude<V, 'none'>[]
        : R extends { type: 'list' | 'header names' }
          ? readonly string[] | Extract<R['default'], undefined>
          : R extends { type: 'pairs' | 'headers' }
            ? Readonly<Record<string, string>>
            : R extends { type: 'expressions' }
              ? readonly MaskExpression[]
              : R extends { default: string }
                ? string
                : string | undefined;

/** The type of what stands in the configuration for a row. */
type Placed<R extends Variable> = R extends { as: (value: never) => infer T } ? T : ValueOf<R>;

/** The configuration that rows give: the value of each at the place that its `to` says. */
export type ConfigOf<R extends Variable> = Tree<{
  [One in Extract<R, { to: string }> as One['to']]: Placed<One>;
}>;

/** `{ 'a.b': B; 'a.c': C; d: D }` is `{ a: { b: B; c: C }; d: D }`. */
type Tree<Flat> = {
  readonly [Path in keyof Flat as FirstStep<Path>]: Path extends `${infer Step}.${string}`
    ? Tree<{ [Below in keyof Flat as StepsAfter<Below, Step>]: Flat[Below] }>
    : Flat[Path];
};
type FirstStep<Path> = Path extends `${infer Step}.${string}` ? Step : Path;
type StepsAfter<Path, Step extends string> = Path extends `${Step}.${infer Rest}` ? Rest : never;
