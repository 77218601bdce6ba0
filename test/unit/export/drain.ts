import { copyOut, peek, peekedBytes, release, type Ring } from '../../../src/export/ring.ts';

/** Takes records out of a ring and frees their room, as the batcher does in steps. @returns the number of records */
export function drain(
  ring: Ring,
  onRecord: (scope: number, bytes: Uint8Array) => void,
  maxRecords = Infinity,
): number {
  const records: [scope: number, start: number, length: number][] = [];
  const position = peek(ring, (...record) => records.push(record), maxRecords);
  const bytes = new Uint8Array(peekedBytes(ring, position));
  copyOut(ring, position, bytes, 0);
  release(ring, position, records.length);
  for (const [scope, start, length] of records) onRecord(scope, bytes.subarray(start, start + length));
  return records.length;
}
