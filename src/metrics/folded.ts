/** Word of a table's header. */
const FOLDED = 3;

/** Whether the export side has what a thread that has ended counted, in memory that outlives it: the table is not needed any more. */
export function isFolded(shared: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(shared), FOLDED) === 1;
}

/** Reader only. */
export function setFolded(shared: SharedArrayBuffer): void {
  Atomics.store(new Int32Array(shared), FOLDED, 1);
}
