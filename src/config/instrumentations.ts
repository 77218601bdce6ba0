import { closest } from './distance.ts';
import type { Config } from './table.ts';

/** Which libraries are to be traced. */
export type InstrumentationChoice = Config['instrumentations'];

const PREFIX = 'OTEL_INSTRUMENTATION_';
const SUFFIX = '_ENABLED';

/** The `<NAME>` in `OTEL_INSTRUMENTATION_<NAME>_ENABLED`, or `undefined` if the variable is none of these. */
export function instrumentationVariable(variable: string): string | undefined {
  if (!variable.startsWith(PREFIX) || !variable.endsWith(SUFFIX)) return undefined;
  const name = variable.slice(PREFIX.length, -SUFFIX.length);
  return name === '' || name.startsWith('COMMON_') ? undefined : name;
}

/** A library's name as it stands in a variable: `better-sqlite3` is `BETTER_SQLITE3`. */
export function upperSnake(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
}

/** What the choice needs to know of a library. */
export interface Choosable {
  /** The name of its file in `instrumentations/`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly neededBy?: readonly string[];
  readonly keepsContext?: true;
}

/**
 * The libraries that are to be traced. What only keeps the context comes with any of them: without it, the spans of the others
 * would belong to another request.
 */
export function chooseInstrumentations<T extends Choosable>(
  choice: InstrumentationChoice,
  all: readonly T[],
): T[] {
  const chosen = all.filter((one) => one.keepsContext !== true && instrumentationEnabled(choice, one));
  if (chosen.length === 0) return [];
  return all.filter((one) => one.keepsContext === true || chosen.includes(one));
}

/**
 * Whether the library is to be traced: its own variable decides, then that of another of its names, the disabled list, the enabled
 * list, and the default. A list has the library if it has one of its names.
 */
export function instrumentationEnabled(
  choice: InstrumentationChoice,
  { name, aliases = [], neededBy = [] }: Choosable,
): boolean {
  const names = [name, ...aliases].map(upperSnake);
  const decisive = names.find((variable) => Object.hasOwn(choice.byName, variable));
  if (decisive !== undefined) return choice.byName[decisive];
  if (includes(choice.disabled, names)) return false;
  const wanted = [...names, ...neededBy.map(upperSnake)];
  if (wanted.some((variable) => Object.hasOwn(choice.byName, variable) && choice.byName[variable]))
    return true;
  if (choice.enabled !== undefined) return includes(choice.enabled, wanted);
  return choice.defaultEnabled;
}

function includes(list: readonly string[], variables: readonly string[]): boolean {
  for (const name of list) if (variables.includes(upperSnake(name))) return true;
  return false;
}

/** The scopes of the libraries that a list names. */
export function scopesOf(list: readonly string[], all: readonly Choosable[]): ReadonlySet<string> {
  const named = all.filter((one) => namesOf([one]).some((name) => includes(list, [upperSnake(name)])));
  return new Set(named.map(({ name }) => `foretrace.${name}`));
}

/** Every name that may stand in a list. */
function namesOf(all: readonly Choosable[]): string[] {
  return all.flatMap(({ name, aliases = [], neededBy = [] }) => [name, ...aliases, ...neededBy]);
}

/**
 * One warning for each variable that names a library that does not exist.
 * `OTEL_INSTRUMENTATION_<NAME>_ENABLED` is only warned about when it looks like a slip of the pen: agents of other
 * languages read the same variables, and one environment often serves services in several of them.
 */
export function checkInstrumentationNames(
  choice: InstrumentationChoice,
  all: readonly Choosable[],
  roots: boolean | readonly string[] = true,
): string[] {
  const warnings: string[] = [];
  const known = new Map(namesOf(all).map((name) => [upperSnake(name), name]));
  const lists = [
    ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', choice.enabled ?? []],
    ['OTEL_NODE_DISABLED_INSTRUMENTATIONS', choice.disabled],
    ['FORETRACE_ROOT_CLIENT_SPANS', typeof roots === 'boolean' ? [] : roots],
  ] as const;
  for (const [variable, names] of lists) {
    const unknown = names.filter((name) => !known.has(upperSnake(name)));
    if (unknown.length === 0) continue;
    const said = unknown.map((name) => {
      const meant = similar(upperSnake(name), known);
      return meant === undefined
        ? JSON.stringify(name)
        : `${JSON.stringify(name)} (did you mean ${known.get(meant)}?)`;
    });
    warnings.push(`${variable} names what foretrace has no instrumentation for: ${said.join(', ')}, ignored`);
  }
  for (const name of Object.keys(choice.byName)) {
    if (known.has(name)) continue;
    const meant = similar(name, known);
    if (meant !== undefined) {
      warnings.push(
        `${PREFIX}${name}${SUFFIX} is unknown, did you mean ${PREFIX}${meant}${SUFFIX}? It is ignored`,
      );
    }
  }
  return warnings;
}

// Two edits turn `pg` into any other short name: a third of the letters is the most that still looks like a slip.
function similar(name: string, known: ReadonlyMap<string, string>): string | undefined {
  return closest(name, known.keys(), Math.min(2, Math.floor(name.length / 3)));
}
