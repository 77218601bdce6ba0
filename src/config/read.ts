import { closest } from './distance.ts';
import { instrumentationVariable } from './instrumentations.ts';
import { parse, shown } from './parse.ts';
import { type Config, VARIABLES } from './table.ts';
import type { ConfigOf, Variable } from './variable.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of the specification that foretrace has no use for and that look like a misspelling of one of its own. */
const NO_TYPO = /^OTEL_BLRP_/;

/** What files say beyond texts of variables. */
export interface Beyond {
  /** What stands for a variable in a line about it: the file, and where in it. */
  readonly called: Readonly<Record<string, string>>;
  /** Values that no text has. They hold in place of what the text says; those that are a map, beside it. */
  readonly values: Readonly<Record<string, unknown>>;
}

const NOTHING: Beyond = { called: {}, values: {} };

/**
 * Reads the configuration. Pure: the same environment gives the same result, nothing is logged and nothing thrown.
 * `warnings` has at most one line for each variable; the values of secret ones are never in it.
 */
export function readConfig(
  env: Environment,
  beyond: Beyond = NOTHING,
): { config: Config; warnings: string[] } {
  const known = namesOf(VARIABLES);
  const { texts, unread } = textsOf(env, known);
  const { config, warnings, remarks } = readRows(VARIABLES, texts, beyond);
  const byName = readSwitches(unread, texts, known, beyond.called, warnings);
  const { instrumentations } = config;
  return {
    config: { ...config, instrumentations: { ...instrumentations, byName } },
    warnings: [...warnings, ...remarks],
  };
}

type Texts = Readonly<Record<string, string>>;

export function namesOf(rows: readonly Variable[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name, aliases } of rows) {
    names.add(name);
    if (aliases !== undefined) for (const alias of aliases) names.add(alias);
  }
  return names;
}

/** What is set, without blanks; and the names in it that look like ours and are not known. */
function textsOf(env: Environment, known: ReadonlySet<string>): { texts: Texts; unread: readonly string[] } {
  const texts: Record<string, string> = Object.create(null);
  const unread: string[] = [];
  // One pass over the names: each look-up in process.env is a call into Node, and most rows are unset.
  for (const name of Object.keys(env)) {
    if (!name.startsWith('OTEL_') && !name.startsWith('FORETRACE_') && !known.has(name)) continue;
    const text = env[name]?.trim();
    if (text === undefined || text === '') continue;
    texts[name] = text;
    if (!known.has(name)) unread.push(name);
  }
  return { texts, unread };
}

/**
 * What rows make of the texts, by name. `warnings` are about texts that can't be read, `remarks` about values that can.
 */
export function readRows<R extends Variable>(
  rows: readonly R[],
  texts: Texts,
  { called, values: given }: Beyond = NOTHING,
): { config: ConfigOf<R>; warnings: string[]; remarks: string[] } {
  const config = {};
  const warnings: string[] = [];
  const remarks: string[] = [];
  const values: Record<string, unknown> = {};
  for (const row of rows as readonly Variable[]) {
    let value = unsetValue(row, values);
    const name = setName(row, texts);
    if (name !== undefined) {
      const parsed = parse(row, texts[name]);
      if (parsed.problem !== undefined) {
        const said = called[name] ?? name;
        const what = row.secret ? said : `${said}=${shown(texts[name], row)}`;
        const instead = parsed.value === undefined ? inUse(row, value) : 'that part is ignored';
        warnings.push(`${what} ${parsed.problem}, ${instead}`);
      }
      if (parsed.value !== undefined) {
        value = parsed.value;
        const remark = parsed.problem === undefined ? remarkOn(row, value, values, called) : undefined;
        if (remark !== undefined) remarks.push(`${called[name] ?? name}${remark}`);
      }
    }
    const beside = given[row.name];
    if (beside !== undefined) value = Array.isArray(beside) ? beside : { ...(value as object), ...beside };
    if (row.atMost !== undefined) value = Math.min(value as number, values[row.atMost] as number);
    values[row.name] = value;
    if (row.to !== undefined) place(config, row.to, row.as === undefined ? value : row.as(value as never));
  }
  return { config: config as ConfigOf<R>, warnings, remarks };
}

/** The value of a row that nothing is said of. */
function unsetValue(
  { fallback, append, default: value }: Variable,
  earlier: Record<string, unknown>,
): unknown {
  if (fallback === undefined) return value;
  return append === undefined ? earlier[fallback] : below(earlier[fallback] as string, append);
}

/** A path below a base URL, whose own path and query are kept. */
function below(base: string, path: string): string {
  // Not by way of `new URL`: the first one of a process takes longer than all the rest of this file.
  const end = base.search(/[?#]|$/);
  return `${base.slice(0, end)}${base[end - 1] === '/' ? '' : '/'}${path}${base.slice(end)}`;
}

function setName(row: Variable, texts: Texts): string | undefined {
  if (texts[row.name] !== undefined) return row.name;
  return row.aliases?.find((alias) => texts[alias] !== undefined);
}

/** The end of a warning: what holds instead of an invalid value. */
function inUse(row: Variable, value: unknown): string {
  // A URL that comes from another variable may have credentials.
  if (row.secret || row.append !== undefined) return 'it is ignored';
  if (value === undefined || (typeof value === 'object' && !Array.isArray(value))) return 'it is ignored';
  if (Array.isArray(value)) return value.length === 0 ? 'it is ignored' : `${value.join(',')} is used`;
  if (value === Infinity) return 'no limit is used';
  return `${String(value)}${row.unit === undefined ? '' : ` ${row.unit}`} is used`;
}

/** What is worth a word to someone who has asked for the value. */
function remarkOn(
  row: Variable,
  value: unknown,
  earlier: Record<string, unknown>,
  called: Beyond['called'],
): string | undefined {
  const { atMost, remark } = row;
  if (atMost !== undefined && (value as number) > (earlier[atMost] as number)) {
    return `="${String(value)}" is above ${called[atMost] ?? atMost}, ${inUse(row, earlier[atMost])}`;
  }
  return remark?.(value as never, earlier);
}

/** Puts a value where a path such as `batch.maxQueueSize` says. */
function place(config: object, path: string, value: unknown): void {
  let at = config as Record<string, unknown>;
  let from = 0;
  // Not split: most of what this costs at the start of each app would be its arrays.
  for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', from)) {
    at = (at[path.slice(from, dot)] ??= {}) as Record<string, unknown>;
    from = dot + 1;
  }
  at[path.slice(from)] = value;
}

/** The switches of single libraries; what looks like a slip of the pen in a name that we know is worth a warning. */
function readSwitches(
  unread: readonly string[],
  texts: Texts,
  known: ReadonlySet<string>,
  called: Beyond['called'],
  warnings: string[],
): Readonly<Record<string, boolean>> {
  const byName: Record<string, boolean> = Object.create(null);
  for (const name of unread) {
    const meant = NO_TYPO.test(name) ? undefined : closest(name, known, 2);
    if (meant !== undefined) {
      warnings.push(`${called[name] ?? name} is unknown, did you mean ${meant}? It is ignored`);
      continue;
    }
    const library = instrumentationVariable(name);
    if (library === undefined) continue;
    const lower = texts[name].toLowerCase();
    if (lower === 'true' || lower === 'false') byName[library] = lower === 'true';
    else
      warnings.push(`${called[name] ?? name}=${shown(texts[name])} is neither true nor false, it is ignored`);
  }
  return byName;
}
