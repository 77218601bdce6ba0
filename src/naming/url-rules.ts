interface Rule {
  readonly route: string;
  /** Literal text, or undefined for any segment. */
  readonly segments: readonly (string | undefined)[];
  /** Whether it ends in `**`. */
  readonly hasRest: boolean;
}

/** The first of the rules that a path fits; `rules` are those of the configuration. A slash at the end counts nowhere. */
export function urlRuleOf(rules: readonly string[]): (path: string) => string | undefined {
  const parsed = rules.map(ruleOf);
  const most = Math.max(...parsed.map(({ segments }) => segments.length));
  return (path) => {
    // Two more than the longest rule: one tells that there are more, and the last one may be empty.
    const segments = segmentsOf(path, most + 2);
    return parsed.find((rule) => fits(rule, segments))?.route;
  };
}

function ruleOf(route: string): Rule {
  const parts = segmentsOf(route);
  const hasRest = parts.at(-1) === '**';
  return {
    route,
    segments: (hasRest ? parts.slice(0, -1) : parts).map((part) =>
      part === '*' || part.startsWith('{') ? undefined : part,
    ),
    hasRest,
  };
}

function segmentsOf(path: string, most?: number): string[] {
  const segments = path.split('/', most);
  segments.shift();
  if (segments.at(-1) === '') segments.pop();
  return segments;
}

function fits({ segments, hasRest }: Rule, path: readonly string[]): boolean {
  if (hasRest ? path.length < segments.length : path.length !== segments.length) return false;
  for (let i = 0; i < segments.length; i++) {
    const wanted = segments[i];
    // An empty segment is none that could have a name.
    if (wanted === undefined ? path[i] === '' : wanted !== path[i]) return false;
  }
  return true;
}
