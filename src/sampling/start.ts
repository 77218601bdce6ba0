import type { Config } from '../config/table.ts';
import { setRestarts } from '../operation/restarts.ts';
import { serviceName } from '../resource/resource.ts';
import { setRateLimit, setRules } from '../trace/sampler.ts';
import { restarting } from './continuation.ts';
import { tokenBucket } from './rate.ts';
import { rulesOf } from './rules.ts';

/** Fills the slots of the sampler and of what comes in, or empties them again; may be called again with other values. */
export function startSampling(
  { rules, tracesPerSecond, continuation }: Config['sampling'],
  resource: Config['resource'],
): void {
  setRules(rules.length === 0 ? undefined : rulesOf(rules, () => serviceName(resource)));
  setRateLimit(tracesPerSecond === Infinity ? undefined : tokenBucket(tracesPerSecond));
  setRestarts(continuation === 'continue' ? undefined : restarting(continuation === 'link'));
}
