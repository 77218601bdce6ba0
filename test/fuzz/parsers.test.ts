/**
 * The parsers of all that comes from outside take anything: no throw, no value above its bound, no more than linear time. `npm test`
 * gives each of them FUZZ_INPUTS inputs, `npm run test:fuzz` a million. A failure names the input.
 */
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/read.ts';
import { VARIABLES } from '../../src/config/table.ts';
import { readResponse } from '../../src/encode/read.ts';
import { parseRetryAfter } from '../../src/export/thread/exporters/otlp-answer.ts';
import { printable } from '../../src/printable.ts';
import { extractB3 } from '../../src/propagate/b3.ts';
import { baggageFromHeader, headerFromBaggage, limitBaggage } from '../../src/propagate/baggage.ts';
import { type HeaderGetter, propagator, type RemoteParent } from '../../src/propagate/index.ts';
import { JAEGER, parseUberTraceId } from '../../src/propagate/jaeger.ts';
import { randomnessOf, thresholdOf, withThreshold } from '../../src/propagate/ot.ts';
import { OT_TRACE } from '../../src/propagate/ottrace.ts';
import { parseTraceparent, parseTracestate } from '../../src/propagate/tracecontext.ts';
import { parseAmznTraceId, XRAY } from '../../src/propagate/xray.ts';
import { exceptionAttributes, statusText } from '../../src/redact/exception.ts';
import { MAX_REDIS_STATEMENT, redisOperation, redisStatement } from '../../src/redact/redis.ts';
import { MAX_SQL, sanitizeSql, type SqlDialect, summarizeSql } from '../../src/redact/sql.ts';
import { MAX_MESSAGE, MAX_STACK } from '../../src/redact/stack.ts';
import { redactQuery, redactUrl, SENSITIVE_QUERY_KEYS } from '../../src/redact/url.ts';
import { routeParameter } from '../../src/naming/route-parameters.ts';
import { cookie, pathOf, queryParameter } from '../../src/naming/target.ts';
import { urlRuleOf } from '../../src/naming/url-rules.ts';
import { templateOf } from '../../src/naming/url-templates.ts';
import { MAX_ARGUMENT_CHARACTERS, maskArguments } from '../../src/resource/arguments.ts';
import { forwardedClient, forwardedHost, forwardedProto } from '../../src/semconv/forwarded.ts';
import { splitHost } from '../../src/semconv/http-server.ts';
import { traceState } from '../../src/trace/trace-state.ts';
import { Mutator } from '../support/mutate.ts';

const INPUTS = Number(process.env.FUZZ_INPUTS ?? 3_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_126);

interface Parser {
  seeds: string[];
  pieces: string[];
  /** Parses; throws if the result breaks a promise. */
  parse(text: string, mutator: Mutator): void;
}

/** A promise; `expect` costs more than what is tested here. */
function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}
const isInt32 = (n: number): boolean => (n | 0) === n;

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const everything = propagator(
  ['tracecontext', 'b3', 'b3multi', 'jaeger', 'xray', 'ottrace', 'baggage'],
  3_072,
  [JAEGER, XRAY, OT_TRACE],
);
const HEADERS = [
  'traceparent',
  'tracestate',
  'baggage',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-sampled',
  'x-b3-flags',
  'uber-trace-id',
  'uberctx-user',
  'x-amzn-trace-id',
  'ot-tracer-traceid',
  'ot-tracer-spanid',
  'ot-tracer-sampled',
  'ot-baggage-user',
];

function holdsParent(parent: RemoteParent | undefined, flags: number[]): void {
  if (parent === undefined) return;
  const { t0, t1, t2, t3, s0, s1 } = parent;
  holds([t0, t1, t2, t3, s0, s1].every(isInt32), 'an id is no integer');
  holds((t0 | t1 | t2 | t3) !== 0 && (s0 | s1) !== 0, 'an id is zero');
  holds(flags.includes(parent.flags), 'flags that we do not know');
}

