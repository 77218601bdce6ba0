import type { Scope } from '../trace/scope.ts';
import type { Span } from '../trace/span.ts';
import { isRoot, recordedIn, startClient } from './client.ts';
import { failDb, serverCache } from './db.ts';
import {
  DB_COLLECTION_NAME,
  DB_NAMESPACE,
  DB_OPERATION_BATCH_SIZE,
  DB_OPERATION_NAME,
  DB_SYSTEM_NAME,
} from './keys.ts';

const SYSTEM = 'mongodb';
const DEFAULT_PORT = 27_017;
const MAX_NAME = 128;

const places = serverCache(DEFAULT_PORT);

/** One logical operation of a MongoDB client. */
export interface MongoOperation {
  /** The command's name, such as `findAndModify`. */
  name: string;
  database?: string;
  collection?: string;
  /** How many operations a bulk write has. */
  size?: number;
  /** It waits at the server until there is something, as readers of change streams do all the time. */
  waits?: boolean;
}

/** Starts the span of an operation, named `{command} {collection}`. The command's text is not sent: it is all values. */
export function startMongo(
  scope: Scope,
  { name, database, collection, size, waits }: MongoOperation,
): Span | undefined {
  const context = recordedIn(scope);
  if (context === undefined || (waits === true && isRoot(context))) return undefined;
  const operation = name.slice(0, MAX_NAME);
  const target = collection ?? database;
  const span = startClient(scope, target === undefined ? operation : `${operation} ${target}`, context);
  if (span === undefined) return undefined;
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
  if (server !== undefined) span.addBlock(places(server).block);
  if (error === undefined) return;
  const { code } = (error ?? {}) as { code?: unknown };
  failDb(span, error, typeof code === 'number' ? String(code) : undefined);
}
