import { active } from '../context/active.ts';
import { type Block, block } from '../encode/span.ts';
import type { Scope } from '../trace/scope.ts';
import { CLIENT, PassedSpan, Span } from '../trace/span.ts';
import { startSpan } from '../trace/start.ts';
import { failDb } from './db.ts';
import {
  DB_COLLECTION_NAME,
  DB_NAMESPACE,
  DB_OPERATION_BATCH_SIZE,
  DB_OPERATION_NAME,
  DB_SYSTEM_NAME,
  SERVER_ADDRESS,
  SERVER_PORT,
} from './keys.ts';

const SYSTEM = 'mongodb';
const DEFAULT_PORT = 27_017;
const MAX_NAME = 128;

/** One logical operation of a MongoDB client. */
export interface MongoOperation {
  /** The command's name, such as `findAndModify`. */
  name: string;
  database?: string;
  collection?: string;
  /** How many operations a bulk write has. */
  size?: number;
}

/** Starts the span of an operation, named `{command} {collection}`. The command's text is not sent: it is all values. */
export function startMongo(
  scope: Scope,
  { name, database, collection, size }: MongoOperation,
): Span | undefined {
  const context = active();
  if (context.suppressed || context.span instanceof PassedSpan) return undefined;
  const operation = name.slice(0, MAX_NAME);
  const target = collection ?? database;
  const span = startSpan(scope, target === undefined ? operation : `${operation} ${target}`, CLIENT, context);
  if (!(span instanceof Span)) return undefined;
  span.add(DB_SYSTEM_NAME, SYSTEM);
  span.add(DB_OPERATION_NAME, operation);
  span.add(DB_NAMESPACE, database);
  span.add(DB_COLLECTION_NAME, collection);
  if (size !== undefined && size !== 1) span.add(DB_OPERATION_BATCH_SIZE, size);
  return span;
}

/**
 * Tells the span how the operation ended.
 *
 * @param server `host:port` or the path of a socket; which server of a cluster it is, is only known by then
 */
export function endMongo(span: Span, error: unknown, server: string | undefined): void {
  if (server !== undefined) span.addBlock(serverBlock(server));
  if (error === undefined) return;
  const { code } = (error ?? {}) as { code?: unknown };
  failDb(span, error, typeof code === 'number' ? String(code) : undefined);
}

const MAX_SERVERS = 500;
const servers = new Map<string, Block>();

function serverBlock(server: string): Block {
  let found = servers.get(server);
  if (found === undefined) {
    if (servers.size >= MAX_SERVERS) servers.clear();
    const [, host, port] = /^(.*):(\d+)$/.exec(server) ?? [undefined, server, undefined];
    found = block([
      SERVER_ADDRESS,
      host.replace(/^\[|\]$/g, ''),
      SERVER_PORT,
      port === undefined || Number(port) === DEFAULT_PORT ? undefined : Number(port),
    ]);
    servers.set(server, found);
  }
  return found;
}