const SQL_SEEDS = [
  "SELECT * FROM users u JOIN \"order\" o ON o.id = u.id WHERE name = 'O''Brien' AND age > 42 LIMIT 10",
  "INSERT INTO t (a, b) VALUES (1, 'x'), (-2.5e10, E'a\\'b'), (0xff, $tag$ body $tag$) RETURNING id",
  'UPDATE `a`.`b` SET c = "d" /* comment */ WHERE e IN (1, 2, 3) -- end',
  "CREATE USER bob IDENTIFIED BY 'secret'; ALTER ROLE x PASSWORD 'y'; SET PASSWORD = 'z'",
  "WITH RECURSIVE x AS (SELECT [a b] FROM [dbo].[t] WHERE d = N'ü') MERGE INTO y USING x ON 1 = 1",
  "EXEC sp_who @a = 'b'; CALL p(1); EXPLAIN ANALYZE DELETE FROM t WHERE a ~ '^b' # c\n AND d::text = :e",
];
const SQL_PIECES = [
  '--',
  '/*',
  '*/',
  '/*!',
  '$$',
  '$a$',
  "''",
  '""',
  '``',
  "\\'",
  "E'",
  "N'",
  "X'",
  "_utf8'",
  "q'[",
  '$1',
  ':a',
  '@@b',
  '0x',
  '1e',
  '1.',
  '::',
  '#',
  '[',
  ']',
  'SELECT ',
  'FROM ',
  'VALUES ',
  'IN (',
  'PASSWORD ',
  'IDENTIFIED BY ',
  ',',
  ';',
  '\n',
];

function sql(dialect: SqlDialect): Parser {
  return {
    seeds: SQL_SEEDS,
    pieces: SQL_PIECES,
    parse(text) {
      const { text: kept, summary } = sanitizeSql(text, dialect);
      holds(kept.length <= MAX_SQL, 'the statement is too long');
      holds(summary.length <= 255, 'the summary is too long');
      holds(summarizeSql(text, dialect).length <= 255, 'the summary alone is too long');
    },
  };
}

const RULE_OF = urlRuleOf(['/orders/{id}/items', '/files/**']);

