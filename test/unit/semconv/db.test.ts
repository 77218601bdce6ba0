import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Environment, readConfig } from '../../../src/config/read.ts';
import { run } from '../../../src/context/active.ts';
import { ROOT } from '../../../src/context/context.ts';
import { type DbTarget, sqlClient } from '../../../src/semconv/db.ts';
import { configure } from '../../../src/semconv/db-options.ts';
import { errorType } from '../../../src/semconv/error.ts';
import { redisBatch, redisClient } from '../../../src/semconv/redis.ts';
import { isSecret } from '../../../src/semconv/secret-errors.ts';
import * as sampler from '../../../src/trace/sampler.ts';
import { type AnyRole, begin } from '../../../src/operation/operation.ts';
import { scope } from '../../../src/trace/scope.ts';
import { NonRecordingSpan } from '../../../src/trace/span-context.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

const sanitize = (env: Environment): void => configure(readConfig(env).config.database);

let spans: ReceivedSpan[];
beforeEach(() => {
  spans = collectSpans();
});
afterEach(() => {
  sanitize({});
  sampler.configure({ name: 'parentbased_always_on', ratio: 1 });
});

const unit = scope('unit');
const sql = sqlClient<DbTarget, [string | undefined, number?]>({
  system: 'postgresql',
  dialect: 'postgresql',
  defaultPort: 5432,
  scope: unit,
  text: (_, [text]) => text,
  target: (self) => self,
  batchSize: (_, [, size]) => size,
  status: (error) => (error as { sqlState?: string })?.sqlState,
});
const shop: DbTarget = { namespace: 'shop', address: 'db.example', port: 5432 };

/** The span of an operation that ends at once. */
function spanOf(
  role: AnyRole,
  self: object,
  args: unknown[],
  error: unknown,
  result?: unknown,
): ReceivedSpan | undefined {
  const operation = begin(role, self, args);
  operation?.end(error, result);
  return operation === undefined ? undefined : spans.pop();
}

function query(
  text: string | undefined,
  { place = shop, error, size }: { place?: DbTarget; error?: unknown; size?: number } = {},
): ReceivedSpan | undefined {
  return spanOf(sql, { ...place }, [text, size], error);
}

describe('a SQL span', () => {
  it('has exactly the required and recommended attributes', () => {
    const span = query("SELECT * FROM users WHERE name = 'ada' AND id = $1")!;
    expect(span).toMatchObject({ name: 'SELECT users', kind: 'CLIENT', status: { code: 'UNSET' } });
    expect({ ...span.attributes }).toEqual({
      'db.system.name': 'postgresql',
      'db.query.summary': 'SELECT users',
      'db.query.text': 'SELECT * FROM users WHERE name = ? AND id = $1',
      'db.namespace': 'shop',
      'server.address': 'db.example',
    });
  });

  it.each([
    [
      { namespace: 'shop', address: 'host', port: 6000 },
      'shop',
      { 'server.address': 'host', 'server.port': 6000 },
    ],
    [{ address: 'host', port: 6000 }, 'host:6000', { 'server.port': 6000 }],
    [{ address: 'host', port: 5432 }, 'host', {}],
    [{}, 'postgresql', {}],
  ])('without a summary, at %j, is named %s', (place, name, attributes) => {
    const span = query('', { place })!;
    expect(span.name).toBe(name);
    expect(span.attributes).toMatchObject(attributes);
    if (!('server.port' in attributes)) expect(span.attributes).not.toHaveProperty(['server.port']);
  });

  it('has the text as it is where the operator wants it, and remembers statements by their text', () => {
    sanitize({ OTEL_INSTRUMENTATION_COMMON_DB_QUERY_SANITIZATION_ENABLED: 'false' });
    expect(query("SELECT 'raw'")?.attributes['db.query.text']).toBe("SELECT 'raw'");
    expect(query("SELECT 'raw'")?.attributes['db.query.text']).toBe("SELECT 'raw'");
    for (let i = 0; i < 1_001; i++)
      expect(query(`SELECT a${i}`)?.attributes['db.query.text']).toBe(`SELECT a${i}`);
  });

  it('has the literals of a statement with parameters where the operator wants them, and no others', () => {
    const mixed = "SELECT a FROM kept WHERE status = 'active' AND id = $1";
    expect(query(`${mixed} `)?.attributes['db.query.text']).toBe(
      'SELECT a FROM kept WHERE status = ? AND id = $1 ',
    );
    sanitize({ FORETRACE_DB_QUERY_SANITIZATION: 'unparameterized' });
    expect(query(mixed)?.attributes['db.query.text']).toBe(mixed);
    expect(query("SELECT a FROM kept WHERE b = 'x'")?.attributes['db.query.text']).toBe(
      'SELECT a FROM kept WHERE b = ?',
    );
  });

  it.each([
    [undefined, undefined],
    [0, 0],
    [1, undefined],
    [2, 2],
  ])('of a batch of %s has batch size %s', (size, expected) => {
    expect(query('SELECT 1', { size })?.attributes['db.operation.batch.size']).toBe(expected);
  });

  it('that failed has the status code as error.type, else the error’s, and never its text', () => {
    const error = Object.assign(new Error('value "secret"'), { sqlState: '23505' });
    const span = query('SELECT 1', { error })!;
    expect(span.attributes).toMatchObject({ 'db.response.status_code': '23505', 'error.type': '23505' });
    expect(span).toMatchObject({ status: { code: 'ERROR' }, events: [] });
    expect(span.status).not.toHaveProperty('message');
    expect(isSecret(error)).toBe(true);
    const refused = query('SELECT 1', { error: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) })!;
    expect(refused.attributes).toMatchObject({ 'error.type': 'ECONNREFUSED' });
    expect(refused.attributes).not.toHaveProperty(['db.response.status_code']);
  });

  it('is none for what is no query, in an unsampled trace or a suppressed context', () => {
    expect(query(undefined)).toBeUndefined();
    const passed = new NonRecordingSpan(1, 1, 1, 1, 1, 1, 0, undefined, true);
    const spanned = ROOT.setValue(Symbol.for('OpenTelemetry Context Key SPAN'), passed);
    const suppressed = ROOT.setValue(Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING'), true);
    for (const context of [spanned, suppressed])
      expect(run(context, () => query('SELECT 1'))).toBeUndefined();
    sampler.configure({ name: 'always_off', ratio: 0 });
    expect(query('SELECT 1')).toBeUndefined();
  });

  it.each([{}, null, 7, ['SELECT 1', {}], new String('SELECT 1')])(
    'is none for what an app passes as a statement by mistake: %j',
    (mistake) => {
      expect(query(mistake as unknown as string)).toBeUndefined();
    },
  );
});

