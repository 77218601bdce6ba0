import type { Config } from './config/table.ts';
import { startParameterCapture } from './query-parameters/capture.ts';
import { startSqlCommenter } from './sql-commenter/start.ts';
import { startTrouble } from './trouble/start.ts';

/**
 * Starts what only some apps ask for. Each is a module of its own that nothing else imports: it fills slots of the core, which are
 * undefined otherwise, so that what is not asked for costs one comparison.
 */
export function startOptional({ database, resource, trouble }: Config): void {
  if (database.capturesParameters) startParameterCapture();
  if (database.sqlCommenter !== 'off') startSqlCommenter(database.sqlCommenter, resource);
  if (trouble.slowQueryMs !== undefined || trouble.repeats !== undefined) startTrouble(trouble);
}
