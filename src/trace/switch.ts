const OFF = 1;

/** Shared by all threads of the process, so that all are switched at once. Undefined unless the app may be switched. */
let state: Int32Array | undefined;

/** Whether no trace is to begin and none to be continued here; spans that have begun go on to their ends, with what is below them. */
export function isOff(): boolean {
  return state !== undefined && state[0] === OFF;
}

/** Makes tracing follow a state that other threads may share. */
export function follow(shared: Int32Array | undefined, on?: boolean): void {
  state = shared;
  if (on !== undefined) setTracing(on);
}

/** Switches tracing for every thread that follows the same state. */
export function setTracing(on: boolean): void {
  if (state !== undefined) state[0] = on ? 0 : OFF;
}
