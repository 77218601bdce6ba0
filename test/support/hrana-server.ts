/** A stand-in for a libsql server: the pipelines of Hrana 2 over HTTP, JSON. It knows one row, and that tables called `missing` don't exist. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Statement {
  sql?: string | null;
  sql_id?: number;
}

interface Condition {
  type: 'ok' | 'error' | 'not' | 'and' | 'or' | 'is_autocommit';
  step?: number;
  cond?: Condition;
  conds?: Condition[];
}

interface Request {
  type: string;
  sql?: string;
  sql_id?: number;
  stmt?: Statement;
  batch?: { steps: { stmt: Statement; condition?: Condition | null }[] };
}

const ROW = {
  cols: [{ name: 'name' }],
  rows: [[{ type: 'text', value: 'desk' }]],
  affected_row_count: 0,
  last_insert_rowid: null,
};
const NO_TABLE = { message: 'SQLite error: no such table: kit_missing', code: 'SQLITE_ERROR' };

export async function startHranaServer(): Promise<{
  port: number;
  /** The texts of single statements and scripts. */
  received: string[];
  close(): void;
}> {
  const received: string[] = [];
  /** Of all streams. */
  const stored = new Map<number, string>();
  const fails = ({ sql, sql_id: id }: Statement): boolean =>
    (sql ?? stored.get(id ?? -1) ?? '').includes('missing');

  function batch({ steps }: NonNullable<Request['batch']>): object {
    const results: unknown[] = [];
    const errors: unknown[] = [];
    const met = ({ type, step = -1, cond, conds = [] }: Condition): boolean => {
      if (type === 'ok') return results[step] !== null;
      if (type === 'error') return errors[step] !== null;
      if (type === 'not') return !met(cond!);
      if (type === 'and') return conds.every(met);
      return type === 'or' && conds.some(met);
    };
    for (const { stmt, condition } of steps) {
      const runs = condition === undefined || condition === null || met(condition);
      results.push(runs && !fails(stmt) ? ROW : null);
      errors.push(runs && fails(stmt) ? NO_TABLE : null);
    }
    return { step_results: results, step_errors: errors };
  }

  function answer({ type, sql, sql_id: id, stmt, batch: steps }: Request): object {
    const text = sql ?? stmt?.sql;
    if (typeof text === 'string') received.push(text);
    if (type === 'store_sql') stored.set(id!, sql!);
    const failed = (stmt !== undefined && fails(stmt)) || (type === 'sequence' && fails({ sql, sql_id: id }));
    if (failed) return { type: 'error', error: NO_TABLE };
    const result = steps ? batch(steps) : ROW;
    return { type: 'ok', response: type === 'close' ? { type } : { type, result } };
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { requests } = (
      chunks.length === 0 ? { requests: [] } : JSON.parse(String(Buffer.concat(chunks)))
    ) as {
      requests: Request[];
    };
    const closed = requests.some(({ type }) => type === 'close');
    if (request.method === 'GET' && request.url !== '/v2') response.statusCode = 404;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ baton: closed ? null : 'stream', base_url: null, results: requests.map(answer) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
