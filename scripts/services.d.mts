export type Service = 'postgresql' | 'mariadb' | 'redis';

export interface Services {
  /** PG*, MYSQL_* and REDIS_URL for clients. */
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
