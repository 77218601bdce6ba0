import type { Variable } from '../variable.ts';
import { translateProcessors } from './processors.ts';
import { translateResource } from './resource.ts';
import { translateSampler } from './sampler.ts';
import type { Environment } from './substitute.ts';
import {
  emptyTranslation,
  entriesOf,
  ignored,
  isAbsent,
  itemsOf,
  type Key,
  type Keys,
  kindOf,
  pair,
  set,
  setList,
  translateKeys,
  type Translation,
  unsupported,
} from './translation.ts';

/** What the translation needs to know of foretrace. */
export interface Known {
  /** The rows of the table, by name. */
  readonly variables: ReadonlyMap<string, Pick<Variable, 'type'>>;
  /** The attribute that has the service's name. */
  readonly serviceName: string;
  /** The attributes of the resource that are found out, and may be left out. */
  readonly detected: readonly string[];
}

/** The names of severities in OpenTelemetry's logs, each with the level that shows what is as severe. */
const LEVELS = { trace: 'all', debug: 'debug', info: 'info', warn: 'warn', error: 'error', fatal: 'error' };

const HEADERS = 'OTEL_INSTRUMENTATION_HTTP_';
const METHODS = 'OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS';

const DOMAIN: Keys = { semconv: translateSemconv };
const ATTRIBUTE_DEPTH = unsupported('8 levels are kept');

/** What the schema, version 1.1, has below `tracer_provider`. */
const TRACER_PROVIDER: Keys = {
  processors: translateProcessors,
  limits: {
    attribute_value_length_limit: 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    attribute_value_depth_limit: ATTRIBUTE_DEPTH,
    attribute_count_limit: 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
    event_count_limit: 'OTEL_SPAN_EVENT_COUNT_LIMIT',
    link_count_limit: 'OTEL_SPAN_LINK_COUNT_LIMIT',
    event_attribute_count_limit: 'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
    link_attribute_count_limit: 'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
  },
  sampler: translateSampler,
  id_generator: (value, path, to) => {
    const found = isAbsent(value) ? undefined : kindOf(value, path, to);
    if (found !== undefined && found.kind !== 'random') to.unsupported.push(`${path} (ids are random)`);
  },
  'tracer_configurator/development': unsupported('all tracers are enabled'),
};

const GENERAL: Keys = {
  http: {
    ...DOMAIN,
    client: {
      request_captured_headers: setList(`${HEADERS}CLIENT_CAPTURE_REQUEST_HEADERS`),
      response_captured_headers: setList(`${HEADERS}CLIENT_CAPTURE_RESPONSE_HEADERS`),
      known_methods: addMethods,
    },
    server: {
      request_captured_headers: setList(`${HEADERS}SERVER_CAPTURE_REQUEST_HEADERS`),
      response_captured_headers: setList(`${HEADERS}SERVER_CAPTURE_RESPONSE_HEADERS`),
      known_methods: addMethods,
    },
  },
  code: DOMAIN,
  db: DOMAIN,
  gen_ai: DOMAIN,
  messaging: DOMAIN,
  rpc: DOMAIN,
  sanitization: {
    url: {
      sensitive_query_parameters: setList(
        'OTEL_INSTRUMENTATION_SANITIZATION_URL_EXPERIMENTAL_SENSITIVE_QUERY_PARAMETERS',
      ),
    },
  },
  stability_opt_in_list: 'OTEL_SEMCONV_STABILITY_OPT_IN',
};

const OTHER_LANGUAGES = ['cpp', 'dotnet', 'erlang', 'go', 'java', 'php', 'python', 'ruby', 'rust', 'swift'];

/**
 * The content of a declarative configuration in the words of the environment. What it says nothing of has the default of the
 * schema where that is another behaviour (no detectors, no propagators, no spans), and else the variable's.
 */
