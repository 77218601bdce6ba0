import { define, scope } from '../src/define.ts';
import { sqlClient } from '../src/semconv/db.ts';
import { sqlState } from '../src/semconv/postgresql.ts';
import { dataOf } from '../src/semconv/data.ts';
import { isCommenting } from '../src/semconv/sql-comment.ts';
import { type Client, endQuery, lastQueued, type Query, submitted } from './pg-query.ts';
import { placeInText } from './postgresql-errors.ts';
import { calling, give, noteComment, noted, sending } from './sql-comments.ts';

/** The values of a query object; a stream's are those of its cursor. */
function valuesOf(config: string | Query): unknown {
  if (typeof config === 'string') return undefined;
  return dataOf(config, 'values') ?? dataOf(dataOf(config, 'cursor'), 'values');
}

const query = sqlClient<Client, [string | Query, unknown?, unknown?]>({
  system: 'postgresql',
  dialect: 'postgresql',
  defaultPort: 5432,
  scope: scope('foretrace.pg'),
  text(_, [config]) {
    if (typeof config === 'string') return config;
    return config?.text ?? config?.cursor?.text;
  },
  target: ({ host, port, database }) => ({
    namespace: database ?? undefined,
    address: host,
    port: host?.startsWith('/') ? undefined : port,
  }),
  status: sqlState,
  parameters: (_, [config, values]) => (Array.isArray(values) ? values : valuesOf(config)),
  comment: give,
});

export default define({
  name: 'pg',
  module: 'pg',
  versions: '>=8.0.3 <9',
  spans: 'a client span for each query: callback, promise, cursor or stream',
  points: [
    { file: 'lib/client.js', target: 'prototype.query', ...calling },
    { file: 'lib/client.js', target: 'prototype.query', trace: query, ends: submitted },
    { file: 'lib/client.js', target: 'prototype.connect', context: 'none' },
    // The query that has just been made is the last of the queue, which this sends if it can.
    {
      file: 'lib/client.js',
      target: 'prototype._pulseQueryQueue',
      when: isCommenting,
      before: (client: Client) => noteComment(lastQueued(client)),
    },
    // What has a name is prepared once, and has to have one text.
    {
      file: 'lib/query.js',
      target: 'prototype.submit',
      ...sending('text', (query: Query) => (query.name ? undefined : noted(query))),
    },
    {
      file: 'lib/query.js',
      target: 'prototype.handleError',
      when: isCommenting,
      before(query: Query, [error]: [unknown]) {
        if (noted(query) !== undefined) placeInText(error, query.text);
      },
    },
    { file: 'lib/query.js', target: 'prototype.handleError', before: endQuery },
    {
      file: 'lib/query.js',
      target: 'prototype.handleReadyForQuery',
      before: (query: Query) => endQuery(query, [undefined]),
    },
  ],
});
