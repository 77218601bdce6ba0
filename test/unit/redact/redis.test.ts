import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  MAX_REDIS_ARGUMENT,
  MAX_REDIS_STATEMENT,
  redisOperation,
  redisStatement,
} from '../../../src/redact/redis.ts';
import { redisPolicies } from '../../../src/redact/redis-commands.ts';

describe('a Redis statement', () => {
  test.each<readonly [command: string, args: readonly unknown[], statement: string]>([
    ['get', ['k'], 'GET k'],
    ['SET', ['k', 'v'], 'SET k ?'],
    ['set', ['k', 'v', 'EX', 10], 'SET k ? ? ?'],
    ['Setex', ['k', 10, 'v'], 'SETEX k 10 ?'],
    ['hset', ['h', 'f', 'v', 'g', 'w'], 'HSET h f ? g ?'],
    ['HMSET', ['h', 'f', 'v'], 'HMSET h f ?'],
    ['hget', ['h', 'f'], 'HGET h f'],
    ['mset', ['k', 'v', 'l', 'w'], 'MSET k ? l ?'],
    ['mget', ['k', 'l', 'm'], 'MGET k l m'],
    ['del', ['k', 'l'], 'DEL k l'],
    ['lpush', ['l', 'a', 'b'], 'LPUSH l ? ?'],
    ['lrange', ['l', 0, -1], 'LRANGE l 0 -1'],
    ['sadd', ['s', 'a'], 'SADD s ?'],
    ['zadd', ['z', 1, 'a'], 'ZADD z ? ?'],
    ['zunionstore', ['d', 2, 'a', 'b', 'WEIGHTS', 1, 2], 'ZUNIONSTORE d 2 a b ? ? ?'],
    ['xadd', ['s', 'MAXLEN', '~', 9, '*', 'f', 'v'], 'XADD s ? ? ? ? ? ?'],
    ['xreadgroup', ['GROUP', 'g', 'c', 'STREAMS', 's', '>'], 'XREADGROUP GROUP g c STREAMS s >'],
    ['publish', ['ch', 'message'], 'PUBLISH ch ?'],
    ['expire', ['k', 60], 'EXPIRE k 60'],
    ['ping', [], 'PING'],
    ['echo', ['hello'], 'ECHO ?'],
    ['select', [3], 'SELECT 3'],
    ['auth', ['user', 'pass'], 'AUTH ? ?'],
    ['hello', ['3', 'AUTH', 'user', 'pass'], 'HELLO ? ? ? ?'],
    ['acl', ['setuser', 'u', 'on', '>pass'], 'ACL SETUSER ? ? ?'],
    ['config', ['set', 'requirepass', 'pass'], 'CONFIG SET ? ?'],
    ['config', ['pass'], 'CONFIG ?'],
    ['migrate', ['host', 6379, 'k', 0, 5000, 'AUTH', 'pass'], 'MIGRATE host 6379 k 0 5000 ? ?'],
    ['eval', ["return 'pass'", 2, 'k', 'l', 'arg'], 'EVAL ? 2 k l ?'],
    ['evalsha', ['abc123', '1', 'k', 'arg'], 'EVALSHA abc123 1 k ?'],
    ['eval', ['return 1', 0, 'arg'], 'EVAL ? ? ?'],
    ['eval', ['return 1', 'pass', 'arg'], 'EVAL ? ? ?'],
    ['script', ['load', 'return 1'], 'SCRIPT LOAD ?'],
    ['object', ['encoding', 'k'], 'OBJECT ENCODING k'],
    ['xgroup', ['CREATE', 's', 'g', '$'], 'XGROUP CREATE s g ?'],
    ['client', ['setname', 'me'], 'CLIENT SETNAME ?'],
    ['json.set', ['k', '$.a', '{}'], 'JSON.SET k $.a ?'],
    ['newauth', ['user', 'pass'], 'NEWAUTH ? ?'],
    ['not a command', ['x'], '? ?'],
    ['', [], '?'],
  ])('of %s %j is %s', (command, args, statement) => {
    expect(redisStatement(command, args)).toBe(statement);
  });

  it('counts arguments in nested arrays as if they stood alone', () => {
    expect(redisStatement('mset', [['k', 'v', ['l', 'w']]])).toBe('MSET k ? l ?');
    expect(redisStatement('set', ['k', ['secret', 'more']])).toBe('SET k ? ?');
    expect(redisStatement('get', [['k']])).toBe('GET k');
  });

  it('shows keys in buffers if they are text, and no objects', () => {
    expect(redisStatement('set', [Buffer.from('k:1'), Buffer.from('v')])).toBe('SET k:1 ?');
    expect(redisStatement('get', [Buffer.from([0, 255])])).toBe('GET ?');
    expect(redisStatement('del', [12n, 7, null, undefined, {}, Symbol('s')])).toBe('DEL 12 7 ? ? ? ?');
  });

  it('is cut where it gets too long', () => {
    const key = 'k'.repeat(MAX_REDIS_ARGUMENT);
    expect(redisStatement('get', [key])).toBe(`GET ${key}`);
    expect(redisStatement('get', [`${key}k`])).toBe(`GET ${key}...`);
    const statement = redisStatement('sadd', ['s', ...Array.from({ length: 5_000 }, () => 'v')]);
    expect(statement).toHaveLength(MAX_REDIS_STATEMENT + 4);
    expect(statement.endsWith(' ...')).toBe(true);
  });

  it('never holds a value, a password, a script or a message', () => {
    const secret = 'CANARY0CANARY1CANARY2CANARY3CANA';
    // The first position from which on a text may be a secret. Fields of hashes are none.
    const from: Record<string, number> = {
      ...Object.fromEntries(
        ['auth', 'hello', 'echo', 'ping', 'eval', 'config', 'acl', 'client', 'script'].map((name) => [
          name,
          0,
        ]),
      ),
      ...Object.fromEntries(
        [
          'set',
          'setnx',
          'getset',
          'append',
          'publish',
          'lpush',
          'rpush',
          'sadd',
          'srem',
          'sismember',
          'zadd',
          'zscore',
          'pfadd',
          'xadd',
        ].map((name) => [name, 1]),
      ),
      ...Object.fromEntries(
        ['setex', 'psetex', 'hsetnx', 'lset', 'linsert', 'restore', 'setrange', 'json.set'].map((name) => [
          name,
          2,
        ]),
      ),
      migrate: 5,
      module9: 0,
    };
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(from)),
        fc.nat(6),
        fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(Buffer.from('b'))), { maxLength: 8 }),
        fc.boolean(),
        (command, offset, others, asBuffer) => {
          const args: unknown[] = others.slice(0, from[command]);
          while (args.length < from[command] + offset) args.push('x');
          args.push(asBuffer ? Buffer.from(secret) : secret, ...others);
          // `eval script n key …`: keys are kept, so the count must not make one of the secret.
          if (command === 'eval') args[1] = 0;
          if (command === 'eval' && offset === 1) return;
          expect(redisStatement(command, args)).not.toContain(secret);
        },
      ),
    );
  });

  it('never fails', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.anything()), (command, args) => {
        expect(typeof redisStatement(command, args)).toBe('string');
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...redisPolicies().keys()), fc.array(fc.anything()), (command, args) => {
        expect(redisStatement(command, args).startsWith(command.toUpperCase())).toBe(true);
      }),
    );
  });
});

