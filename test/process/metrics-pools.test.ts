/** What a collector gets of pools of connections: of real libraries, each with at most two connections. */
import { afterAll, describe, expect, it } from 'vitest';
import { inMatrix, LIBRARIES, oldVersions } from '../support/libraries.ts';
import { deviations } from '../support/metric-conformance.ts';
import { seedMongo, startMongo } from '../support/mongodb.ts';
import { MYSQL } from '../support/mysql.ts';
import type { ReceivedMetric } from '../support/otlp-metrics.ts';
import { POSTGRESQL } from '../support/postgresql.ts';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';
import { describeWith } from '../support/services.ts';
import { startTdsServer } from '../support/tds-server.ts';

interface Seen {
  /** While a connection is held, and after it was given back. */
  held: ReceivedMetric[];
  last: ReceivedMetric[];
  failed: string[] | undefined;
}

async function run(library: string, env: Record<string, string>): Promise<Seen> {
  const receiver = await startReceiver();
  const app = runApp({
    ...oldVersions,
    file: 'pools.cjs',
    args: [library],
    cwd: LIBRARIES,
    receiver,
    stdin: true,
    env: { ...env, OTEL_METRICS_EXPORTER: 'otlp', OTEL_METRIC_EXPORT_INTERVAL: '100' },
  });
  const failed = library.endsWith('-timeout') ? await app.line((line) => line?.failed) : undefined;
  await app.line((line) => line?.held === true);
  // The second one from here on was read from the pool after that.
  const before = receiver.metrics().length;
  const held = (await receiver.waitForMetrics((all) => all.length > before + 2)).at(-1)!;
  app.send({});
  await app.line((line) => line?.held === false);
  const { stderr } = await app.stop();
  const last = receiver.metrics().at(-1)!;
  await receiver.close();
  expect(stderr).toBe('');
  expect(deviations(last)).toEqual([]);
  return { held, last, failed: failed?.failed };
}

/** The values of a metric of connections, by state where there are states, or how often something was measured. */
function of(metrics: readonly ReceivedMetric[], metric: string, pool: string): unknown {
  const points = metrics.find(({ name }) => name === `db.client.connection.${metric}`)?.points;
  const own = points?.filter(({ attributes }) => attributes['db.client.connection.pool.name'] === pool);
  expect(own?.length, `points of ${metric}`).toBe(points?.length);
  if (metric !== 'count') return own?.[0]?.count ?? own?.[0]?.value;
  return Object.fromEntries(
    (own ?? []).map(({ attributes, value }) => [attributes['db.client.connection.state'], value]),
  );
}

describe.skipIf(inMatrix)('metrics of pools', async () => {
  await describeWith('postgresql', 'of pg', () => {
    const pool = `${POSTGRESQL.host}:${POSTGRESQL.port}/${POSTGRESQL.env.PGDATABASE}`;

    it('count connections by state, and measure how they are made, got and kept', async () => {
      const { held, last } = await run('pg', POSTGRESQL.env);
      expect(of(held, 'count', pool)).toEqual({ idle: 1, used: 1 });
      expect(of(last, 'count', pool)).toEqual({ idle: 2, used: 0 });
      expect(of(last, 'max', pool)).toBe(2);
      expect(of(last, 'pending_requests', pool)).toBe(0);
      expect(of(last, 'create_time', pool)).toBe(2);
      // By `pool.query`, by `connect` with a callback and with a promise.
      expect(of(last, 'wait_time', pool)).toBe(7);
      expect(of(last, 'use_time', pool)).toBe(7);
      expect(of(held, 'use_time', pool)).toBe(6);
    });

    it('count who has waited too long, by callback and promise', async () => {
      const { last, failed } = await run('pg-timeout', POSTGRESQL.env);
      expect(failed).toEqual(Array(2).fill('timeout exceeded when trying to connect'));
      expect(of(last, 'timeouts', pool)).toBe(2);
      expect(of(last, 'wait_time', pool)).toBe(1);
    });
  });

  await describeWith('mariadb', 'of', () => {
    const pool = `${MYSQL.host}:${MYSQL.port}/${MYSQL.database}`;

    it('mysql2 count connections by state, and measure how they are made, got and kept', async () => {
      const { held, last } = await run('mysql2', MYSQL.env);
      expect(of(held, 'count', pool)).toEqual({ idle: 1, used: 1 });
      expect(of(last, 'count', pool)).toEqual({ idle: 2, used: 0 });
      expect(of(last, 'max', pool)).toBe(2);
      expect(of(last, 'idle.max', pool)).toBe(2);
      expect(of(last, 'create_time', pool)).toBe(2);
      expect(of(last, 'wait_time', pool)).toBe(6);
      expect(of(last, 'use_time', pool)).toBe(6);
    });

    it('mariadb count connections by state, and who waits', async () => {
      const { held, last } = await run('mariadb', MYSQL.env);
      expect(of(held, 'count', pool)).toEqual({ idle: 1, used: 1 });
      expect(of(last, 'count', pool)).toEqual({ idle: 2, used: 0 });
      expect(of(last, 'pending_requests', pool)).toBe(0);
    });
  });

  describe('of mongodb, against a stand-in unless MONGODB_URL is set', async () => {
    const server = await startMongo();
    afterAll(() => server.close());

    it('count connections by state, and measure how they are made, got and kept', async () => {
      await seedMongo(server);
      const { last } = await run('mongodb', { MONGODB_URL: server.url });
      const pool = `${server.host}:${server.port}`;
      expect(of(last, 'count', pool)).toMatchObject({ used: 0 });
      expect(of(last, 'max', pool)).toBe(2);
      expect(of(last, 'create_time', pool)).toBeGreaterThan(0);
      expect(of(last, 'wait_time', pool)).toBeGreaterThanOrEqual(5);
      expect(of(last, 'use_time', pool)).toBe(of(last, 'wait_time', pool));
    });
  });

  describe('of mssql, against a stand-in', async () => {
    const server = await startTdsServer();
    afterAll(() => server.close());

    it('count connections by state, and measure how they are made, got and kept', async () => {
      const { held, last } = await run('mssql', {
        MSSQL_URL: `mssql://sa@127.0.0.1:${server.port}/master`,
      });
      const pool = `127.0.0.1:${server.port}/master`;
      expect(of(held, 'count', pool)).toEqual({ idle: 1, used: 1 });
      expect(of(last, 'count', pool)).toEqual({ idle: 2, used: 0 });
      expect(of(last, 'max', pool)).toBe(2);
      // The library makes one to try.
      expect(of(last, 'create_time', pool)).toBe(3);
      expect(of(last, 'wait_time', pool)).toBe(6);
      expect(of(last, 'use_time', pool)).toBe(6);
    });
  });
});
