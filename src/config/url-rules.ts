import { shown } from './parse.ts';

/** A segment of a rule: text as it stands, any one segment, or all that follow. */
const SEGMENT = /^(?:[^{}*;]*|\{[\w.-]+\}|\*|\*\*)$/;

/** The rules of `FORETRACE_URL_RULES` that are usable, in their order. */
export function urlRules(text: string | undefined): string[] {
  return rulesOf(text).filter((rule) => ruleProblem(rule) === undefined);
}

/** What is wrong with the others, as the rest of a line that begins with the variable. */
export function urlRulesProblem(text: string | undefined): string | undefined {
  for (const rule of rulesOf(text)) {
    const problem = ruleProblem(rule);
    if (problem !== undefined) return ` has ${shown(rule)}, ${problem}, that part is ignored`;
  }
  return undefined;
}

function rulesOf(text = ''): string[] {
  return text
    .split(';')
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '');
}

function ruleProblem(rule: string): string | undefined {
  if (!rule.startsWith('/')) return 'which does not begin with a slash';
  const segments = rule.split('/');
  if (segments.slice(0, -1).includes('**')) return 'where ** is not at the end';
  const names = segments.filter((segment) => segment.startsWith('{'));
  if (new Set(names).size < names.length) return 'which has a name twice';
  if (segments.every((segment) => SEGMENT.test(segment))) return undefined;
  return 'where {name}, * or ** is not a whole segment';
}