export function translate(tree: unknown, env: Environment, known: Known): Translation {
  const to = emptyTranslation();
  const root: Keys = {
    file_format: ignored,
    disabled: 'OTEL_SDK_DISABLED',
    log_level: translateLevel,
    attribute_limits: {
      attribute_value_length_limit: 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
      attribute_value_depth_limit: ATTRIBUTE_DEPTH,
      attribute_count_limit: 'OTEL_ATTRIBUTE_COUNT_LIMIT',
    },
    resource: (value, path) =>
      translateResource(value, path, to, known, env.OTEL_SERVICE_NAME?.trim() || undefined),
    propagator: translatePropagator,
    tracer_provider: TRACER_PROVIDER,
    meter_provider: unsupported('no metrics are sent'),
    logger_provider: unsupported('no logs are sent'),
    'instrumentation/development': {
      general: GENERAL,
      js: translateLibraries,
      ...Object.fromEntries(OTHER_LANGUAGES.map((language): [string, Key] => [language, ignored])),
    },
    distribution: (value, path) => {
      for (const [name, below] of entriesOf(value, path, to))
        if (name === 'foretrace') translateOwn(below, `${path}.${name}`, to, known);
    },
  };
  const content = Object.fromEntries(entriesOf(tree, 'the file', to));
  // First, as what has a place in the schema wins over what has been put there.
  const { distribution, ...rest } = content;
  translateKeys({ distribution }, '', root, to);
  translateKeys(
    { ...rest, propagator: rest.propagator ?? null, resource: rest.resource ?? null },
    '',
    root,
    to,
  );
  if (to.texts.OTEL_TRACES_EXPORTER === undefined) {
    translateProcessors([], 'tracer_provider.processors', to);
  }
  return to;
}

function translateLevel(value: unknown, path: string, to: Translation): void {
  if (isAbsent(value)) return;
  const name = String(value)
    .toLowerCase()
    .replace(/[1-4]$/, '');
  set('OTEL_LOG_LEVEL', Object.hasOwn(LEVELS, name) ? LEVELS[name as keyof typeof LEVELS] : value, path, to);
}

function translatePropagator(value: unknown, path: string, to: Translation): void {
  const names = new Set<string>();
  const keys: Keys = {
    composite: (items, at) => {
      for (const [item, itemAt] of itemsOf(items, at, to)) {
        const found = kindOf(item, itemAt, to);
        if (found !== undefined) names.add(found.kind);
      }
    },
    composite_list: (text) => {
      if (isAbsent(text)) return;
      for (const name of String(text).split(',')) if (name.trim() !== '') names.add(name.trim());
    },
  };
  translateKeys(value, path, keys, to);
  set('OTEL_PROPAGATORS', names.size === 0 ? 'none' : [...names].join(), path, to);
}

/** Clients and servers have one list here: that of both. */
function addMethods(value: unknown, path: string, to: Translation): void {
  const before = to.texts[METHODS]?.split(',') ?? [];
  const methods = itemsOf(value, path, to).flatMap(([item]) => (isAbsent(item) ? [] : [String(item)]));
  const all = [...new Set([...before, ...methods])];
  if (Array.isArray(value) && all.length === 0) to.values[METHODS] = [];
  else if (all.length > 0) {
    delete to.values[METHODS];
    set(METHODS, all.join(), path, to);
  }
}

function translateSemconv(value: unknown, path: string, to: Translation): void {
  translateKeys(
    value,
    path,
    {
      version: ignored,
      experimental: ignored,
      dual_emit: (dual, at) => {
        if (dual === true) to.unsupported.push(`${at} (only the stable conventions are emitted)`);
      },
    },
    to,
  );
}

/** `instrumentation/development.js`: each key is a library. */
function translateLibraries(value: unknown, path: string, to: Translation): void {
  for (const [library, below] of entriesOf(value, path, to)) {
    const variable = library.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
    translateKeys(below, `${path}.${library}`, { enabled: `OTEL_INSTRUMENTATION_${variable}_ENABLED` }, to);
  }
}

/** `distribution.foretrace`: each key is a variable that the schema has no place for, in small letters, without what all begin with. */
function translateOwn(value: unknown, path: string, to: Translation, known: Known): void {
  for (const [key, below] of entriesOf(value, path, to)) {
    const at = `${path}.${key}`;
    const upper = key.toUpperCase();
    const name = [`FORETRACE_${upper}`, `OTEL_${upper}`].find((one) => known.variables.has(one));
    if (name === undefined || key !== key.toLowerCase() || name.endsWith('CONFIG_FILE')) {
      to.unknown.push(at);
      continue;
    }
    const { type } = known.variables.get(name)!;
    if (Array.isArray(below)) {
      const isOfCommas = ['list', 'set', 'header names', 'pairs', 'headers'].includes(type);
      translateKeys({ [key]: below }, path, { [key]: setList(name, isOfCommas ? ',' : ';') }, to);
    } else if ((type === 'pairs' || type === 'headers') && typeof below === 'object') {
      const pairs = entriesOf(below, at, to).map(([pairName, text]) => pair(pairName, String(text)));
      if (pairs.length > 0) set(name, pairs.join(), at, to);
    } else {
      set(name, onOff(below, type), at, to);
    }
  }
}

/** YAML 1.2 reads `on` as text, but `true` is what comes to mind there. */
function onOff(value: unknown, type: Variable['type']): unknown {
  return type === 'enum' && typeof value === 'boolean' ? (value ? 'on' : 'off') : value;
}