interface Command {
  name: string;
  args: unknown[];
}
const getters = { scope: unit, database: () => 3, target: () => ({ address: 'cache', port: 6379 }) };
const redis = redisClient<object, [Command]>({
  ...getters,
  command: (_, [{ name }]) => name,
  arguments: (_, [{ args }]) => args,
});
const batch = redisBatch<object>(getters);

function command(name: string, args: unknown[] = [], error?: unknown): ReceivedSpan {
  return spanOf(redis, {}, [{ name, args }], error)!;
}
function pipeline(
  names: string[],
  { error, result }: { error?: unknown; result?: unknown } = {},
): ReceivedSpan {
  const queue = names.map((name) => ({ name, args: ['key', 'secret'] }));
  return spanOf(batch, {}, [queue], error, result)!;
}

describe('a Redis span', () => {
  it('is named by the command and has exactly these attributes', () => {
    const span = command('set', ['key', 'secret']);
    expect(span).toMatchObject({ name: 'SET', kind: 'CLIENT' });
    expect({ ...span.attributes }).toEqual({
      'db.system.name': 'redis',
      'db.operation.name': 'SET',
      'db.query.text': 'SET key ?',
      'db.namespace': '3',
      'server.address': 'cache',
    });
  });

  it('has the digest of a script as stored procedure', () => {
    const digest = 'a'.repeat(40);
    expect(command('evalsha', [digest, 0]).attributes['db.stored_procedure.name']).toBe(digest);
    expect(command('evalsha', ['secret', 0]).attributes).not.toHaveProperty(['db.stored_procedure.name']);
    expect(command('get', [digest]).attributes).not.toHaveProperty(['db.stored_procedure.name']);
  });

  it.each([
    ['WRONGTYPE Operation against a key', 'WRONGTYPE'],
    ['ERR unknown command', 'ERR'],
    ['NOSCRIPT', 'NOSCRIPT'],
    ['Connection is closed.', undefined],
    ['', undefined],
  ])('that failed with "%s" has status %s', (message, status) => {
    const { attributes } = command('get', ['key'], Object.assign(new Error(message), { name: 'ReplyError' }));
    expect([attributes['db.response.status_code'], attributes['error.type']]).toEqual([
      status,
      status ?? 'ReplyError',
    ]);
  });

  it.each([
    [['get', 'get'], 'PIPELINE GET', 2],
    [['get', 'set'], 'PIPELINE', 2],
    [['get', 'set', 'set'], 'PIPELINE', 3],
    [['get'], 'GET', undefined],
    [['multi', 'set', 'exec'], 'SET', undefined],
    [['multi', 'set', 'set', 'exec'], 'MULTI SET', 2],
    [['multi', 'exec'], 'MULTI', 0],
  ])('of a pipeline of %j is %s', (names, name, size) => {
    const span = pipeline(names);
    expect([span.name, span.attributes['db.operation.batch.size']]).toEqual([name, size]);
    expect(String(span.attributes['db.query.text'])).not.toContain('secret');
  });

  it('of a pipeline keeps the errors of its commands secret', () => {
    const error = new Error('ERR unknown command, with args beginning with: secret');
    expect(pipeline(['get'], { result: [[error, null], [null, 'OK'], null] }).status.code).toBe('UNSET');
    expect(isSecret(error)).toBe(true);
  });
});

describe('errorType', () => {
  class Custom extends Error {}
  it.each([
    [Object.assign(new Error(), { code: 'ENOENT' }), 'ENOENT'],
    [Object.assign(new Error(), { code: 5 }), 'Error'],
    [new RangeError(), 'RangeError'],
    [new Custom(), 'Custom'],
    [new Error(), 'Error'],
    [{}, '_OTHER'],
    [{ name: 'Named' }, 'Named'],
    [Object.create(null), '_OTHER'],
    [undefined, '_OTHER'],
    [null, '_OTHER'],
    ['text', '_OTHER'],
    [{ code: 'X'.repeat(500) }, 'X'.repeat(128)],
  ])('of %s is %s', (error, expected) => expect(errorType(error)).toBe(expected));
});
