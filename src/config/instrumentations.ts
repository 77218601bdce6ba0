import { closest } from './distance.ts';

/** Which libraries are to be traced. Plain data, so that it can be handed to other threads. */
export interface InstrumentationChoice {
  /** `OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED` */
  readonly defaultEnabled: boolean;
  /** `OTEL_NODE_ENABLED_INSTRUMENTATIONS`; `undefined` means all. */
  readonly enabled: readonly string[] | undefined;
  /** `OTEL_NODE_DISABLED_INSTRUMENTATIONS` */
  readonly disabled: readonly string[];
  /** `OTEL_INSTRUMENTATION_<NAME>_ENABLED`, by `<NAME>`. */
  readonly byName: Readonly<Record<string, boolean>>;
}

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

/**
 * Whether the library is to be traced: its own variable decides, then the disabled list, then the enabled list, then
 * the default. `name` is the name of its file in `instrumentations/`.
 */
export function instrumentationEnabled(choice: InstrumentationChoice, name: string): boolean {
  const variable = upperSnake(name);
  if (Object.hasOwn(choice.byName, variable)) return choice.byName[variable];
  if (includes(choice.disabled, variable)) return false;
  if (choice.enabled !== undefined) return includes(choice.enabled, variable);
  return choice.defaultEnabled;
}

function includes(names: readonly string[], variable: string): boolean {
  for (const name of names) if (upperSnake(name) === variable) return true;
  return false;
}

/**
 * One warning for each variable that names a library that does not exist.
 * `OTEL_INSTRUMENTATION_<NAME>_ENABLED` is only warned about when it looks like a slip of the pen: agents of other
 * languages read the same variables, and one environment often serves services in several of them.
 */
export function checkInstrumentationNames(
  choice: InstrumentationChoice,
  knownNames: readonly string[],
): string[] {
  const warnings: string[] = [];
  const known = new Map(knownNames.map((name) => [upperSnake(name), name]));
  const lists = [
    ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', choice.enabled ?? []],
    ['OTEL_NODE_DISABLED_INSTRUMENTATIONS', choice.disabled],
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
