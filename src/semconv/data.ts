/**
 * A property of an object of the app's, if it is plain data there or in a class of its: a getter is the app's code, and what it counts or
 * throws would be seen.
 */
export function dataOf(object: unknown, name: string): unknown {
  let holder: unknown = object;
  while ((typeof holder === 'object' || typeof holder === 'function') && holder !== null) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name);
    if (descriptor !== undefined) return descriptor.value;
    holder = Object.getPrototypeOf(holder);
  }
  return undefined;
}

/** Whether something is an object of no class, as literals are. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** The same object with other data in one property: for what goes to a library in place of what the app gave. Undefined for an object of a class. */
export function copyWith(object: object, name: string, value: unknown): object | undefined {
  if (!isPlain(object)) return undefined;
  const descriptors = Object.getOwnPropertyDescriptors(object);
  descriptors[name] = { value, configurable: true, enumerable: true, writable: true };
  return Object.create(Object.getPrototypeOf(object) as object | null, descriptors) as object;
}
