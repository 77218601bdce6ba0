import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ConfigFile, ReadConfigFile } from './declarative/main.ts';
import type { Known } from './declarative/translate.ts';
import { instrumentationVariable } from './instrumentations.ts';
import { shown } from './parse.ts';
import { type Beyond, type Environment, namesOf } from './read.ts';
import { VARIABLES } from './table.ts';
import type { Variable } from './variable.ts';

declare const __dirname: string;

/** What the resource has, whatever is configured. */
export type ResourceNames = Omit<Known, 'variables'>;

/** What the environment and the files that it names say. */
export interface Sources extends Beyond {
  readonly texts: Environment;
  readonly warnings: readonly string[];
  /** Why nothing is to be traced: one line. */
  readonly failure?: string;
}

/**
 * Reads the files that the environment names: `FORETRACE_CONFIG_FILE` below the environment, `OTEL_CONFIG_FILE` in place of its
 * variables of OpenTelemetry. The former may name the latter.
 */
export function readSources(
  env: Environment,
  resource: ResourceNames,
  load: () => ReadConfigFile = loadReader,
): Sources {
  const layered = textOf(env, 'FORETRACE_CONFIG_FILE') === undefined ? undefined : withFile(env);
  const below = layered ?? { texts: env, called: {}, values: {}, warnings: [] };
  const path =
    textOf(below.texts, 'OTEL_CONFIG_FILE') ?? textOf(below.texts, 'OTEL_EXPERIMENTAL_CONFIG_FILE');
  if (path === undefined) return below;
  let file: ConfigFile;
  try {
    file = load()(path, below.texts, {
      variables: new Map(VARIABLES.map((row) => [row.name, row])),
      ...resource,
    });
  } catch (error) {
    return { ...below, failure: `OTEL_CONFIG_FILE: ${(error as Error).message}` };
  }
  const known = namesOf(VARIABLES);
  const replaced: string[] = [];
  const texts: Record<string, string | undefined> = {};
  for (const name of Object.keys(below.texts)) {
    if (!name.startsWith('OTEL_')) texts[name] = below.texts[name];
    else if (
      (known.has(name) || instrumentationVariable(name) !== undefined) &&
      !/CONFIG_FILE$|^OTEL_SDK_DISABLED$/.test(name) &&
      textOf(below.texts, name) !== undefined &&
      !file.references.includes(name)
    )
      replaced.push(name);
  }
  const warnings = [...below.warnings, ...file.warnings];
  if (replaced.length > 0)
    warnings.push(
      `OTEL_CONFIG_FILE=${shown(path)} holds in place of OpenTelemetry's variables, ignored: ${replaced.join(', ')}`,
    );
  return {
    texts: { ...texts, ...file.texts },
    called: { ...below.called, ...file.called },
    values: file.values,
    warnings,
  };
}

/** The environment over what its `FORETRACE_CONFIG_FILE` says. */
function withFile(env: Environment): Sources {
  const path = textOf(env, 'FORETRACE_CONFIG_FILE') as string;
  const read = readVariables(path);
  if (typeof read === 'string')
    return {
      texts: env,
      called: {},
      values: {},
      warnings: [`FORETRACE_CONFIG_FILE: ${read}, the environment alone holds`],
    };
  const texts: Record<string, string | undefined> = { ...read };
  const called: Record<string, string> = {};
  for (const name of Object.keys(read)) called[name] = `${path}: ${name}`;
  for (const name of Object.keys(env)) {
    const text = textOf(env, name);
    if (text === undefined) continue;
    // Under whichever of its names the file has it.
    for (const other of spellings(name)) delete texts[other];
    texts[name] = text;
    delete called[name];
  }
  return { texts, called, values: {}, warnings: [] };
}

/** The `NAME=value` lines of a file in the form of `.env` files, or why there are none. */
export function readVariables(path: string): Readonly<Record<string, string>> | string {
  try {
    // Not imported: only who has such a file needs it.
    const { parseEnv } = process.getBuiltinModule('node:util');
    return parseEnv(readFileSync(path, 'utf8')) as Record<string, string>;
  } catch (error) {
    return `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

function textOf(env: Environment, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

/** The names of a variable, if it has several. */
function spellings(name: string): readonly string[] {
  const row = (VARIABLES as readonly Variable[]).find(
    (one) => one.aliases !== undefined && (one.name === name || one.aliases.includes(name)),
  );
  return row === undefined ? [] : [row.name, ...row.aliases!];
}

/** The YAML parser is in a file of its own beside this bundle. */
function loadReader(): ReadConfigFile {
  const file = join(__dirname, 'config-file.cjs');
  return (createRequire(file)(file) as { readConfigFile: ReadConfigFile }).readConfigFile;
}
