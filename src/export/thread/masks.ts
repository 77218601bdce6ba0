import { log } from '../../log.ts';
import type * as expressionsPart from '../../mask/expressions.ts';
import type * as maskPart from '../../mask/main.ts';
import type { RecordMask } from '../../mask/record.ts';
import type { ExportInput } from '../messages.ts';
import type { Signal } from '../signal.ts';
import { loadPart } from './load-part.ts';

/** What makes the mask for the records of a signal; undefined when nothing is masked. @throws when its code cannot be loaded */
export function masksOf({ options, sources }: ExportInput): ((signal: Signal) => RecordMask) | undefined {
  const { mask } = options;
  if (mask === undefined) return undefined;
  const { createBytesMask, createRecordMask } = loadPart('mask', sources) as typeof maskPart;
  const { compiled, problems } =
    mask.expressions.length === 0
      ? { compiled: [], problems: [] }
      : (loadPart('mask-expressions', sources) as typeof expressionsPart).compileExpressions(
          mask.expressions,
        );
  if (problems.length > 0) {
    log.warn(
      `FORETRACE_MASK_PATTERNS ${problems.join('; ')}, ${problems.length === 1 ? 'it is' : 'they are'} ignored`,
    );
  }
  if (mask.kinds.length + compiled.length === 0) return undefined;
  const bytesMask = createBytesMask(mask, compiled);
  return (signal) => createRecordMask(signal, bytesMask);
}
