import { define, scope } from '../src/define.ts';
import { sqlClient } from '../src/semconv/db.ts';
import { sqlState } from '../src/semconv/postgresql.ts';
import { type Client, endQuery, type Query, submitted } from './pg-query.ts';

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
});

export default define({
  name: 'pg',
  module: 'pg',
  versions: '>=8.0.3 <9',
  spans: 'a client span for each query: callback, promise, cursor or stream',
  points: [
    { file: 'lib/client.js', target: 'prototype.query', trace: query, ends: submitted },
    { file: 'lib/client.js', target: 'prototype.connect', context: 'none' },
    { file: 'lib/query.js', target: 'prototype.handleError', before: endQuery },
    {
      file: 'lib/query.js',
      target: 'prototype.handleReadyForQuery',
      before: (query: Query) => endQuery(query, [undefined]),
    },
  ],
});
