/**
 * The queues of bullmq as the messaging kits see them from outside: Redis itself is asked for jobs, and the library, untraced, puts some
 * there. What an instrumentation adds is where bullmq keeps its own telemetry, `tm` in a job's options.
 */
import { Redis } from 'ioredis';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Broker, type Message, newName } from '../kit/messaging.ts';
import { LIBRARIES } from './libraries.ts';
import { REDIS_URL } from './redis.ts';

const url = new URL(REDIS_URL);
export const server = { host: url.hostname, port: Number(url.port || 6379) };

interface Queue {
  add(name: string, data: object, options: object): Promise<{ id: string }>;
  close(): Promise<void>;
}

export interface Jobs extends Broker {
  /** The options of a job as Redis has them. */
  options(queue: string, id: string): Promise<Record<string, any>>;
  /** All jobs of a queue, in whatever state. */
  all(queue: string): Promise<Message[]>;
}

function carrierOf({ tm, ...own }: Record<string, any>): Omit<Message, 'body'> {
  return { carrier: tm === undefined ? {} : JSON.parse(tm), own };
}

export function bullmqJobs(): Jobs {
  let redis: Redis | undefined;
  const names = new Set<string>();
  const queues = new Map<string, Queue>();
  const client = (): Redis => (redis ??= new Redis(REDIS_URL));

  function queueOf(name: string): Queue {
    if (!queues.has(name)) {
      const { Queue: Class } = createRequire(join(LIBRARIES, 'package.json'))('bullmq');
      queues.set(name, new Class(name, { connection: server }));
    }
    return queues.get(name)!;
  }

  /** What is no object takes the place of the text that bullmq writes there. */
  async function put(queue: string, body: object, carrier?: unknown): Promise<void> {
    const { id } = await queueOf(queue).add('kit', body, {});
    if (carrier === undefined) return;
    const tm = typeof carrier === 'object' ? JSON.stringify(carrier) : carrier;
    const key = `bull:${queue}:${id}`;
    const options = JSON.parse(String(await client().hget(key, 'opts')));
    await client().hset(key, 'opts', JSON.stringify({ ...options, tm }));
  }

  async function idsOf(queue: string): Promise<string[]> {
    const key = (state: string): string => `bull:${queue}:${state}`;
    const lists = await Promise.all(['wait', 'active'].map((state) => client().lrange(key(state), 0, -1)));
    const sets = await Promise.all(
      ['delayed', 'waiting-children', 'completed', 'failed'].map((state) =>
        client().zrange(key(state), '0', '-1'),
      ),
    );
    return [...lists, ...sets].flat();
  }

  async function remove(queue: string): Promise<void> {
    const keys = await client().keys(`bull:${queue}:*`);
    if (keys.length > 0) await client().del(keys);
  }

  async function all(queue: string): Promise<Message[]> {
    const jobs = await Promise.all((await idsOf(queue)).map((id) => client().hgetall(`bull:${queue}:${id}`)));
    // Older versions have markers among the ids.
    const found = jobs.filter(({ data }: Record<string, string>) => data !== undefined);
    return found.map(({ data, opts }: Record<string, string>) => ({
      body: JSON.parse(data),
      ...carrierOf(JSON.parse(opts)),
    }));
  }

  return {
    async queue(name = newName()) {
      names.add(name);
      return name;
    },
    put,
    all,
    async take(queue) {
      const messages = await all(queue);
      await remove(queue);
      return messages;
    },
    async options(queue, id) {
      return JSON.parse(String(await client().hget(`bull:${queue}:${id}`, 'opts')));
    },
    async close() {
      await Promise.all(Array.from(queues.values(), (queue) => queue.close()));
      queues.clear();
      for (const name of names) await remove(name);
      await redis?.quit();
      redis = undefined;
    },
  };
}
