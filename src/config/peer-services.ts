import { shown } from './parse.ts';

/** A name for the service at an address. Plain data. */
export interface PeerService {
  /** In lower case, IPv6 addresses without brackets. */
  readonly host: string;
  /** Absent for all ports. */
  readonly port: number | undefined;
  /** What the path of a request begins with; absent for all that is not HTTP, too. */
  readonly path: string | undefined;
  readonly name: string;
}

type Mapping = Readonly<Record<string, string>>;

const PLACE = /^(\[[^\]]+\]|[^:/\s[\]]+)(?::(\d{1,5}))?(\/\S*)?$/;
/** An IPv6 address without brackets, which has two colons at least. */
const ADDRESS = /^[\da-f]*:[\da-f]*:[\da-f:.]*$/i;

/** The names that `OTEL_INSTRUMENTATION_COMMON_PEER_SERVICE_MAPPING` gives, the closer description of a place first. */
export function peerServices(mapping: Mapping): PeerService[] {
  return Object.entries(mapping)
    .map(peerService)
    .filter((peer) => peer !== undefined)
    .toSorted(
      (a, b) =>
        (b.path?.length ?? 0) - (a.path?.length ?? 0) ||
        Number(a.port === undefined) - Number(b.port === undefined),
    );
}

/** What is wrong with places that can't be used, as the rest of a line that begins with the variable. */
export function peerServicesProblem(mapping: Mapping): string | undefined {
  const wrong = Object.entries(mapping).find((entry) => peerService(entry) === undefined);
  if (wrong === undefined) return undefined;
  const why = wrong[1] === '' ? 'has no name' : 'is not host, host:port or host:port/path';
  return ` has ${shown(wrong[0])}, which ${why}, that part is ignored`;
}

function peerService([place, name]: [string, string]): PeerService | undefined {
  if (name === '') return undefined;
  if (ADDRESS.test(place)) return { host: place.toLowerCase(), port: undefined, path: undefined, name };
  const [, host, port, path] = PLACE.exec(place) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return {
    host: host.replaceAll(/^\[|\]$/g, '').toLowerCase(),
    port: port === undefined ? undefined : Number(port),
    path: path === '/' ? undefined : path,
    name,
  };
}
