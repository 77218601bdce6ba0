import { bounded, flatCopy } from '../encode/flat-copy.ts';
import { type Block, block } from '../encode/span.ts';
import { DB } from '../context/layers.ts';
import { MAX_SQL, sanitizeSql, type SqlDialect } from '../redact/sql.ts';
import type { Scope } from '../trace/scope.ts';
import type { Facts, Role } from '../operation/operation.ts';
import { CLIENT, type Span } from '../trace/span.ts';
import type { RemoteEnd } from './address.ts';
import { dbOptions } from './db-options.ts';
import { errorType, failed } from './error.ts';
import {
  DB_NAMESPACE,
  DB_OPERATION_BATCH_SIZE,
  DB_QUERY_SUMMARY,
  DB_QUERY_TEXT,
  DB_RESPONSE_STATUS_CODE,
  DB_SYSTEM_NAME,
  NETWORK_PEER_ADDRESS,
  NETWORK_PEER_PORT,
  SERVER_ADDRESS,
  SERVER_PORT,
} from './keys.ts';
import { keepSecret } from './secret-errors.ts';
import { peerServiceAt } from './server.ts';
import { type SendComment, withComments } from './sql-comment.ts';

/** Records the values that are bound to a statement: an array, or an object by name. */
export type ParameterCapture = (span: Span, values: unknown) => void;

let captureParameters: ParameterCapture | undefined;

export function setParameterCapture(next: ParameterCapture): void {
  captureParameters = next;
}

/** Where a database is. */
export interface DbTarget {
  /** `db.namespace`: the database, or `database|schema`. */
  namespace?: string;
  address?: string;
  /** Left out of the span when it is the system's own default. */
  port?: number;
  /** The other end of the connection. */
  peer?: RemoteEnd;
}

/** The answers that a SQL library gives. */
export interface SqlGetters<Self extends object, Args extends unknown[]> {
  /** `db.system.name`. */
  system: string;
  dialect: SqlDialect;
  defaultPort?: number;
  scope: Scope;
  /** The statement, or those of a batch; undefined if the call is not a query. */
  text(self: Self, args: Args): string | readonly string[] | undefined;
  /** Asked once for each `self`. */
  target(self: Self): DbTarget;
  /** `db.operation.batch.size`: only for calls that run one statement with several sets of values. */
  batchSize?(self: Self, args: Args): number | undefined;
  /** `db.response.status_code` of an error: an SQLSTATE, an error number. */
  status?(error: unknown): string | undefined;
  /** `db.query.parameter.*`: the values that are bound, an array or an object by name. Not asked for batches. */
  parameters?(self: Self, args: Args): unknown;
  /** How a comment gets into what the call sends; without it there is none. */
  comment?: SendComment<Self, Args>;
}

/** The role of a SQL client: one span per query, named by its summary. */
export function sqlClient<Self extends object, Args extends unknown[]>(
  getters: SqlGetters<Self, Args>,
): Role<Self, Args, Statement> {
  const { scope, system, dialect, defaultPort, text, target, batchSize, status, parameters } = getters;
  const statements = statementCache(system, dialect);
  const batches = statementCache(system, dialect, 'BATCH');
  const targets = placeCache(target, defaultPort);
  const role: Role<Self, Args, Statement> = {
    scope,
    kind: CLIENT,
    layer: DB,
    inject: undefined,
    of(self, args) {
      const query = text(self, args);
      if (typeof query === 'string') {
        const size = batchSize?.(self, args) ?? 1;
        return size === 1 ? statements(query) : { ...batches(query), size };
      }
      // An app's mistake can be anything. The library refuses it, and nothing has been asked of the server.
      if (!areStatements(query)) return undefined;
      const size = query.length;
      const sent = joined(query);
      return size === 1 ? statements(sent) : { ...batches(sent), size };
    },
    start(span, statement, self, args) {
      describe(span, statement, targets(self), system);
      if (captureParameters !== undefined && parameters !== undefined && statement.size === undefined)
        captureParameters(span, parameters(self, args));
    },
    end(span, error) {
      if (error !== undefined) failDb(span, error, status?.(error));
    },
  };
  return withComments(role, dialect, getters.comment);
}

interface LateStatement<Self> extends Facts {
  readonly self: Self;
  readonly statement?: Statement;
}

/** A SQL client that puts a statement together when it sends it: what it is, and where it goes, is known at the end. */
export interface LateSqlClient<Self extends object, Server extends object> {
  readonly role: Role<Self, unknown[], LateStatement<Self>>;
  /** Notes which server an operation goes to. */
  sentTo(self: Self, server: Server): void;
}

/** The role of a {@link LateSqlClient}; `target` is asked once for each `Server`. */
export function lateSqlClient<Self extends object, Server extends object>(
  getters: Pick<
    SqlGetters<Server, []>,
    'system' | 'dialect' | 'defaultPort' | 'scope' | 'target' | 'status'
  > & {
    text(self: Self): string;
    parameters(self: Self): unknown;
    comment: SendComment<Self, []>;
  },
): LateSqlClient<Self, Server> {
  const { scope, system, dialect, defaultPort, text, target, status, parameters, comment } = getters;
  const statements = statementCache(system, dialect);
  const targets = placeCache(target, defaultPort);
  const servers = new WeakMap<Self, Server>();
  const role: LateSqlClient<Self, Server>['role'] = {
    scope,
    kind: CLIENT,
    layer: DB,
    inject: undefined,
    of: (self) => ({ name: system, self }),
    late({ self }) {
      const statement = statements(text(self));
      return { name: statement.name, self, statement };
    },
    end(span, error, _, { self, statement }) {
      const server = servers.get(self);
      if (statement !== undefined)
        describe(span, statement, server === undefined ? undefined : targets(server), system);
      if (captureParameters !== undefined) captureParameters(span, parameters(self));
      if (error !== undefined) failDb(span, error, status?.(error));
    },
  };
  return {
    sentTo(self, server) {
      servers.set(self, server);
    },
    role: withComments(role, dialect, comment),
  };
}

