import { define, detached, type Point, scope, traced } from '../src/define.ts';
import {
  type Command,
  emitWrapper,
  failCommand,
  mysqlClient,
  type MysqlOptions,
  queued,
  refusingWrapper,
} from '../src/semconv/mysql.ts';

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
}

const getters = {
  system: 'mysql',
  scope: scope('foretrace.mysql2'),
  options: ({ config }: Connection) => config,
} as const;
const query = mysqlClient<Connection>(getters);

/** `statement.execute(…)`: its class is not exported; all commands come by here. Those of `connection.execute` have a `sql`. */
const prepared = mysqlClient<Connection>({
  ...getters,
  text(_, [command]) {
    const { sql, statement } = command as Execute;
    const text = statement?.query;
    return sql === undefined && typeof text === 'string' ? text : undefined;
  },
});

/** A lost connection tells the commands that have callbacks, and of the others nobody. */
function notifyErrorWrapper(original: Function): Function {
  return function (this: Connection, error: unknown, ...rest: unknown[]) {
    const { _command: running, _commands: waiting } = this;
    failCommand(running ?? undefined, error);
    for (let index = 0; index < (waiting?.length ?? 0); index++) failCommand(waiting?.get(index), error);
    return Reflect.apply(original, this, [error, ...rest]);
  };
}

function connectionPoints(file: string, versions: string): Point[] {
  return [
    { file, versions, target: 'prototype.query', trace: query, settles: queued },
    { file, versions, target: 'prototype.execute', trace: query, settles: queued },
    { file, versions, target: 'prototype.addCommand', wrap: traced(prepared as never, queued) },
    { file, versions, target: 'prototype._addCommandClosedState', wrap: refusingWrapper },
    { file, versions, target: 'prototype._notifyError', wrap: notifyErrorWrapper },
    { file, versions, target: 'prototype.connect', wrap: detached },
  ];
}

/** Connections and pools have a common base from here on. */
const BASE = '3.11.5';

export default define({
  name: 'mysql2',
  module: 'mysql2',
  versions: '>=1.7 <4',
  spans: 'a client span for each query and execution: callback, promise, events or stream',
  points: [
    ...connectionPoints('lib/connection.js', `<${BASE}`),
    ...connectionPoints('lib/base/connection.js', `>=${BASE}`),
    { file: 'lib/pool.js', versions: `<${BASE}`, target: 'prototype.getConnection', wrap: detached },
    {
      file: 'lib/base/pool.js',
      versions: `>=${BASE}`,
      target: 'prototype.getConnection',
      wrap: detached,
    },
    { file: 'index.js', versions: `<${BASE}`, target: 'createConnection', wrap: detached },
    { file: 'lib/create_connection.js', versions: `>=${BASE}`, target: '', wrap: detached },
    { file: 'lib/commands/command.js', target: 'prototype.emit', wrap: emitWrapper },
  ],
});
