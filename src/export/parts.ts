import type { ExportOptions } from './options.ts';

/** Code of the export side that only some configurations need: files beside its own, loaded when it starts. */
export type Part = 'mask' | 'mask-expressions';

/** What the options need. */
export function partsOf({ mask }: Pick<ExportOptions, 'mask'>): readonly Part[] {
  if (mask === undefined) return [];
  return mask.expressions.length === 0 ? ['mask'] : ['mask', 'mask-expressions'];
}
