import type { TraceState } from '@opentelemetry/api';

/** The API's `TraceState` over the header text; parsed only when an app asks. */
export function traceState(header: string): TraceState {
  const members = new Map<string, string>();
  for (const member of header.split(',')) {
    const equals = member.indexOf('=');
    if (equals > 0) members.set(member.slice(0, equals).trim(), member.slice(equals + 1).trim());
  }
  return over(members);
}

function over(members: ReadonlyMap<string, string>): TraceState {
  return {
    get: (key) => members.get(key),
    set: (key, value) => {
      const rest = new Map(members);
      rest.delete(key);
      return over(new Map([[key, value], ...rest]));
    },
    unset: (key) => {
      const rest = new Map(members);
      rest.delete(key);
      return over(rest);
    },
    serialize: () => Array.from(members, ([key, value]) => `${key}=${value}`).join(','),
  };
}
