/**
 * Globals as they were at the start. Apps delete and replace them, fake timers and test runners too, and the end of the process is
 * late: what runs there must not find another `performance`, `Atomics` or `setTimeout` than at the beginning.
 */
export { now } from '../trace/clock.ts';

export const {
  Int32Array,
  JSON,
  Map,
  Math,
  Promise,
  Set,
  SharedArrayBuffer,
  Uint8Array,
  WeakRef,
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
} = globalThis;

export const { add, compareExchange, load, notify, store, wait } = Atomics;
