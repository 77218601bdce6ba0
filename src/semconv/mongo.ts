import type { Scope } from '../trace/scope.ts';
import { DB } from '../context/layers.ts';
import type { Facts, Role } from '../operation/operation.ts';
import { CLIENT } from '../trace/span.ts';
import { isRoot } from '../operation/roots.ts';
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
  /** `host:port`, or the path of a socket. Asked at the end: which server of a cluster it is, is only known by then. */
  server(): string | undefined;
}

interface MongoFacts extends Facts {
  readonly operation: MongoOperation;
}

/**
 * The role of a MongoDB client: one span per logical operation, named `{command} {collection}`. The command's text is not sent: it is all
 * values.
 */
export function mongoClient<Self, Args extends unknown[]>(getters: {
  scope: Scope;
  /** Undefined for what is no operation of the app's. */
  operation(self: Self, args: Args): MongoOperation | undefined;
}): Role<Self, Args, MongoFacts> {
  return {
    scope: getters.scope,
    kind: CLIENT,
    layer: DB,
    of(self, args, context) {
      const operation = getters.operation(self, args);
      if (operation === undefined || (operation.waits === true && isRoot(context))) return undefined;
      const name = operation.name.slice(0, MAX_NAME);
      const target = operation.collection ?? operation.database;
      return { name: target === undefined ? name : `${name} ${target}`, operation };
    },
    start(span, { operation: { name, database, collection, size } }) {
      span.add(DB_SYSTEM_NAME, SYSTEM);
      span.add(DB_OPERATION_NAME, name.slice(0, MAX_NAME));
      span.add(DB_NAMESPACE, database);
      span.add(DB_COLLECTION_NAME, collection);
      if (size !== undefined && size !== 1) span.add(DB_OPERATION_BATCH_SIZE, size);
    },
    end(span, error, _, { operation }) {
      const server = operation.server();
      if (server !== undefined) span.addBlock(places(server).block);
      if (error === undefined) return;
      const { code } = (error ?? {}) as { code?: unknown };
      failDb(span, error, typeof code === 'number' ? String(code) : undefined);
    },
  };
}
