export type Service = 'postgresql' | 'mariadb' | 'redis' | 'memcached' | 'rabbitmq';

export interface Services {
  /** PG*, MYSQL_*, REDIS_URL, MEMCACHED_URL and AMQP_URL for clients. */
  env: Record<string, string>;
  missing: { name: Service; reason: string }[];
  /** Ids of the processes that were started. */
  started: number[];
  stop(): Promise<unknown>;
}

export function whyUnreachable(
  name: Service,
  env?: Record<string, string | undefined>,
): Promise<string | undefined>;
export function ensureServices(
  names?: Service[],
  options?: { log?: (line: string) => void },
): Promise<Services>;
