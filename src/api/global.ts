import type { ContextManager, TextMapPropagator, TracerProvider } from '@opentelemetry/api';
import { log } from '../log.ts';
import { guarded } from '../guard.ts';
import { callerVersion } from './caller-version.ts';

/**
 * The place of `@opentelemetry/api` 1.x: each copy of it in a process looks there for what is registered.
 *
 * An object of ours instead of the API's own registration, because the API takes registrations only from the very version that
 * came first (`api.version !== VERSION`): an agent that registers with its version keeps out the meter provider, logger provider
 * and diagnostic logger of every app that has another one.
 */
const KEY = Symbol.for('opentelemetry.js.api.1');

/** The API whose interfaces ours implement. Copies with a higher minor version do not use what older ones registered. */
export const API_VERSION = '1.10.0';

/** The signals that the agent serves. */
export interface Signals {
  readonly trace: TracerProvider;
  readonly context: ContextManager;
  readonly propagation: TextMapPropagator;
}

const WORDS: Record<string, string> = {
  trace: 'tracer provider',
  context: 'context manager',
  propagation: 'propagator',
};
const OTHERS = ['metrics', 'logs', 'diag'];

type Registered = Record<string, unknown>;
type GlobalObject = Record<symbol, Registered | undefined>;

/** Registers the agent's signals with every copy of the API in this process, loaded already or not. */
export function registerSignals(signals: Signals): void {
  const there = (globalThis as unknown as GlobalObject)[KEY];
  const taken = Object.keys(WORDS).filter((signal) => there?.[signal] !== undefined);
  if (taken.length > 0) {
    // Another SDK's context manager would not know our spans, nor ours its: all of the API is theirs.
    log.warn(
      `another OpenTelemetry SDK was registered with @opentelemetry/api before foretrace (its ${list(taken)}): spans that the app makes through the API go there and are not in foretrace's traces`,
    );
    return;
  }
  const api = apiObject(signals, there);
  try {
    Object.defineProperty(globalThis, KEY, {
      configurable: true,
      enumerable: true,
      get: () => api.registered,
      set: guarded('@opentelemetry/api', (value: Registered | undefined) => {
        if (value === api.registered) api.begin();
        else replace(value);
      }),
    });
  } catch {
    log.warn(
      "the global object of @opentelemetry/api can't be taken: spans that the app makes through the API are not recorded",
    );
  }
}

/** Somebody puts an object of their own there (test runners do, to start afresh): it is theirs then. */
function replace(value: Registered | undefined): void {
  Object.defineProperty(globalThis, KEY, { configurable: true, enumerable: true, writable: true, value });
  log.warn(
    'the app replaced the global object of @opentelemetry/api: spans that it makes through the API from now on are not recorded',
  );
}

/**
 * What the API finds. `getGlobal` of every version reads `version`, then the signal. `registerGlobal` writes the object back to its
 * place first, which nobody else does; then it reads the signal, refuses if there is one (except for `diag`), and compares
 * `version` with its own: there it gets to see its own.
 */
function apiObject(
  signals: Signals,
  there: Registered | undefined,
): { registered: Registered; begin(): void } {
  let registering = false;
  const values: Registered = { ...signals, trace: proxy(signals.trace, () => refuse('trace')) };
  for (const name of OTHERS) values[name] = there?.[name];
  const refused = new Set<string>();

  const registered: Registered = {};
  Object.defineProperty(registered, 'version', {
    enumerable: true,
    get() {
      if (!registering) return API_VERSION;
      registering = false;
      return ownVersion() ?? API_VERSION;
    },
  });
  for (const name of Object.keys(values)) {
    Object.defineProperty(registered, name, {
      // `disable()` of the API deletes it.
      configurable: true,
      enumerable: true,
      get() {
        const value = values[name];
        if (registering && value !== undefined) {
          registering = false;
          if (name in signals) refuse(name);
        }
        return value;
      },
      set(value: unknown) {
        values[name] = value;
      },
    });
  }

  function refuse(name: string): void {
    refused.add(name);
    // An SDK registers all of its parts in one go: they make one line.
    if (refused.size === 1) queueMicrotask(tell);
  }
  let told = false;
  function tell(): void {
    if (told) return;
    told = true;
    log.warn(
      `the app's own ${list([...refused])} of OpenTelemetry ${refused.size === 1 ? 'is' : 'are'} not used, foretrace has registered before: spans that the app makes through @opentelemetry/api are in foretrace's traces and not in its own exporter (see docs/beside-others.md)`,
    );
  }

  return {
    registered,
    begin() {
      registering = true;
    },
  };
}

/** The form in which the API registers a tracer provider; apps ask it for its delegate, to flush it. */
function proxy(provider: TracerProvider, refuse: () => void): object {
  return {
    getTracer: provider.getTracer,
    getDelegate: () => provider,
    getDelegateTracer: provider.getTracer,
    setDelegate: refuse,
  };
}

const ownVersion = guarded('@opentelemetry/api', callerVersion);

function list(signals: readonly string[]): string {
  const words = signals.map((signal) => WORDS[signal]);
  const last = words.pop() as string;
  return words.length === 0 ? last : `${words.join(', ')} and ${last}`;
}
