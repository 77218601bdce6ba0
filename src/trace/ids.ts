// 4,096 random int32 for each call of the generator: `randomBytes` per id costs 2 µs, this 5 ns.
const pool = new Int32Array(4_096);
let next = pool.length;
let onFirst: (() => void) | undefined;

/** Calls back once, when the first id is needed: the first span of the process starts. Costs nothing at later ones. */
export function whenFirstId(callback: () => void): void {
  onFirst = callback;
}

/** A random int32 from the system's generator. */
export function randomInt32(): number {
  if (next === pool.length) {
    // Loaded at the first span: `node:crypto` pulls in streams, 5 to 10 ms that the start of an app need not pay.
    process.getBuiltinModule('node:crypto').randomFillSync(pool);
    next = 0;
    onFirst?.();
    onFirst = undefined;
  }
  return pool[next++];
}
