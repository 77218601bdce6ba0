import { shown } from './parse.ts';

/** One rule of `FORETRACE_SAMPLING_RULES`. `*` stands for any characters in both patterns. */
export interface SamplingRule {
  /** The services that it is for; undefined for all. */
  readonly service: string | undefined;
  /** A path, `METHOD /path`, or the name of a span. */
  readonly pattern: string;
  /** The share of traces that is kept, 0 to 1. */
  readonly ratio: number;
}

const RATIO = /^(\d+\.?\d*|\.\d+)(e-?\d+)?$/i;

/**
 * Reads `[service:<name>] <pattern>=<ratio>; …`. `problem` is about the first rule that can't be read, as the rest of a line that begins
 * with the variable; the others hold.
 */
export function parseSamplingRules(text: string): { rules: readonly SamplingRule[]; problem?: string } {
  const rules: SamplingRule[] = [];
  const bad: string[] = [];
  for (const part of text.split(';')) {
    const trimmed = part.trim();
    if (trimmed === '') continue;
    const rule = parseRule(trimmed);
    if (rule === undefined) bad.push(trimmed);
    else rules.push(rule);
  }
  if (bad.length === 0) return { rules };
  const also = bad.length === 1 ? '' : ` and ${bad.length - 1} more`;
  const what =
    bad.length === 1 ? 'which is no <pattern>=<0 to 1>, it is' : 'which are no <pattern>=<0 to 1>, they are';
  return { rules, problem: ` has ${shown(bad[0])}${also}, ${what} ignored` };
}

function parseRule(text: string): SamplingRule | undefined {
  // The last one: a pattern may have equals signs of its own.
  const equals = text.lastIndexOf('=');
  const ratio = text.slice(equals + 1).trim();
  if (equals <= 0 || !RATIO.test(ratio) || Number(ratio) > 1) return undefined;
  const subject = text.slice(0, equals).trim();
  const [, service, rest] = /^service:(\S+)\s*(.*)$/.exec(subject) ?? [undefined, undefined, subject];
  // A service alone is all of it.
  const pattern = service !== undefined && rest === '' ? '*' : rest;
  if (pattern === '' || (service === undefined && subject.startsWith('service:'))) return undefined;
  return { service, pattern, ratio: Number(ratio) };
}