const PARSERS: Record<string, Parser> = {
  traceparent: {
    seeds: [`00-${TRACE}-${SPAN}-01`, `cc-${TRACE}-${SPAN}-01-what`],
    pieces: [TRACE, SPAN, '00-', 'ff-', '-01', '0'.repeat(32), '0'.repeat(16), TRACE.toUpperCase()],
    parse(text) {
      const parent = parseTraceparent(text);
      if (parent === undefined) return;
      const { t0, t1, t2, t3, s0, s1, flags } = parent;
      holds([t0, t1, t2, t3, s0, s1].every(isInt32), 'an id is no integer');
      holds((t0 | t1 | t2 | t3) !== 0 && (s0 | s1) !== 0, 'an id is zero');
      holds(flags >= 0 && flags <= 3, 'flags that we do not know');
    },
  },
  tracestate: {
    seeds: [
      'a=1,b=2',
      `congo=t61rcWkgMzE,rojo@x=${TRACE}`,
      Array.from({ length: 32 }, (_, i) => `k${i}=${'v'.repeat(30)}`).join(','),
    ],
    pieces: ['a=1', ',', ',,', '=', '@', 'k'.repeat(256), `k=${'v'.repeat(256)}`, ' , '],
    parse(text, mutator) {
      const state = parseTracestate(mutator.below(4) === 0 ? text.split('=') : text);
      if (state === undefined) return;
      holds(state.length <= 512, 'it is too long');
      holds(/^[\x20-\x7e]+$/.test(state), 'it is no header');
      holds(parseTracestate(state) === state, 'it is another when read again');
      traceState(state).set('x', text).unset('a').serialize();
    },
  },
  baggage: {
    seeds: ['userId=alice,serverNode=DF%2028,isProduction=false', 'k=v;p=1;q,b=%E2%82%AC', 'a=1 , b = 2 ;x'],
    pieces: ['a=1', ',', ';', '=', '%20', '%E2%82', 'k'.repeat(300), `k=${'v'.repeat(4_096)}`],
    parse(text, mutator) {
      const header = limitBaggage(mutator.below(4) === 0 ? text.split(';') : text, 3_072);
      if (header === undefined) return;
      holds(header.length <= 3_072, 'it is too long');
      holds(/^[\t\x20-\x7e]+$/.test(header), 'it is no header');
      holds(limitBaggage(header) === header, 'it is another when read again');
      const baggage = baggageFromHeader(header);
      holds(baggage.getAllEntries().length <= 180, 'too many entries');
      const changed = headerFromBaggage(baggage.setEntry(text, { value: text }), 3_072);
      holds((changed?.length ?? 0) <= 3_072, 'it is too long when written');
    },
  },
  b3: {
    seeds: [`${TRACE}-${SPAN}-1`, `${TRACE}-${SPAN}-d-${SPAN}`, '0', SPAN],
    pieces: [TRACE, SPAN, '-0', '-1', '-d', 'true', 'false'],
    parse(text, mutator) {
      const multi = mutator.below(2) === 0;
      const parent = extractB3(
        multi
          ? { 'x-b3-traceid': TRACE, 'x-b3-spanid': SPAN, [HEADERS[4 + mutator.below(4)]]: text }
          : { b3: text },
        (from: Record<string, string>, name) => from[name],
      );
      if (parent === undefined) return;
      holds(isInt32(parent.t0 | parent.t3) && isInt32(parent.s0 | parent.s1), 'an id is no integer');
      holds([0, 1, 0x401, 0x800].includes(parent.flags), 'flags that we do not know');
    },
  },
  'OpenTelemetry’s own member of tracestate': {
    seeds: ['ot=th:fd70a4;rv:80000000000001', 'a=1,ot=th:8,b=2', `ot=x:${'y'.repeat(252)}`],
    pieces: ['ot=', 'th:', 'rv:', ';', ',', '80000000000001', 'k'.repeat(200)],
    parse(text, mutator) {
      const state = parseTracestate(text);
      if (state === undefined) return;
      const { high = 0, low = 0 } = thresholdOf(state) ?? {};
      holds(Number.isNaN(high + low) || (high <= 0xff_ffff && low <= 0xffff_ffff), 'no 56 bits');
      const random = randomnessOf(state);
      const th = mutator.below(2) === 0 ? 'fd70a' : undefined;
      const changed = withThreshold(state, th);
      if (changed === undefined) return;
      holds(parseTracestate(changed) === changed, 'it is another when read again');
      holds(changed.split(',').length <= 32, 'too many members');
      holds(th !== undefined || thresholdOf(changed) === undefined, 'a threshold is left');
      if (changed.includes('ot='))
        holds(JSON.stringify(randomnessOf(changed)) === JSON.stringify(random), 'it brings other randomness');
    },
  },
  'uber-trace-id': {
    seeds: [`${TRACE}:${SPAN}:0:1`, `${TRACE}%3A${SPAN}%3A0%3A3`, '1:2:0:0', `${SPAN}:${SPAN}:${SPAN}:0f`],
    pieces: [TRACE, SPAN, ':', '%3A', ':0:', '%', ':1'],
    parse: (text) => holdsParent(parseUberTraceId(text), [0, 1, 0x401, 0x800]),
  },
  'X-Amzn-Trace-Id': {
    seeds: [
      `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=${SPAN};Sampled=1;Lineage=a87bd80c:1|68fd508a:5`,
      'Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678',
    ],
    pieces: ['Root=', '1-', 'Parent=', SPAN, ';', 'Sampled=', '?', 'Lineage=', '|', '__proto__='],
    parse: (text) => holdsParent(parseAmznTraceId(text), [0, 1, 0x800]),
  },
  'all headers of a trace': {
    seeds: [
      `00-${TRACE}-${SPAN}-01`,
      'a=1,b=2',
      `${TRACE}-${SPAN}-d`,
      'k=v;p=1',
      `${TRACE}:${SPAN}:0:3`,
      `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=${SPAN};Sampled=?;Lineage=a87bd80c:1`,
    ],
    pieces: [TRACE, SPAN, '=1', ',', '-'],
    parse(text, mutator) {
      const came: Record<string, string | string[]> = { traceparent: `00-${TRACE}-${SPAN}-01` };
      for (let i = 0; i < 3; i++) {
        came[HEADERS[mutator.below(HEADERS.length)]] = mutator.below(4) === 0 ? [text, mutator.text()] : text;
      }
      const get: HeaderGetter<typeof came> = (from, name) => from[name];
      get.keys = Object.keys;
      const parent = everything.extract(came, get);
      const baggage = everything.extractBaggage(came, get);
      let bytes = 0;
      const set = (_: unknown, name: string, value: string): void => {
        bytes += name.length + value.length + 4;
        holds(/^[\t\x20-\x7e]*$/.test(value), `${name} is no header`);
      };
      const {
        t0,
        t1,
        t2,
        t3,
        s0,
        s1,
        flags,
        traceState: state,
      } = parent ?? { t0: 1, t1: 1, t2: 1, t3: 1, s0: 1, s1: 1, flags: 1, traceState: undefined };
      everything.inject(undefined, set, t0, t1, t2, t3, s0, s1, flags, state, baggage);
      holds(bytes < 4_096, 'more than 4 KB go out');
    },
  },
  'forwarded headers and Host': {
    seeds: [
      'for="[2001:db8::1]:4711";proto=https;host=example.com, for=1.2.3.4',
      '1.2.3.4, 5.6.7.8',
      'https',
      'user:pw@example.com:8080',
      '[::1]:443',
    ],
    pieces: ['for=', 'proto=', 'host=', '"', ';', ',', '[', ']', ':', '::', '@', ':99999', '_hidden'],
    parse(text, mutator) {
      const header = mutator.below(4) === 0 ? [text, text] : text;
      const forms = [
        { forwarded: header },
        { 'x-forwarded-for': header, 'x-forwarded-host': header, 'x-forwarded-proto': header },
      ];
      const headers = forms[mutator.below(2)] as unknown as Parameters<typeof forwardedHost>[0];
      const proto = forwardedProto(headers);
      holds(proto === undefined || proto === 'http' || proto === 'https', 'a scheme that is none');
      holds((forwardedClient(headers)?.length ?? 0) <= 1_024, 'a client that is too long');
      holds((forwardedHost(headers)?.length ?? 0) <= 1_024, 'a host that is too long');
      const { address, port } = splitHost(text);
      holds((address?.length ?? 0) <= text.length, 'an address that is longer than the header');
      holds(
        port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65_535),
        'a port that is none',
      );
    },
  },
  URLs: {
    seeds: [
      'https://user:secret@example.com:8443/a/b?sig=abc&x=1&X-Amz-Signature=2#frag',
      '//u@h/p?a;sig=1?sig=2',
      'http:/\\u:p@h',
      '/p?%73ig=1',
    ],
    pieces: [
      'http://',
      'https:\\\\',
      '//',
      '@',
      '?',
      '#',
      '&',
      ';',
      'sig=',
      '%73ig=',
      'Signature=',
      'AWSAccessKeyId=',
    ],
    parse(text) {
      for (const redacted of [
        redactUrl(text, SENSITIVE_QUERY_KEYS),
        redactQuery(text, SENSITIVE_QUERY_KEYS),
      ]) {
        holds(redacted.length <= text.length * 4 + 32, 'it has grown out of proportion');
      }
    },
  },
  'PostgreSQL statements': sql('postgresql'),
  'MySQL statements': sql('mysql'),
  'SQLite statements': sql('sqlite'),
  'SQL Server statements': sql('mssql'),
  'statements of other databases': sql('other_sql'),
  'Redis commands': {
    seeds: [
      'SET key value EX 10',
      'eval return 1 2 a b c',
      'HSET h f v g w',
      'XADD s * a 1',
      'client kill addr',
      'GRAPH.QUERY g q',
      'mget a b c',
    ],
    pieces: ['EVAL', 'CONFIG', 'SET', 'MSET', 'AUTH', 'HELLO', ' ', '2', '10000', '-1'],
    parse(text, mutator) {
      const [command, ...args] = text.split(' ') as [string, ...unknown[]];
      if (mutator.below(4) === 0)
        args[mutator.below(3)] = [text, [[[args]]], 1n, null, undefined, new Uint8Array(mutator.below(300))];
      holds(redisOperation(command).length <= 64, 'a name that is too long');
      holds(redisStatement(command, args).length <= MAX_REDIS_STATEMENT + 4, 'a statement that is too long');
    },
  },
  'texts of exceptions': {
    seeds: [
      'TypeError: connect to postgres://app:hunter2@db:5432/x failed\n    at Client.query (/app/db.js:1:2)',
      'Command failed: deploy --password=hunter2 --token "abc def" API_KEY=xyz',
      '{"accessToken": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "next": [1]}',
      'GET https://example.com/a?token=abc&x=1 gave 500: ghp_0123456789abcdefghijklmnopqrstuvwxyz',
    ],
    pieces: [
      '\n    at ',
      'password',
      '=',
      ': ',
      '--',
      '"',
      '://',
      '@',
      '?',
      '&',
      'eyJ',
      '.',
      'ghp_',
      'Bearer ',
    ],
    parse(text, mutator) {
      const error = Object.assign(new Error(text), {
        stack: mutator.below(2) === 0 ? text : `Error: ${text}`,
      });
      const sent = exceptionAttributes(error);
      // Bounded before it is masked: `pwd=x` is longer without its secret.
      holds((sent?.['exception.message']?.length ?? 0) <= MAX_MESSAGE * 4, 'a message that is too long');
      holds((sent?.['exception.stacktrace']?.length ?? 0) <= MAX_STACK * 4, 'a stack that is too long');
      holds((statusText(text)?.length ?? 0) <= MAX_MESSAGE * 4, 'a description that is too long');
      for (const masked of maskArguments(['node', text, text])) {
        holds(masked.length <= MAX_ARGUMENT_CHARACTERS + 1, 'an argument that is too long');
      }
    },
  },
  'environment values': {
    seeds: [
      'true',
      '512',
      '0.25',
      'parentbased_traceidratio',
      'tracecontext,b3',
      'a=1,b=%20',
      'https://user:pw@collector:4318/x?key=1',
      '/etc/ca.pem',
      'GET,POST',
    ],
    pieces: ['none', 'otlp', '%', '=', ',', '://', '[::1]', '9'.repeat(400), 'grpc'],
    parse(text, mutator) {
      // One variable is enough for most of it, and a million environments of all of them would take a day.
      const { name } = VARIABLES[mutator.below(VARIABLES.length)];
      const env = { [name]: text, [`OTEL_${text.slice(0, 40)}`]: text };
      const { config, warnings } = readConfig(env);
      holds(config.batch.maxExportBatchSize <= config.batch.maxQueueSize, 'a batch above the queue');
      holds(config.propagation.maxBaggage <= 8_192, 'baggage above its bound');
      holds(
        warnings.every((line) => printable(line).length < 2_000),
        'a line that is too long',
      );
    },
  },
  'request targets and cookies': {
    seeds: [
      '/orders/7/items?tenant=a+b&x=%20',
      'http://host:1/a/b?tenant',
      'a=1; tenant="x"; b',
      '/files/a/b/c',
    ],
    pieces: ['/', '//', '{id}', ':id', '**', '?tenant=', '&', '; tenant=', '%', '12', '@', 'orders', 'files'],
    parse(text) {
      const path = pathOf(text);
      holds(path.length <= 1_024, 'a path above its bound');
      holds((templateOf(text)?.length ?? 0) <= 8 * 33 + 3, 'a template above its bound');
      const rule = RULE_OF(path);
      holds(rule === undefined || path.startsWith('/') || path === '', 'a rule for what is no path');
      const value = routeParameter('/orders/{id}/*rest', text, 'id') ?? routeParameter(text, path, 'id');
      holds(value !== '', 'an empty parameter');
      for (const found of [queryParameter(text, 'tenant'), cookie(text, 'tenant')])
        holds((found?.length ?? 0) <= text.length, 'a value that is longer than its text');
    },
  },
  'answers of a collector': {
    seeds: [
      '120',
      'Wed, 21 Oct 2026 07:28:00 GMT',
      '\n\u0006\b\u0003\u0012\u0002no',
      '\n\u0000',
      '\n\u0004\u0012\u0002\u00c3\u00a9',
    ],
    pieces: ['\n', '\b', '\u0012', '\u0080', '\u00ff\u00ff\u00ff\u00ff\u000f', 'GMT', '-1', '9'.repeat(400)],
    parse(text) {
      const delay = parseRetryAfter(text, 0);
      holds(delay === undefined || delay > 0, 'a delay that is none');
      printable(text);
      try {
        const partial = readResponse(Buffer.from(text, 'latin1'));
        holds((partial?.errorMessage.length ?? 0) <= text.length, 'a message that is longer than the answer');
      } catch (error) {
        // Its contract: what is no answer is a RangeError.
        holds(error instanceof RangeError, `it throws ${String(error)}`);
      }
    },
  },
};

