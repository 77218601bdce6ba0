const MEMBER = 'ot=';
const THRESHOLD = 'th:';

/** OpenTelemetry's own member of a trace's state, without its key; undefined if there is none. */
function memberOf(state: string): string | undefined {
  for (const member of state.split(',')) if (member.startsWith(MEMBER)) return member.slice(MEMBER.length);
  return undefined;
}

/** Whether a trace's state says that the trace was sampled with a probability below 1: a threshold other than 0. */
export function isThinned(state: string | undefined): boolean {
  if (state === undefined) return false;
  const member = memberOf(state);
  if (member === undefined) return false;
  for (const field of member.split(';')) {
    if (field.startsWith(THRESHOLD)) return /^(?!0+$)[0-9a-f]{1,14}$/.test(field.slice(THRESHOLD.length));
  }
  return false;
}

/** A trace's state with another threshold, or with none: then nobody knows with which probability the trace was sampled. */
export function withThreshold(state: string | undefined, threshold: string | undefined): string | undefined {
  const members = state === undefined ? [] : state.split(',');
  const fields = (state === undefined ? undefined : memberOf(state))?.split(';') ?? [];
  const kept = fields.filter((field) => field !== '' && !field.startsWith(THRESHOLD));
  if (threshold !== undefined) kept.unshift(THRESHOLD + threshold);
  const others = members.filter((member) => !member.startsWith(MEMBER));
  if (kept.length > 0) others.unshift(MEMBER + kept.join(';'));
  return others.length === 0 ? undefined : others.join(',');
}
