import type { Config } from '../config/table.ts';
import { configure } from './current.ts';
import { JAEGER } from './jaeger.ts';
import { OT_TRACE } from './ottrace.ts';
import { XRAY } from './xray.ts';

const FORMATS = [JAEGER, XRAY, OT_TRACE];

/** Adds the formats of `OTEL_PROPAGATORS` that few fleets speak. */
export function startFurtherFormats(propagation: Config['propagation']): void {
  const names: readonly string[] = propagation.names;
  if (FORMATS.some(({ name }) => names.includes(name))) configure(propagation, FORMATS);
}
