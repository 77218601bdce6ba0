import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { now } from '../../../trace/clock.ts';
import type { OtlpOptions } from '../../options.ts';
import { type Signal, WORDS } from '../../signal.ts';
import type { Batch, Exporter } from '../exporter.ts';
import { createHealth } from '../health.ts';
import type { Network } from '../network.ts';
import type { Outcome } from './otlp-answer.ts';
import { createGrpcSender } from './otlp-grpc.ts';
import { createSender } from './otlp-request.ts';
import { createDelivery } from './otlp-retry.ts';

const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
const MAX_REMARK_LENGTH = 500;
/** How long a signal rests that the collector has no service for: at first, and at most. */
const PAUSE_MS = 5 * 60_000;
const MAX_PAUSE_MS = 60 * 60_000;

const gzipAsync = promisify(gzip);

/**
 * Exports a signal over OTLP: what is sent, and what its answer means. One request at a time.
 * @param pauseMs for a signal that the collector does not take
 */
export function otlpExporter(
  signal: Signal,
  options: OtlpOptions,
  network: Network,
  pauseMs = PAUSE_MS,
): Exporter {
  // gRPC has paths of its own.
  const where = options.protocol === 'grpc' ? new URL(options.url).origin : withoutSecrets(options.url);
  const health = createHealth(`export to ${where}`, signal);
  const sender =
    options.protocol === 'grpc' ? createGrpcSender(signal, options, network) : createSender(options, network);
  const delivery = createDelivery(sender, health);
  let hopeless = false;
  let pausedUntil = -Infinity;
  let nextPauseMs = pauseMs;

  async function bodyOf(batch: Batch): Promise<Uint8Array> {
    const body = options.protocol === 'http/json' ? Buffer.from(batch.json()) : batch.request;
    if (body.length > MAX_REQUEST_BYTES)
      throw new Error(`a request of ${body.length} bytes is larger than ${MAX_REQUEST_BYTES}`);
    // One shot at level 1 takes a third of the time of the library's stream at level 6 for 5 % more bytes. gRPC has it done by message.
    return options.compression === 'gzip' && options.protocol !== 'grpc'
      ? gzipAsync(body, { level: 1 })
      : body;
  }

  /** A collector that takes traces alone is asked again now and then, not each time. */
  function pause(failure: string): string {
    pausedUntil = now() + nextPauseMs;
    nextPauseMs = Math.min(nextPauseMs * 2, Math.max(MAX_PAUSE_MS, pauseMs));
    const minutes = Math.round(pauseMs / 60_000);
    return `${failure}, so it seems to take no ${WORDS[signal].item}s: it is asked again in ${minutes} minutes, then more rarely`;
  }

  /** @returns how many of the records are not delivered, and need not be sent again */
  function rejectedOf({ partial }: Outcome, records: number): number {
    if (partial === undefined) return 0;
    // A metric has any number of data points.
    const most = signal === 'metrics' ? Infinity : records;
    const rejected = Math.min(Math.max(partial.rejected, 0), most);
    const message = partial.errorMessage.slice(0, MAX_REMARK_LENGTH);
    const { item, rejects = item } = WORDS[signal];
    if (rejected > 0)
      health.remarked(
        `${where} rejected ${rejected} ${rejects}${rejected === 1 ? '' : 's'}: ${message || 'no reason given'}`,
      );
    else if (message) health.remarked(`${where} took all ${item}s and says: ${message}`);
    // What is rejected of sums must not come again with the next ones.
    return signal === 'metrics' ? 0 : rejected;
  }

  return {
    async export(batch, timeoutMs) {
      const { records } = batch;
      if (records === 0) return 0;
      const budgetMs = Math.min(timeoutMs, options.timeoutMs);
      if (now() < pausedUntil) {
        health.failed('it takes none for now', records);
        return records;
      }
      try {
        const body = await bodyOf(batch);
        if (hopeless) return records;
        const outcome = await delivery.deliver(body, budgetMs);
        const { failure, retryable, absent } = outcome;
        if (failure !== undefined) {
          hopeless = retryable && delivery.isHurried;
          health.failed(absent && signal !== 'traces' ? pause(failure) : failure, records);
          return records;
        }
        nextPauseMs = pauseMs;
        health.succeeded();
        return rejectedOf(outcome, records);
      } catch (error) {
        health.failed(error instanceof Error ? error.message : String(error), records);
        return records;
      }
    },
    hurry: delivery.hurry,
  };
}

/** The URL as far as it may be shown: its credentials and its query may be secrets. */
export function withoutSecrets(url: string): string {
  try {
    const { origin, pathname } = new URL(url);
    return origin + pathname;
  } catch {
    return 'an invalid URL';
  }
}