describe('a Redis operation', () => {
  it('is the command in upper case', () => {
    expect(redisOperation('get')).toBe('GET');
    expect(redisOperation('GET')).toBe('GET');
    expect(redisOperation('zRangeByScore')).toBe('ZRANGEBYSCORE');
  });

  it('is the name of a command that is not known, if that is a word', () => {
    expect(redisOperation('graph.query')).toBe('GRAPH.QUERY');
    expect(redisOperation('CL.THROTTLE')).toBe('CL.THROTTLE');
    expect(redisOperation('ft._list')).toBe('FT._LIST');
    expect(redisStatement('GRAPH.QUERY', ['key', 'value'])).toBe('GRAPH.QUERY ? ?');
  });

  it('is _OTHER once there are too many of those', () => {
    const letters = [...'abcdefghijklmnopqrst'];
    const all = letters.flatMap((a) => letters.map((b) => redisOperation(`kit${a}${b}`)));
    expect(new Set(all).size).toBeLessThan(210);
    expect(all.at(-1)).toBe('_OTHER');
  });

  it('is _OTHER for what is no word', () => {
    expect(redisOperation('hunter2')).toBe('_OTHER');
    expect(redisOperation('x'.repeat(1_000))).toBe('_OTHER');
    expect(redisOperation('__proto__')).toBe('_OTHER');
  });
});
