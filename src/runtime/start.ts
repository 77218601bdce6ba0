import type { Config } from '../config/table.ts';
import { follow } from '../trace/switch.ts';
import { isMainThread, workerThreads } from '../export/app/threads.ts';
import type { Change } from './change.ts';
import { watchVariables } from './file.ts';
import { toggleBy } from './signal.ts';

/** Environment data, inherited by worker threads: the state of the switch. */
const SWITCH = 'foretrace.switch';

/** Makes what is configured changeable while the app runs, by a file or a signal, as far as the app is started so. */
export function startRuntime({ runtime: { file, signal }, tracing }: Config, change: Change): void {
  if (tracing && file === undefined && signal === undefined) return;
  const isOwner = joinSwitch(tracing);
  // Signals do not come to worker threads: they follow the switch.
  if (isOwner && isMainThread() && signal !== undefined) toggleBy(signal);
  if (file !== undefined) watchVariables(file, tracing, isOwner, change);
}

/** Takes the switch of the process; the first thread makes it and may turn it. */
function joinSwitch(tracing: boolean): boolean {
  const { getEnvironmentData, setEnvironmentData } = workerThreads();
  const inherited = isMainThread() ? undefined : getEnvironmentData(SWITCH);
  if (inherited instanceof SharedArrayBuffer) {
    follow(new Int32Array(inherited));
    return false;
  }
  const shared = new SharedArrayBuffer(4);
  setEnvironmentData(SWITCH, shared);
  follow(new Int32Array(shared), tracing);
  return true;
}
