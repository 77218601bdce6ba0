import { basename } from 'node:path';
import { closest } from '../config/distance.ts';
import type { MethodTarget } from '../config/methods.ts';
import { block } from '../encode/span.ts';
import { beforeLastExport } from '../export/app/exit.ts';
import { isMainThread } from '../export/app/threads.ts';
import type { ModulePatch } from '../load/index.ts';
import { log } from '../log.ts';
import { CODE_FILE_PATH, CODE_FUNCTION_NAME } from '../semconv/keys.ts';
import { SCHEMA_URL } from '../semconv/schema.ts';
import { scope } from '../trace/scope.ts';
import { VERSION } from '../version.ts';
import { filesOf } from './files.ts';
import { replaceAt } from './replace.ts';
import { tracedFunction } from './traced.ts';

const VARIABLE = 'FORETRACE_METHODS';
const METHODS = scope('foretrace.methods', VERSION, SCHEMA_URL);

/**
 * What to look for on behalf of `FORETRACE_METHODS`: one patch for each module that it names.
 *
 * @param whenFirst calls back with the first span of the process: other processes inherit the variable, and have other files
 */
export function methodPatches(
  targets: readonly MethodTarget[],
  whenFirst: ((callback: () => void) => void) | undefined,
): ModulePatch[] {
  const modules = new Map<string, MethodTarget[]>();
  for (const target of targets) modules.set(target.module, [...(modules.get(target.module) ?? []), target]);
  const missing: string[] = [];
  const waiting = new Map<string, string>();
  const patches: ModulePatch[] = [];
  for (const [module, list] of modules) {
    const paths = filesOf(module, process.cwd(), process.argv[1]);
    if (paths.length === 0) missing.push(module);
    else {
      for (const { text } of list) waiting.set(text, 'was never loaded by the main thread');
      patches.push(patchOf(module, list, paths, waiting));
    }
  }
  if (whenFirst !== undefined && isMainThread()) report(missing, waiting, whenFirst);
  return patches;
}

function report(
  missing: readonly string[],
  waiting: ReadonlyMap<string, string>,
  whenFirst: (callback: () => void) => void,
): void {
  whenFirst(() => {
    if (missing.length > 0) log.warn(`${VARIABLE}: no ${missing.join(', ')} from ${process.cwd()} on`);
    // What is loaded when it is needed may be loaded much later.
    beforeLastExport(() => {
      for (const [text, why] of waiting) log.warn(`${VARIABLE}: ${text} ${why}`);
    });
  });
}

function patchOf(
  module: string,
  targets: readonly MethodTarget[],
  paths: readonly string[],
  waiting: Map<string, string>,
): ModulePatch {
  // Each worker thread would say it again.
  const say = isMainThread() ? log.warn : log.debug;
  const firsts = targets.map(({ path }) => (path === '' ? 'default' : (path.split('.')[0] as string)));
  return {
    module,
    files: [''],
    paths,
    epilogue: {
      reads: [...new Set([...firsts, 'default'])],
      replaces: firsts.filter((_, i) => !targets[i]!.path.includes('.')),
    },
    patch(exports, { path = module, names }) {
      let current = exports;
      for (const [i, target] of targets.entries()) {
        // What another file exports, unless that has no such thing either.
        if (names?.includes(firsts[i]!) === false) {
          if (waiting.has(target.text)) waiting.set(target.text, 'is not there');
          continue;
        }
        waiting.delete(target.text);
        const { exports: next, problem } = replaceAt(current, target.path, (original) =>
          tracedFunction(original, {
            scope: METHODS,
            name: target.name ?? nameOf(target, original, path),
            facts: block([CODE_FUNCTION_NAME, nameOf(target, original, path), CODE_FILE_PATH, path]),
          }),
        );
        current = next;
        if (problem !== undefined) say(`${VARIABLE}: ${target.text} ${problem}${meant(target, exports)}`);
      }
      return current === exports ? undefined : current;
    },
  };
}

/** `Engine.quote` for `Engine.prototype.quote`; of what a file exports as a whole its own name, or that of the file. */
function nameOf({ path }: MethodTarget, { name }: Function, file: string): string {
  const parts = path.split('.').filter((part) => part !== 'prototype' && part !== 'default' && part !== '');
  if (parts.length > 0) return parts.join('.');
  return name !== '' && name !== 'default' ? name : basename(file).replace(/\.[^.]+$/, '');
}

function meant({ path }: MethodTarget, exports: unknown): string {
  if (path === '' || path.includes('.') || typeof exports !== 'object' || exports === null) return '';
  const names = Object.keys(exports);
  const near = names.includes(path)
    ? undefined
    : closest(path, names, Math.max(1, Math.floor(path.length / 3)));
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}
