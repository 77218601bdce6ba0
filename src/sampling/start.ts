import type { Config } from '../config/table.ts';
import { setRestarts } from '../operation/restarts.ts';
import { serviceName } from '../resource/resource.ts';
import { tokenBucket } from '../token-bucket.ts';
import { now } from '../trace/clock.ts';
import { setRateLimit, setRules } from '../trace/sampler.ts';
import { restarting } from './continuation.ts';
import { rulesOf } from './rules.ts';

/** Fills the slots of the sampler and of what comes in, or empties them again; may be called again with other values. */
export function startSampling(
  { rules, tracesPerSecond, continuation }: Config['sampling'],
  resource: Config['resource'],
): void {
  setRules(rules.length === 0 ? undefined : rulesOf(rules, () => serviceName(resource)));
  const take = tracesPerSecond === Infinity ? undefined : tokenBucket(tracesPerSecond);
  setRateLimit(take && (() => take(now())));
  setRestarts(continuation === 'continue' ? undefined : restarting(continuation === 'link'));
}
