import {
  active,
  callbackOr,
  callIn,
  define,
  detached,
  type End,
  endOnce,
  guarded,
  keepContext,
  promise,
  scope,
} from '../src/define.ts';
import { endMongo, type MongoOperation, startMongo } from '../src/semconv/mongo.ts';

/** The parts of the driver that are touched. */
interface Operation {
  /** Since version 6.4; older ones are told by their class. */
  commandName?: string;
  ns?: Namespace;
  command?: object;
  collection?: { collectionName?: string };
  collectionName?: string;
  /** Of `AggregateOperation`: the collection's name, or 1. */
  target?: string | number;
  /** Of `create` and `drop`: the collection's name. */
  name?: string;
  /** The server that it went to. */
  server?: Server;
  execute?: Function;
}

interface Namespace {
  db: string;
  collection?: string;
}

interface Server {
  description?: { address?: string };
}

/** A client or, before 4.8, its topology. */
interface Client {
  s?: { options?: { hosts?: readonly { toString(): string }[] } };
}

interface Bulk {
  batches: readonly { batchType: number; operations: readonly unknown[] }[];
  s: {
    namespace: Namespace;
    topology?: Client;
    collection?: { client?: Client; s?: { db?: { s?: { client?: Client } } } };
  };
}

const mongodb = scope('foretrace.mongodb');

/** Commands by the class of the operation, where these differ by more than the ending. */
const COMMANDS: Record<string, string> = {
  AddUser: 'createUser',
  CountDocuments: 'aggregate',
  CreateCollection: 'create',
  CreateIndex: 'createIndexes',
  DeleteMany: 'delete',
  DeleteOne: 'delete',
  DropCollection: 'drop',
  DropIndex: 'dropIndexes',
  EnsureIndex: 'createIndexes',
  EstimatedDocumentCount: 'count',
  FindOneAndDelete: 'findAndModify',
  FindOneAndReplace: 'findAndModify',
  FindOneAndUpdate: 'findAndModify',
  InsertOne: 'insert',
  ProfilingLevel: 'profile',
  RemoveUser: 'dropUser',
  Rename: 'renameCollection',
  ReplaceOne: 'update',
  SetProfilingLevel: 'profile',
  UpdateMany: 'update',
  UpdateOne: 'update',
  ValidateCollection: 'validate',
};

/** Operations that run others, which are the ones that count. */
const COMPOSITES =
  /^(BulkWrite|BulkWriteShim|Collections|FindOne|Indexes|IndexExists|IndexInformation|InsertMany|IsCapped|Options)Operation$/;
/** Made by bulk writes alone, one for each batch. */
const BATCHES = /^(Insert|Update|Delete)Operation$/;
/** What the driver tidies up with. */
const FRAMING = new Set(['killCursors', 'endSessions']);

function commandOf(operation: Operation, className: string): string {
  const { commandName, command } = operation;
  const run = commandName === 'runCommand' || (commandName === undefined && className.startsWith('Run'));
  if (run && command !== undefined) return Object.keys(command)[0] ?? 'runCommand';
  if (commandName !== undefined) return commandName;
  const stem = className.replace(/Operation$/, '');
  return COMMANDS[stem] ?? stem[0].toLowerCase() + stem.slice(1);
}

function collectionOf(
  { ns, collection, collectionName, target, name }: Operation,
  command: string,
): string | undefined {
  const own = ns?.collection;
  if (own !== undefined && own !== '' && !own.startsWith('$cmd')) return own;
  if (typeof target === 'string') return target;
  const named = command === 'create' || command === 'drop' ? name : undefined;
  return collection?.collectionName ?? collectionName ?? named;
}

/** The address in the client's options, if that is the only one. */
function onlyHost(client: Client | undefined): string | undefined {
  const hosts = client?.s?.options?.hosts;
  return hosts?.length === 1 ? String(hosts[0]) : undefined;
}

function begin(operation: MongoOperation, server: () => string | undefined): End | undefined {
  const span = startMongo(mongodb, operation);
  return span && endOnce(span, (_, error) => endMongo(span, error, server()), 'mongodb');
}

const beginOperation = guarded('mongodb', (client: Client, operation: Operation): End | undefined => {
  const className = operation.constructor.name;
  if (BATCHES.test(className)) return undefined;
  const name = commandOf(operation, className);
  if (FRAMING.has(name)) return undefined;
  const collection = collectionOf(operation, name);
  return begin(
    { name, database: operation.ns?.db, collection },
    () => operation.server?.description?.address ?? onlyHost(client),
  );
});

const settle = callbackOr(promise);

/** All operations come by here, once each: what the driver retries is inside. */
function executeOperation(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const [client, operation] = args as [Client, Operation];
    if (COMPOSITES.test(operation?.constructor?.name)) {
      restoreContext(operation);
      keepContext(args);
      return Reflect.apply(original, this, args);
    }
    const end = beginOperation(client, operation);
    if (end !== undefined) return settle(original, this, args, end);
    keepContext(args);
    return Reflect.apply(original, this, args);
  };
}

/** Version 4 runs an operation from whatever callback tells that there is a server. */
function restoreContext(operation: Operation): void {
  const { execute } = operation;
  if (typeof execute !== 'function') return;
  const context = active();
  operation.execute = function (this: unknown, ...args: unknown[]) {
    return callIn(context, execute, this, args);
  };
}

/** Commands by the type of a batch. */
const TYPES = [undefined, 'insert', 'update', 'delete'];

const beginBulk = guarded('mongodb', ({ batches, s }: Bulk): End | undefined => {
  if (batches.length === 0) return undefined;
  const { db, collection } = s.namespace;
  const client = s.collection?.client ?? s.collection?.s?.db?.s?.client ?? s.topology;
  const [{ batchType }] = batches;
  const name = (batches.every((batch) => batch.batchType === batchType) && TYPES[batchType]) || 'bulkWrite';
  const size = batches.reduce((sum, { operations }) => sum + operations.length, 0);
  return begin({ name, database: db, collection, size }, () => onlyHost(client));
});

/** `bulkWrite`, `insertMany` and the bulk builders: one operation, however many batches the driver makes of it. */
function executeBulk(original: Function): Function {
  return function (this: Bulk, ...args: unknown[]) {
    const end = beginBulk(this);
    if (end === undefined) return Reflect.apply(original, this, args);
    return settle(original, this, args, end);
  };
}

const beginGetMore = guarded('mongodb', (server: Server, { db, collection }: Namespace) =>
  begin({ name: 'getMore', database: db, collection }, () => server.description?.address),
);

/** Before 4.2 a cursor asks for more past `executeOperation`. */
function getMore(original: Function): Function {
  return function (this: Server, ...args: unknown[]) {
    const end = beginGetMore(this, args[0] as Namespace);
    if (end === undefined) return Reflect.apply(original, this, args);
    return settle(original, this, args, end);
  };
}

export default define({
  name: 'mongodb',
  module: 'mongodb',
  versions: '>=4 <8',
  spans:
    'a client span for each operation, retries included, one for each bulk write; each further batch of a cursor is a `getMore`',
  points: [
    { file: 'lib/operations/execute_operation.js', target: 'executeOperation', wrap: executeOperation },
    { file: 'lib/bulk/common.js', target: 'BulkOperationBase.prototype.execute', wrap: executeBulk },
    { file: 'lib/sdam/server.js', versions: '<4.2', target: 'Server.prototype.getMore', wrap: getMore },
    { file: 'lib/mongo_client.js', target: 'MongoClient.prototype.connect', wrap: detached },
    { file: 'lib/cmap/connect.js', target: 'connect', wrap: detached },
  ],
});
