import type { ReceivedLog } from './otlp-logs.ts';
import type { ReceivedSpan } from './otlp.ts';
import { startReceiver } from './receiver.ts';
import { type Exit, runApp } from './run-app.ts';

/** Runs `test/fixtures/logs.cjs` with log records exported; `args` says what it writes. */
export async function runLogs(
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): Promise<{ exit: Exit; logs: ReceivedLog[]; spans: ReceivedSpan[]; paths: string[] }> {
  const receiver = await startReceiver();
  try {
    const app = runApp({ file: 'logs.cjs', args, receiver, env: { OTEL_LOGS_EXPORTER: undefined, ...env } });
    const exit = await app.exited;
    const paths = receiver.requests.map(({ path }) => path);
    return { exit, logs: receiver.logs(), spans: receiver.spans(), paths };
  } finally {
    await receiver.close();
  }
}
