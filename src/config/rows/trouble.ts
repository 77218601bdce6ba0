import type { Group } from '../variable.ts';

export const TROUBLE = {
  title: 'Finding trouble',
  text: 'Marks on spans while it happens ([what they look like](databases.md#slow-statements)).',
  rows: [
    {
      name: 'FORETRACE_SLOW_QUERY',
      to: 'trouble.slowQueryMs',
      type: 'time',
      unit: 'ms',
      default: undefined,
      help: 'Statements and commands of any database that take as long as this (`200ms`, `1s`) have `foretrace.db.slow`, and their parent span an event with the line of the app that called.',
    },
    {
      name: 'FORETRACE_N_PLUS_ONE',
      to: 'trouble.repeats',
      type: 'integer',
      min: 2,
      max: 1_000_000,
      default: undefined,
      help: 'So many statements of one summary, one after the other below one span (`5`), have `foretrace.db.repeated`, and that span has the count and an event with the line of the app that called.',
    },
  ],
} as const satisfies Group;
