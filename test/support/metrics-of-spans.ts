/** What spans say that metrics have to say too. Counts are by metric and attributes, as {@link idOf} writes them. */
import type { ReceivedMetric } from './otlp-metrics.ts';
import type { ReceivedSpan } from './otlp.ts';
import { idOf } from './metric-conformance.ts';

const DB = [
  'db.system.name',
  'db.namespace',
  'db.operation.name',
  'db.collection.name',
  'db.query.summary',
  'server.address',
  'server.port',
  'db.response.status_code',
  'error.type',
];
const MESSAGING = [
  'messaging.system',
  'messaging.operation.name',
  'messaging.destination.name',
  'server.address',
  'server.port',
  'error.type',
];
const CONSUMING = [...MESSAGING, 'messaging.consumer.group.name'];
const RPC = ['rpc.system.name', 'rpc.method', 'rpc.status_code', 'error.type'];
const GEN_AI = [
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.response.model',
  'server.address',
  'server.port',
  'error.type',
];
const HTTP = [
  'http.request.method',
  'http.response.status_code',
  'network.protocol.version',
  'error.type',
] as const;

/** How often something was measured. */
export type Counts = Map<string, number>;

export function countsOfSpans(spans: readonly ReceivedSpan[]): Counts {
  const counts: Counts = new Map();
  for (const { attributes, kind, scope } of spans) {
    if (!scope.name.startsWith('foretrace.')) continue;
    const all: Record<string, unknown> =
      attributes['messaging.destination.anonymous'] === true
        ? { ...attributes, 'messaging.destination.name': undefined }
        : attributes;
    const count = (metric: string, names: readonly string[], more = 1): void => {
      const pairs = names.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]]));
      const id = `${metric} ${idOf(Object.fromEntries(pairs))}`;
      counts.set(id, (counts.get(id) ?? 0) + more);
    };
    if (all['db.system.name'] !== undefined) count('db.client.operation.duration', DB);
    else if (all['gen_ai.operation.name'] !== undefined) count('gen_ai.client.operation.duration', GEN_AI);
    else if (all['rpc.system.name'] !== undefined) {
      if (kind === 'SERVER') count('rpc.server.call.duration', RPC);
      else count('rpc.client.call.duration', [...RPC, 'server.address', 'server.port']);
    } else if (all['messaging.system'] !== undefined) {
      const messages = Number(all['messaging.batch.message_count'] ?? 1);
      const type = all['messaging.operation.type'];
      if (type === 'process') {
        count('messaging.process.duration', CONSUMING);
        count('messaging.client.consumed.messages', CONSUMING, messages);
      } else {
        count('messaging.client.operation.duration', [...CONSUMING, 'messaging.operation.type']);
        if (type === 'send') count('messaging.client.sent.messages', MESSAGING, messages);
      }
    } else if (all['http.request.method'] !== undefined) {
      if (kind === 'SERVER') count('http.server.request.duration', [...HTTP, 'url.scheme', 'http.route']);
      else if (kind === 'CLIENT')
        count('http.client.request.duration', [...HTTP, 'server.address', 'server.port']);
    }
  }
  return counts;
}

export function countsOfMetrics(metrics: readonly ReceivedMetric[]): Counts {
  const counts: Counts = new Map();
  for (const { name, points } of metrics)
    for (const { attributes, count, value } of points) {
      const id = `${name} ${idOf(attributes)}`;
      counts.set(id, (counts.get(id) ?? 0) + (count ?? value ?? 0));
    }
  return counts;
}

/** What spans tell more often than metrics do, in words; empty if nothing: calls that are not sampled are counted too. */
export function uncounted(spans: readonly ReceivedSpan[], metrics: readonly ReceivedMetric[]): string[] {
  const counted = countsOfMetrics(metrics);
  return [...countsOfSpans(spans)]
    .filter(([id, count]) => (counted.get(id) ?? 0) < count)
    .map(([id, count]) => `${id}: ${count} spans, ${counted.get(id) ?? 0} measurements`);
}
