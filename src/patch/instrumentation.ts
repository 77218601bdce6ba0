import type { Point } from './point.ts';

/** A diagnostics channel that the library itself publishes on. */
export interface Subscription {
  /** The channel's full name, such as `undici:request:create`. */
  channel: string;
  receive: (message: never) => void;
}

/** One library: where to cut, when a call is over, and what it means. */
export interface Instrumentation {
  /** The name in `OTEL_INSTRUMENTATION_<NAME>_ENABLED` and of the scope: the file's name. */
  name: string;
  /** Other names that switch it on and off: those that OpenTelemetry's own agent has for what is several files here. */
  aliases?: readonly string[];
  /** Names that switch it on too, but not off: of libraries whose spans are made here. */
  neededBy?: readonly string[];
  /** It makes no spans and keeps calls in their context: no choice of its own, on unless everything is off. */
  keepsContext?: true;
  /** The npm package; for builtins the name without `node:`. */
  module: string;
  /** Builtins that load this builtin internally, past every hook (`https` loads `http`). */
  loadedBy?: readonly string[];
  /** The supported range of the package; absent for builtins. */
  versions?: string;
  /** A builtin that few apps load: never loaded ahead for a CommonJS app's sake (Node 20), since that costs start-up time. */
  rare?: boolean;
  /** True if the package also has ES module files that need hooking. */
  esm?: boolean;
  points?: readonly Point[];
  /** Further points, of a web framework: of its middleware, hooks and handlers, for `FORETRACE_MIDDLEWARE_SPANS`. */
  steps?: readonly Point[];
  subscriptions?: readonly Subscription[];
  /** One line for the table of supported libraries: which spans an app gets. */
  spans: string;
}

/** What has to be known of a library before it is loaded. The rest comes with `load`. */
export interface Listed extends Omit<Instrumentation, 'points' | 'steps' | 'subscriptions' | 'spans'> {
  /** The files that it has points in. */
  files: readonly string[];
  /** Those that its steps are in. */
  stepFiles?: readonly string[];
  /** The diagnostics channels that it listens to. */
  channels: readonly string[];
  load(): Pick<Instrumentation, 'points' | 'steps' | 'subscriptions'>;
}

export function listed(instrumentation: Instrumentation): Listed {
  const { points = [], steps, subscriptions = [], spans: _, ...known } = instrumentation;
  return {
    ...known,
    files: filesOf(points),
    stepFiles: steps && filesOf(steps),
    channels: [...new Set(subscriptions.map(({ channel }) => channel))],
    load: () => instrumentation,
  };
}

function filesOf(points: readonly Point[]): string[] {
  return [...new Set(points.map(({ file }) => file ?? ''))];
}

/** The library with the points of its steps, around the others. */
export function withSteps(library: Listed): Listed {
  const { files, stepFiles } = library;
  if (stepFiles === undefined) return library;
  let loaded: ReturnType<Listed['load']> | undefined;
  return {
    ...library,
    files: [...new Set([...files, ...stepFiles])],
    load() {
      if (loaded !== undefined) return loaded;
      const all = library.load();
      return (loaded = { ...all, points: [...(all.points ?? []), ...(all.steps ?? [])] });
    },
  };
}
