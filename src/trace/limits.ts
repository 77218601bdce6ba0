import type { Config } from '../config/table.ts';
import { setMaxTextLength } from '../encode/writer.ts';

type Limits = Config['limits'];

/** How much one span, event or link may have; no limit until the configuration says one. */
export const limits: { -readonly [K in keyof Limits]: Limits[K] } = {
  attributeCount: Infinity,
  attributeValueLength: Infinity,
  eventCount: Infinity,
  linkCount: Infinity,
  attributePerEventCount: Infinity,
  attributePerLinkCount: Infinity,
};

export function configure(wanted: Limits): void {
  Object.assign(limits, wanted);
  setMaxTextLength(wanted.attributeValueLength);
}
