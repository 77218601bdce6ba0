import { requestJson } from '../../encode/otlp-json.ts';
import { type DecodedSpan, readRequest } from '../../encode/read.ts';
import type { Signal } from '../signal.ts';

/** What one export sends. The forms that need decoding are made once for all exporters that ask. */
export interface Batch {
  readonly signal: Signal;
  readonly records: number;
  /** The bytes of an `ExportTraceServiceRequest`, or of the same message of another signal. */
  readonly request: Uint8Array;
  /** @throws RangeError when the bytes are malformed; Error when they are not spans */
  decoded(): readonly DecodedSpan[];
  json(): string;
}

export function batchOf(signal: Signal, request: Uint8Array, records: number): Batch {
  let decoded: readonly DecodedSpan[] | undefined;
  let json: string | undefined;
  function decode(): readonly DecodedSpan[] {
    if (signal !== 'traces') throw new Error(`${signal} can be sent as protobuf alone`);
    return (decoded ??= readRequest(request));
  }
  return {
    signal,
    records,
    request,
    decoded: decode,
    json: () => (json ??= requestJson(decode())),
  };
}

export interface Exporter {
  /**
   * Sends one batch. Never rejects, and reports its problems itself.
   * @param timeoutMs the longest time this may take
   * @returns how many of the records were not delivered
   */
  export(batch: Batch, timeoutMs: number): Promise<number>;
  /**
   * The process ends in `timeoutMs`: no waiting beyond that, for the export under way and for those to come. A wait for a
   * retry is cut short, and once the other side proves unreachable no further batch is tried.
   */
  hurry?(timeoutMs: number): void;
}
