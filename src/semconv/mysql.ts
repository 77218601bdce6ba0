import type { Role } from '../operation/operation.ts';
import type { Scope } from '../trace/scope.ts';
import { type SqlGetters, sqlClient } from './db.ts';

/** What the clients of the MySQL protocol keep of a connection's options. */
export interface MysqlOptions {
  host?: string;
  port?: number;
  socketPath?: string;
  database?: string;
}

interface MysqlGetters<Self extends object> extends Pick<
  SqlGetters<Self, unknown[]>,
  'comment' | 'parameters'
> {
  /** `db.system.name`: what the client is made for; the server may be the other one. */
  system: 'mysql' | 'mariadb';
  scope: Scope;
  options(self: Self): MysqlOptions | undefined;
  batchSize?(self: Self, args: unknown[]): number | undefined;
  /** The statement, if it is not the first argument or its `sql`. */
  text?(self: Self, args: unknown[]): string | undefined;
}

/**
 * The role of a client of the MySQL protocol. The text is that of the call, with placeholders: these clients write the bound
 * values into it before they send it.
 */
export function mysqlClient<Self extends object>(getters: MysqlGetters<Self>): Role<Self> {
  const { options, ...others } = getters;
  return sqlClient<Self, unknown[]>({
    dialect: 'mysql',
    defaultPort: 3306,
    text: textOf,
    ...others,
    target(self) {
      const { host, port, socketPath, database } = options(self) ?? {};
      const namespace = typeof database === 'string' && database !== '' ? database : undefined;
      return typeof socketPath === 'string' && socketPath !== ''
        ? { namespace, address: socketPath }
        : { namespace, address: host, port: port === undefined ? undefined : Number(port) };
    },
    status,
  });
}

function textOf(_: unknown, [first]: unknown[]): string | undefined {
  if (typeof first === 'string') return first;
  const sql = (first as { sql?: unknown } | null | undefined)?.sql;
  return typeof sql === 'string' ? sql : undefined;
}

/** The server's error number; errors of the network have a negative one or none, and no SQLSTATE. */
function status(error: unknown): string | undefined {
  const { errno, sqlState } = (error ?? {}) as { errno?: unknown; sqlState?: unknown };
  return typeof errno === 'number' && errno > 0 && typeof sqlState === 'string' ? String(errno) : undefined;
}
