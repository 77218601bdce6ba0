// PostgreSQL and Redis for the shop. PG* and REDIS_URL override where they are looked for.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { APP_CORE, OTHER_CORE, cleanEnvironment } from './processes.mjs';

/** Creates the shop's rows and keys. @returns a function that removes them */
export async function prepareShop() {
  const [{ default: pg }, { Redis }] = await Promise.all([import('pg'), import('ioredis')]);
  const { PGHOST, PGUSER, PGDATABASE } = cleanEnvironment({});
  const client = new pg.Client({ host: PGHOST, user: PGUSER, database: PGDATABASE });
  const redis = new Redis(process.env.REDIS_URL, { lazyConnect: true, maxRetriesPerRequest: 1 });
  await client.connect();
  await redis.connect();
  await client.query('DROP TABLE IF EXISTS foretrace_bench_products');
  await client.query(
    'CREATE TABLE foretrace_bench_products (id integer PRIMARY KEY, name text NOT NULL, price numeric NOT NULL)',
  );
  await client.query(
    "INSERT INTO foretrace_bench_products SELECT id, 'product ' || id, id * 1.25 FROM generate_series(1, 100) id",
  );
  await redis.set('foretrace_bench:stock:42', 7);
  return async () => {
    await client.query('DROP TABLE IF EXISTS foretrace_bench_products');
    await redis.del('foretrace_bench:stock:42');
    await client.end();
    redis.disconnect();
  };
}

/**
 * Keeps the database servers of this machine off the app's core while a benchmark runs.
 *
 * @returns a function that puts them back; it also runs when the process ends early
 */
export function pinServices() {
  const moved = [];
  if (OTHER_CORE === APP_CORE) return () => {};
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let comm;
    try {
      comm = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    } catch {
      continue; // ended meanwhile
    }
    if (!/^(postgres|redis-server)$/.test(comm)) continue;
    const before = /current affinity list: (.*)/.exec(
      spawnSync('taskset', ['-cp', pid], { encoding: 'utf8' }).stdout ?? '',
    )?.[1];
    if (before === undefined) continue;
    if (spawnSync('taskset', ['-acp', String(OTHER_CORE), pid]).status === 0) moved.push([pid, before]);
  }
  const restore = () => {
    for (const [pid, before] of moved.splice(0)) spawnSync('taskset', ['-acp', before, pid]);
  };
  process.once('exit', restore);
  return restore;
}
