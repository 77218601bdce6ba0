import { afterAll, beforeAll } from 'vitest';
import type { ReceivedSpan } from './otlp.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { type Exit, runApp } from './run-app.ts';

/** What an app that ends by itself has sent and said. */
export interface Run extends Exit {
  spans: ReceivedSpan[];
  /** The lines of the agent. */
  lines: string[];
}

/** Runs a fixture to its end, in an environment, with a collector that the tests of this file share. */
export function runsOf(file: string): (env?: Record<string, string>) => Promise<Run> {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());
  return async (env = {}) => {
    receiver.clear();
    const exit = await runApp({ file, receiver, env }).exited;
    const lines = exit.stderr.split('\n').filter((line) => line.startsWith('foretrace: '));
    return { ...exit, spans: receiver.spans(), lines };
  };
}
