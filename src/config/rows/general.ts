import { LOG_LEVELS } from '../../log.ts';
import type { Group } from '../variable.ts';

/** Detectors of OpenTelemetry's own agent; `env` is what the variables say. */
const DETECTORS = ['env', 'host', 'os', 'process', 'serviceinstance', 'container'] as const;
/** Those of it that find nothing here. */
const CLOUDS = ['alibaba', 'aws', 'azure', 'gcp'] as const;

export const GENERAL = {
  title: 'General',
  text: 'Who the app is, and how much foretrace says. Its own lines go to stderr only, one line for each problem.',
  rows: [
    {
      name: 'OTEL_SDK_DISABLED',
      to: 'disabled',
      type: 'boolean',
      default: false,
      help: '`true` leaves the app alone: no hook, no patch, no thread, and no propagators behind the API ([decision 016](decisions/016-switched-off.md)).',
    },
    {
      name: 'OTEL_LOG_LEVEL',
      to: 'logLevel',
      type: 'enum',
      values: LOG_LEVELS,
      default: 'warn',
      help: 'The least severe messages of foretrace that are written to stderr.',
    },
    {
      name: 'OTEL_SERVICE_NAME',
      to: 'resource.serviceName',
      type: 'string',
      default: undefined,
      help: "The service's name. If unset: `service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else the `name` in the nearest package.json of the app, else `unknown_service:node`.",
    },
    {
      name: 'OTEL_RESOURCE_ATTRIBUTES',
      to: 'resource.attributes',
      type: 'pairs',
      default: {},
      help: 'Attributes of the resource, such as `deployment.environment.name=prod,service.version=1.2.3`. They win over what is detected.',
    },
    {
      name: 'OTEL_NODE_RESOURCE_DETECTORS',
      to: 'resource.detectors',
      type: 'set',
      values: [...DETECTORS, ...CLOUDS, 'all', 'none'],
      default: ['all'],
      as: (names: readonly string[]) => (names.includes('all') ? DETECTORS : names),
      help:
        'What is found out for the resource: `host` (name, id, architecture), `os`, `process` (command line, owner, versions), `serviceinstance`, ' +
        '`container`. What the variables say is in the resource in any case. The names of clouds are accepted and find nothing yet.',
    },
    {
      name: 'OTEL_CONFIG_FILE',
      type: 'string',
      default: undefined,
      remark: () => ' is not supported yet, it is ignored: the environment variables hold',
      help: 'Not supported yet, which is worth one line: the variables hold.',
    },
    {
      name: 'OTEL_SEMCONV_STABILITY_OPT_IN',
      type: 'list',
      default: [],
      remark: (words: readonly string[]) => {
        const doubled = words.filter((word) => word.endsWith('/dup'));
        if (doubled.length === 0) return undefined;
        return ` has ${doubled.join(', ')}, but only the stable conventions are emitted`;
      },
      help: 'Only the stable conventions are emitted. A word that asks for the old ones beside them (`http/dup`, `database/dup`) is worth one line.',
    },
    {
      name: 'OTEL_PROPAGATORS',
      to: 'propagation.names',
      type: 'set',
      values: ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'ottrace', 'none'],
      default: ['tracecontext', 'baggage'],
      help: 'The headers in which trace context is read and written. Where several have come, the last one named counts ([formats](sampling.md#formats)).',
    },
  ],
} as const satisfies Group;
