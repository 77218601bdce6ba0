import type { Group } from '../variable.ts';

export const DATABASE = {
  title: 'Databases',
  text: 'Literals in statements are replaced by `?` unless this is switched off.',
  rows: [
    {
      name: 'OTEL_INSTRUMENTATION_COMMON_DB_QUERY_SANITIZATION_ENABLED',
      aliases: ['OTEL_INSTRUMENTATION_COMMON_DB_STATEMENT_SANITIZER_ENABLED'],
      to: 'database.sanitizeQueries',
      type: 'boolean',
      default: true,
      help: '`false` records statements as they are, with every literal in them.',
    },
    {
      name: 'FORETRACE_DB_QUERY_PARAMETERS',
      aliases: ['OTEL_INSTRUMENTATION_JDBC_EXPERIMENTAL_CAPTURE_QUERY_PARAMETERS'],
      to: 'database.capturesParameters',
      type: 'enum',
      values: ['on', 'off'],
      synonyms: { true: 'on', false: 'off' },
      default: 'off',
      as: (word: string) => word === 'on',
      help: '`on` records the values that are bound to a statement, as `db.query.parameter.<name or index>`: they may be anything ([parameters](databases.md#bound-parameters)).',
    },
    {
      name: 'FORETRACE_SQLCOMMENTER',
      aliases: [
        'OTEL_INSTRUMENTATION_COMMON_DB_EXPERIMENTAL_SQLCOMMENTER_ENABLED',
        'OTEL_INSTRUMENTATION_COMMON_EXPERIMENTAL_DB_SQLCOMMENTER_ENABLED',
      ],
      to: 'database.sqlCommenter',
      type: 'enum',
      values: ['off', 'service', 'full'],
      synonyms: { true: 'full', false: 'off' },
      default: 'off',
      help: 'Appends a comment to what goes to a SQL database, never to what a span shows: `service` names the app and the driver, `full` also the trace ([which statements](databases.md#sqlcommenter)).',
    },
  ],
} as const satisfies Group;
