import { channel } from 'node:diagnostics_channel';
import type { Listed } from './instrumentation.ts';
import type { ModulePatch } from '../load/index.ts';
import { satisfies } from '../satisfies.ts';
import { log } from '../log.ts';
import { guarded } from '../guard.ts';
import { type Nesting, type Point, wrappersOf } from './point.ts';
import { locate, wrap } from '../wrap.ts';

interface PatchedFile {
  file: string;
  version: string;
  /** Absent for builtins. */
  baseDir?: string;
}

/** What the module hooks have to look for on behalf of an instrumentation; its subscriptions are made at once. */
export function modulePatches(library: Listed): ModulePatch[] {
  const { name, module, versions, files, esm, rare, loadedBy = [], keepsContext: quiet } = library;
  subscribe(library);
  if (files.length === 0) return [];
  const nesting: Nesting = { running: undefined };
  /** Of each copy of the package in the tree: how to undo what was patched; undefined if it does not fit. */
  const copies = new Map<string, (() => void)[] | undefined>();
  function patch(exports: unknown, { file, version, baseDir = '' }: PatchedFile): unknown {
    const undo = copies.has(baseDir) ? copies.get(baseDir) : [];
    if (undo === undefined) return undefined;
    copies.set(baseDir, undo);
    const leave = (): void => {
      copies.set(baseDir, undefined);
      for (const restore of undo) restore();
    };
    const { points = [] } = library.load();
    const wanted = points.filter((point) => (point.file ?? '') === file && suits(point, version));
    const root = { exports };
    const missing = wanted.find((point) => locate(root, pathOf(point)) === undefined);
    if (missing !== undefined) {
      // A library that is not what we think it is stays untouched as a whole: half a set of patches gives wrong spans.
      leave();
      const what = missing.target === '' ? 'function as its export' : missing.target;
      const where = file === '' ? what : `${what} in ${file}`;
      log.warn(`${module} ${version} has no ${where}; it is not traced`);
      return undefined;
    }
    try {
      for (const [target, wrapper] of wrappersOf(wanted, name, nesting)) {
        const found = locate(root, pathOf({ target })) as { holder: object; name: PropertyKey };
        const method = found.name;
        let { holder } = found;
        // A function can't be stood in for: the app calls it.
        if (holder === root.exports && typeof holder === 'object' && isLocked(holder, method)) {
          root.exports = unlocked(holder);
          holder = root.exports as object;
        }
        const original = get(holder, method);
        undo.push(wrap(holder, method, wrapper as never));
        const aliases = wanted.flatMap((point) => (point.target === target ? (point.aliases ?? []) : []));
        for (const alias of aliases)
          if (get(holder, alias) === original) undo.push(replace(holder, alias, get(holder, method)));
      }
    } catch (error) {
      leave();
      throw error;
    }
    return root.exports === exports ? undefined : root.exports;
  }

  const patches: ModulePatch[] = [{ module, versions, files, esm, rare, quiet, patch }];
  for (const loader of loadedBy) {
    const version = process.versions.node;
    // Rare: where builtins are loaded ahead, this one itself is.
    patches.push({
      module: loader,
      files: [''],
      rare: true,
      patch: () => patch(require(module), { file: '', version }),
    });
  }
  return patches;
}

function subscribe({ name, channels, load }: Listed): void {
  for (const channelName of channels) {
    let receivers: ((message: unknown) => void)[] | undefined;
    // A subscriber that throws would end the process: the error surfaces as an uncaught exception.
    const receive = guarded(name, (message: unknown) => {
      receivers ??= receiversOf(load(), channelName);
      for (const each of receivers) each(message);
    });
    channel(channelName).subscribe(receive);
  }
}

function receiversOf({ subscriptions = [] }: ReturnType<Listed['load']>, channelName: string) {
  return subscriptions
    .filter((one) => one.channel === channelName)
    .map(({ receive }) => receive as (message: unknown) => void);
}

function get(holder: object, name: PropertyKey): unknown {
  return (holder as Record<PropertyKey, unknown>)[name];
}

function replace(holder: object, name: string, value: unknown): () => void {
  const before = get(holder, name);
  const set = (next: unknown): void => void Reflect.set(holder, name, next);
  set(value);
  return () => set(before);
}

/** Below the module, so that what the module exports as a whole has a place too. */
function pathOf({ target }: Pick<Point, 'target'>): string {
  return target === '' ? 'exports' : `exports.${target}`;
}

/** Bundlers export by getters that can't be replaced. */
function isLocked(holder: object, name: PropertyKey): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(holder, name);
  return descriptor?.get !== undefined && descriptor.configurable === false;
}

/** Stands in for a CommonJS module's exports: the same properties, replaceable. */
function unlocked(exports: object): object {
  const copy: object = Object.create(Object.getPrototypeOf(exports));
  for (const key of Reflect.ownKeys(exports)) {
    const descriptor = Object.getOwnPropertyDescriptor(exports, key) as PropertyDescriptor;
    Object.defineProperty(copy, key, { ...descriptor, configurable: true });
  }
  return copy;
}

function suits(point: Point, version: string): boolean {
  return (point.versions === undefined || satisfies(version, point.versions)) && point.when?.() !== false;
}
