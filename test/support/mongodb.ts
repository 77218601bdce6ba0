/**
 * A small MongoDB server for tests, where no `mongod` is installed: the wire protocol (OP_MSG, and OP_QUERY for the handshake of
 * old drivers) with the real BSON, over collections in memory. It knows what the tests ask: equality in filters, `$set`, `$match`.
 */
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Socket } from 'node:net';

type Document = Record<string, any>;

interface Bson {
  serialize(document: Document): Uint8Array;
  deserialize(bytes: Uint8Array, options: object): Document;
  Long: { fromNumber(value: number): unknown };
}

/** What is answered with `ok: 0`. */
class CommandError {
  readonly document: Document;

  constructor(code: number, codeName: string, errmsg: string) {
    this.document = { ok: 0, code, codeName, errmsg };
  }
}

/** Thrown for a connection that is to be lost. */
const CLOSE = Symbol('close');

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const MORE_TO_COME = 2;

export interface MongoServer {
  /** What a client is told, with `/test` as database. */
  url: string;
  host: string;
  port: number;
  close(): Promise<void>;
}

/** The server at MONGODB_URL if that is set, else one of our own. */
export async function startMongo(): Promise<MongoServer> {
  if (process.env.MONGODB_URL) {
    const { href, hostname, port } = new URL(process.env.MONGODB_URL);
    return { url: href, host: hostname, port: Number(port || 27017), close: async () => {} };
  }
  const bson = createRequire(new URL('../libraries/package.json', import.meta.url))('bson') as Bson;
  const database = inMemory(bson);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    let buffered = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      buffered = Buffer.concat([buffered, chunk]);
      while (buffered.length >= 4 && buffered.length >= buffered.readInt32LE(0)) {
        const length = buffered.readInt32LE(0);
        answer(bson, database, socket, buffered.subarray(0, length));
        buffered = buffered.subarray(length);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `mongodb://127.0.0.1:${port}/test`,
    host: '127.0.0.1',
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

type Run = (command: Document) => Document;

function answer(bson: Bson, run: Run, socket: Socket, message: Buffer): void {
  const requestId = message.readInt32LE(4);
  const opcode = message.readInt32LE(12);
  const { command, silent } = opcode === OP_MSG ? readMessage(bson, message) : readQuery(bson, message);
  let reply: Document;
  try {
    reply = { ...run(command), ok: 1 };
  } catch (error) {
    if (error === CLOSE) {
      socket.destroy();
      return;
    }
    reply =
      error instanceof CommandError
        ? error.document
        : new CommandError(8, 'UnknownError', String(error)).document;
  }
  if (silent) return;
  const document = bson.serialize(reply);
  const head = Buffer.alloc(opcode === OP_MSG ? 21 : 36);
  head.writeInt32LE(head.length + document.length, 0);
  head.writeInt32LE(requestId, 8);
  if (opcode === OP_MSG) {
    head.writeInt32LE(OP_MSG, 12);
  } else {
    head.writeInt32LE(OP_REPLY, 12);
    head.writeInt32LE(8, 16);
    head.writeInt32LE(1, 32);
  }
  socket.write(Buffer.concat([head, document]));
}

interface Request {
  command: Document;
  /** No answer is wanted. */
  silent: boolean;
}

function readMessage(bson: Bson, message: Buffer): Request {
  const flags = message.readInt32LE(16);
  const command: Document = {};
  let at = 20;
  while (at < message.length) {
    const kind = message[at++];
    const size = message.readInt32LE(at);
    if (kind === 0) {
      Object.assign(command, bson.deserialize(message.subarray(at, at + size), { promoteLongs: true }));
    } else {
      const nameEnd = message.indexOf(0, at + 4);
      const documents: Document[] = [];
      for (let next = nameEnd + 1; next < at + size; next += message.readInt32LE(next)) {
        documents.push(bson.deserialize(message.subarray(next, next + message.readInt32LE(next)), {}));
      }
      command[message.toString('utf8', at + 4, nameEnd)] = documents;
    }
    at += size;
  }
  return { command, silent: (flags & MORE_TO_COME) !== 0 };
}

function readQuery(bson: Bson, message: Buffer): Request {
  if (message.readInt32LE(12) !== OP_QUERY) throw new Error(`opcode ${message.readInt32LE(12)}`);
  const start = message.indexOf(0, 20) + 9;
  const command = bson.deserialize(message.subarray(start, start + message.readInt32LE(start)), {});
  return { command: command.$query ?? command, silent: false };
}

const HELLO = {
  helloOk: true,
  ismaster: true,
  isWritablePrimary: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
};

function inMemory(bson: Bson): Run {
  const collections = new Map<string, Document[]>();
  const cursors = new Map<number, Document[]>();
  let lastCursor = 0;
  const rows = (command: Document, name: string): Document[] => {
    const id = `${command.$db}.${name}`;
    if (!collections.has(id)) collections.set(id, []);
    return collections.get(id)!;
  };

  function cursor(command: Document, name: string, found: Document[], size = 101): Document {
    const rest = found.slice(size);
    const id = rest.length === 0 ? 0 : ++lastCursor;
    if (id !== 0) cursors.set(id, rest);
    return {
      cursor: {
        id: bson.Long.fromNumber(id),
        ns: `${command.$db}.${name}`,
        firstBatch: found.slice(0, size),
      },
    };
  }

  function insert(command: Document, name: string, document: Document): Document | undefined {
    const all = rows(command, name);
    if (all.some(({ _id }) => same(_id, document._id))) {
      const key = JSON.stringify(document._id);
      const text = `E11000 duplicate key error collection: ${command.$db}.${name} index: _id_ dup key: { _id: ${key} }`;
      return { code: 11_000, keyPattern: { _id: 1 }, keyValue: { _id: document._id }, errmsg: text };
    }
    all.push(document);
    return undefined;
  }

  const commands: Record<string, (command: Document, name: string) => Document> = {
    hello: () => ({ ...HELLO, localTime: new Date(), connectionId: 1 }),
    ping: () => ({}),
    endSessions: () => ({}),
    killCursors: ({ cursors: ids }) => {
      for (const id of ids) cursors.delete(Number(id));
      return { cursorsKilled: ids };
    },
    insert: (command, name) => {
      const writeErrors: Document[] = [];
      for (const [index, document] of command.documents.entries()) {
        const error = insert(command, name, document);
        if (error) writeErrors.push({ index, ...error });
      }
      return {
        n: command.documents.length - writeErrors.length,
        ...(writeErrors.length > 0 && { writeErrors }),
      };
    },
    update: (command, name) => {
      let n = 0;
      for (const { q, u, multi } of command.updates) {
        const found = rows(command, name).filter((row) => matches(row, q));
        for (const row of multi ? found : found.slice(0, 1)) {
          Object.assign(row, u.$set ?? u);
          n++;
        }
      }
      return { n, nModified: n };
    },
    delete: (command, name) => {
      let n = 0;
      for (const { q, limit } of command.deletes) {
        const all = rows(command, name);
        const found = all.filter((row) => matches(row, q));
        for (const row of limit === 1 ? found.slice(0, 1) : found) {
          all.splice(all.indexOf(row), 1);
          n++;
        }
      }
      return { n };
    },
    find: (command, name) => {
      const found = rows(command, name).filter((row) => matches(row, command.filter));
      return cursor(
        command,
        name,
        command.limit > 0 ? found.slice(0, command.limit) : found,
        command.batchSize,
      );
    },
    getMore: (command) => {
      const id = Number(command.getMore);
      const rest = cursors.get(id);
      if (rest === undefined) throw new CommandError(43, 'CursorNotFound', `cursor id ${id} not found`);
      const nextBatch = rest.splice(0, command.batchSize || 101);
      if (rest.length === 0) cursors.delete(id);
      const left = bson.Long.fromNumber(rest.length === 0 ? 0 : id);
      return { cursor: { id: left, ns: `${command.$db}.${command.collection}`, nextBatch } };
    },
    aggregate: (command, name) => {
      let found = typeof name === 'string' ? rows(command, name) : [];
      for (const stage of command.pipeline) {
        const [operator] = Object.keys(stage);
        if (operator === '$match') found = found.filter((row) => matches(row, stage.$match));
        else if (operator === '$collStats') found = [{ _id: 1, count: found.length }];
        else if (operator === '$group') found = found.length === 0 ? [] : [{ _id: 1, n: found.length }];
        else
          throw new CommandError(40_324, 'Location40324', `Unrecognized pipeline stage name: '${operator}'`);
      }
      return cursor(command, name, found, command.cursor?.batchSize);
    },
    count: (command, name) => ({
      n: rows(command, name).filter((row) => matches(row, command.query)).length,
    }),
    distinct: (command, name) => ({
      values: [
        ...new Set(
          rows(command, name)
            .filter((row) => matches(row, command.query))
            .map((row) => row[command.key]),
        ),
      ],
    }),
    findAndModify: (command, name) => {
      const found = rows(command, name).find((row) => matches(row, command.query));
      const before = found && { ...found };
      if (found && command.remove) rows(command, name).splice(rows(command, name).indexOf(found), 1);
      else if (found) Object.assign(found, command.update.$set ?? command.update);
      return { value: (command.new ? found : before) ?? null, lastErrorObject: { n: found ? 1 : 0 } };
    },
    drop: (command, name) => {
      collections.delete(`${command.$db}.${name}`);
      return {};
    },
    create: () => ({}),
    createIndexes: () => ({ numIndexesBefore: 1, numIndexesAfter: 2 }),
    listCollections: (command) => {
      const names = [...collections.keys()].filter((id) => id.startsWith(`${command.$db}.`));
      const found = names.map((id) => ({ name: id.slice(command.$db.length + 1), type: 'collection' }));
      return cursor(command, '$cmd.listCollections', found);
    },
  };
  commands.isMaster = commands.ismaster = commands.hello;

  let failing: { names: string[]; times: number } | undefined;
  // `mongod --setParameter enableTestCommands=1` has it too.
  commands.configureFailPoint = ({ mode, data }) => {
    failing = { names: data.failCommands, times: mode.times };
    return {};
  };

  return (command) => {
    const [name] = Object.keys(command);
    if (failing !== undefined && failing.times > 0 && failing.names.includes(name)) {
      failing.times--;
      // oxlint-disable-next-line no-throw-literal
      throw CLOSE;
    }
    const run = commands[name];
    if (run === undefined) throw new CommandError(59, 'CommandNotFound', `no such command: '${name}'`);
    return run(command, command[name]);
  };
}

function matches(row: Document, filter: Document = {}): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    if (key.startsWith('$')) throw new CommandError(2, 'BadValue', `unknown top level operator: ${key}.`);
    return wanted?.$in === undefined
      ? same(row[key], wanted)
      : wanted.$in.some((one: unknown) => same(row[key], one));
  });
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Puts the documents there that the tests look for. The driver is the one of test/libraries, without the agent. */
export async function seedMongo({ url }: MongoServer): Promise<void> {
  const { MongoClient } = createRequire(new URL('../libraries/package.json', import.meta.url))('mongodb');
  const client = new MongoClient(url);
  const kit = client.db().collection('kit');
  await kit.deleteMany({});
  const many = Array.from({ length: 5 }, (_, index) => ({ _id: `kit-many-${index}`, group: 'kit-many' }));
  const friend = { _id: 'kit-friend', friend: 'kit-read' };
  await kit.insertMany([
    { _id: 'kit-read', secret: 's3cret-canary' },
    { _id: 's3cret-canary' },
    friend,
    ...many,
  ]);
  await client.close();
}
