// What goes wrong in soak.mjs around the apps: their collector, and their connections to PostgreSQL and Redis, by name, as the
// servers may be shared with others.
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanEnvironment } from './processes.mjs';

const STATES = ['up', 'slow', 'up', 'down', 'up', 'silent', 'up', 'throttled'];

/** @param name of the apps' connections */
export async function startHavoc(collector, name, beat) {
  const [{ default: pg }, { Redis }] = await Promise.all([import('pg'), import('ioredis')]);
  const { PGHOST, PGUSER, PGDATABASE } = cleanEnvironment({});
  const pool = new pg.Pool({ host: PGHOST, user: PGUSER, database: PGDATABASE, max: 1 });
  // Others may cut ours.
  pool.on('error', () => {});
  const redis = new Redis(process.env.REDIS_URL);
  redis.on('error', () => {});
  const end = new AbortController();
  const lost = { postgresql: 0, redis: 0 };

  /** Until `stop`: what is under way is done before. */
  async function every(seconds, step) {
    for (let i = 0; ; i++) {
      await step(i);
      try {
        await sleep(seconds * 1000, undefined, { signal: end.signal });
      } catch {
        return;
      }
    }
  }

  async function cutPostgresql() {
    const { rowCount } = await pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
      [name],
    );
    lost.postgresql += rowCount;
  }

  async function cutRedis() {
    for (const line of (await redis.client('LIST')).split('\n')) {
      if (!line.includes(` name=${name} `)) continue;
      lost.redis += await redis.client('KILL', 'ID', /^id=(\d+)/.exec(line)[1]);
    }
  }

  async function cut(turn) {
    if (turn === 0) return;
    try {
      await (turn % 2 === 0 ? cutPostgresql() : cutRedis());
    } catch (error) {
      // Next time.
      console.error(`soak: ${error.message}`);
    }
  }

  const loops = [
    every(beat.collector, (i) => collector.request(STATES[i % STATES.length])),
    every(beat.lose, cut),
  ];
  let stopped;
  async function stop() {
    end.abort();
    await Promise.all(loops);
    await collector.request('up');
    await pool.end();
    redis.disconnect();
    return lost;
  }
  return {
    /** Leaves the collector up. @returns how many connections were cut */
    stop: () => (stopped ??= stop()),
  };
}
