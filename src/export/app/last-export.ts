import { log } from '../../log.ts';
import { now } from '../../trace/clock.ts';
import { count, type Signal } from '../signal.ts';
import { type ExportSide, mayStartThread } from './export-side.ts';
import type { Rings } from './rings.ts';

/**
 * The last export of a process: blocks this thread until all that is in the rings is exported or given up, or the time is
 * over, and says what is lost.
 * @param finished the export side's int32 of `ExportInput.control`
 */
export function exportLast(
  exportSide: ExportSide,
  rings: Rings,
  signals: readonly Signal[],
  finished: Int32Array,
  timeoutMs: number,
): void {
  const pending = (): number[] => signals.map((signal) => rings.pending(signal));
  if (!mayStartThread()) {
    // This thread would wait for itself.
    warnOfLoss(signals, pending(), ': only a thread could send them now (--allow-worker)');
    return;
  }
  const failed = (): number[] => signals.map((signal) => rings.stats(signal).failed);
  const end = now() + timeoutMs;
  const before = Atomics.load(finished, 0);
  const failedBefore = failed();
  exportSide.start(true);
  exportSide.post({ type: 'finish', timeoutMs });
  for (;;) {
    const leftMs = end - now();
    if (leftMs <= 0 || Atomics.load(finished, 0) !== before) break;
    Atomics.wait(finished, 0, before, leftMs);
  }
  const failedNow = failed();
  const lost = pending().map((records, i) => records + failedNow[i]! - failedBefore[i]!);
  warnOfLoss(signals, lost, `, after ${timeoutMs} ms at most (FORETRACE_EXIT_TIMEOUT)`);
}

function warnOfLoss(signals: readonly Signal[], lost: readonly number[], why: string): void {
  const parts = signals.map((signal, i) => (lost[i]! > 0 ? count(lost[i]!, signal) : ''));
  const text = parts.filter((part) => part !== '').join(' and ');
  if (text !== '') log.warn(`${text} lost at the end of the process${why}`);
}
