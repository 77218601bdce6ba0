import type { SamplingRule } from '../config/sampling-rules.ts';
import type { Rules } from '../trace/sampler.ts';
import { SERVER } from '../trace/span.ts';
import { thresholdOf } from '../trace/threshold.ts';
import { matches } from './wildcard.ts';

/** The rules of a service, of which the first one that is about a local root decides. `service` is asked for if one names a service. */
export function rulesOf(rules: readonly SamplingRule[], service: () => string): Rules {
  const compiled = rules
    .filter((rule) => rule.service === undefined || matches(rule.service.split('*'), service()))
    .map(({ pattern, ratio }) => ({
      isPath: pattern.startsWith('/'),
      parts: pattern.split('*'),
      threshold: thresholdOf(ratio),
    }));
  return (kind, name) => {
    // `GET /orders`: a method has no blank.
    const path = kind === SERVER ? name.indexOf(' /') + 1 : 0;
    for (const { isPath, parts, threshold } of compiled) {
      if (isPath ? path > 0 && matches(parts, name, path) : matches(parts, name)) return threshold;
    }
    return undefined;
  };
}
