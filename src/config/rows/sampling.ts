import { parseSamplingRules } from '../sampling-rules.ts';
import type { Group } from '../variable.ts';

export const SAMPLING = {
  title: 'Sampling of foretrace alone',
  text: 'Which traces are kept besides what the samplers say, and whether those of callers are continued: [sampling](sampling.md).',
  rows: [
    {
      name: 'FORETRACE_SAMPLING_RULES',
      to: 'sampling.rules',
      runtime: true,
      type: 'string',
      default: undefined,
      as: (text: string | undefined) => (text === undefined ? [] : parseSamplingRules(text).rules),
      remark: (text: string) => parseSamplingRules(text).problem,
      help: 'The share of traces that is kept, per route and per service, such as `/health*=0; POST /orders*=1; service:shop *=0.05`; the first rule that matches decides, the sampler where none does ([rules](sampling.md#rules)).',
    },
    {
      name: 'FORETRACE_TRACES_PER_SECOND',
      to: 'sampling.tracesPerSecond',
      runtime: true,
      type: 'integer',
      min: 1,
      max: 1_000_000,
      default: Infinity,
      help: 'The most traces that start in a second, of those that sampler and rules keep; those that continue a caller’s trace are not counted ([rate](sampling.md#rate)).',
    },
    {
      name: 'FORETRACE_TRACE_CONTINUATION',
      to: 'sampling.continuation',
      type: 'enum',
      values: ['continue', 'restart', 'link'],
      unsupported: {
        restart_external: 'no caller counts as external here, restart is for the services at the edge',
        ignore: 'restart starts a trace without a link',
      },
      default: 'continue',
      help: 'What becomes of the trace that a request or message comes with: `restart` starts another one, `link` does so with a link to the caller; both drop the caller’s baggage ([continuation](sampling.md#continuation)).',
    },
  ],
} as const satisfies Group;
