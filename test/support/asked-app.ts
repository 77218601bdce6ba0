/** A fixture of `serve` that is asked one thing after the other, with a receiver of its own. */
import { createInterface } from 'node:readline';
import { type Receiver, startReceiver } from './receiver.ts';
import { type App, runApp, type RunOptions } from './run-app.ts';

export interface AskedApp {
  readonly app: App;
  readonly receiver: Receiver;
  /** Resolves with the answer; several may be asked at once. */
  ask(input: object): Promise<any>;
  stop(): Promise<void>;
}

export async function askedApp(options: RunOptions): Promise<AskedApp> {
  const receiver = await startReceiver();
  const app = runApp({ ...options, receiver, stdin: true });
  // Answers come in any order, while `app.line` looks at each line once.
  const waiting = new Map<number, (answer: unknown) => void>();
  createInterface({ input: app.child.stdout! }).on('line', (line) => {
    const answer = JSON.parse(line) as { id: number };
    waiting.get(answer.id)?.(answer);
  });
  let lastId = 0;
  return {
    app,
    receiver,
    ask(input) {
      const id = ++lastId;
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        app.send({ id, ...input });
      });
    },
    async stop() {
      await app.stop();
      await receiver.close();
    },
  };
}
