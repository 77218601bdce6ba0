/** A stretch of synchronous code that other code has to know of, such as a library sending the commands of a batch. */
export interface Phase {
  isRunning(): boolean;
  run<R>(fn: () => R): R;
}

export function newPhase(): Phase {
  let running = false;
  return {
    isRunning: () => running,
    run(fn) {
      const before = running;
      running = true;
      try {
        return fn();
      } finally {
        running = before;
      }
    },
  };
}
