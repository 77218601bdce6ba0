import type { Group } from '../variable.ts';

/** The type of what is switched on or off. */
const SWITCH = { type: 'enum', values: ['on', 'off'], as: (word: 'on' | 'off') => word === 'on' } as const;

export const FORETRACE = {
  title: 'Of foretrace alone',
  text: 'Settings that neither the OpenTelemetry specification nor another OpenTelemetry agent has a name for.',
  rows: [
    {
      name: 'FORETRACE_BAGGAGE_LENGTH_LIMIT',
      to: 'propagation.maxBaggage',
      type: 'integer',
      min: 0,
      max: 8192,
      unit: 'characters',
      default: 3072,
      help: 'The most baggage that goes out with one request; what is longer loses whole entries. The app sees up to 8192 characters of what came in.',
    },
    {
      name: 'FORETRACE_DB_QUERY_SANITIZATION',
      to: 'database.keepsParameterized',
      type: 'enum',
      values: ['all', 'unparameterized'],
      default: 'all',
      as: (which: string) => which === 'unparameterized',
      help: '`unparameterized` records statements that have parameters as they are, as the semantic conventions do: their literals are taken to be those of the source code.',
    },
    {
      name: 'FORETRACE_EXIT_TIMEOUT',
      to: 'exitTimeoutMs',
      type: 'duration',
      min: 0,
      unit: 'ms',
      default: 1000,
      help: 'How long the end of the process may be delayed to send what is queued. Nothing queued, no delay.',
    },
    {
      name: 'FORETRACE_EXPORT_THREAD',
      to: 'thread',
      ...SWITCH,
      default: 'on',
      help: '`off` exports on the thread of the app: less memory, but the app pays for the sending.',
    },
    {
      name: 'FORETRACE_FILE',
      to: 'file.path',
      type: 'path',
      default: 'foretrace-traces.jsonl',
      help: 'Where the `file` exporter appends OTLP JSON lines, relative to the working directory.',
    },
    {
      name: 'FORETRACE_FOLD_SPANS',
      to: 'foldSpans',
      ...SWITCH,
      default: 'on',
      help: '`off` keeps spans that the app’s framework makes itself of requests and calls that are traced anyway ([living beside others](beside-others.md)).',
    },
    {
      name: 'FORETRACE_MAX_QUEUE_BYTES',
      to: 'batch.maxQueueBytes',
      type: 'integer',
      min: 65_536,
      max: 255 * 1024 * 1024,
      unit: 'bytes',
      default: 32 * 1024 * 1024,
      help: 'The most bytes of spans that wait, for each thread of the app that has some; further spans are dropped. Memory is used only as it is needed.',
    },
    {
      name: 'FORETRACE_ROOT_CLIENT_SPANS',
      to: 'rootClientSpans',
      type: 'list',
      default: ['on'],
      as: onOffOr,
      help: 'Whether calls that an app makes outside of any span (at its start, in timers, while a worker idles) start traces of their own: `on`, `off`, or the libraries whose calls do, such as `pg,http`. Reads that wait for work, such as `BLPOP`, never do.',
    },
    {
      name: 'FORETRACE_LOADER',
      to: 'esmHooks',
      type: 'enum',
      values: ['auto', 'off'],
      default: 'auto',
      as: (word: string) => word === 'auto',
      help: '`off` leaves out the hooks for ES modules; what is loaded by `require` is still traced.',
    },
  ],
} as const satisfies Group;

/** A list of names, or one of two words in place of them. */
function onOffOr(list: readonly string[]): boolean | readonly string[] {
  const [first] = list;
  const word = list.length === 1 ? first.toLowerCase() : undefined;
  return word === 'on' ? true : word === 'off' ? false : list;
}
