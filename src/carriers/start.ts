import { processEnvironment } from '../config/process-environment.ts';
import type { Config } from '../config/table.ts';
import { isMainThread } from '../export/app/threads.ts';
import { guarded } from '../guard.ts';
import type { ModulePatch } from '../load/index.ts';
import { extract, extractBaggage } from '../propagate/current.ts';
import * as children from './child-environment.ts';
import { contextOf } from './carried.ts';
import { getVariable } from './environment.ts';
import { watchMessages } from './first-message.ts';
import { belongTo, stopBelonging } from './starter.ts';
import { handOn } from './posting.ts';
import { takeHanded } from './receiving.ts';

/** Goes on with the trace of what started this process or thread. Returns what has to be done once the app starts threads itself. */
export function startCarriers(wanted: Config['carriers']): ModulePatch[] {
  const hasThreads = wanted.includes('worker_threads');
  const isMain = isMainThread();
  const environment = processEnvironment();
  let isTaken = false;
  if (isMain && wanted.includes('environment')) {
    const starter = extract(environment, getVariable);
    isTaken = starter !== undefined;
    if (starter !== undefined) {
      const context = contextOf(starter, extractBaggage(environment, getVariable));
      belongTo(context);
      if (process.connected === true) watchMessages(context, stopBelonging);
    }
  }
  if (wanted.includes('child_process')) children.configure(environment, isTaken);
  if (!hasThreads) return [];
  if (!isMain) guarded('the start of a worker thread', takeHanded)();
  return [{ module: 'worker_threads', files: [''], rare: true, patch: handOn }];
}
