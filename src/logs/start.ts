import type { Config } from '../config/table.ts';
import { setLogNames, setLogSink } from '../semconv/log.ts';
import { captureConsole } from './console.ts';
import { recordExceptions } from './exceptions.ts';
import { registerLogs } from './global.ts';
import { loggerProvider } from './provider.ts';
import { createSink, type WriteLog } from './sink.ts';

/** Sends what is logged on this thread. @param write takes the records' bytes */
export function startLogs(
  config: Config['logs'],
  write: WriteLog,
  flush: (timeoutMs: number) => Promise<unknown>,
): void {
  const sink = createSink(config, write);
  setLogSink(sink);
  registerLogs(loggerProvider(sink, () => flush(config.batch.exportTimeoutMs)));
  recordExceptions(sink, config.exceptions);
  if (config.console) captureConsole(sink);
}

/** Other names for the ids that records are told; also where no records are exported. */
export const nameLogIds = setLogNames;
