import type { Config } from '../config/table.ts';
import { setMaxTextLength } from '../encode/writer.ts';

type Limits = Config['limits'];

/** How much one span, event or link may have; no limit until the configuration says one. */
export let limits: Limits = {
  attributeCount: Infinity,
  attributeValueLength: Infinity,
  eventCount: Infinity,
  linkCount: Infinity,
  attributePerEventCount: Infinity,
  attributePerLinkCount: Infinity,
};

export function configure(wanted: Limits): void {
  limits = wanted;
  setMaxTextLength(wanted.attributeValueLength);
}
