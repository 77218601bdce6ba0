/** What an operation of the MongoDB driver is: its command, collection and server. */
import { active, bindCallback, callIn, current, scope } from '../src/define.ts';
import { mongoClient } from '../src/semconv/mongo.ts';

/** The parts of the driver that are touched. */
export interface Operation {
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
  /** Of a `getMore`: those of its cursor. */
  options?: { awaitData?: boolean };
}

export interface Namespace {
  db: string;
  collection?: string;
}

export interface Server {
  description?: { address?: string };
}

/** A client or, before 4.8, its topology. */
export interface Client {
  s?: { options?: { hosts?: readonly { toString(): string }[] } };
}

export const mongodb = scope('foretrace.mongodb');

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
export function onlyHost(client: Client | undefined): string | undefined {
  const hosts = client?.s?.options?.hosts;
  return hosts?.length === 1 ? String(hosts[0]) : undefined;
}

/** All operations come by `executeOperation`, once each: what the driver retries is inside. */
export const operation = mongoClient<unknown, [Client, Operation]>({
  scope: mongodb,
  operation(_, [client, operation]) {
    const className = operation.constructor.name;
    if (COMPOSITES.test(className) || BATCHES.test(className)) return undefined;
    const name = commandOf(operation, className);
    if (FRAMING.has(name)) return undefined;
    return {
      name,
      database: operation.ns?.db,
      collection: collectionOf(operation, name),
      waits: name === 'getMore' && operation.options?.awaitData,
      server: () => operation.server?.description?.address ?? onlyHost(client),
    };
  },
});

/** Before 4.2 a cursor asks for more past `executeOperation`. */
export const getMore = mongoClient<Server, [Namespace]>({
  scope: mongodb,
  operation: ({ description }, [{ db, collection }]) => ({
    name: 'getMore',
    database: db,
    collection,
    server: () => description?.address,
  }),
});

/** Version 4 calls back, and runs an operation, from whatever callback tells that there is a server. */
export function keepContext(_: unknown, args: [Client, Operation, ...unknown[]]): void {
  // With a context, what ends the operation keeps it.
  if (current() === undefined) bindCallback(args);
  const [, operation] = args;
  const { execute } = operation;
  if (typeof execute !== 'function' || !COMPOSITES.test(operation.constructor.name)) return;
  const context = active();
  operation.execute = function (this: unknown) {
    return callIn(context, execute, this, arguments);
  };
}
