import { userKey } from '../../encode/key.ts';
import * as w from '../../encode/writer.ts';
import type { ResourceAttributes } from '../options.ts';
import type { ScopeInfo } from '../ring.ts';

// Of all three signals: field numbers and types are the same in trace.proto, metrics.proto and logs.proto and in their services.
const RESOURCE_RECORDS = 0x0a;
const RESOURCE = 0x0a;
const SCOPE_RECORDS = 0x12;
const SCOPE = 0x0a;
const RECORD = 0x12;
const SCHEMA_URL = 0x1a;

/** Ready records of one scope (`Span`, `Metric` or `LogRecord` messages), to be put into a request as they are. */
export interface ScopeGroup {
  /** What `encodeScope` made. */
  scope: EncodedScope;
  /** Where each record starts in the array that `writeRequest` writes to. */
  starts: number[];
  lengths: number[];
  /** Sum of `lengths`. */
  bytes: number;
}

export interface EncodedScope {
  /** Field `scope` of `ScopeSpans` and the like. */
  head: Uint8Array;
  /** Its field `schema_url`; may be empty. */
  tail: Uint8Array;
}

/** The field `resource` of `ResourceSpans` and the like. Values that OTLP can't carry are left out. */
export function encodeResource(attributes: ResourceAttributes): Uint8Array {
  w.begin();
  const resource = w.open(RESOURCE);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) w.attribute(0x0a, userKey(name), value);
  }
  w.close(resource);
  return w.written(0);
}

export function encodeScope({ name, version, schemaUrl }: ScopeInfo): EncodedScope {
  w.begin();
  const scope = w.open(SCOPE);
  if (name) w.string(0x0a, name);
  if (version) w.string(0x12, version);
  w.close(scope);
  const head = w.written(0);
  w.begin();
  if (schemaUrl) w.string(SCHEMA_URL, schemaUrl);
  return { head, tail: w.written(0) };
}

/** The bytes that `writeRequest` needs. */
export function requestLength(resource: Uint8Array, groups: readonly ScopeGroup[]): number {
  return sizeOfField(resourceRecordsLength(resource, groups));
}

/**
 * Writes the request of a signal (`ExportTraceServiceRequest` and the like) around ready records to the start of `bytes`: only
 * lengths are computed, nothing is decoded. The records lie further back in the same array, since copying within one takes a third of the time that a copy from another takes;
 * those that were masked lie in an array of their own.
 */
export function writeRequest(
  bytes: Uint8Array,
  resource: Uint8Array,
  groups: readonly ScopeGroup[],
  records = bytes,
): void {
  let at = fieldHeader(bytes, 0, RESOURCE_RECORDS, resourceRecordsLength(resource, groups));
  bytes.set(resource, at);
  at += resource.length;
  for (const group of groups) {
    const { scope, starts, lengths } = group;
    at = fieldHeader(bytes, at, SCOPE_RECORDS, scopeRecordsLength(group));
    bytes.set(scope.head, at);
    at += scope.head.length;
    for (let i = 0; i < starts.length; i++) {
      at = fieldHeader(bytes, at, RECORD, lengths[i]!);
      if (records === bytes) bytes.copyWithin(at, starts[i]!, starts[i]! + lengths[i]!);
      else bytes.set(records.subarray(starts[i]!, starts[i]! + lengths[i]!), at);
      at += lengths[i]!;
    }
    bytes.set(scope.tail, at);
    at += scope.tail.length;
  }
}

function resourceRecordsLength(resource: Uint8Array, groups: readonly ScopeGroup[]): number {
  let length = resource.length;
  for (const group of groups) length += sizeOfField(scopeRecordsLength(group));
  return length;
}

function scopeRecordsLength({ scope, lengths, bytes }: ScopeGroup): number {
  let length = scope.head.length + scope.tail.length + bytes + lengths.length;
  for (const one of lengths) length += sizeOfVarint(one);
  return length;
}

function sizeOfVarint(value: number): number {
  let size = 1;
  for (; value > 0x7f; value = Math.floor(value / 128)) size++;
  return size;
}

function sizeOfField(length: number): number {
  return 1 + sizeOfVarint(length) + length;
}

function fieldHeader(bytes: Uint8Array, at: number, tag: number, length: number): number {
  bytes[at++] = tag;
  while (length > 0x7f) {
    bytes[at++] = (length & 0x7f) | 0x80;
    length = Math.floor(length / 128);
  }
  bytes[at++] = length;
  return at;
}
