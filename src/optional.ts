import type { Config } from './config/table.ts';
import { startKeep } from './keep/keep.ts';
import { startFurtherFormats } from './propagate/further.ts';
import { startSampling } from './sampling/start.ts';

/**
 * Starts what only some apps ask for. Each is a module of its own that nothing else imports: it fills slots of the core, which are
 * undefined otherwise, so that what is not asked for costs one comparison.
 */
export function startOptional(config: Config): void {
  const { keep, exporters } = config;
  startFurtherFormats(config.propagation);
  startSampling(config.sampling, config.resource);
  // What nobody exports is not held either.
  if (keep !== undefined && exporters.length > 0) startKeep(keep);
}
