/**
 * The reader of `OTEL_CONFIG_FILE`, built to a file of its own: the YAML parser is loaded by those apps alone that have such a file.
 */
import { readFileSync } from 'node:fs';
import { readDocument } from './document.ts';
import type { Environment } from './substitute.ts';
import { type Known, translate } from './translate.ts';

export interface ConfigFile {
  /** By variable, see {@link Translation}. */
  readonly texts: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
  /** What stands for the variable in a line about its value. */
  readonly called: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** The variables that the file refers to. */
  readonly references: readonly string[];
}

/** What the bundle gives to whoever loads it. */
export type ReadConfigFile = typeof readConfigFile;

/** The minor version of the schema that is known; the major one is 1. */
const MINOR = 1;

/**
 * Reads a declarative configuration.
 * @throws when the file cannot be read or does not follow the schema so far that it says something: one line, with the file
 */
export function readConfigFile(path: string, env: Environment, known: Known): ConfigFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
  try {
    const { tree, references } = readDocument(text, env);
    const warnings = checkFormat(tree);
    const { texts, values, places, unknown, misformed, unsupported } = translate(tree, env, known);
    if (unknown.length > 0) warnings.push(`keys that are not known are ignored: ${unknown.join(', ')}`);
    if (misformed.length > 0)
      warnings.push(`what is not of the form that the schema has is ignored: ${misformed.join(', ')}`);
    if (unsupported.length > 0) warnings.push(`not supported: ${unsupported.join(', ')}`);
    const called: Record<string, string> = {};
    for (const [name, place] of Object.entries(places)) called[name] = `${path}: ${place}`;
    if (texts.OTEL_TRACES_EXPORTER === 'none')
      warnings.push('nothing is traced, as tracer_provider.processors has no exporter that foretrace has');
    // The detector `service` reads it.
    if (texts.OTEL_NODE_RESOURCE_DETECTORS?.includes('serviceinstance')) references.add('OTEL_SERVICE_NAME');
    return {
      texts,
      values,
      called,
      warnings: warnings.map((warning) => `${path}: ${warning}`),
      references: [...references],
    };
  } catch (error) {
    throw new Error(`${path} ${(error as Error).message}`, { cause: error });
  }
}

function checkFormat(tree: unknown): string[] {
  const format = (tree as { file_format?: unknown } | null)?.file_format;
  if (typeof tree !== 'object' || format === undefined || format === null)
    throw new Error('has no file_format, so it is no declarative configuration');
  const [, major, minor = '0'] = /^(\d+)(?:\.(\d+))?(?:-.*)?$/.exec(String(format)) ?? [];
  if (major !== '1') throw new Error(`has the file_format ${JSON.stringify(format)}, and only 1.x is known`);
  return Number(minor) > MINOR ? [`its file_format ${String(format)} is newer than 1.${MINOR}`] : [];
}
