import { userKey } from '../../encode/key.ts';
import * as w from '../../encode/writer.ts';
import type { ResourceAttributes } from '../options.ts';
import type { ScopeInfo } from '../ring.ts';

const RESOURCE_SPANS = 0x0a;
const RESOURCE = 0x0a;
const SCOPE_SPANS = 0x12;
const SCOPE = 0x0a;
const SPAN = 0x12;
const SCHEMA_URL = 0x1a;

/** Ready spans of one scope, to be put into a request as they are. */
export interface ScopeGroup {
  /** What `encodeScope` made. */
  scope: EncodedScope;
  /** Where each span starts in the array that `writeRequest` writes to. */
  starts: number[];
  lengths: number[];
  /** Sum of `lengths`. */
  bytes: number;
}

export interface EncodedScope {
  /** Field `scope` of `ScopeSpans`. */
  head: Uint8Array;
  /** Field `schema_url` of `ScopeSpans`; may be empty. */
  tail: Uint8Array;
}

/** The field `resource` of `ResourceSpans`. Values that OTLP can't carry are left out. */
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
  return sizeOfField(resourceSpansLength(resource, groups));
}

/**
 * Writes an `ExportTraceServiceRequest` around ready spans to the start of `bytes`: only lengths are computed, nothing is decoded. The
 * spans lie further back in the same array, since copying within one takes a third of the time that a copy from another takes.
 */
export function writeRequest(bytes: Uint8Array, resource: Uint8Array, groups: readonly ScopeGroup[]): void {
  let at = fieldHeader(bytes, 0, RESOURCE_SPANS, resourceSpansLength(resource, groups));
  bytes.set(resource, at);
  at += resource.length;
  for (const group of groups) {
    const { scope, starts, lengths } = group;
    at = fieldHeader(bytes, at, SCOPE_SPANS, scopeSpansLength(group));
    bytes.set(scope.head, at);
    at += scope.head.length;
    for (let i = 0; i < starts.length; i++) {
      at = fieldHeader(bytes, at, SPAN, lengths[i]!);
      bytes.copyWithin(at, starts[i]!, starts[i]! + lengths[i]!);
      at += lengths[i]!;
    }
    bytes.set(scope.tail, at);
    at += scope.tail.length;
  }
}

function resourceSpansLength(resource: Uint8Array, groups: readonly ScopeGroup[]): number {
  let length = resource.length;
  for (const group of groups) length += sizeOfField(scopeSpansLength(group));
  return length;
}

function scopeSpansLength({ scope, lengths, bytes }: ScopeGroup): number {
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
