import type { Group } from '../variable.ts';

/** Signals that an app can listen to and that do not end a process in an orderly way. */
const SIGNALS = ['SIGUSR2', 'SIGALRM', 'SIGCONT', 'SIGIO', 'SIGPWR', 'SIGWINCH'] as const;

const ENDS = 'it ends processes';
const FAULT = 'it tells of a fault';
const UNCATCHABLE = 'no process can catch it';

export const FILES = {
  title: 'Files and the runtime switch',
  text: 'What the variables say can stand in files ([configuration files](configuration-files.md)), and a few of them can be changed while the app runs ([runtime switch](runtime-switch.md)).',
  rows: [
    {
      name: 'OTEL_CONFIG_FILE',
      aliases: ['OTEL_EXPERIMENTAL_CONFIG_FILE'],
      to: 'files.declarative',
      type: 'path',
      default: undefined,
      help: 'A YAML file in the form of OpenTelemetry’s declarative configuration, version 1. The other variables of OpenTelemetry are ignored then, as the specification says. If it cannot be read, the app runs without tracing.',
    },
    {
      name: 'FORETRACE_CONFIG_FILE',
      to: 'files.variables',
      type: 'path',
      default: undefined,
      help: 'A file of `VARIABLE=value` lines, in the form of `.env` files. The environment wins over it.',
    },
    {
      name: 'FORETRACE_TRACING',
      to: 'tracing',
      type: 'enum',
      values: ['on', 'off'],
      default: 'on',
      as: (word: 'on' | 'off') => word === 'on',
      runtime: true,
      help: '`off` makes no spans and passes on what came in, as it came; to be switched on later, unlike with `OTEL_SDK_DISABLED`.',
    },
    {
      name: 'FORETRACE_RUNTIME_FILE',
      to: 'runtime.file',
      type: 'path',
      default: undefined,
      help: 'A file of `VARIABLE=value` lines that is read at the start and again whenever it changes, for the variables that can change while the app runs. It wins over the environment.',
    },
    {
      name: 'FORETRACE_TOGGLE_SIGNAL',
      to: 'runtime.signal',
      type: 'enum',
      values: SIGNALS,
      synonyms: Object.fromEntries(
        SIGNALS.flatMap((name) => [
          [name.toLowerCase(), name],
          [name.slice(3).toLowerCase(), name],
        ]),
      ) as Readonly<Record<string, string>>,
      unsupported: {
        sigusr1: 'Node starts its debugger with it',
        sigkill: UNCATCHABLE,
        sigstop: UNCATCHABLE,
        sigterm: ENDS,
        sigint: ENDS,
        sighup: ENDS,
        sigquit: ENDS,
        sigsegv: FAULT,
        sigbus: FAULT,
        sigfpe: FAULT,
        sigill: FAULT,
        sigprof: 'the profiler of Node needs it',
      },
      default: undefined,
      help: 'A signal that switches tracing off and on again, such as `SIGUSR2`. A listener for it is installed then, so that it no longer ends the process.',
    },
  ],
} as const satisfies Group;
