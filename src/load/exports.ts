import { fileURLToPath, pathToFileURL } from 'node:url';
import { reportFailure } from '../guard.ts';
import { DEFAULT_NAME, LOADED } from './epilogue.ts';
import type { Epilogue } from './module-patch.ts';
import type { Registry } from './registry.ts';
import { runPatch } from './run-patch.ts';

/** The files that get an epilogue if they are ES modules, as loaders name them. */
export function epilogueUrls({ epilogues }: Registry): (readonly [url: string, Epilogue])[] {
  return [...epilogues].map(([path, epilogue]) => [pathToFileURL(path).href, epilogue]);
}

/** Takes what ES modules hand out at their end, and patches it. */
export function receiveExports(registry: Registry): void {
  const receive = (owner: string, exports: Record<string, unknown>, names: readonly string[]): void => {
    try {
      const path = fileURLToPath(owner);
      registry.handedOut.add(path);
      giveBackName(exports.default);
      for (const target of registry.targets(path) ?? [])
        if (target.path !== undefined) runPatch(target, exports, 'module', names);
    } catch (failure) {
      // The module is the app's: whatever it is, it goes on.
      reportFailure('the exports of an ES module', failure);
    }
  };
  // The one place that code of the app's modules and ours share.
  Object.defineProperty(globalThis, Symbol.for(LOADED), { configurable: true, value: receive });
}

/** What is exported by default without a name is called `default`. */
function giveBackName(value: unknown): void {
  if (typeof value === 'function' && value.name === DEFAULT_NAME)
    Object.defineProperty(value, 'name', { configurable: true, value: 'default' });
}
