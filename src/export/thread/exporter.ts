import { requestJson } from '../../encode/otlp-json.ts';
import { type DecodedSpan, readRequest } from '../../encode/read.ts';

/** What one export sends. The forms that need decoding are made once for all exporters that ask. */
export interface Batch {
  readonly spans: number;
  /** The bytes of an `ExportTraceServiceRequest`. */
  readonly request: Uint8Array;
  /** @throws RangeError when the bytes are malformed */
  decoded(): readonly DecodedSpan[];
  json(): string;
}

export function batchOf(request: Uint8Array, spans: number): Batch {
  let decoded: readonly DecodedSpan[] | undefined;
  let json: string | undefined;
  return {
    spans,
    request,
    decoded: () => (decoded ??= readRequest(request)),
    json: () => (json ??= requestJson((decoded ??= readRequest(request)))),
  };
}

export interface Exporter {
  /**
   * Sends one batch. Never rejects, and reports its problems itself.
   * @param timeoutMs the longest time this may take
   * @returns how many of the spans were not delivered
   */
  export(batch: Batch, timeoutMs: number): Promise<number>;
  /**
   * The process ends in `timeoutMs`: no waiting beyond that, for the export under way and for those to come. A wait for a
   * retry is cut short, and once the other side proves unreachable no further batch is tried.
   */
  hurry?(timeoutMs: number): void;
}