describe.each(Object.entries(PARSERS))('the parser of %s', (name, { seeds, pieces, parse }) => {
  it(`takes ${INPUTS.toLocaleString('en')} inputs`, () => {
    const mutator = new Mutator(seeds, pieces, SEED);
    for (let i = 0; i < INPUTS; i++) {
      const text = mutator.text();
      try {
        parse(text, mutator);
      } catch (error) {
        throw new Error(`${name}, input ${i} of seed ${SEED}: ${JSON.stringify(text.slice(0, 2_000))}`, {
          cause: error,
        });
      }
    }
  }, 3_600_000);

  it('takes no more than linear time', () => {
    const mutator = new Mutator(seeds, pieces, SEED);
    const units = [...new Set([...seeds, ...pieces, ...Array.from({ length: 40 }, () => mutator.text())])];
    for (const unit of units.filter((text) => text !== '' && text.length < 1_000)) {
      const [short, long] = [16_384, 262_144].map((length) => unit.repeat(Math.ceil(length / unit.length)));
      // 16 times the text: with the square it would be 256 times the time.
      const time = bestOf(long, mutator);
      if (time > 20) expect(time / bestOf(short, mutator), JSON.stringify(unit)).toBeLessThan(64);
    }
  });

  function bestOf(text: string, mutator: Mutator): number {
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 3; run++) {
      const { user, system } = process.cpuUsage();
      parse(text, mutator);
      const after = process.cpuUsage();
      best = Math.min(best, (after.user + after.system - user - system) / 1_000);
      if (best < 20) break;
    }
    return best;
  }
});
