import { scope } from '../src/define.ts';
import { currentFields, type Fields } from '../src/semconv/fields.ts';
import { consumer, type MessagingOperation, producer } from '../src/semconv/messaging.ts';

/** A queue, a worker, a producer of flows. With `telemetry` the app has given it a tracer of its own. */
export interface Client {
  name?: string;
  opts: { connection?: unknown; telemetry?: unknown };
}

interface JobOptions {
  telemetry?: { metadata?: unknown; omitContext?: boolean };
  telemetryMetadata?: unknown;
  tm?: unknown;
}

export interface Job {
  id?: string;
  queueName: string;
  opts?: JobOptions;
  repeatJobKey?: string;
}

interface Flow extends Job {
  children?: Flow[];
}

const system = { scope: scope('foretrace.bullmq'), system: 'bullmq' };

/** Options of a client of Redis, such a client, or a URL in options. Nodes of a cluster have no common address. */
function serverOf({ opts: { connection } }: Client): MessagingOperation['server'] {
  const { options, isCluster } = (connection ?? {}) as { options?: object; isCluster?: boolean };
  const { url, host, port, path } = (options ?? connection ?? {}) as Record<string, string | undefined>;
  if (isCluster === true) return undefined;
  if (path !== undefined) return { address: path };
  const named = url === undefined ? { hostname: host, port } : new URL(url);
  return { address: named.hostname || '127.0.0.1', port: Number(named.port || 6379) };
}

/** Undefined leaves the call alone: what the app's own tracer does has spans of ours already. */
const sent = (client: Client, more: MessagingOperation): MessagingOperation | undefined =>
  client.opts.telemetry === undefined ? { ...more, server: serverOf(client) } : undefined;

/**
 * `tm` is what BullMQ itself writes for the metadata of its telemetry, as JSON: so all versions keep it as it is, and workers of other
 * languages understand it.
 */
function carrying(given: JobOptions | undefined, fields: Fields): JobOptions {
  const { telemetry, telemetryMetadata, tm } = given ?? {};
  const isTaken =
    telemetry?.omitContext === true || (telemetry?.metadata ?? telemetryMetadata ?? tm) !== undefined;
  return isTaken ? { ...given } : { ...given, tm: JSON.stringify(fields) };
}
const jobCarrying = (job: Job, fields: Fields): Job => ({ ...job, opts: carrying(job.opts, fields) });
const flowCarrying = (flow: Flow, fields: Fields): Flow => ({
  ...jobCarrying(flow, fields),
  ...(flow.children && { children: flow.children.map((child) => flowCarrying(child, fields)) }),
});
const sizeOf = ({ children = [] }: Flow): number => children.reduce((size, child) => size + sizeOf(child), 1);

const MAX_CARRIER = 16_384;

/** What came with a job: anything can be where the context belongs. */
export function carriedBy({ opts = {} }: Job): unknown {
  const text = opts.tm ?? opts.telemetry?.metadata ?? opts.telemetryMetadata;
  if (typeof text !== 'string' || text.length > MAX_CARRIER) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `add(name, data, options)`. */
export const add = producer<Client, [string, unknown, JobOptions?], Job>({
  ...system,
  operation: (queue) => sent(queue, { destination: queue.name }),
  got: ({ id }) => ({ messageId: id }),
  carry(fields, _, args) {
    args[2] = carrying(args[2], fields);
  },
});

/** `upsertJobScheduler(id, repeat, template)`. */
export const schedule = producer<Client, [string, unknown, Job?], Job>({
  ...system,
  operation: (queue) => sent(queue, { destination: queue.name }),
  got: (job) => ({ messageId: job?.id }),
  carry(fields, _, args) {
    args[2] = { ...args[2], opts: carrying(args[2]?.opts, fields) } as Job;
  },
});

/** `addBulk(jobs)`. */
export const addBulk = producer<Client, [Job[]]>({
  ...system,
  operation: (queue, [jobs]) => sent(queue, { destination: queue.name, batchSize: jobs.length }),
  carry(fields, _, args) {
    args[0] = args[0].map((job) => jobCarrying(job, fields));
  },
});

/** `add(flow)` of a producer of flows: jobs that wait for each other, maybe of several queues. */
export const addFlow = producer<Client, [Flow]>({
  ...system,
  operation: (flows, [flow]) => sent(flows, { destination: flow.queueName, batchSize: sizeOf(flow) }),
  carry(fields, _, args) {
    args[0] = flowCarrying(args[0], fields);
  },
});

/** `addBulk(flows)`. */
export const addFlows = producer<Client, [Flow[]]>({
  ...system,
  operation(flows, [all]) {
    const names = new Set(all.map(({ queueName }) => queueName));
    const [destination] = names.size === 1 ? names : [];
    return sent(flows, { destination, batchSize: all.length });
  },
  carry(fields, _, args) {
    args[0] = args[0].map((flow) => flowCarrying(flow, fields));
  },
});

/** Errors by which a processor tells what is to become of its job. */
const FLOW_CONTROL = new Set(['DelayedError', 'WaitingError', 'WaitingChildrenError', 'RateLimitError']);

/** `callProcessJob(job, token)`: the processor alone, without what the worker does to get jobs and to tell of their end. */
export const process = consumer<Client, [Job]>({
  ...system,
  operation: (worker, [{ queueName, id }]) => sent(worker, { destination: queueName, messageId: id }),
  headers: (_, [job]) => [carriedBy(job)],
  isRepeated: (_, [{ repeatJobKey }]) => repeatJobKey !== undefined,
  isFailure: (error) =>
    !FLOW_CONTROL.has((error as Error).name) && (error as Error).message !== 'bullmq:rateLimitExceeded',
});

/** A job on its way to a processor in a process or thread of its own, whose parent is the span that is active here. */
export function handedOver(job: Job): Job {
  return { ...job, opts: { ...job.opts, tm: JSON.stringify(currentFields()) } };
}
