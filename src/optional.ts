import type { Config } from './config/table.ts';
import type { Change } from './runtime/change.ts';
import { startRuntime } from './runtime/start.ts';

/**
 * Starts what only some apps ask for. Each is a module of its own that nothing else imports: it fills slots of the core, which are
 * undefined otherwise, so that what is not asked for costs one comparison.
 */
export function startOptional(config: Config, change: Change): void {
  startRuntime(config, change);
}
