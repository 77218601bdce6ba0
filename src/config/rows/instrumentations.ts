import type { Group } from '../variable.ts';

export const INSTRUMENTATIONS = {
  title: 'Choice of libraries',
  text:
    'By default every supported library is traced. `OTEL_INSTRUMENTATION_<NAME>_ENABLED` decides for one library and wins over the lists, ' +
    'where `<NAME>` is the name in capitals with `_` for anything but letters and digits (`better-sqlite3`: `OTEL_INSTRUMENTATION_BETTER_SQLITE3_ENABLED`). ' +
    'A library in both lists is not traced. Names of the OpenTelemetry agent mean what they mean there: `express` is Express 4 and 5 (`router` ' +
    'switches the package of that name on, but not off), `koa` its routers too, `redis` all versions of node-redis. What only keeps the context of calls (pools, queues) is no choice of its own: ' +
    'it comes with any other library.',
  rows: [
    {
      name: 'OTEL_NODE_ENABLED_INSTRUMENTATIONS',
      to: 'instrumentations.enabled',
      type: 'list',
      default: undefined,
      help: 'Only these libraries are traced, such as `http,express,pg`.',
    },
    {
      name: 'OTEL_NODE_DISABLED_INSTRUMENTATIONS',
      to: 'instrumentations.disabled',
      type: 'list',
      default: [],
      help: 'These libraries are not traced.',
    },
    {
      name: 'OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED',
      to: 'instrumentations.defaultEnabled',
      type: 'boolean',
      default: true,
      help: '`false` leaves out every library that is not enabled by name.',
    },
  ],
} as const satisfies Group;
