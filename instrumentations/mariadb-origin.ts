import { guarded } from '../src/define.ts';
import type { MysqlOptions } from '../src/semconv/mysql.ts';

/** Where a connection or pool goes: the app's options or URL. */
export interface Origin {
  readonly options: unknown;
  parsed?: MysqlOptions;
}

export const origins = new WeakMap<object, Origin>();

function parse(options: unknown): MysqlOptions {
  if (typeof options === 'string') {
    const { hostname: host, port, pathname } = new URL(options);
    return {
      host,
      port: port === '' ? undefined : Number(port),
      database: decodeURIComponent(pathname.slice(1)),
    };
  }
  if (typeof options !== 'object' || options === null) return {};
  const { host = 'localhost', port, socketPath, database } = options as MysqlOptions;
  return { host, port, socketPath, database };
}

/** The server of a connection, pool or statement; undefined if it was not made by the wrapped functions. */
export function serverOf(self: object): MysqlOptions | undefined {
  const origin = origins.get(self);
  return origin && (origin.parsed ??= parse(origin.options));
}

/** Adds a node to a cluster. It keeps to itself which of them answers: what all have in common is what spans say. */
export const addNode = guarded('mariadb', (origin: Origin | undefined, options: unknown) => {
  if (origin === undefined) return;
  const added = parse(options);
  const { host, port, socketPath, database } = (origin.parsed ??= added);
  origin.parsed = {
    ...(host === added.host && { host, port: port === added.port ? port : undefined }),
    ...(socketPath === added.socketPath && { socketPath }),
    ...(database === added.database && { database }),
  };
});
