/** Flushes that wait for their answer. */
export interface Flushes {
  /**
   * @param ask sends the question; the answer has its id
   * @returns false = there was no answer within the time
   */
  wait(timeoutMs: number, ask: (id: number) => void): Promise<boolean>;
  answered(id: number): void;
}

export function createFlushes(): Flushes {
  const waiting = new Map<number, () => void>();
  let lastId = 0;
  return {
    wait(timeoutMs, ask) {
      return new Promise((resolve) => {
        const id = ++lastId;
        // Not unref'd: who awaits a flush expects the process to live until then.
        const timer = setTimeout(() => {
          waiting.delete(id);
          resolve(false);
        }, timeoutMs);
        waiting.set(id, () => {
          clearTimeout(timer);
          resolve(true);
        });
        ask(id);
      });
    },
    answered(id) {
      waiting.get(id)?.();
      waiting.delete(id);
    },
  };
}
