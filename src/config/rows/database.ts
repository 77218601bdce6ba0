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
  ],
} as const satisfies Group;