function describe(span: Span, statement: Statement, place: Place | undefined, system: string): void {
  if (statement.name === '') span.name = place?.name ?? system;
  span.addBlock(statement.block);
  if (place !== undefined) span.addBlock(place.block);
  if (statement.size !== undefined) span.add(DB_OPERATION_BATCH_SIZE, statement.size);
}

/** Marks a database span as failed. The error's text is not sent: servers quote values in it. */
export function failDb(span: Span, error: unknown, status: string | undefined): void {
  keepSecret(error);
  span.add(DB_RESPONSE_STATUS_CODE, status);
  failed(span, status ?? errorType(error));
}

interface Statement extends Facts {
  readonly block: Block;
  /** How many there are in a batch. */
  readonly size?: number;
}

const MAX_STATEMENTS = 1_000;
const MAX_CACHED_TEXT = 2_048;

/** Between the statements of a batch, where it is one text: in no statement, as `;` may be. */
const BETWEEN = '\0';

function areStatements(given: unknown): given is readonly string[] {
  return Array.isArray(given) && given.every((text) => typeof text === 'string');
}

/** The statements of a batch that differ, as far as a text is looked at. */
function joined(texts: readonly string[]): string {
  let all = texts[0] ?? '';
  for (const text of new Set(texts)) {
    if (text === texts[0]) continue;
    if (all.length + text.length > MAX_SQL) break;
    all += BETWEEN + text;
  }
  return all;
}

/**
 * Statements repeat: each is scanned and encoded once. Bounded, since an app may write values into its statements.
 * @param prefix of the summary and the name, for batches
 */
function statementCache(system: string, dialect: SqlDialect, prefix = ''): (text: string) => Statement {
  const known = new Map<string, Statement>();
  return (given) => {
    let found = known.get(given);
    if (found !== undefined) return found;
    const isKept = given.length <= MAX_CACHED_TEXT;
    // What is kept is made of slices of it.
    const text = isKept ? flatCopy(given) : given;
    // One by one: a quote that is left open in one statement must not turn the literals of the next inside out.
    const parts = prefix === '' ? [text] : text.split(BETWEEN);
    const scanned = parts.map((part) => sanitizeSql(part, dialect));
    const single = scanned.every(({ summary }) => summary === scanned[0]?.summary) ? scanned[0]?.summary : '';
    const summary = `${prefix} ${single}`.trim();
    const { sanitizeQueries, keepsParameterized } = dbOptions;
    const texts = new Set(
      scanned.map(({ text: clean, parameterized }, index) =>
        sanitizeQueries && !(keepsParameterized && parameterized) ? clean : parts[index],
      ),
    );
    const sent = [...texts].join('; ');
    found = {
      name: summary,
      block: block([
        DB_SYSTEM_NAME,
        system,
        DB_QUERY_SUMMARY,
        summary === '' ? undefined : summary,
        DB_QUERY_TEXT,
        sent === '' ? undefined : sent,
      ]),
    };
    if (isKept) {
      if (known.size >= MAX_STATEMENTS) known.clear();
      known.set(text, found);
    }
    return found;
  };
}

export interface Place {
  /** What names a span that has no better name. */
  readonly name: string | undefined;
  readonly block: Block;
}

/** Where each client's server is, asked and encoded once for each client object. */
export function placeCache<Self extends object>(
  target: (self: Self) => DbTarget,
  defaultPort: number | undefined,
): (self: Self) => Place {
  const known = new WeakMap<Self, Place>();
  return (self) => {
    let found = known.get(self);
    if (found === undefined) {
      found = place(target(self), defaultPort);
      known.set(self, found);
    }
    return found;
  };
}

const MAX_SERVERS = 500;
/** No name of a host, and no path of a socket, is longer. */
const MAX_SERVER = 512;

/** Where a server is, by its `host:port` or path: for clients that know it for each call alone. */
export function serverCache(defaultPort: number): (server: string) => Place {
  const known = new Map<string, Place>();
  return (given) => {
    let found = known.get(given);
    if (found === undefined) {
      if (known.size >= MAX_SERVERS) known.clear();
      const server = flatCopy(bounded(given, MAX_SERVER));
      const [, host, port] = /^(.*):(\d+)$/.exec(server) ?? [undefined, server];
      found = place(
        { address: host.replaceAll(/^\[|\]$/g, ''), port: port === undefined ? undefined : Number(port) },
        defaultPort,
      );
      if (given.length <= MAX_SERVER) known.set(server, found);
    }
    return found;
  };
}

export function place({ namespace, address, port, peer }: DbTarget, defaultPort: number | undefined): Place {
  const otherPort = port === defaultPort ? undefined : port;
  const server =
    address === undefined ? undefined : otherPort === undefined ? address : `${address}:${otherPort}`;
  return {
    name: namespace ?? server,
    block: block([
      DB_NAMESPACE,
      namespace,
      SERVER_ADDRESS,
      address,
      SERVER_PORT,
      otherPort,
      NETWORK_PEER_ADDRESS,
      peer?.remoteAddress,
      NETWORK_PEER_PORT,
      peer?.remotePort,
      ...peerServiceAt(address, port ?? defaultPort),
    ]),
  };
}
