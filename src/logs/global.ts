import { guarded } from '../guard.ts';
import { log } from '../log.ts';
import type { ApiLoggerProvider } from './provider.ts';

/** The place of `@opentelemetry/api-logs`: each copy of it in a process looks there for a function that gives the provider. */
const KEY = Symbol.for('io.opentelemetry.js.api.logs');
/** What a copy of the API asks for; others get nothing, and use their own that does nothing. */
const COMPATIBLE = 1;
/** The function of the API that looks whether it may register another provider. */
const REGISTERS = /setGlobalLoggerProvider/;

type GlobalObject = Record<symbol, unknown>;

/**
 * Registers a provider with every copy of the logs API in this process. An app with an SDK of its own keeps it: one that was registered
 * before stays, and one that is registered later takes the place of ours, whose records would otherwise leave the app's exporters.
 */
export function registerLogs(provider: ApiLoggerProvider): void {
  const target = globalThis as unknown as GlobalObject;
  if (target[KEY] !== undefined) return;
  const getter = (version: unknown): unknown => (version === COMPATIBLE ? provider : undefined);
  const isRegistering = guarded('@opentelemetry/api-logs', asksToRegister);
  try {
    Object.defineProperty(target, KEY, {
      configurable: true,
      enumerable: true,
      get: () => (isRegistering() === true ? undefined : getter),
      set(value: unknown) {
        Object.defineProperty(target, KEY, { configurable: true, enumerable: true, writable: true, value });
        log.info(
          'the app has a logger provider of its own: records that it makes through @opentelemetry/api-logs go there',
        );
      },
    });
  } catch {
    log.warn(
      "the global object of @opentelemetry/api-logs can't be taken: records that the app makes through it are not sent",
    );
  }
}

/** Whether the place is read in order to put a provider there: the API gives up when it finds one. */
function asksToRegister(): boolean {
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 5;
    return REGISTERS.test(new Error('a look at who asks').stack ?? '');
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
