import type { Config } from './config/table.ts';
import { startFurtherFormats } from './propagate/further.ts';
import { startSampling } from './sampling/start.ts';
import { startKeep } from './keep/keep.ts';
import { startNaming } from './naming/start.ts';
import { startParameterCapture } from './query-parameters/capture.ts';
import { startSqlCommenter } from './sql-commenter/start.ts';
import { startTrouble } from './trouble/start.ts';

/**
 * Starts what only some apps ask for. Each is a module of its own that nothing else imports: it fills slots of the core, which are
 * undefined otherwise, so that what is not asked for costs one comparison.
 */
export function startOptional(config: Config): void {
  const { database, resource, trouble } = config;
  startFurtherFormats(config.propagation);
  startSampling(config.sampling, resource);
  startNaming(config.naming);
  // What nobody exports is not held either.
  if (config.keep !== undefined && config.exporters.length > 0) startKeep(config.keep);
  if (database.capturesParameters) startParameterCapture();
  if (database.sqlCommenter !== 'off') startSqlCommenter(database.sqlCommenter, resource);
  if (trouble.slowQueryMs !== undefined || trouble.repeats !== undefined) startTrouble(trouble);
}
