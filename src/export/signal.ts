/** What kind of telemetry: each has queues, a batcher and an exporter of its own, so that none waits for another. */
export type Signal = 'traces' | 'metrics' | 'logs';

interface SignalWords {
  /** One record of the signal. */
  item: string;
  /** The variable that bounds its queues in records, where there is one. */
  queueSize?: string;
}

export const WORDS: Readonly<Record<Signal, SignalWords>> = {
  traces: { item: 'span', queueSize: 'OTEL_BSP_MAX_QUEUE_SIZE' },
  metrics: { item: 'metric' },
  logs: { item: 'log record', queueSize: 'OTEL_BLRP_MAX_QUEUE_SIZE' },
};

/** "1 span", "2 log records". */
export function count(records: number, signal: Signal): string {
  return `${records} ${WORDS[signal].item}${records === 1 ? '' : 's'}`;
}
