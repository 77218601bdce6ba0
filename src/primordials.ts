/**
 * The globals as they were when the agent was loaded. Apps, fake timers and test runners delete and replace them later, the functions of
 * namespaces and constructors too, and what of ours runs in a listener or in the middle of an app's call must not fail for that.
 *
 * The rest of the code does not import this: `scripts/bundle.mjs` puts each of these in place of the global of its name, wherever the bundle
 * has one, in the libraries in it as well.
 */

// Not `performance` and what else is loaded when it is first asked for.
export const {
  Array,
  Atomics,
  BigInt,
  Boolean,
  Buffer,
  DataView,
  Date,
  Error,
  Function,
  Int32Array,
  Int8Array,
  JSON,
  Map,
  Math,
  Number,
  Object,
  Promise,
  Proxy,
  Reflect,
  RegExp,
  Set,
  SharedArrayBuffer,
  String,
  Symbol,
  TypeError,
  URL,
  Uint8Array,
  WeakMap,
  WeakRef,
  WeakSet,
  clearInterval,
  clearTimeout,
  decodeURIComponent,
  encodeURIComponent,
  isNaN,
  process,
  queueMicrotask,
  setImmediate,
  setInterval,
  setTimeout,
} = globalThis;

const { from: arrayFrom, isArray } = Array;
const { add, compareExchange, load, notify, store, wait } = Atomics;
const { asIntN, asUintN } = BigInt;
const { allocUnsafeSlow, from: bufferFrom } = Buffer;
const { captureStackTrace } = Error;
const { parse, stringify } = JSON;
const { abs, ceil, floor, max, min, round } = Math;
const { isFinite, isInteger, isNaN: isNumberNaN, isSafeInteger, parseInt } = Number;
const {
  assign,
  create,
  defineProperties,
  defineProperty,
  entries,
  freeze,
  fromEntries,
  getOwnPropertyDescriptor,
  getOwnPropertyDescriptors,
  getOwnPropertyNames,
  getOwnPropertySymbols,
  getPrototypeOf,
  hasOwn,
  keys,
  setPrototypeOf,
  values,
} = Object;
const resolve = Promise.resolve.bind(Promise);
const { apply, construct, defineProperty: reflectDefineProperty, get, ownKeys } = Reflect;
const { fromCharCode } = String;
const { for: symbolFor, iterator } = Symbol;
const dateNow = Date.now.bind(Date);
const canParse = URL.canParse.bind(URL);

/**
 * Node's own clock, got at the first call: the global `performance` loads `perf_hooks`, 2 ms of the app's start. From its prototype,
 * because test tools of apps replace the clocks on the objects.
 */
let readClock = (): number => {
  const { performance } = process.getBuiltinModule('node:perf_hooks');
  readClock = (getPrototypeOf(performance) as typeof performance).now.bind(performance);
  return readClock();
};

export function performanceNow(): number {
  return readClock();
}

export {
  arrayFrom as 'Array.from',
  isArray as 'Array.isArray',
  add as 'Atomics.add',
  compareExchange as 'Atomics.compareExchange',
  load as 'Atomics.load',
  notify as 'Atomics.notify',
  store as 'Atomics.store',
  wait as 'Atomics.wait',
  asIntN as 'BigInt.asIntN',
  asUintN as 'BigInt.asUintN',
  allocUnsafeSlow as 'Buffer.allocUnsafeSlow',
  bufferFrom as 'Buffer.from',
  dateNow as 'Date.now',
  captureStackTrace as 'Error.captureStackTrace',
  parse as 'JSON.parse',
  stringify as 'JSON.stringify',
  abs as 'Math.abs',
  ceil as 'Math.ceil',
  floor as 'Math.floor',
  max as 'Math.max',
  min as 'Math.min',
  round as 'Math.round',
  isFinite as 'Number.isFinite',
  isInteger as 'Number.isInteger',
  isNumberNaN as 'Number.isNaN',
  isSafeInteger as 'Number.isSafeInteger',
  parseInt as 'Number.parseInt',
  assign as 'Object.assign',
  create as 'Object.create',
  defineProperties as 'Object.defineProperties',
  defineProperty as 'Object.defineProperty',
  entries as 'Object.entries',
  freeze as 'Object.freeze',
  fromEntries as 'Object.fromEntries',
  getOwnPropertyDescriptor as 'Object.getOwnPropertyDescriptor',
  getOwnPropertyDescriptors as 'Object.getOwnPropertyDescriptors',
  getOwnPropertyNames as 'Object.getOwnPropertyNames',
  getOwnPropertySymbols as 'Object.getOwnPropertySymbols',
  getPrototypeOf as 'Object.getPrototypeOf',
  hasOwn as 'Object.hasOwn',
  keys as 'Object.keys',
  setPrototypeOf as 'Object.setPrototypeOf',
  values as 'Object.values',
  resolve as 'Promise.resolve',
  apply as 'Reflect.apply',
  construct as 'Reflect.construct',
  reflectDefineProperty as 'Reflect.defineProperty',
  get as 'Reflect.get',
  ownKeys as 'Reflect.ownKeys',
  fromCharCode as 'String.fromCharCode',
  symbolFor as 'Symbol.for',
  iterator as 'Symbol.iterator',
  canParse as 'URL.canParse',
  performanceNow as 'performance.now',
};
