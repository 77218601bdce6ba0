import { define, type Point, scope } from '../src/define.ts';
import { mysqlClient, type MysqlOptions } from '../src/semconv/mysql.ts';
import {
  asking,
  boundValues,
  type Command,
  emit,
  enqueued,
  failCommand,
  noteRefused,
  queued,
} from './mysql-commands.ts';
import { calling, give, sending } from './sql-comments.ts';

/** The parts of mysql2 that are touched, the same from version 1.7 on. */
interface Connection {
  config?: MysqlOptions;
  _command?: Command | null;
  _commands?: { length: number; get(index: number): Command | undefined };
}

/** Executes a statement that was prepared before. */
interface Execute extends Command {
  sql?: string;
  statement?: { query?: unknown };
  parameters?: unknown;
}

const getters = {
  system: 'mysql',
  scope: scope('foretrace.mysql2'),
  options: ({ config }: Connection) => config,
} as const;
const query = mysqlClient<Connection>({ ...getters, parameters: boundValues, comment: give });
/** The server keeps its text, which is why it has no comment. */
const execute = mysqlClient<Connection>({ ...getters, parameters: boundValues });

/** `statement.execute(…)`: its class is not exported; all commands come by here. Those of `connection.execute` have a `sql`. */
const prepared = mysqlClient<Connection>({
  ...getters,
  text(_, [command]) {
    const { sql, statement } = command as Execute;
    const text = statement?.query;
    return sql === undefined && typeof text === 'string' ? text : undefined;
  },
  parameters: (_, [command]) => (command as Execute).parameters,
});

/** A lost connection tells the commands that have callbacks, and of the others nobody. */
function failAll({ _command: running, _commands: waiting }: Connection, [error]: [unknown]): void {
  failCommand(running ?? undefined, error);
  for (let index = 0; index < (waiting?.length ?? 0); index++) failCommand(waiting?.get(index), error);
}

const connection = (file: string, versions: string): Point[] => [
  { file, versions, target: 'prototype.query', ...calling },
  { file, versions, target: 'prototype.query', trace: query, ends: queued },
  { file, versions, target: 'prototype.execute', trace: execute, ends: queued },
  { file, versions, target: 'prototype.addCommand', ...enqueued },
  { file, versions, target: 'prototype.addCommand', trace: prepared, ends: queued },
  { file, versions, target: 'prototype._addCommandClosedState', before: noteRefused },
  { file, versions, target: 'prototype._notifyError', before: failAll },
  { file, versions, target: 'prototype.connect', context: 'none' },
];

const pool = (file: string, versions: string): Point[] => [
  { file, versions, target: 'prototype.getConnection', context: 'none' },
  { file, versions, target: 'prototype.query', ...asking },
  { file, versions, target: 'prototype.execute', ...asking },
];

/** Connections and pools have a common base from here on. */
const BASE = '3.11.5';

export default define({
  name: 'mysql2',
  module: 'mysql2',
  versions: '>=1.7 <4',
  spans: 'a client span for each query and execution: callback, promise, events or stream',
  points: [
    ...connection('lib/connection.js', `<${BASE}`),
    ...connection('lib/base/connection.js', `>=${BASE}`),
    ...pool('lib/pool.js', `<${BASE}`),
    ...pool('lib/base/pool.js', `>=${BASE}`),
    { file: 'index.js', versions: `<${BASE}`, target: 'createConnection', context: 'none' },
    { file: 'lib/create_connection.js', versions: `>=${BASE}`, target: '', context: 'none' },
    { file: 'lib/commands/query.js', target: 'prototype.start', ...sending('sql') },
    { file: 'lib/commands/command.js', target: 'prototype.emit', ...emit },
  ],
});
