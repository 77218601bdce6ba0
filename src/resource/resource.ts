import { readFileSync } from 'node:fs';
import { arch, hostname, platform, release, type, userInfo } from 'node:os';
import { basename } from 'node:path';
import type { Config } from '../config/table.ts';
import * as keys from '../semconv/keys-resource.ts';
import { maskArgument, maskArguments } from './arguments.ts';
import { containerId } from './container.ts';
import { packageIdentity, type Entry } from './service.ts';
import { VERSION } from '../version.ts';

export type ResourceValue = string | number | boolean | readonly string[];
/** Attributes of the resource, by name. */
export type ResourceAttributes = Record<string, ResourceValue>;

/** What Node's architectures are called in `host.arch`; the others have the same name there. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  arm: 'arm32',
  ia32: 'x86',
  ppc: 'ppc32',
  x64: 'amd64',
};
const SYSTEMS: Readonly<Record<string, string>> = { sunos: 'solaris', win32: 'windows' };

const UNKNOWN = 'unknown_service:node';
const INSTANCE = 'foretrace.service.instance.id';

/**
 * Who sends: service, process, host, operating system, container and foretrace itself. Synchronous; reads a handful of
 * small files, starts no process and opens no connection. To be called when the first spans are exported: the start of
 * the app need not pay the 5 ms. `entry` is for a caller on another thread, where `process.argv` is another.
 * What can't be found out is absent.
 *
 * `OTEL_SERVICE_NAME` wins over `OTEL_RESOURCE_ATTRIBUTES`, and both over what is detected.
 */
export function resource(
  { serviceName, attributes: given, detectors }: Config['resource'],
  entry?: Entry,
): ResourceAttributes {
  const attributes: ResourceAttributes = {};
  for (const [name, detect] of DETECTORS) {
    if (name !== undefined && !detectors.includes(name)) continue;
    try {
      detect(attributes, entry ?? processEntry());
    } catch {
      // Files that may not be read and users without a name are no reason to send nothing.
    }
  }
  for (const key of Object.keys(given)) {
    // An empty value says "take it away", and as a service's name it would be invalid.
    if (given[key] === '') delete attributes[key];
    else attributes[key] = given[key];
  }
  if (serviceName !== undefined) attributes[keys.SERVICE_NAME] = serviceName;
  attributes[keys.SERVICE_NAME] ??= UNKNOWN;
  return attributes;
}

/** `service.name` of the resource. */
export function serviceName({ serviceName: named, attributes }: Config['resource']): string {
  const given = named ?? attributes[keys.SERVICE_NAME];
  return (given ?? packageIdentity(processEntry())?.name) || UNKNOWN;
}

/** The entry of this process, as seen from its main thread. */
export function processEntry(): Entry {
  return { argv: process.argv, execArgv: process.execArgv, cwd: process.cwd() };
}

/** Each with its name in `OTEL_NODE_RESOURCE_DETECTORS`; without one it is of the traces themselves. */
const DETECTORS: readonly (readonly [
  string | undefined,
  (attributes: ResourceAttributes, entry: Entry) => void,
])[] = [
  [undefined, service],
  ['serviceinstance', instance],
  [undefined, telemetry],
  ['process', processInfo],
  ['process', command],
  // Apart from the rest of the process: it throws for a user id without an entry, which is common in containers.
  ['process', owner],
  ['host', host],
  ['host', machineId],
  ['os', operatingSystem],
  ['container', container],
];

function service(attributes: ResourceAttributes, entry: Entry): void {
  const found = packageIdentity(entry);
  if (found === undefined) return;
  attributes[keys.SERVICE_NAME] = found.name;
  if (found.version !== undefined) attributes[keys.SERVICE_VERSION] = found.version;
}

/**
 * One id for each process: worker threads that start later inherit it.
 * `node:worker_threads` is not imported at the top, as that would cost the start of the app 2 ms.
 */
function instance(attributes: ResourceAttributes): void {
  const { getEnvironmentData, setEnvironmentData } = process.getBuiltinModule('node:worker_threads');
  const inherited = getEnvironmentData(INSTANCE);
  const id = typeof inherited === 'string' ? inherited : process.getBuiltinModule('node:crypto').randomUUID();
  if (inherited === undefined) setEnvironmentData(INSTANCE, id);
  attributes[keys.SERVICE_INSTANCE_ID] = id;
}

// The name "opentelemetry" is reserved for OpenTelemetry's own SDK, which records none of these spans.
function telemetry(attributes: ResourceAttributes): void {
  attributes[keys.TELEMETRY_SDK_NAME] = 'foretrace';
  attributes[keys.TELEMETRY_SDK_LANGUAGE] = 'nodejs';
  attributes[keys.TELEMETRY_SDK_VERSION] = VERSION;
  attributes[keys.TELEMETRY_DISTRO_NAME] = 'foretrace';
  attributes[keys.TELEMETRY_DISTRO_VERSION] = VERSION;
}

function processInfo(attributes: ResourceAttributes): void {
  attributes[keys.PROCESS_PID] = process.pid;
  attributes[keys.PROCESS_EXECUTABLE_NAME] = basename(process.execPath);
  attributes[keys.PROCESS_EXECUTABLE_PATH] = process.execPath;
  attributes[keys.PROCESS_RUNTIME_NAME] = 'nodejs';
  attributes[keys.PROCESS_RUNTIME_VERSION] = process.versions.node;
  attributes[keys.PROCESS_RUNTIME_DESCRIPTION] = 'Node.js';
}

function command(attributes: ResourceAttributes, { argv, execArgv }: Entry): void {
  const [executable, ...rest] = argv;
  if (rest.length > 0) attributes[keys.PROCESS_COMMAND] = maskArgument(rest[0]);
  attributes[keys.PROCESS_COMMAND_ARGS] = maskArguments([executable, ...execArgv, ...rest]);
}

function owner(attributes: ResourceAttributes): void {
  attributes[keys.PROCESS_OWNER] = userInfo().username;
}

function host(attributes: ResourceAttributes): void {
  attributes[keys.HOST_ARCH] = ARCHITECTURES[arch()] ?? arch();
  attributes[keys.HOST_NAME] = hostname();
}

function operatingSystem(attributes: ResourceAttributes): void {
  attributes[keys.OS_TYPE] = SYSTEMS[platform()] ?? platform();
  attributes[keys.OS_VERSION] = release();
  attributes[keys.OS_DESCRIPTION] = description();
}

function description(): string {
  const kernel = `${type()} ${release()}`;
  if (platform() !== 'linux') return kernel;
  const name = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFirst(['/etc/os-release', '/usr/lib/os-release']))?.[1];
  return name === undefined ? kernel : `${name} (${kernel})`;
}

function container(attributes: ResourceAttributes): void {
  if (platform() !== 'linux') return;
  const id = containerId();
  if (id !== undefined) attributes[keys.CONTAINER_ID] = id;
}

function machineId(attributes: ResourceAttributes): void {
  // Inside a container the file belongs to the image, and hosts that run the same image are not the same host.
  if (platform() !== 'linux' || containerId() !== undefined) return;
  const id = readFirst(['/etc/machine-id', '/var/lib/dbus/machine-id']).trim();
  if (/^[0-9a-f]{32}$/.test(id)) attributes[keys.HOST_ID] = id;
}

function readFirst(paths: readonly string[]): string {
  for (const path of paths) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // The next place.
    }
  }
  return '';
}
