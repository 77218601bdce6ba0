import { beforeEach, expect, it } from 'vitest';
import { redisBatch, redisClient, type RedisTarget } from '../../../src/semconv/redis.ts';
import { begin } from '../../../src/operation/operation.ts';
import { scope } from '../../../src/trace/scope.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

let spans: ReceivedSpan[];
beforeEach(() => {
  spans = collectSpans();
});

interface Connection {
  server?: RedisTarget;
}
type Command = [name: string, ...args: unknown[]];
type Options = { isOwn?: boolean };

let asked = 0;
beforeEach(() => {
  asked = 0;
});
const getters = {
  scope: scope('unit'),
  database: () => undefined,
  target({ server }: Connection): RedisTarget {
    asked++;
    return server ?? {};
  },
  isOwn: (_: Connection, [, options]: [unknown, Options?]) => options?.isOwn === true,
};
const command = redisClient<Connection, [Command, Options?]>({
  ...getters,
  command: (_, [[name]]) => name,
  arguments: (_, [[, ...args]]) => args,
});
const batch = redisBatch<Connection, [Command[], Options?]>({
  ...getters,
  sent: (_, [commands]) => commands.map(([name, ...args]) => ({ name, args })),
});

function address(connection: Connection): unknown {
  begin(command, connection, [['get', 'a']])!.end(undefined);
  return spans.pop()!.attributes['server.address'];
}

it('asks where a connection goes until that is known, then no more', () => {
  const connection: Connection = {};
  expect([address(connection), address(connection)]).toEqual([undefined, undefined]);
  connection.server = { address: 'cache.example' };
  expect([address(connection), address(connection)]).toEqual(['cache.example', 'cache.example']);
  expect(asked).toBe(3);
});

it('makes nothing of what the library sends for itself', () => {
  const own: Options = { isOwn: true };
  expect(begin(command, {}, [['ping'], own])).toBeUndefined();
  expect(begin(batch, {}, [[['ping']], own])).toBeUndefined();
  expect(begin(batch, {}, [[['ping']]])).toBeDefined();
});

it('is told the commands of a batch in whatever form the library has them', () => {
  const commands: Command[] = [
    ['set', 'a', 's3cret'],
    ['get', 'a'],
  ];
  begin(batch, {}, [commands])!.end(undefined);
  expect(spans[0]).toMatchObject({
    name: 'PIPELINE',
    attributes: { 'db.query.text': 'SET a ?; GET a', 'db.operation.batch.size': 2 },
  });
  expect(begin(batch, {}, [[]])).toBeUndefined();
});
