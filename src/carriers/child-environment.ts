import { processEnvironment } from '../config/process-environment.ts';
import { active } from '../context/active.ts';
import { ALL } from '../context/layers.ts';
import { parentIds } from '../operation/start.ts';
import { fields, inject, replacedFields } from '../propagate/current.ts';
import { carriesIds } from '../propagate/index.ts';
import { type Environment, variableOf } from './environment.ts';
import { belongs } from './starter.ts';

/** Whether names of variables may differ by case alone. */
const IS_CASELESS = process.platform === 'win32';

type Variables = Readonly<Record<string, string | undefined>>;
type Entry = readonly [name: string, value: unknown];

let isOn = false;
/** What of the carrier this process was started with: a child's copy of that is not the app's will. */
let inherited: Variables = {};
/** This process has gone on with that: once it counts no longer here, it is not its children's either. */
let isTaken = false;

/** @param taken whether this process goes on with the trace that its environment names */
export function configure(environment: Environment, taken: boolean): void {
  isOn = true;
  isTaken = taken;
  inherited = Object.fromEntries(
    fields().map((field) => [variableOf(field), environment[variableOf(field)]]),
  );
}

/**
 * The environment of a child as Node hands it to the system, `NAME=value` each, with the context of now; undefined if it stays as it is:
 * there is no trace, or the app has named one itself.
 */
export function pairsWithContext(pairs: readonly string[]): string[] | undefined {
  const carried = carriedVariables();
  if (carried === undefined) return undefined;
  const entries = pairs.map((pair): Entry => {
    // Windows has variables whose names begin with an equals sign.
    const equals = pair.indexOf('=', 1);
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return merged(entries, carried)?.map(([name, value]) => `${name}=${String(value)}`);
}

/** The same for an environment as the app gives it, or gives none: a copy. */
export function environmentWithContext(given: object | undefined | null): object | undefined {
  const carried = carriedVariables();
  if (carried === undefined) return undefined;
  const source = (given ?? processEnvironment()) as Record<string, unknown>;
  const entries: Entry[] = [];
  // With what it inherits, as Node takes it.
  for (const name in source) entries.push([name, source[name]]);
  const all = merged(entries, carried);
  return all && Object.fromEntries(all);
}

/** What of the carrier a child is to have; none if it is to begin a trace of its own; undefined if nothing is to be changed. */
function carriedVariables(): Record<string, string> | undefined {
  if (!isOn) return undefined;
  const context = active();
  if (context.suppressed === ALL) return undefined;
  const ids = parentIds(context);
  const carried: Record<string, string> = {};
  if (ids === undefined || !carriesIds(ids)) return isTaken && !belongs() ? carried : undefined;
  inject(carried, setVariable, ids, context.baggage);
  return carried;
}

function setVariable(variables: Record<string, string>, field: string, value: string): void {
  variables[variableOf(field)] = value;
}

function merged(entries: readonly Entry[], carried: Record<string, string>): Entry[] | undefined {
  const trace = replacedFields(undefined).map(variableOf);
  const all = fields().map(variableOf);
  const kept: Entry[] = [];
  for (const entry of entries) {
    const [given, value] = entry;
    const name = IS_CASELESS ? given.toUpperCase() : given;
    if (value !== undefined && all.includes(name)) {
      if (value === inherited[name]) continue;
      if (trace.includes(name)) return undefined;
      delete carried[name];
    }
    kept.push(entry);
  }
  return [...kept, ...Object.entries(carried)];
}
