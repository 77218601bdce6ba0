import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import type { ExportInput } from '../messages.ts';
import type { Part } from '../parts.ts';

declare const __filename: string;

/**
 * Loads a part of the export side: the file beside this one, or its code where this thread was started from code and has no files.
 * @throws when it cannot be loaded
 */
export function loadPart(part: Part, sources: ExportInput['sources']): unknown {
  const source = sources?.[part];
  if (source === undefined) return createRequire(__filename)(`./${part}.cjs`);
  const module = { exports: {} };
  // For modules of Node alone: the rest is bundled.
  const require = createRequire(join(process.cwd(), part));
  compileFunction(source, ['exports', 'module', 'require'])(module.exports, module, require);
  return module.exports;
}
