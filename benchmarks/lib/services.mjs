// PostgreSQL and Redis for the shop. PG* and REDIS_URL override where they are looked for.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { APP_CORE, OTHER_CORE, cleanEnvironment } from './processes.mjs';

/** Creates the shop's rows and keys, whose names start with `name`. @returns a function that removes them */
export async function prepareShop(name = 'foretrace_bench') {
  const [{ default: pg }, { Redis }] = await Promise.all([import('pg'), import('ioredis')]);
  const { PGHOST, PGUSER, PGDATABASE } = cleanEnvironment({});
  // Not a client: it has to outlive a connection that is cut meanwhile.
  const pool = new pg.Pool({ host: PGHOST, user: PGUSER, database: PGDATABASE, max: 1 });
  pool.on('error', () => {});
  const redis = new Redis(process.env.REDIS_URL, { lazyConnect: true, maxRetriesPerRequest: 1 });
  await redis.connect();
  await pool.query(`DROP TABLE IF EXISTS ${name}_products`);
  await pool.query(
    `CREATE TABLE ${name}_products (id integer PRIMARY KEY, name text NOT NULL, price numeric NOT NULL)`,
  );
  await pool.query(
    `INSERT INTO ${name}_products SELECT id, 'product ' || id, id * 1.25 FROM generate_series(1, 100) id`,
  );
  await redis.set(`${name}:stock:42`, 7);
  return async () => {
    await pool.query(`DROP TABLE IF EXISTS ${name}_products`);
    await redis.del(`${name}:stock:42`);
    await pool.end();
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
