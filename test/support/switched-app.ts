/** A server whose tracing is switched while it runs. */
import { vi } from 'vitest';
import type { ReceivedSpan } from './otlp.ts';
import type { Receiver } from './receiver.ts';
import { type App, runApp, type RunOptions } from './run-app.ts';

/** The context of a caller who samples. */
export const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

export interface SwitchedApp {
  readonly app: App;
  /** Sends a request, with what a caller adds; the headers that the app's own request arrived with. */
  ask(headers?: Record<string, string>): Promise<Record<string, string>>;
  /** The spans since the last call, as soon as there are so many. */
  spansOf(count: number): Promise<ReceivedSpan[]>;
  /** Waits for a text on stderr, or for its so many-th occurrence. */
  said(text: string, times?: number): Promise<void>;
}

export function runSwitched(receiver: Receiver, options: RunOptions): SwitchedApp {
  const app = runApp({ file: 'files/asks.cjs', receiver, ...options });
  return {
    app,
    async ask(headers = {}) {
      const answer = await fetch(await app.url('/'), { headers });
      return (await answer.json()) as Record<string, string>;
    },
    async spansOf(count) {
      const spans = await receiver.waitFor(count);
      receiver.clear();
      return spans;
    },
    async said(text, times = 1) {
      await vi.waitUntil(() => app.stderr.split(text).length > times, { timeout: 15_000, interval: 20 });
    },
  };
}
