import type { Group } from '../variable.ts';

const NO_REMOTE = 'no service is asked for sampling rules, FORETRACE_SAMPLING_RULES has them';

export const TRACES = {
  title: 'Exporters and sampling',
  text: 'Where spans go and how many are kept. Several exporters may be named, separated by commas. `console` and `file` need no collector.',
  rows: [
    {
      name: 'OTEL_TRACES_EXPORTER',
      to: 'exporters',
      type: 'set',
      values: ['otlp', 'console', 'file', 'none'],
      synonyms: { logging: 'console' },
      default: ['otlp'],
      help: 'Where spans are sent; `console` is a tree on stderr. `logging` is read as `console`, as the Java agent does.',
    },
    {
      name: 'OTEL_TRACES_SAMPLER',
      to: 'sampler.name',
      type: 'enum',
      values: [
        'always_on',
        'always_off',
        'traceidratio',
        'parentbased_always_on',
        'parentbased_always_off',
        'parentbased_traceidratio',
      ],
      unsupported: {
        jaeger_remote: NO_REMOTE,
        parentbased_jaeger_remote: NO_REMOTE,
        xray: NO_REMOTE,
      },
      default: 'parentbased_always_on',
      help: 'Which traces are kept. The `parentbased_` ones follow the decision of the caller, and `traceidratio` decides by a trace id that may be the caller’s: neither keeps out a stranger who wants to be sampled ([SECURITY.md](../SECURITY.md#threats-that-were-thought-of)).',
    },
    {
      name: 'OTEL_TRACES_SAMPLER_ARG',
      to: 'sampler.ratio',
      type: 'ratio',
      default: 1,
      remark: (ratio: number, { OTEL_TRACES_SAMPLER: sampler }) =>
        String(sampler).endsWith('traceidratio')
          ? undefined
          : `="${ratio}" says nothing to the sampler ${sampler}, it is ignored`,
      help: 'The share of traces that the `traceidratio` samplers keep, 0 to 1.',
    },
    {
      name: 'NO_COLOR',
      to: 'console.color',
      type: 'string',
      default: undefined,
      as: (text: string | undefined) => (text === undefined ? undefined : (false as const)),
      help: 'With any value, the `console` exporter writes without colours; without one, it does so unless stderr is a terminal.',
    },
  ],
} as const satisfies Group;
