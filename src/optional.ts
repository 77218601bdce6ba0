import type { Config } from './config/table.ts';
import type { ModulePatch } from './load/index.ts';
import { methodPatches } from './methods/start.ts';
import * as middleware from './semconv/middleware.ts';

/**
 * Starts what only some apps ask for. Each is a module of its own that nothing else imports: it fills slots of the core, which are
 * undefined otherwise, so that what is not asked for costs one comparison.
 */
export function startOptional({ middlewareSpans }: Config): void {
  if (middlewareSpans !== undefined) middleware.configure(middlewareSpans);
}

/** What only some apps ask for of the modules that they load. */
export function optionalPatches(
  { methods }: Config,
  whenFirst: ((callback: () => void) => void) | undefined,
): ModulePatch[] {
  return methods === undefined ? [] : methodPatches(methods, whenFirst);
}
