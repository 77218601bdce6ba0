import type { Carried } from './rpc.ts';

/** By number: https://grpc.io/docs/guides/status-codes. */
const STATUS = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** `rpc.status_code` of a gRPC status; the number of one that nobody has heard of. */
export function statusName(code: number | undefined): string | undefined {
  return code === undefined ? undefined : (STATUS[code] ?? String(code));
}

type Headers = Record<string, unknown>;

/** What a served stream has sent. */
export interface Sent {
  sentHeaders?: Headers;
  sentTrailers?: Headers;
}

/** The status of a served call: what was sent, in trailers or with headers alone, whoever has set it. */
export function sentStatus({ sentHeaders, sentTrailers }: Sent): string | undefined {
  const code = sentTrailers?.['grpc-status'] ?? sentHeaders?.['grpc-status'];
  if (code !== undefined) return statusName(Number(code));
  // It was refused as a request of HTTP already: it is no gRPC.
  const isRefused = sentHeaders !== undefined && sentHeaders[':status'] !== 200;
  return isRefused ? undefined : 'CANCELLED';
}

/** Schemes whose names are of hosts; `unix` has paths, and what those of others mean only they know. */
const OF_HOSTS = new Set(['dns', 'ipv4', 'ipv6']);
const DEFAULT_PORT = 443;

/** The server that a channel's target names, which always has a scheme: `dns:example.com:50051`, `ipv4:192.0.2.1:1,192.0.2.2:1`, `unix:/run/x`. */
export function serverOf(target: string): { address: string; port?: number } {
  const [, scheme = '', rest = target] = /^([a-z][a-z\d+.-]*):(?:\/\/[^/]*(?=\/))?(.*)$/i.exec(target) ?? [];
  if (scheme.startsWith('unix')) return { address: rest };
  const name = rest.replace(/^\//, '');
  if (!OF_HOSTS.has(scheme)) return { address: name };
  const [first] = name.split(',', 1);
  const [, bracketed, host = bracketed, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(first) ?? [];
  // An IPv6 address need not have brackets.
  return host === undefined ? { address: first } : { address: host, port: Number(port ?? DEFAULT_PORT) };
}

/** A call's metadata, as far as it is touched. */
export interface Metadata {
  clone(): Metadata;
  remove(name: string): void;
  set(name: string, value: string): void;
}

/** A copy of the app's metadata with what carries the span on, in place of what the app has set of it. */
export function carrying(metadata: Metadata, { fields, replaced }: Carried): Metadata {
  const copy = metadata.clone();
  for (const name of replaced) copy.remove(name);
  for (const [name, value] of Object.entries(fields)) copy.set(name, value);
  return copy;
}
