import type { MysqlOptions } from '../src/semconv/mysql.ts';

/** Where a connection or pool goes: the app's options or URL. */
interface Origin {
  readonly options: unknown;
  parsed?: MysqlOptions;
}

const origins = new WeakMap<object, Origin>();

function note(opened: unknown, origin: Origin | undefined): void {
  if (origin !== undefined && typeof opened === 'object' && opened !== null) origins.set(opened, origin);
}

/** What a function of the library has opened goes where its options say. */
export function openedWith(_: unknown, [options]: [unknown], __: unknown, opened: unknown): void {
  note(opened, { options });
}

/** A cluster is there at once; its nodes come later. */
export function openedEmpty(_: unknown, __: unknown, ___: unknown, cluster: unknown): void {
  note(cluster, { options: undefined });
}

/** What a connection, pool or cluster has opened goes where that goes. */
export function openedBy(self: object, _: unknown, __: unknown, opened: unknown): void {
  note(opened, origins.get(self));
}

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

/** The server of a connection, pool or statement; undefined if it was not made by the functions that are looked at. */
export function serverOf(self: object): MysqlOptions | undefined {
  const origin = origins.get(self);
  return origin && (origin.parsed ??= parse(origin.options));
}

/** Adds a node to a cluster. It keeps to itself which of them answers: what all have in common is what spans say. */
export function addNode(cluster: object, [, options]: [unknown, unknown]): void {
  const origin = origins.get(cluster);
  if (origin === undefined) return;
  const added = parse(options);
  const { host, port, socketPath, database } = (origin.parsed ??= added);
  origin.parsed = {
    ...(host === added.host && { host, port: port === added.port ? port : undefined }),
    ...(socketPath === added.socketPath && { socketPath }),
    ...(database === added.database && { database }),
  };
}
