/** The globals of the file with the gRPC client: its timers, which the library makes for each call, must not keep a process alive. */
import {
  setInterval as primordialSetInterval,
  setTimeout as primordialSetTimeout,
} from '../../../primordials.ts';

export * from '../../../primordials.ts';

type Unref = <T extends NodeJS.Timeout>(timer: T) => T;

const unref: Unref = (timer) => {
  timer.unref();
  timer.ref = () => timer;
  return timer;
};

export const setTimeout = (...args: Parameters<typeof globalThis.setTimeout>): NodeJS.Timeout =>
  unref(primordialSetTimeout(...args));
export const setInterval = (...args: Parameters<typeof globalThis.setInterval>): NodeJS.Timeout =>
  unref(primordialSetInterval(...args));
