import type { Group } from '../variable.ts';

export const BATCH = {
  title: 'Batching',
  text: 'Finished spans wait in a bounded queue that a thread of its own empties. When the queue is full, new spans are dropped and counted, and the app is never slowed down.',
  rows: [
    {
      name: 'OTEL_BSP_SCHEDULE_DELAY',
      to: 'batch.scheduleDelayMs',
      type: 'duration',
      unit: 'ms',
      default: 5000,
      as: (ms: number) => Math.max(ms, 1),
      help: 'How long spans wait for a batch to fill up; 0 means as short as possible (1 ms).',
    },
    {
      name: 'OTEL_BSP_EXPORT_TIMEOUT',
      to: 'batch.exportTimeoutMs',
      type: 'timeout',
      unit: 'ms',
      default: 30_000,
      help: 'The longest time for handing a batch to an exporter; 0 means no limit.',
    },
    {
      name: 'OTEL_BSP_MAX_QUEUE_SIZE',
      to: 'batch.maxQueueSize',
      type: 'integer',
      min: 1,
      unit: 'spans',
      default: 8192,
      help: 'The most spans that wait; further ones are dropped. The specification has 2048, 0.1 s of a busy server.',
    },
    {
      name: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
      to: 'batch.maxExportBatchSize',
      type: 'integer',
      min: 1,
      unit: 'spans',
      default: 2048,
      atMost: 'OTEL_BSP_MAX_QUEUE_SIZE',
      help: 'The most spans in one batch, at most the size of the queue. A full batch is sent at once.',
    },
  ],
} as const satisfies Group;
