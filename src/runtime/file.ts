import { watchFile } from 'node:fs';
import { resolve } from 'node:path';
import { parse, shown } from '../config/parse.ts';
import { readVariables } from '../config/sources.ts';
import { VARIABLES } from '../config/table.ts';
import type { Variable } from '../config/variable.ts';
import { isMainThread } from '../export/app/threads.ts';
import { guarded } from '../guard.ts';
import { log } from '../log.ts';
import { setTracing } from '../trace/switch.ts';
import type { Change } from './change.ts';

/** How often the file is looked at, in ms. */
const INTERVAL_MS = 1000;

type Texts = Readonly<Record<string, string>>;

/**
 * Applies the variables of a file now and whenever it changes; what it does not name, and all while there is no file, is as at the start.
 *
 * Looked at by its path, not watched: what replaces a file by another (editors, a ConfigMap's links) leaves a watch behind. The looks are
 * made by a thread of Node's pool, each thread of the app hears of changes alone.
 * @param tracing whether tracing is on at the start
 * @param isOwner false if another thread turns the switch
 */
export function watchVariables(path: string, tracing: boolean, isOwner: boolean, change: Change): void {
  // The app may change its working directory.
  const place = resolve(path);
  let current: Texts = {};
  let wasOn = tracing;
  // Each thread reads the file, one speaks of it.
  const isSpeaker = isMainThread();
  const warn = (line: string): void => {
    if (isSpeaker) log.warn(`${path}: ${line}`);
  };
  const ignored = new Set<string>();

  function look(): void {
    const texts = textsOf(place, ignored, warn);
    const changes = changesOf(current, texts);
    if (changes.length === 0) return;
    current = texts;
    const { config, warnings } = change.reread(texts, path);
    change.reconfigure(config);
    if (isOwner && config.tracing !== wasOn) setTracing(config.tracing);
    wasOn = config.tracing;
    if (!isSpeaker) return;
    for (const warning of warnings) log.warn(warning);
    log.info(`${path}: ${changes.join(', ')}`);
  }

  const guardedLook = guarded('the runtime file', look);
  watchFile(place, { interval: INTERVAL_MS, persistent: false }, guardedLook);
  guardedLook();
}

const CHANGING = (VARIABLES as readonly Variable[]).filter(({ runtime }) => runtime === true);

/** The usable texts of the file, by the name of their rows. */
function textsOf(path: string, ignored: Set<string>, warn: (line: string) => void): Texts {
  const read = readVariables(path);
  // There need be none yet, or any more.
  if (typeof read === 'string') {
    if (!read.endsWith('(ENOENT)')) warn(`cannot be read, what held at the start is used: ${read}`);
    return {};
  }
  const texts: Record<string, string> = {};
  const fixed: string[] = [];
  for (const [name, given] of Object.entries(read)) {
    const text = given.trim();
    const row = CHANGING.find((one) => one.name === name || one.aliases?.includes(name) === true);
    if (row === undefined) {
      if (!ignored.has(name)) fixed.push(name);
      ignored.add(name);
    } else if (text !== '') {
      const { value, problem } = parse(row, text);
      if (value === undefined) warn(`${name}=${shown(text, row)} ${problem}, what held at the start is used`);
      else texts[row.name] = text;
    }
  }
  if (fixed.length > 0) warn(`cannot change while the app runs and ignored: ${fixed.join(', ')}`);
  return texts;
}

/** What is different, as it is said in a line. */
function changesOf(before: Texts, after: Texts): string[] {
  const changes: string[] = [];
  for (const { name } of CHANGING) {
    if (before[name] === after[name]) continue;
    changes.push(after[name] === undefined ? `${name} as at the start` : `${name}=${shown(after[name])}`);
  }
  return changes;
}
